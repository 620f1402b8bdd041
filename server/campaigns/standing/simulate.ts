import { addDays, daysBetween } from '../../../analytics/calendar/calendar.ts'
import { type Bits, wordsFor } from '../../../analytics/columns/bits.ts'
import type { Engine, ScratchSession } from '../../../analytics/engine/engine.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { tablesAt } from '../../analytics/tables-at.ts'
import { decimalsOf } from '../../messages/money.ts'
import type { Platform } from '../../platform.ts'
import type { SegmentError } from '../../segments/evaluation.ts'
import { prepareSegment, type ResolvedRule, wrongDays } from '../../segments/prepare.ts'
import { SelectedDays } from '../../segments/select-on.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { judgedMembers, judgeOf } from '../judge.ts'
import { ownDaysOf } from './definition.ts'
import type { StandingCampaign } from './issue.ts'
import { isMemberDay } from './member-days.ts'
import { PurchaseDays } from './purchase-days.ts'
import { Replay, type ReplayMonth } from './replay.ts'

/** What a campaign would have done in the past. */
export interface Simulation {
  /** Local days, inclusive; a year, or as far back as there are orders. */
  readonly from: string
  readonly to: string
  readonly months: readonly ReplayMonth[]
  /** Coupons of all steps, and the most that they would have cost. */
  readonly coupons: number
  readonly worstMinor: number
  /** Messages without a coupon. */
  readonly messages: number
  /** Who still waited at the end, because of the most members a day. */
  readonly waiting: number
  /** The local day on which the budget would have been spent; null: not. The days after it are counted nevertheless. */
  readonly budgetSpentDay: string | null
  /** Members who may be written to in the channel of the first step, as things stand now, and all there are. */
  readonly reached: number
  readonly members: number
  /** Members who came in, each once; of them those whose days are over, and who bought in these. */
  readonly firsts: number
  readonly firstsSeen: number
  readonly firstsBought: number
  /** Local days that are measured of each, after the day of coming in. */
  readonly ownDays: number
}

export type SimulationState =
  | { kind: 'running'; done: number; of: number }
  | { kind: 'done'; simulation: Simulation }
  | { kind: 'stopped'; done: number; of: number }
  /** The rule can't be asked of the past, or is none. */
  | { kind: 'refused'; errors: readonly SegmentError[] }
  /** There are no orders to replay. */
  | { kind: 'no-past' }
  | { kind: 'failed' }

/** Local days before the newest of the data that are replayed. */
const daysBack = 364
/** A statement over all orders of a large shop, on the threads that questions leave over. */
const patienceMs = 60 * 60_000

interface Work {
  readonly key: string
  state: SimulationState
  stop: AbortController
}

const worksOf = new WeakMap<Engine, Map<string, Work>>()

/**
 * What a campaign would have done day by day in the year before the newest day of the data: counted in the background,
 * one state of the orders throughout; begun when it was not yet, or when the campaign was changed. `doing` stops it or
 * begins it again. Who may be written to is as things stand now; what members bought is what they bought, though they
 * had no coupon.
 */
export async function simulationOf(
  platform: Platform,
  workspace: Workspace,
  campaign: StandingCampaign,
  doing?: 'stop' | 'again',
): Promise<SimulationState> {
  const works = worksOf.get(workspace.engine) ?? new Map<string, Work>()
  worksOf.set(workspace.engine, works)
  const { standing, segment, offer, terms, validDays, holdout, channel, budgetMinor } = campaign.definition
  const key = JSON.stringify([segment, offer, terms, validDays, holdout, channel, budgetMinor, standing])
  const found = works.get(campaign.id)
  if (found?.key === key && doing !== 'again') {
    if (doing === 'stop' && found.state.kind === 'running') {
      found.stop.abort()
      found.state = { ...found.state, kind: 'stopped' }
    }
    return found.state
  }
  found?.stop.abort()
  const work: Work = {
    key,
    state: { kind: 'running', done: 0, of: daysBack + 1 },
    stop: new AbortController(),
  }
  works.set(campaign.id, work)
  const { signal } = work.stop
  void replay(platform, workspace, campaign, signal, (done, of) => {
    if (!signal.aborted) work.state = { kind: 'running', done, of }
  }).then(
    (state) => {
      if (!signal.aborted) work.state = state
    },
    (error: unknown) => {
      if (signal.aborted) return
      console.error('A campaign could not be simulated:', error)
      work.state = { kind: 'failed' }
    },
  )
  return work.state
}

async function replay(
  platform: Platform,
  workspace: Workspace,
  campaign: StandingCampaign,
  signal: AbortSignal,
  progress: (done: number, of: number) => void,
): Promise<SimulationState> {
  for (;;) {
    const prepared = await prepareSegment(
      platform.store,
      workspace,
      { expression: campaign.definition.segment },
      signal,
    )
    if (prepared.kind === 'refused') return prepared
    const { rule, at } = prepared
    if (at.dataStart === null) return { kind: 'no-past' }
    const to = at.asOf
    const back = Math.min(daysBack, daysBetween(at.dataStart, to))
    const from = addDays(to, -back)
    // the day before tells who met the rule already
    const wrong = wrongDays(rule, addDays(from, -1), to)
    const place = { from: 0, to: campaign.definition.segment.length }
    if (wrong.length > 0) return { kind: 'refused', errors: wrong.map((one) => one(place)) }
    const simulation = await replayDays(
      { platform, workspace, campaign, rule, ordersVersion: at.ordersVersion, signal, progress },
      from,
      to,
    )
    if (simulation) return { kind: 'done', simulation }
    // orders came in meanwhile: all days are of one state
  }
}

