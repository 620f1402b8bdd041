import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { addDays, daysBetween } from '../../../analytics/calendar/calendar.ts'
import { addShop } from '../../coupons/issued-coupons.fixture.ts'
import { openMigratedStore } from '../../store/store.ts'
import { armOf } from '../arms.ts'
import { CampaignDefinition } from '../definition.ts'
import { advance, type View } from './advance.ts'
import type { StandingDefinition } from './definition.ts'

const firstDay = '2026-06-01'
const calendar = { timeZone: 'Asia/Shanghai', firstWeekday: 1 }
const members = ['M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7']
const offer = { kind: 'amount', amountMinor: 500 }
const stronger = { kind: 'amount', amountMinor: 900 }

type When = 'always' | 'not-bought' | 'bought' | 'coupon-not-used'
const words = { kind: 'webhook', url: 'https://crm.example' }
interface StepOf {
  afterDays: number
  when: When
  action:
    | { kind: 'coupon'; offer: typeof offer; validDays: number }
    | { kind: 'message'; channel: typeof words }
    | { kind: 'tag'; tag: string }
    | { kind: 'webhook'; url: string }
}

/** What a shop is like when a campaign is evaluated. */
interface Look {
  /** Days after the look before: 0 the same day, more than one: nothing ran on the days between. */
  after: number
  matching: number[]
  denied: number[]
  gap: number[]
  /** Members who buy just before this look. */
  buyers: number[]
  /** Members whose newest coupon is used just before this look; and is taken back, where it was used before. */
  users: number[]
  /** The writes at which the process ends, one after the other. */
  kills: number[]
}

const who = fc.uniqueArray(fc.nat(members.length - 1), { maxLength: members.length })
const few = fc.uniqueArray(fc.nat(members.length - 1), { maxLength: 2 })
const look: fc.Arbitrary<Look> = fc.record({
  after: fc.constantFrom(0, 1, 1, 1, 1, 2, 5),
  matching: who,
  denied: few,
  gap: few,
  buyers: few,
  users: few,
  kills: fc.array(fc.nat(4), { maxLength: 2 }),
})
const planned: fc.Arbitrary<StepOf> = fc.record({
  afterDays: fc.constantFrom(1, 1, 3),
  when: fc.constantFrom<When>('always', 'not-bought', 'not-bought', 'bought', 'coupon-not-used'),
  action: fc.constantFrom<StepOf['action']>(
    { kind: 'coupon', offer: stronger, validDays: 5 },
    { kind: 'message', channel: words },
    { kind: 'tag', tag: 'lapsed' },
    { kind: 'webhook', url: 'https://crm.example/tier' },
  ),
})
const campaign = fc.record({
  beginsWithCoupon: fc.boolean(),
  coolDownDays: fc.constantFrom(2, 2, 3, 30),
  mostPerDay: fc.constantFrom(1, 2, 100),
  budgetMinor: fc.constantFrom(1_500, 4_000, 1_000_000),
  alsoThoseIn: fc.boolean(),
  lastDay: fc.constantFrom(undefined, addDays(firstDay, 6)),
  steps: fc.array(planned, { maxLength: 3 }),
})

/** A member's way as the definition has it. */
interface Way {
  member: string
  entered: string
  since: string
  arm: string
  next: number | null
  due: string | null
  why: string | null
  done: { step: number; day: string; outcome: string; worst: number }[]
}

/** The definition over plain arrays: one look after the other, nothing ever broken off. */
class Reference {
  known: Set<string> | null = null
  waiting: { member: string; since: string }[] = []
  ways: Way[] = []
  readonly of: StandingDefinition
  constructor(of: StandingDefinition) {
    this.of = of
  }

  spent = () => this.ways.flatMap(({ done }) => done).reduce((sum, { worst }) => sum + worst, 0)

