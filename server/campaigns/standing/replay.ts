import { addDays, daysBetween } from '../../../analytics/calendar/calendar.ts'
import { armOf } from '../arms.ts'
import { type PlannedAction, plannedSteps, type StandingDefinition, worstOf } from './definition.ts'

/** What a month of the past would have brought. */
export interface ReplayMonth {
  /** YYYY-MM. */
  readonly month: string
  /** Members who would have come in, and those of them who would have been held out. */
  readonly cameIn: number
  readonly heldOut: number
  /** Coupons of all steps, and the most that they would have cost. */
  readonly coupons: number
  readonly worstMinor: number
  /** Messages without a coupon. */
  readonly messages: number
  /** Members who would have got a tag, and of whom other systems would have been told. */
  readonly tagged: number
  readonly told: number
}

interface Way {
  readonly memberId: string
  readonly entered: string
  /** The day of the newest coupon, or of coming in. */
  since: string
  next: number
  due: string
}

/**
 * A campaign that stands, replayed day by day over a past in which it did not exist: the rules of `advance` without
 * anything written down. The budget stops nothing; it is only told when it would have been spent.
 */
export class Replay {
  readonly #definition: StandingDefinition
  readonly #steps: ReturnType<typeof plannedSteps>
  readonly #seed: string
  /** In the order in which they began to wait. */
  #waiting: string[] = []
  readonly #enteredLast = new Map<string, string>()
  readonly #enteredFirst = new Map<string, string>()
  readonly #ways = new Set<Way>()
  readonly #months = new Map<string, ReplayMonth>()
  #spent = 0
  #spentDay: string | null = null

  constructor(definition: StandingDefinition, seed: string) {
    this.#definition = definition
    this.#steps = plannedSteps(definition)
    this.#seed = seed
  }

  /** Whoever waits to come in. */
  waiting = (): readonly string[] => this.#waiting

  /** Everybody who came in, with the day of the first time. */
  firsts = (): { memberId: string; since: string }[] =>
    [...this.#enteredFirst].map(([memberId, since]) => ({ memberId, since }))

  /** One day: who began to meet the rule, who meets it, and who has bought after a day until this one. */
  day(
    day: string,
    looked: {
      began: readonly string[]
      meets: (memberId: string) => boolean
      hasBought: (memberId: string, after: string) => boolean
    },
  ): void {
    const { mostPerDay, coolDownDays } = this.#definition.standing
    this.#count(day, {}) // a month without anybody is one too
    const under = new Set([...this.#ways].map(({ memberId }) => memberId))
    const isCooling = (id: string) => {
      const last = this.#enteredLast.get(id)
      return under.has(id) || (last !== undefined && daysBetween(last, day) < coolDownDays)
    }
    this.#waiting = [
      ...this.#waiting.filter((id) => looked.meets(id)),
      ...looked.began.filter((id) => !isCooling(id)),
    ]
    for (const [step, { when, action }] of this.#steps.entries()) {
      if (step === 0) continue
      let room = mostPerDay
      const due = [...this.#ways]
        .filter((way) => way.next === step && way.due <= day)
        .toSorted((one, other) => (one.due < other.due ? -1 : one.due > other.due ? 1 : 0))
      for (const way of due) {
        if (room === 0) break
        if (when !== 'always') {
          // nobody had the coupon: who bought since counts as having used it
          const since = when === 'coupon-not-used' ? way.since : way.entered
          if (looked.hasBought(way.memberId, since) !== (when === 'bought')) {
            this.#ways.delete(way)
            continue
          }
        }
        room--
        this.#count(day, countedAs(action))
        if (action.kind === 'coupon') way.since = day
        const next = this.#steps[step + 1]
        if (next) Object.assign(way, { next: step + 1, due: addDays(day, next.afterDays) })
        else this.#ways.delete(way)
      }
    }
    for (const memberId of this.#waiting.splice(0, mostPerDay)) {
      this.#enteredLast.set(memberId, day)
      if (!this.#enteredFirst.has(memberId)) this.#enteredFirst.set(memberId, day)
      if (armOf(this.#seed, memberId, this.#definition.holdout) === 'held-out') {
        this.#count(day, { cameIn: 1, heldOut: 1 })
        continue
      }
      this.#count(day, { cameIn: 1, ...countedAs(this.#steps[0]!.action) })
      const next = this.#steps[1]
      if (next)
        this.#ways.add({ memberId, entered: day, since: day, next: 1, due: addDays(day, next.afterDays) })
    }
  }

  result() {
    const months = [...this.#months.values()]
    return {
      months,
      coupons: months.reduce((sum, { coupons }) => sum + coupons, 0),
      worstMinor: months.reduce((sum, { worstMinor }) => sum + worstMinor, 0),
      messages: months.reduce((sum, { messages }) => sum + messages, 0),
      waiting: this.#waiting.length,
      budgetSpentDay: this.#spentDay,
    }
  }

  #count(day: string, more: Partial<Omit<ReplayMonth, 'month'>>): void {
    const month = day.slice(0, 7)
    const so = this.#months.get(month) ?? {
      month,
      cameIn: 0,
      heldOut: 0,
      coupons: 0,
      worstMinor: 0,
      messages: 0,
      tagged: 0,
      told: 0,
    }
    const added = Object.fromEntries(
      Object.entries(more).map(([what, n]) => [what, so[what as keyof typeof more] + n]),
    )
    this.#months.set(month, { ...so, ...added })
    this.#spent += more.worstMinor ?? 0
    if (this.#spentDay === null && this.#spent > (this.#definition.budgetMinor ?? Infinity))
      this.#spentDay = day
  }
}

function countedAs(action: PlannedAction): Partial<Omit<ReplayMonth, 'month'>> {
  switch (action.kind) {
    case 'coupon':
      return { coupons: 1, worstMinor: worstOf(action) }
    case 'message':
      return { messages: 1 }
    case 'tag':
      return { tagged: 1 }
    case 'webhook':
      return { told: 1 }
  }
}
