import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shopsWithLines } from '../../oracle/shop-lines.ts'
import { affinity, affinityFindings } from './affinity.ts'
import { affinityOracle } from './oracle.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

test('pairs are what counting members class by class gives', async () => {
  await fc.assert(
    fc.asyncProperty(shopsWithLines, questions, async (plain, question) => {
      const scope = await shop.load(plain, question)
      const rows = await answer(shop.engine, affinity, scope)
      const named = ({ one, other }: { one: string; other: string }) => `${one} ${other}`
      expect(
        rows
          .map(({ one, other, oneMembers, otherMembers, both, expected }) => ({
            one,
            other,
            oneMembers,
            otherMembers,
            both,
            expected: Math.round(expected * 1e9),
          }))
          .toSorted((a, b) => named(a).localeCompare(named(b))),
      ).toEqual(
        affinityOracle(plain, question)
          .map((row) => ({ ...row, expected: Math.round(row.expected * 1e9) }))
          .toSorted((a, b) => named(a).localeCompare(named(b))),
      )
    }),
    { numRuns: 30 },
  )
})

test('worked by hand: the interval of a pair', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const counts = (mask: number, members: number, least = 1) => ({
    item: null,
    place: null,
    mask,
    class: least,
    members,
  })
  const items = [
    { item: 'tea', place: 0, mask: null, class: null, members: 100 },
    { item: 'bread', place: 1, mask: null, class: null, members: 50 },
  ]
  const of = (...rows: object[]) => affinity.finish([...items, ...rows], { by: 'category', top: 2 }, scope)
  // 200 members, 100 with tea, 50 with bread, 40 with both: 25 are expected,
  // with a variance of 100·50·100·150 ÷ (200²·199) = 9.42211 and z = 1.959964
  const [pair] = of(counts(3, 40), counts(1, 60), counts(2, 10), counts(0, 90))
  expect(pair).toMatchObject({ both: 40, expected: 25, lift: 1.6, apart: 'more' })
  expect(pair!.low).toBeCloseTo(1.6 - (1.959964 * Math.sqrt(9.42211)) / 25, 4)
  expect(pair!.membersExpression).toBe('orders(category = "tea") >= 1 and orders(category = "bread") >= 1')
  expect(affinityFindings([pair!])).toEqual([
    { id: 'affinity.together', values: { one: 'tea', other: 'bread', times: 1.6, members: 40 } },
  ])
  // who orders often has both, who orders once has neither: within each class that is no more than chance
  const [habit] = of(counts(3, 40, 21), counts(0, 160, 1))
  expect(habit).toMatchObject({ both: 40, expected: 40, lift: 1, apart: 'not told' })
  expect(affinityFindings([habit!])).toEqual([{ id: 'affinity.nothing', values: {} }])
  // four expected members tell nothing
  const [few] = of(counts(3, 8), counts(1, 0), counts(2, 8), counts(0, 16))
  expect(few).toMatchObject({ both: 8, expected: 4, low: null, apart: 'not told' })
})