  look(
    day: string,
    at: string,
    now: {
      matching: string[]
      kept: Map<string, string>
      bought: (member: string, since: string) => boolean
      /** Whether the newest coupon of a way is used. */
      used: (way: Way) => boolean
    },
  ) {
    const { standing, budgetMinor } = this.of
    const first = this.of.offer ? { outcome: 'coupon', worst: 500 } : { outcome: 'message', worst: 0 }
    const isOpen = standing.lastDay === undefined || day <= standing.lastDay
    if (!isOpen) this.waiting = []
    else if (this.known === null) {
      if (standing.alsoThoseIn) this.waiting = now.matching.map((member) => ({ member, since: day }))
    } else {
      this.waiting = this.waiting.filter(({ member }) => now.matching.includes(member))
      for (const member of now.matching) {
        if (this.known.has(member)) continue
        const own = this.ways.filter((way) => way.member === member)
        const isCooling = own.some(
          ({ entered, next }) => next !== null || daysBetween(entered, day) < standing.coolDownDays,
        )
        if (!isCooling) this.waiting.push({ member, since: day })
      }
    }
    if (isOpen) this.known = new Set(now.matching)

    standing.steps.forEach(({ when, action }, place) => {
      const step = place + 1
      const worst = action.kind === 'coupon' ? (action.offer as typeof offer).amountMinor : 0
      const due = this.ways.filter(({ next, due: from }) => next === step && from! <= day)
      due.sort((one, other) => (one.due! < other.due! ? -1 : one.due! > other.due! ? 1 : 0))
      for (const way of due) {
        const today = this.ways.flatMap(({ done }) => done)
        const acted = today.filter(
          (one) => one.step === step && one.day === day && one.outcome !== 'left-out',
        )
        if (acted.length >= standing.mostPerDay) break
        const reason = now.kept.get(way.member)
        const hasBought = now.bought(way.member, way.since)
        const asksPurchases = when === 'bought' || when === 'not-bought'
        if (asksPurchases && reason === 'feed-gap' && !hasBought) continue
        if (when === 'not-bought' && hasBought) Object.assign(way, { next: null, due: null, why: 'bought' })
        else if (when === 'bought' && !hasBought)
          Object.assign(way, { next: null, due: null, why: 'not-bought' })
        else if (when === 'coupon-not-used' && now.used(way))
          Object.assign(way, { next: null, due: null, why: 'coupon-used' })
        else {
          const reachesMembers = action.kind === 'coupon' || action.kind === 'message'
          const isBarred = reachesMembers && reason !== undefined
          if (isBarred && reason === 'feed-gap') continue
          const isLeftOut = isBarred || this.spent() + worst > budgetMinor!
          way.done.push({
            step,
            day,
            outcome: isLeftOut ? 'left-out' : action.kind,
            worst: isLeftOut ? 0 : worst,
          })
          const next = standing.steps[place + 1]
          if (next) Object.assign(way, { next: step + 1, due: addDays(day, next.afterDays) })
          else Object.assign(way, { next: null, due: null, why: 'done' })
        }
      }
    })

    if (!isOpen) return
    const order = this.waiting.toSorted((one, other) =>
      `${one.since} ${one.member}` < `${other.since} ${other.member}` ? -1 : 1,
    )
    for (const one of order) {
      if (this.ways.filter(({ entered }) => entered === day).length >= standing.mostPerDay) break
      const reason = now.kept.get(one.member)
      if (reason === 'feed-gap') continue
      const arm = armOf('seed', one.member, this.of.holdout)
      if (reason === undefined) {
        if (arm === 'treated' && this.spent() + first.worst > budgetMinor!) break
        const next = standing.steps[0]
        const goesOn = arm === 'treated' && next !== undefined
        this.ways.push({
          member: one.member,
          entered: day,
          since: at,
          arm,
          next: goesOn ? 1 : null,
          due: goesOn ? addDays(day, next.afterDays) : null,
          why: goesOn ? null : arm === 'treated' ? 'done' : 'held-out',
          done: arm === 'treated' ? [{ step: 0, day, ...first }] : [],
        })
      }
      this.waiting = this.waiting.filter(({ member }) => member !== one.member)
    }
  }
}

const store = await openMigratedStore(':memory:')
await addShop(store, 'w')
afterAll(() => store.destroy())
let campaigns = 0

async function newestCoupon(campaignId: string, memberId: string): Promise<string | undefined> {
  const found = await store
    .selectFrom('coupons')
    .select('id')
    .where('campaign_id', '=', campaignId)
    .where('member_id', '=', memberId)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return found?.id
}

