import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shops } from '../../oracle/shop.ts'
import type { RfmRule } from '../../relations/rfm.ts'
import { rfmOracle } from './oracle.ts'
import { rfm, rfmFindings, rfmMeasures, type RfmRow } from './rfm.ts'
import { cases } from '../../../fixtures/cases.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const ofEach = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: null, freq: 3 })
const rules: fc.Arbitrary<RfmRule> = fc.record({
  windowDays: ofEach(fc.constantFrom(1, 30, 90)),
  recency: ofEach(fc.constantFrom([0, 5, 30, 90], [10, 11, 12, 400])),
  frequency: ofEach(fc.constant([1, 2, 3, 4])),
  money: ofEach(fc.constant([0, 100, 250, 1000])),
}) as fc.Arbitrary<RfmRule>

/** As the definitions write it. */
const called = (group: string) => (group === 'cannot lose' ? "can't lose" : group)

test('scores, cells and groups are what sorting and counting gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      shops,
      questions,
      fc.constantFrom(undefined, 1, 30, 90),
      async (plain, question, windowDays) => {
        const scope = await shop.load(plain, question)
        const rows = await answer(shop.engine, rfm, scope, windowDays === undefined ? {} : { windowDays })
        const { scored, cuts } = rfmOracle(plain, question, windowDays)
        const same = (row: RfmRow, some: typeof scored) =>
          expect([row, row.members, row.orders, row.netMinor]).toEqual([
            row,
            some.length,
            some.reduce((sum, { orders }) => sum + orders, 0),
            some.reduce((sum, { net }) => sum + net, 0),
          ])
        for (const row of rows) {
          if (row.kind === 'cell')
            same(
              row,
              scored.filter(({ recency, both }) => recency === row.recency && both === row.frequencyMoney),
            )
          if (row.kind === 'group')
            same(
              row,
              scored.filter(({ group }) => group.toLowerCase() === called(row.group!)),
            )
          if (row.kind === 'score')
            same(
              row,
              scored.filter((one) => one[row.measure!] === row.score),
            )
        }
        expect(rows.map(({ kind }) => kind)).toEqual([
          ...Array<string>(25).fill('cell'),
          ...Array<string>(11).fill('group'),
          ...Array<string>(15).fill('score'),
        ])
        const bounds = rfmMeasures.map((measure) => {
          const own = rows.filter((row) => row.measure === measure)
          const rising = measure === 'recency' ? own.toReversed() : own
          return [rising.map(({ above }) => above), rising.map(({ upTo }) => upTo)]
        })
        const ofEach = rfmMeasures.map((measure) => {
          const known = scored.length > 0 ? cuts[measure] : Array<null>(4).fill(null)
          return [
            [null, ...known],
            [...known, null],
          ]
        })
        expect(bounds).toEqual(ofEach)
        const named = rows.every(({ membersExpression }) => membersExpression !== null)
        expect(named).toBe(
          [question.stores, question.channels, question.categories].every((chosen) => chosen === null) &&
            windowDays === undefined,
        )
      },
    ),
    { numRuns: cases(12) },
  )
})

test('a workspace may cut scores at values of its own, within a window of its own', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, rules, async (plain, question, rule) => {
      const scope = { ...(await shop.load(plain, question)), rfm: rule }
      const rows = await answer(shop.engine, rfm, scope)
      const { scored } = rfmOracle(plain, question, rule.windowDays ?? undefined, rule)
      for (const row of rows.filter(({ kind }) => kind === 'group'))
        expect([row.group, row.members]).toEqual([
          row.group,
          scored.filter(({ group }) => group.toLowerCase() === called(row.group!)).length,
        ])
    }),
    { numRuns: cases(12) },
  )
})

test('worked by hand', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const rows = await answer(shop.engine, rfm, scope)
  // Ben: 11 days, 1 order, 6,000. Cai: 31 days, 1 order, 2,500. Ann: 47 days, 3 orders, 18,000. Three buyers, so the cuts
  // are the 1st, 2nd, 2nd and 3rd value: days 11 31 31 47, orders 1 1 1 3, net 2,500 6,000 6,000 18,000.
  const filled = rows.filter(({ kind, members }) => kind === 'cell' && members > 0)
  expect(
    filled.map(({ recency, frequencyMoney, group, netMinor }) => [recency, frequencyMoney, group, netMinor]),
  ).toEqual([
    [2, 4, 'at risk', 18000], // Ann: three cuts below 47 days and 18,000, three below 3 orders
    [4, 1, 'promising', 2500], // Cai
    [5, 2, 'potential loyal', 6000], // Ben: F 1, M 2, half of three rounded up
  ])
  expect(rows.find(({ measure, score }) => measure === 'recency' && score === 4)).toMatchObject({
    above: 11,
    upTo: 31,
    members: 1,
    membersExpression: 'recency_score = 4',
  })
  expect(rfmFindings(rows)).toEqual([{ id: 'rfm.neutral', values: {} }])
  const ann = rows
    .filter(({ group }) => group !== 'champions')
    .map((row) => (row.group === 'at risk' ? { ...row, group: 'champions' as const } : row))
  expect(rfmFindings(ann)).toEqual([
    { id: 'rfm.champions', values: { members: 1, first: 1 / 3, second: 18000 / 26500 } },
  ])
})
