import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays } from '../../analytics/calendar/calendar.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { tablesAt } from '../analytics/tables-at.ts'
import { recordEvent } from '../store/events.ts'
import { openTestShop } from './campaign-shop.fixture.ts'
import { armsOfCampaign, inOneSpan, outcomesOf } from './outcomes.ts'
import { cases } from '../../fixtures/cases.ts'

const launchedAt = '2026-11-22T01:00:00.000Z'
const windowLastDay = '2026-12-13'
const launchDay = '2026-11-22'

interface Happening {
  kind: 'order' | 'unpaid' | 'refund' | 'refund that counts for nothing'
  member: number
  /** After local midnight of the launch day, Shanghai. */
  hours: number
  amountMinor: number
}

const happenings = fc.array(
  fc.record({
    kind: fc.constantFrom('order', 'order', 'order', 'unpaid', 'refund', 'refund that counts for nothing'),
    member: fc.integer({ min: 1, max: 8 }),
    hours: fc.oneof(
      fc.integer({ min: -30, max: 24 * 30 }),
      fc.constantFrom(8, 9, 10, 24 * 22 - 1, 24 * 22, 24 * 10 - 1, 24 * 10),
    ),
    amountMinor: fc.integer({ min: 1, max: 100_000 }),
  }) as fc.Arbitrary<Happening>,
  { maxLength: 30 },
)

const localDayOf = ({ hours }: Happening) => addDays(launchDay, Math.floor(hours / 24))
const instantOf = ({ hours }: Happening) =>
  new Date(Date.parse('2026-11-21T16:00:00Z') + hours * 3_600_000).toISOString()

test('buyers, orders and net of each arm are those of a slow count, with squares', async () => {
  const shop = await openTestShop(0)
  const { engine } = shop.workspace
  try {
    await shop.platform.store.transaction().execute((tx) =>
      recordEvent(
        tx,
        shop.workspace.id,
        {
          kind: 'campaign-arms',
          campaignId: 'c',
          day: launchDay,
          treated: ['M1', 'M2', 'M3', 'M4', 'M5'],
          heldOut: ['M6', 'M7'], // M8 was not chosen
        },
        shop.clock.now(),
      ),
    )
    await engine.run(sql`insert into members (member_key, member_id)
      select cast(range as integer), 'M' || cast(range as varchar) from range(1, 9)`)
    await fc.assert(
      fc.asyncProperty(happenings, fc.constantFrom('2026-12-01', '2026-12-20'), async (events, asOf) => {
        await engine.transaction(async (session) => {
          await session.run(sql`delete from orders`)
          await session.run(sql`delete from refunds`)
          for (const [n, event] of events.entries()) {
            const at = sql`cast(${instantOf(event).replace('T', ' ').replace('Z', '')} as timestamp)`
            const day = sql`cast(${localDayOf(event)} as date)`
            await session.run(
              event.kind === 'order' || event.kind === 'unpaid'
                ? sql`insert into orders values (${n}, ${`O${n}`}, ${event.member}, ${at}, ${day}, 1, 'S', 'C',
                    ${event.kind === 'order' ? 'paid' : 'unpaid'}, null, null, ${event.amountMinor}, null, null)`
                : sql`insert into refunds values (${`R${n}`}, null, ${event.member}, ${at}, ${day}, 'S', 'C',
                    ${event.amountMinor}, ${event.kind === 'refund'}, false, null)`,
            )
          }
          // a guest's order on the newest day says how far the data goes
          await session.run(sql`insert into orders values (9999, 'G', null, cast(${`${asOf} 00:00:00`} as timestamp),
            cast(${asOf} as date), 1, 'S', 'C', 'paid', null, null, 1, null, null)`)
          await refreshDerivedTables(session, {}, asOf)
        })
        const tables = await tablesAt(shop.platform.store, shop.workspace, undefined)
        expect(tables.asOf).toBe(asOf)
        const found = (
          await outcomesOf(shop.workspace, tables, {
            frozen: inOneSpan(armsOfCampaign('c'), {
              since: launchedAt,
              fromDay: launchDay,
              lastDay: windowLastDay,
            }),
          })
        ).get(0)!

        const last = asOf < windowLastDay ? asOf : windowLastDay
        const inWindow = events.filter((event) => instantOf(event) >= launchedAt && localDayOf(event) <= last)
        const expected = (members: number[]) => {
          const each = members.map((member) => {
            const own = inWindow.filter((event) => event.member === member)
            const orders = own.filter(({ kind }) => kind === 'order')
            const refunds = own.filter(({ kind }) => kind === 'refund')
            const sum = (some: Happening[]) => some.reduce((total, { amountMinor }) => total + amountMinor, 0)
            return { orders: orders.length, net: sum(orders) - sum(refunds) }
          })
          const arm = (values: number[]) => ({
            n: members.length,
            sum: values.reduce((total, value) => total + value, 0),
            sumOfSquares: values.reduce((total, value) => total + value * value, 0),
          })
          return {
            members: members.length,
            buyers: each.filter(({ orders }) => orders > 0).length,
            orders: arm(each.map(({ orders }) => orders)),
            net: arm(each.map(({ net }) => net)),
            margin: null,
          }
        }
        expect([found.treated, found.heldOut]).toEqual([expected([1, 2, 3, 4, 5]), expected([6, 7])])
      }),
      { numRuns: cases(10) },
    )
  } finally {
    await shop.close()
  }
})
