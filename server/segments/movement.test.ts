import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays, daysBetween } from '../../analytics/calendar/calendar.ts'
import { countBits, numbersOfBits } from '../../analytics/columns/bits.ts'
import { name, sql } from '../../analytics/sql/sql.ts'
import { takeOut } from '../import/apply.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { keepMemberships } from './memberships.ts'
import type { MovedPage } from './movement.ts'
import { takenOn } from './takings.ts'
import { cases } from '../../fixtures/cases.ts'

const [earlier, today] = ['2026-03-01', '2026-03-08']

interface Order {
  readonly id: string
  readonly member: string
  readonly day: string
}

const csv = (orders: readonly Order[]) =>
  `order_id,customer_id,order_date,amount\n${orders.map(({ id, member, day }) => `${id},${member},${day},10.00\n`).join('')}`

/** A shop whose clock the test moves. */
async function opened() {
  const shop = await openTestShop()
  let at = new Date('2026-03-01T20:00:00Z')
  Object.assign(shop.platform, { clock: { now: () => at } })
  const caller = createCallerFactory(appRouter)({
    platform: shop.platform,
    actor: { kind: 'local' },
    workspace: shop.workspace,
    role: 'owner',
    language: 'en',
  })
  return Object.assign(shop, {
    caller,
    at: (instant: string) => void (at = new Date(instant)),
    moved: async (id: string) => {
      const answer = await caller.segmentHistory.movement({ id, limit: 1000 })
      if (answer.kind === 'not-yet') throw new Error('not yet')
      const { entered, left, ...rest } = answer
      const list = [
        ...entered.sample.map(({ memberId, cause }) => `+${memberId} ${cause}`),
        ...left.sample.map(({ memberId, cause }) => `-${memberId} ${cause}`),
      ].toSorted()
      for (const direction of [entered, left]) {
        expect(direction.sample).toHaveLength(direction.members)
        for (const { cause, members } of direction.causes)
          expect(direction.sample.filter((one) => one.cause === cause)).toHaveLength(members)
      }
      // page by page they are the same, each once
      for (const [isIn, direction] of [
        [true, entered],
        [false, left],
      ] as const)
        for (const { cause, members } of direction.causes) {
          const paged: (string | null)[] = []
          for (let cursor: number | null = 0; cursor !== null;) {
            const page: MovedPage = await caller.segmentHistory.moved({
              id,
              entered: isIn,
              cause,
              cursor,
              limit: 2,
            })
            expect(page.members).toBe(members)
            paged.push(...page.moved.map(({ memberId }) => memberId))
            cursor = page.next
          }
          expect(paged).toEqual(
            direction.sample.filter((one) => one.cause === cause).map(({ memberId }) => memberId),
          )
        }
      return { ...rest, list }
    },
  })
}

const importOrders = async (shop: TestShop, name: string, orders: readonly Order[]) =>
  receiptOf(await shop.import(shop.file(name, csv(orders))))

/** At least `orders` orders, all of them, or those of the last `within` days, and the last one `quiet` days ago or earlier. */
interface Asked {
  readonly orders: number
  readonly within: number | null
  readonly quiet: number
}
const written = ({ orders, within, quiet }: Asked) =>
  `${within === null ? 'orders' : `orders(within ${within} days)`} >= ${orders} and days_since_order >= ${quiet}`

const selects = ({ orders, within, quiet }: Asked, days: readonly string[], day: string): boolean => {
  const visible = days.filter((one) => one <= day)
  const counted = visible.filter((one) => within === null || daysBetween(one, day) <= within)
  const last = visible.toSorted().at(-1)
  return counted.length >= orders && last !== undefined && daysBetween(last, day) >= quiet
}

const asked: fc.Arbitrary<Asked> = fc.record({
  orders: fc.constantFrom(1, 2),
  within: fc.constantFrom(null, 7, 14),
  quiet: fc.constantFrom(0, 0, 3, 7),
})
const names = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal']
const bought = (from: number, until: number) =>
  fc.array(fc.record({ member: fc.constantFrom(...names), back: fc.integer({ min: from, max: until }) }), {
    maxLength: 14,
  })

