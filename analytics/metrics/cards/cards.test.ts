import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shopsWithCards } from '../../oracle/shop-cards.ts'
import { cases } from '../../../fixtures/cases.ts'
import { cards, cardsFindings, type CardsRow } from './cards.ts'
import { cardsOracle } from './oracle.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const drawerOf = ({ kind, tier, to, known }: CardsRow): string => {
  if (kind === 'tier') return `tier ${tier ?? 'unknown'}`
  const limit = known ? (to === null ? 'more' : `≤ ${to}`) : 'unknown'
  return `${kind === 'points' ? 'points' : 'stored'} ${limit}`
}

test('tiers and bands hold what putting every member into drawers gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      shopsWithCards,
      questions,
      fc.constantFrom(1, 30, 90),
      fc.constantFrom<Record<string, number>[]>({}, { gold: 100, "O'Hara": 250 }),
      async (plain, question, quietDays, fees) => {
        const scope = await shop.load(plain, question)
        const rows = await answer(shop.engine, cards, scope, { quietDays, fees })
        const told = Object.fromEntries(
          rows.map((row) => {
            const paid = row.feeMinor !== null
            return [
              drawerOf(row),
              {
                members: row.members,
                buyers: row.buyers,
                orders: row.orders,
                net: row.netMinor,
                quiet: row.quietMembers,
                ...(row.held === null ? {} : { held: row.held, quietHeld: row.quietHeld }),
                ...(paid
                  ? { saved: row.savedMinor, paidOff: row.paidOff, fees: row.feeMinor! * row.members }
                  : {}),
              },
            ]
          }),
        )
        const meant = Object.fromEntries(
          Object.entries(cardsOracle(plain, question, { quietDays, fees })).map(
            ([drawer, { knownOrders, ...counts }]) => [
              drawer,
              knownOrders === 0 ? { ...counts, saved: null, paidOff: null } : counts,
            ],
          ),
        )
        expect(told).toEqual(meant)
        const paid = rows.filter(({ savedMinor }) => savedMinor !== null)
        expect(paid.map(({ savedOfFees }) => savedOfFees!.value)).toEqual(
          paid.map(({ savedMinor, feeMinor, members }) => savedMinor! / (feeMinor! * members)),
        )
      },
    ),
    { numRuns: cases(25) },
  )
})

test('worked by hand', async () => {
  const held: Record<number, object> = {
    1: { tier: 'Gold', points: 1200, storedValue: 30_000 },
    2: { tier: 'Gold', points: 0, storedValue: 0 },
    3: { tier: 'Silver', points: 80, storedValue: 150_000 },
    4: { points: 200, storedValue: 50_000 },
  }
  const plain = {
    ...handShop,
    members: handShop.members.map((member) => ({ ...member, ...held[member.key] })),
    orders: handShop.orders.map((order) => ({ ...order, discounted: [2, 5, 8].includes(order.key) })),
  }
  const scope = await shop.load(plain, handQuestion)
  const rows = await answer(shop.engine, cards, scope, { quietDays: 31, fees: 'Gold=150' })
  // Ann bought on 15 July, 47 days ago; Ben 11 days ago; Cai on 31 July, 31 days ago; Dan never
  expect(rows.filter(({ kind }) => kind === 'tier')).toMatchObject([
    // Ann saved 1.00 twice, Ben 1.00 on his one order that counts: 3.00 of two fees of 1.50
    {
      tier: 'Gold',
      members: 2,
      netMinor: 24_000,
      quietMembers: 1,
      savedMinor: 300,
      savedOfFees: { numerator: 300, denominator: 300, value: 1 },
      paidOff: 1,
      quietExpression: 'tier = "Gold" and orders(between 2024-07-31 and 2024-08-31) = 0',
    },
    { tier: 'Silver', members: 1, netMinor: 2500, quietMembers: 0, feeMinor: null, savedOfFees: null },
    {
      tier: null,
      known: false,
      members: 1,
      buyers: 0,
      quietMembers: 1,
      membersExpression: 'tier is unknown',
    },
  ])
  expect(rows.filter(({ kind }) => kind === 'stored value')).toMatchObject([
    { from: 0, to: 0, members: 1, membersExpression: 'stored_value = 0.00' },
    { from: 20_000, to: 49_999, members: 1, held: 30_000, quietHeld: 30_000 },
    { from: 50_000, to: 99_999, held: 50_000, quietHeld: 50_000 },
    { from: 100_000, to: null, held: 150_000, quietHeld: 0, membersExpression: 'stored_value >= 1000.00' },
  ])
  expect(cardsFindings(rows)).toEqual([
    { id: 'cards.tier', values: { tier: 'Gold', first: 0.5, second: 24_000 / 26_500 } },
    { id: 'cards.points-quiet', values: { members: 2, held: 1400, share: 1400 / 1480 } },
    { id: 'cards.stored-quiet', values: { members: 2, heldMinor: 80_000, share: 80 / 230 } },
  ])
  expect(cardsFindings(rows.map((row) => ({ ...row, quietMembers: 0 })))).toMatchObject([
    { id: 'cards.tier' },
  ])
  expect(cardsFindings([])).toEqual([])
})

test('a fee that is none is refused', () => {
  for (const fees of ['Gold', 'Gold=', '=5', 'Gold=0', { Gold: -1 }, { Gold: 1.5 }])
    expect({ fees, ok: cards.settings.safeParse({ fees }).success }).toEqual({ fees, ok: false })
  expect(cards.settings.parse({ fees: 'a=b=100' }).fees).toEqual({ 'a=b': 100 })
})
