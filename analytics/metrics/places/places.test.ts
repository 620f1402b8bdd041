import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays } from '../../calendar/calendar.ts'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { dataStart } from '../../oracle/meaning.ts'
import { shopsWithCards } from '../../oracle/shop-cards.ts'
import { cases } from '../../../fixtures/cases.ts'
import { placesOracle } from './oracle.ts'
import { places, placesFindings, type PlacesRow } from './places.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

/** A row as the oracle tells it. */
const told = (row: PlacesRow) => ({
  members: {
    orders: row.memberOrders,
    net: row.memberNetMinor,
    charged: row.memberRefunded.denominator,
    refunded: row.memberRefunded.numerator,
    off: row.memberDiscount.numerator,
    list: row.memberDiscount.denominator,
  },
  guests: {
    orders: row.guestOrders,
    net: row.guestNetMinor,
    charged: row.guestRefunded.denominator,
    refunded: row.guestRefunded.numerator,
    off: row.guestDiscount.numerator,
    list: row.guestDiscount.denominator,
  },
  buyers: row.buyers,
  newBuyers: row.newBuyers,
  repeated: row.repeated.numerator,
})

test('every place sells what adding up order by order gives, now and before', async () => {
  await fc.assert(
    fc.asyncProperty(
      shopsWithCards,
      questions,
      fc.constantFrom('store', 'channel', 'region'),
      fc.constantFrom(0, 29, 180),
      fc.constantFrom('previous', 'last year'),
      async (plain, question, by, back, against) => {
        const scope = await shop.load(plain, question)
        const from = addDays(question.asOf, -back)
        const rows = await answer(shop.engine, places, scope, { by, from, against })
        const meant = placesOracle(plain, question, by, from, question.asOf)
        const [all, ...others] = rows
        expect(told(all!)).toEqual(meant.all)
        const filled = others.filter((row) => (row.place ?? '–') in meant.places)
        expect(Object.fromEntries(filled.map((row) => [row.place ?? '–', told(row)]))).toEqual(meant.places)

        const [first, last] =
          against === 'previous'
            ? [addDays(from, -back - 1), addDays(from, -1)]
            : [from, question.asOf].map((day) =>
                `${Number(day.slice(0, 4)) - 1}${day.slice(4)}`.replace('-02-29', '-02-28'),
              )
        const before = placesOracle(plain, question, by, first!, last!)
        const start = dataStart(plain)
        const reaches = start !== null && first! >= start
        const net = ({ members, guests }: (typeof before)['all']) => members.net + guests.net
        expect(rows.map(({ beforeNetMinor }) => beforeNetMinor)).toEqual(
          rows.map(({ kind, place }) => {
            if (!reaches) return null
            if (kind === 'all') return net(before.all)
            const there = before.places[place ?? '–']
            return there === undefined ? 0 : net(there)
          }),
        )
        // nothing is left out: places of now and of before alone
        expect(new Set(others.map(({ place }) => place ?? '–'))).toEqual(
          new Set([...Object.keys(meant.places), ...Object.keys(before.places)]),
        )
      },
    ),
    { numRuns: cases(30) },
  )
})

test('worked by hand', async () => {
  const plain = {
    ...handShop,
    orders: handShop.orders.map((order) => ({ ...order, store: order.key >= 7 ? 'West' : order.store })),
  }
  const scope = await shop.load(plain, handQuestion)
  // July and August against May and June
  const rows = await answer(shop.engine, places, scope, { from: '2024-07-01' })
  expect(rows).toMatchObject([
    {
      kind: 'all',
      memberOrders: 4,
      // 5,000 + 3,000 + 4,000 + 6,000, refunds of 8,000 and 1,500
      memberNetMinor: 8500,
      guestOrders: 1,
      guestNetMinor: 2000,
      buyers: 3,
      newBuyers: 2,
      repeated: { numerator: 1, denominator: 3 },
      beforeFrom: '2024-04-30',
      beforeTo: '2024-06-30',
      beforeNetMinor: 18_000,
    },
    {
      place: 'West',
      memberNetMinor: 10_000,
      netShare: { numerator: 10_000, denominator: 10_500 },
      buyers: 2,
    },
    {
      place: 'East',
      memberOrders: 2,
      memberNetMinor: -1500,
      netMinor: 500,
      change: 500 / 18_000 - 1,
      membersExpression: 'orders(store = "East", between 2024-07-01 and 2024-08-31) >= 1',
      repeatedExpression: 'orders(store = "East", between 2024-07-01 and 2024-08-31) >= 2',
    },
  ])
  // East fell from 18,000 to 500, West rose from nothing to 10,000
  expect(placesFindings(rows)).toEqual([
    { id: 'places.lost', values: { place: 'East', movedMinor: 17_500 } },
    { id: 'places.guests', values: { share: 2000 / 10_500, membersMinor: 2125, guestsMinor: 2000 } },
  ])
  expect(placesFindings(rows.filter(({ place }) => place !== 'East'))).toHaveLength(1)
})

test('who is first seen near the start of the data is no new buyer', async () => {
  const plain = {
    ...handShop,
    orders: handShop.orders.map((order) =>
      order.key === 2 ? { ...order, orderedAt: new Date('2024-02-10T12:00+08:00') } : order,
    ),
  }
  const scope = await shop.load(plain, handQuestion)
  const [all] = await answer(shop.engine, places, scope, { from: '2024-01-01' })
  // Ann's first order lies 36 days after the data's first; Ben's and Cai's are known to be their first
  expect(all).toMatchObject({ buyers: 3, newBuyers: 2 })
})

test('last year of a leap day is the 28th', async () => {
  const scope = await shop.load(handShop, { ...handQuestion, asOf: '2024-02-29' })
  const [all] = await answer(shop.engine, places, scope, { from: '2024-02-29', against: 'last year' })
  expect(all).toMatchObject({ beforeFrom: '2023-02-28', beforeTo: '2023-02-28', beforeNetMinor: null })
})