test('the cause is the last step at which a member turned, from what was known to now', async () => {
  await fc.assert(
    fc.asyncProperty(
      bought(7, 30), // known on the earlier day
      bought(7, 30), // imported later, of days before it
      bought(0, 6), // of the week
      asked,
      fc.option(asked, { nil: null, freq: 2 }),
      fc.boolean(),
      async (first, late, week, rule, edited, kept) => {
        await using shop = await opened()
        const made = (prefix: string, some: readonly { member: string; back: number }[]): Order[] =>
          some.map(({ member, back }, i) => ({ id: `${prefix}${i}`, member, day: addDays(today, -back) }))
        const known = [...made('a', first), { id: 'x0', member: 'anchor', day: earlier }]
        const later = [...made('b', late), ...made('c', week), { id: 'x1', member: 'anchor', day: today }]
        await importOrders(shop, 'a.csv', known)
        const { id } = await shop.caller.segments.save({ name: 'Watched', expression: written(rule) })
        if (kept) await keepMemberships(shop.platform, shop.workspace)
        shop.at('2026-03-08T20:00:00Z')
        await importOrders(shop, 'b.csv', later)
        if (edited) await shop.caller.segments.save({ id, name: 'Watched', expression: written(edited) })

        const now = edited ?? rule
        const wanted = [...names, 'anchor'].flatMap((member) => {
          const of = (orders: readonly Order[]) =>
            orders.filter((one) => one.member === member).map(({ day }) => day)
          const all = of([...known, ...later])
          const upTo = all.filter((day) => day <= earlier)
          const then = selects(rule, all, earlier)
          const steps = [
            kept ? selects(rule, of(known), earlier) : then,
            then,
            selects(now, all, earlier),
            selects(now, upTo, today),
            selects(now, all, today),
          ]
          const end = steps.at(-1)!
          if (steps[0] === end) return []
          const turned = steps.findLastIndex((one) => one !== end)
          // who was not there before came with an order, however the days passed
          const cause = ['late-import', 'rule', 'time', 'order'][turned]!
          return [`${end ? '+' : '-'}${member} ${end && upTo.length === 0 ? 'order' : cause}`]
        })
        const told = await shop.moved(id)
        expect({ rule, edited, list: told.list }).toEqual({ rule, edited, list: wanted.toSorted() })
        expect(told).toMatchObject({ from: earlier, asOf: today, kept })
        expect(told.after).toBe((await shop.caller.segments.count({ expression: written(now) })).members)
      },
    ),
    { numRuns: cases(4), endOnFailure: true },
  )
}, 120_000)

test('a merge, an undone import, a tag and a joining are told apart', async () => {
  await using shop = await opened()
  await importOrders(shop, 'a.csv', [
    { id: 'a1', member: 'ann', day: '2026-02-01' },
    { id: 'a2', member: 'bob', day: '2026-02-02' },
    { id: 'x0', member: 'anchor', day: earlier },
  ])
  await importOrders(shop, 'wrong.csv', [
    { id: 'w1', member: 'cat', day: '2026-02-03' },
    { id: 'w2', member: 'cat', day: '2026-02-04' },
  ])
  await importOrders(shop, 'd.csv', [{ id: 'd1', member: 'dan', day: '2026-02-05' }])
  const two = await shop.caller.segments.save({ name: 'Two', expression: 'orders >= 2' })
  const any = await shop.caller.segments.save({ name: 'Any', expression: 'member in ("ann", "bob", "dan")' })
  const marked = await shop.caller.segments.save({ name: 'Marked', expression: 'tag = "vip" or orders = 0' })
  await keepMemberships(shop.platform, shop.workspace)

  shop.at('2026-03-08T20:00:00Z')
  const { digest } = await shop.caller.merges.preview({ memberId: 'ann', into: 'bob' })
  await shop.caller.merges.change({ memberId: 'ann', into: 'bob', digest })
  const [wrong] = await shop.workspace.engine.rows(
    sql`select import_id from imports where file_name = 'wrong.csv'`,
  )
  await takeOut(shop.workspace.engine, String(wrong!.importId), {
    timeZone: 'Europe/London',
    today,
    undoneAt: '2026-03-08T20:00:00Z',
    signal: new AbortController().signal,
  })
  await shop.importMembers(shop.file('m.csv', 'member id,joined at\nnew,2026-03-04\n'))
  await importOrders(shop, 'b.csv', [{ id: 'x1', member: 'anchor', day: today }])
  await shop.caller.tags.add({ tag: 'vip', whose: { kind: 'members', memberIds: ['dan'] } })
  await shop.workspace.engine.run(sql`update member_tags set added_day = date '2026-03-05'`)

  // nothing is left of cat, the id neither
  expect(await shop.moved(two.id)).toMatchObject({
    kept: true,
    before: 1,
    list: ['+anchor order', '+bob merge', '-null undo'],
  })
  expect((await shop.moved(any.id)).list).toEqual(['-ann merge'])
  expect((await shop.moved(marked.id)).list).toEqual(['+dan tag', '+new joined'])
}, 60_000)