/** The newest coupon of each way, by its member and day. */
async function couponsByWay(campaignId: string): Promise<Map<string, string>> {
  const rows = await store
    .selectFrom('standing_paths')
    .innerJoin('standing_steps', 'standing_steps.path_id', 'standing_paths.id')
    .select(['member_id', 'entered_day', 'coupon_id'])
    .where('standing_paths.campaign_id', '=', campaignId)
    .where('coupon_id', 'is not', null)
    .orderBy('step')
    .execute()
  return new Map(rows.map((row) => [`${row.member_id} ${row.entered_day}`, row.coupon_id!]))
}

const useOrTakeBack = (campaignId: string, couponId: string, isUsed: boolean, at: string) =>
  store
    .insertInto('ledger')
    .values({
      workspace_id: 'w',
      coupon_id: couponId,
      campaign_id: campaignId,
      kind: isUsed ? 'cancelled' : 'redeemed',
      uses: 1,
      amount_minor: 500,
      basket_minor: null,
      order_id: null,
      redemption_id: null,
      reservation_id: null,
      expires_at: null,
      store_id: null,
      actor: 'test',
      at,
    })
    .execute()

test('a campaign that stands does what its definition says, however often it breaks off', async () => {
  await fc.assert(
    fc.asyncProperty(campaign, fc.array(look, { minLength: 1, maxLength: 14 }), async (drawn, looks) => {
      const id = `c${++campaigns}`
      const { budgetMinor, beginsWithCoupon, ...standing } = drawn
      const definition = CampaignDefinition.parse({
        name: 'Quiet',
        segment: 'days_since_order >= 30',
        ...(beginsWithCoupon ? { offer, validDays: 14 } : {}),
        holdout: 0.3,
        channel: { kind: 'webhook', url: 'https://crm.example' },
        budgetMinor,
        standing,
      }) as StandingDefinition
      await store
        .insertInto('campaigns')
        .values({
          id,
          workspace_id: 'w',
          name: 'Quiet',
          definition: JSON.stringify(definition),
          seed: 'seed',
          state: 'running',
          created_at: '2026-06-01T00:00:00.000Z',
          changed_at: '2026-06-01T00:00:00.000Z',
        })
        .execute()
      await store
        .insertInto('standing_campaigns')
        .values({
          campaign_id: id,
          workspace_id: 'w',
          started_day: firstDay,
          first_known_day: null,
          finished_day: null,
        })
        .execute()
      const reference = new Reference(definition)
      const purchases: { member: string; at: string; day: string }[] = []
      const tagged = new Set<string>()
      const usedCoupons = new Set<string>()
      let day = firstDay
      for (const [place, { after, kills, ...shop }] of looks.entries()) {
        day = addDays(day, after)
        const minute = String(place).padStart(2, '0')
        for (const buyer of shop.buyers)
          purchases.push({ member: members[buyer]!, at: `${day}T02:${minute}:00.000Z`, day })
        const at = `${day}T02:${minute}:30.000Z`
        const named = (numbers: readonly number[]) => numbers.map((one) => members[one]!).toSorted()
        const kept = new Map([
          ...named(shop.gap).map((id) => [id, 'feed-gap'] as const),
          ...named(shop.denied).map((id) => [id, 'consent-denied'] as const),
        ])
        const firstAfter = (member: string, since: string) =>
          purchases.find((one) => one.member === member && one.at > since)
        const view: View = {
          now: new Date(at),
          day,
          dataVersion: 1,
          knownEvent: 0,
          memberOf: (id) => id,
          idsOf: (id) => [id],
          matching: async () => new Set(named(shop.matching)),
          keptOut: async (ids) => new Map([...kept].filter(([id]) => ids.includes(id))),
          boughtSince: async (ways) =>
            new Map(
              ways.flatMap(({ id, memberId, since }) => {
                const found = firstAfter(memberId, since)
                return found ? [[id, found.day] as const] : []
              }),
            ),
          matchedBetween: async () => new Set(),
          tag: async (_tag, ids) => void ids.forEach((id) => tagged.add(id)),
        }
        for (const user of shop.users) {
          const newest = await newestCoupon(id, members[user]!)
          if (newest === undefined) continue
          await useOrTakeBack(id, newest, usedCoupons.has(newest), at)
          if (!usedCoupons.delete(newest)) usedCoupons.add(newest)
        }
        const couponOf = await couponsByWay(id)
        const shopOf = {
          id,
          workspaceId: 'w',
          name: 'Quiet',
          currency: 'CNY',
          calendar,
          seed: 'seed',
          definition,
        }
        for (const write of [...kills, Infinity]) {
          let left = write
          await advance({
            store,
            campaign: shopOf,
            view,
            step: () => {
              if (left-- === 0) throw new Error('killed')
            },
          }).catch((error: unknown) => {
            if (!(error instanceof Error) || error.message !== 'killed') throw error
          })
        }
        reference.look(day, at, {
          matching: named(shop.matching),
          kept,
          bought: (member, since) => firstAfter(member, since) !== undefined,
          used: ({ member, entered }) => usedCoupons.has(couponOf.get(`${member} ${entered}`) ?? ''),
        })
        const ways = await store
          .selectFrom('standing_paths')
          .selectAll()
          .where('campaign_id', '=', id)
          .orderBy('id')
          .execute()
        const steps = await store
          .selectFrom('standing_steps')
          .selectAll()
          .where('campaign_id', '=', id)
          .orderBy('step')
          .execute()
        expect(
          ways.map((way) => ({
            member: way.member_id,
            entered: way.entered_day,
            since: way.entered_at,
            arm: way.arm,
            next: way.next_step,
            due: way.due_day,
            why: way.ended_why,
            done: steps
              .filter(({ path_id }) => path_id === way.id)
              .map((one) => ({ step: one.step, day: one.day, outcome: one.outcome, worst: one.worst_minor })),
          })),
        ).toEqual(reference.ways)
      }
      // one coupon a step, each with its message and its row of the ledger; events and tags likewise
      const done = reference.ways.flatMap((way) => way.done.map((one) => ({ ...one, member: way.member })))
      const coupons = await store
        .selectFrom('coupons')
        .select(['id', 'member_id'])
        .where('campaign_id', '=', id)
        .execute()
      const given = done.filter(({ outcome }) => outcome === 'coupon')
      expect(coupons.map(({ member_id }) => member_id).toSorted()).toEqual(
        given.map(({ member }) => member).toSorted(),
      )
      const messages = await store
        .selectFrom('outbox')
        .select(['id', 'coupon_id', 'member_id'])
        .where('campaign_id', '=', id)
        .execute()
      const withCoupon = messages.flatMap(({ coupon_id }) => coupon_id ?? [])
      expect(withCoupon.toSorted()).toEqual(coupons.map(({ id }) => id).toSorted())
      const plain = messages.filter(({ coupon_id }) => coupon_id === null)
      expect(plain.map(({ member_id }) => member_id).toSorted()).toEqual(
        done.flatMap(({ outcome, member }) => (outcome === 'message' ? [member] : [])).toSorted(),
      )
      const named = await store
        .selectFrom('standing_steps')
        .select('message_id')
        .where('campaign_id', '=', id)
        .where('message_id', 'is not', null)
        .execute()
      expect(named.map(({ message_id }) => message_id).toSorted()).toEqual(
        messages.map((message) => message.id).toSorted(),
      )
      expect(
        await store
          .selectFrom('ledger')
          .select('seq')
          .where('campaign_id', '=', id)
          .where('kind', '=', 'issued')
          .execute(),
      ).toHaveLength(coupons.length)
      const events = await store
        .selectFrom('standing_events')
        .select('member_id')
        .where('campaign_id', '=', id)
        .execute()
      expect(events).toHaveLength(done.filter(({ outcome }) => outcome === 'webhook').length)
      expect(tagged).toEqual(new Set(done.flatMap((one) => (one.outcome === 'tag' ? [one.member] : []))))
      expect(reference.spent()).toBeLessThanOrEqual(budgetMinor)
    }),
    { numRuns: 120, seed: Number(process.env.REVEILLE_SEED ?? 20261128) },
  )
}, 60_000)