interface Replaying {
  readonly platform: Platform
  readonly workspace: Workspace
  readonly campaign: StandingCampaign
  readonly rule: ResolvedRule
  readonly ordersVersion: number
  readonly signal: AbortSignal
  readonly progress: (done: number, of: number) => void
}

/** So many days are asked in one transaction: a later one sees whether the data has changed. */
const daysTogether = 14

/** Null: orders or facts of members have changed since it began. */
async function replayDays(of: Replaying, from: string, to: string): Promise<Simulation | null> {
  const { workspace, campaign, progress } = of
  const { memberDays } = campaign.definition.standing
  const days = daysBetween(from, to) + 1
  const replayed = new Replay(campaign.definition, campaign.seed)
  const reached = await reachable(of)
  const purchases = await unchanged(of, (session) => PurchaseDays.read(session, from))
  if (purchases === null) return null
  const selected = new SelectedDays(of.rule, {
    dormancy: workspace.dormancy,
    rfm: workspace.rfm,
    currencyDecimals: decimalsOf(workspace.currency),
  })
  const keyOf = (memberId: string) => reached.keys.get(memberId)!
  let before: Bits = new Uint32Array(0)
  const replayOn = async (session: ScratchSession, place: number) => {
    const day = addDays(from, place - 1)
    const isOut = memberDays !== undefined && !isMemberDay(memberDays, day)
    const keys = isOut ? [] : await selected.select(session, { day, newest: day === to })
    const now = bitsOf(keys, reached.words)
    if (place > 0)
      replayed.day(day, {
        began: reached.inOrder(keys, (key) => !has(before, key)),
        meets: (memberId) => has(now, keyOf(memberId)),
        hasBought: (memberId, after) => purchases.isAny(keyOf(memberId), after, day),
      })
    before = now
    progress(place, days)
  }
  try {
    for (let place = 0; place <= days; place += daysTogether) {
      const isDone = await unchanged(of, async (session) => {
        for (let one = place; one <= Math.min(days, place + daysTogether - 1); one++)
          await replayOn(session, one)
        return true
      })
      if (isDone === null) return null
    }
  } finally {
    await workspace.engine.scratch((session) => selected.drop(session))
  }
  const ownDays = ownDaysOf(campaign.definition)
  const firsts = replayed.firsts()
  const seen = firsts.filter(({ since }) => addDays(since, ownDays) <= to)
  const bought = seen.filter(({ memberId, since }) =>
    purchases.isAny(keyOf(memberId), since, addDays(since, ownDays)),
  )
  return {
    from,
    to,
    ...replayed.result(),
    reached: reached.keys.size,
    members: reached.members,
    firsts: firsts.length,
    firstsSeen: seen.length,
    firstsBought: bought.length,
    ownDays,
  }
}

/** What `work` answers of the state of the data that is replayed; null: there is another one now. */
function unchanged<T>(
  { workspace, ordersVersion, signal }: Replaying,
  work: (session: ScratchSession) => Promise<T>,
): Promise<T | null> {
  return workspace.engine.scratch(
    async (session) => {
      signal.throwIfAborted()
      const [state] = await session.rows(sql`select orders_version from workspace_state`)
      return Number(state!.ordersVersion) === ordersVersion ? work(session) : null
    },
    { signal, aside: true, timeoutMs: patienceMs },
  )
}

const has = (bits: Bits, key: number): boolean => (((bits[key >>> 5] ?? 0) >>> (key & 31)) & 1) === 1

function bitsOf(keys: Iterable<number>, words: number): Bits {
  const bits = new Uint32Array(words)
  for (const key of keys) bits[key >>> 5]! |= 1 << (key & 31)
  return bits
}

/** Members who may be written to as things stand now, whatever they got lately. */
interface Reached {
  /** By the members' ids, in the order of these. */
  readonly keys: ReadonlyMap<string, number>
  /** All members there are. */
  readonly members: number
  /** Words of bits for the keys of all members. */
  readonly words: number
  /** The ids of those whose keys are given and pass, in their order. */
  inOrder(keys: Iterable<number>, passes: (key: number) => boolean): string[]
}

async function reachable({ platform, workspace, campaign, signal }: Replaying): Promise<Reached> {
  const { definition } = campaign
  const judge = await judgeOf(platform, workspace, definition.channel, { holders: 'none', isCapped: false })
  const at = await tablesAt(platform.store, workspace, undefined, signal)
  const everybody = sql`(select member_key from members)`
  const keys = new Map<string, number>()
  const places = new Map<number, number>()
  let [members, lastKey] = [0, 0]
  for await (const rows of workspace.engine.stream(judgedMembers(everybody, at), { signal }))
    for (const row of rows) {
      members++
      const key = Number(row.memberKey)
      lastKey = Math.max(lastKey, key)
      const { reason, missing } = judge(row)
      const isKept = row.consent === 'unknown' && !definition.standing.alsoUnknownConsent
      if (reason !== null || missing.length > 0 || isKept) continue
      places.set(key, keys.size)
      keys.set(String(row.memberId), key)
    }
  const ids = [...keys.keys()]
  return {
    keys,
    members,
    words: wordsFor(lastKey + 1),
    inOrder: (some, passes) =>
      [...some]
        .flatMap((key) => (places.has(key) && passes(key) ? [places.get(key)!] : []))
        .toSorted((one, other) => one - other)
        .map((place) => ids[place]!),
  }
}
