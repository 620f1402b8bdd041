import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../oracle/asked.ts'
import { shops } from '../oracle/shop.ts'
import { cards } from './cards/cards.ts'
import { concentration } from './concentration/concentration.ts'
import { dormancy } from './dormancy/dormancy.ts'
import { growth } from './growth/growth.ts'
import { ltv } from './ltv/ltv.ts'
import { overview } from './overview/overview.ts'
import { places, type PlacesRow } from './places/places.ts'
import { repurchase } from './repurchase/repurchase.ts'
import { rfm } from './rfm/rfm.ts'
import { retention } from './retention/retention.ts'
import { cases } from '../../fixtures/cases.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

/** What a place sold, as the overview names it. */
const told = (row: PlacesRow) => ({
  orders: row.memberOrders + row.guestOrders,
  netMinor: row.netMinor,
  guestNetMinor: row.guestNetMinor,
  buyers: row.buyers,
  newBuyers: row.newBuyers,
})

/** Before all activity of the random shops. */
const from = '2023-12-01'

test('under the same filters the rooms agree on buyers, cohorts and net', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, async (plain, question) => {
      if (question.asOf < from) return
      const scope = await shop.load(plain, question)
      const [current] = await answer(shop.engine, overview, scope, { from, steps: 0 })
      const [byOrders, byDays] = await answer(shop.engine, repurchase, scope)
      const values = await answer(shop.engine, ltv, scope, { periods: 24 })
      const cells = await answer(shop.engine, retention, scope, { periods: 24 })
      const statuses = (await answer(shop.engine, dormancy, scope)).filter(({ kind }) => kind === 'status')

      // Buyers: who bought in the time of all data, who has a last order, who is on the first rung.
      const withOrder = statuses.filter(({ status }) => status !== 'never bought')
      const buyers = withOrder.reduce((sum, { members }) => sum + members, 0)
      expect([current!.buyers, byOrders!.members, byDays!.members]).toEqual([buyers, buyers, buyers])
      expect([current!.newBuyers, current!.firstSeenBuyers]).toEqual([
        byOrders!.newMembers,
        byOrders!.firstSeenMembers,
      ])

      // Who is active is where the ledger ends.
      const ends = (await answer(shop.engine, growth, scope)).filter(({ part }) => part === 'end')
      expect(ends.at(-1)?.members ?? 0).toBe(statuses.find(({ status }) => status === 'active')!.members)

      // The same buyers have scores, and their positive net is shared out.
      const groups = (await answer(shop.engine, rfm, scope)).filter(({ kind }) => kind === 'group')
      const scored = (of: 'members' | 'netMinor') => groups.reduce((sum, row) => sum + row[of], 0)
      const [everybody] = (await answer(shop.engine, concentration, scope)).filter(
        ({ kind }) => kind === 'all',
      )
      expect([scored('members'), everybody?.members ?? 0]).toEqual([buyers, buyers])
      expect(everybody?.netMinor ?? 0).toBeGreaterThanOrEqual(scored('netMinor'))

      // Tiers and bands divide the same members, buyers, orders and net.
      const held = await answer(shop.engine, cards, scope)
      for (const kind of ['tier', 'points', 'stored value']) {
        const own = held.filter((row) => row.kind === kind)
        const all = (of: 'members' | 'buyers' | 'netMinor') => own.reduce((sum, row) => sum + row[of], 0)
        expect([all('members'), all('buyers'), all('netMinor')]).toEqual([
          statuses.reduce((sum, { members }) => sum + members, 0),
          buyers,
          scored('netMinor'),
        ])
      }

      // Stores and channels: together, and each by itself, what the overview says of it.
      for (const by of ['store', 'channel'] as const) {
        const [together, ...apart] = await answer(shop.engine, places, scope, { by, from })
        const counts = { orders: 0, netMinor: 0 }
        for (const row of apart) {
          counts.orders += row.memberOrders + row.guestOrders
          counts.netMinor += row.netMinor
        }
        expect(counts).toEqual({ orders: current!.orders, netMinor: current!.netMinor })
        expect(told(together!)).toEqual(
          (({ orders, netMinor, guestNetMinor, buyers: all, newBuyers }) => ({
            orders,
            netMinor,
            guestNetMinor,
            buyers: all,
            newBuyers,
          }))(current!),
        )
        expect(together!.repeated.numerator).toBe(byOrders!.repeated)
        for (const row of apart.filter(({ place }) => place !== null)) {
          const there = {
            ...scope,
            ...(by === 'store' ? { stores: [row.place!] } : { channels: [row.place!] }),
          }
          const [alone] = await answer(shop.engine, overview, there, { from, steps: 0 })
          const { orders, netMinor, guestNetMinor, buyers: all, newBuyers } = alone!
          expect(told(row)).toEqual({ orders, netMinor, guestNetMinor, buyers: all, newBuyers })
        }
      }

      // Net: the cohorts' last cumulative net and the others' make up what members brought.
      const last = new Map(values.map((row) => [row.cohort, row.cumulativeNetMinor]))
      const members = [...last.values()].reduce((sum, net) => sum + net, 0)
      expect(members).toBe(current!.netMinor - current!.guestNetMinor)

      // Cohorts: the same members in both rooms, and with the others everybody who has a status.
      const sizes = (
        rows: readonly { cohort: string | null; cohortSize: number }[],
      ): Record<string, number> =>
        Object.fromEntries(
          rows.filter(({ cohort }) => cohort !== null).map((row) => [row.cohort, row.cohortSize]),
        )
      expect(sizes(values)).toEqual(sizes(cells))
      const others = values.find(({ cohort }) => cohort === null)?.cohortSize ?? 0
      expect(Object.values(sizes(values)).reduce((sum, size) => sum + size, others)).toBe(
        statuses.reduce((sum, row) => sum + row.members, 0),
      )
    }),
    { numRuns: cases(10) },
  )
})