test('of a rule without a past what was written down is told: sizes at once, who moved after a week, the cause not', async () => {
  await using shop = await opened()
  const points = (name: string, of: Readonly<Record<string, number>>) =>
    shop.importMembers(
      shop.file(
        name,
        `member id,points\n${Object.entries(of)
          .map(([member, left]) => `${member},${left}\n`)
          .join('')}`,
      ),
    )
  await importOrders(shop, 'a.csv', [{ id: 'x0', member: 'anchor', day: earlier }])
  await importOrders(shop, 'old.csv', [{ id: 'x9', member: 'anchor', day: '2025-01-01' }])
  await points('p1.csv', { ann: 600, bob: 600, cat: 100 })
  await shop.caller.segments.save({ name: 'Rich', expression: '积分 >= 500' })
  const { id } = await shop.caller.segments.save({
    name: 'Watched',
    expression: 'segment "Rich" and orders >= 0',
  })
  const condition = [{ en: 'points >= 500', 'zh-CN': '积分 >= 500' }]
  expect(await shop.caller.segmentHistory.sizes({ id })).toMatchObject({
    phase: 'done',
    withoutPast: condition,
    points: [{ day: earlier, members: 2, unasked: false }],
  })
  expect(await shop.caller.segmentHistory.movement({ id })).toEqual({
    kind: 'not-yet',
    withoutPast: condition,
    since: null,
  })
  await keepMemberships(shop.platform, shop.workspace)
  expect(await shop.caller.segmentHistory.movement({ id })).toMatchObject({ kind: 'not-yet', since: earlier })
  await expect(shop.caller.segmentHistory.moved({ id, entered: true })).rejects.toThrow(
    /points is known as it is today/,
  )

  shop.at('2026-03-08T20:00:00Z')
  await importOrders(shop, 'b.csv', [{ id: 'x1', member: 'anchor', day: today }])
  await points('p2.csv', { ann: 100, cat: 700 })
  await shop.importMembers(shop.file('new.csv', 'member id,joined at,points\nnew,2026-03-04,900\n'))
  expect(await shop.moved(id)).toMatchObject({
    kept: true,
    from: earlier,
    before: 2,
    after: 3,
    withoutPast: condition,
    list: ['+cat untold', '+new joined', '-ann untold'],
  })
  await keepMemberships(shop.platform, shop.workspace)
  expect(
    (await shop.caller.segmentHistory.sizes({ id })).points.map(({ day, members }) => [day, members]),
  ).toEqual([
    [earlier, 2],
    [today, 3],
  ])
}, 60_000)

test('memberships are kept by day: of one day the last, of five weeks, and not of a removed segment', async () => {
  await using shop = await opened()
  const { engine } = shop.workspace
  await importOrders(shop, 'a.csv', [
    { id: 'a1', member: 'ann', day: '2026-02-01' },
    { id: 'x0', member: 'anchor', day: earlier },
  ])
  const { id } = await shop.caller.segments.save({ name: 'Recent', expression: 'days_since_order <= 3' })
  await keepMemberships(shop.platform, shop.workspace)
  await importOrders(shop, 'b.csv', [{ id: 'b1', member: 'bob', day: '2026-02-28' }])
  await keepMemberships(shop.platform, shop.workspace)
  await keepMemberships(shop.platform, shop.workspace)
  const days = async () => {
    const takings = await engine.rows(sql`select taken_day from segment_takings order by taken_day`)
    return Promise.all(
      takings.map(async ({ takenDay }) => {
        const bits = (await takenOn(engine, id, String(takenDay)))!
        const keys = JSON.stringify([...numbersOfBits(bits, countBits(bits))])
        const members = await engine.rows(sql`select member_id from members
          where member_key in (select unnest(from_json(${keys}, '["INTEGER"]'))) order by member_id`)
        return [takenDay, ...members.map(({ memberId }) => memberId)].join(' ')
      }),
    )
  }
  const first = `${earlier} anchor bob`
  expect(await days()).toEqual([first])
  shop.at('2026-06-21T12:00:00Z')
  await importOrders(shop, 'c.csv', [{ id: 'c1', member: 'ann', day: '2026-03-03' }])
  await keepMemberships(shop.platform, shop.workspace)
  expect(await days()).toEqual([first, '2026-03-03 anchor ann bob'])
  await importOrders(shop, 'd.csv', [{ id: 'd1', member: 'ann', day: '2026-04-20' }])
  await keepMemberships(shop.platform, shop.workspace)
  expect(await days()).toEqual(['2026-04-20 ann'])
  await importOrders(shop, 'e.csv', [{ id: 'e1', member: 'ann', day: '2026-06-20' }])
  await keepMemberships(shop.platform, shop.workspace)
  expect(await days()).toEqual(['2026-06-20 ann'])
  // bob and the anchor left on 20 April, which is more than five weeks ago
  expect(await engine.rows(sql`select count(*) as n from segment_moves`)).toEqual([{ n: 0 }])
  await shop.caller.segments.remove({ id })
  await keepMemberships(shop.platform, shop.workspace)
  for (const table of ['segment_takings', 'segment_members', 'segment_moves'])
    expect(await engine.rows(sql`select count(*) as n from ${name(table)}`)).toEqual([{ n: 0 }])
}, 60_000)
