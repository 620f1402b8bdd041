import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shops } from '../../oracle/shop.ts'
import { compile } from '../../segments/compile.ts'
import { parse } from '../../segments/parse.ts'
import { duckdb } from '../../sql/duckdb.ts'
import { sql } from '../../sql/sql.ts'
import { repurchaseOracle } from './oracle.ts'
import { repurchase, repurchaseFindings, type RepurchaseRow } from './repurchase.ts'
import { cases } from '../../../fixtures/cases.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const counted = ({ rate: _rate, membersExpression: _members, ...row }: RepurchaseRow) => row

test('window and ladder are what the definitions count', async () => {
  const days = fc.option(fc.constantFrom('2024-01-31', '2024-02-29', '2024-08-01', '2025-01-01'), {
    nil: null,
  })
  await fc.assert(
    fc.asyncProperty(
      shops,
      questions,
      days,
      days,
      fc.constantFrom(1, 30, 90),
      fc.integer({ min: 0, max: 4 }),
      async (plain, question, from, to, withinDays, steps) => {
        const scope = await shop.load(plain, question)
        const window = { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) }
        const rows = await answer(shop.engine, repurchase, scope, { ...window, withinDays, steps })
        expect(rows.map(counted)).toEqual(repurchaseOracle(plain, question, { from, to, withinDays, steps }))
      },
    ),
    { numRuns: cases(10) },
  )
})

test('the rule beside a figure selects the members who are counted', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, fc.constantFrom(1, 30, 90), async (plain, question, withinDays) => {
      const scope = await shop.load(plain, { ...question, audience: null })
      const rows = await answer(shop.engine, repurchase, scope, {
        withinDays,
        from: question.asOf.slice(0, 8) + '01',
      })
      for (const { membersExpression, measure, repeated } of rows) {
        if (measure === 'purchase-days' && membersExpression === null) continue
        const parsed = parse(String(membersExpression), { currencyDecimals: 2 })
        if (parsed.kind !== 'parsed') throw new Error(`${membersExpression}`)
        const chosen = compile(
          parsed.expression,
          { scope, currencyDecimals: 2, newest: true, segments: new Map(), days: new Map() },
          duckdb,
        )
        const [found] = await shop.engine.rows(sql`select count(*) as n from (${chosen}) as chosen`)
        expect({ membersExpression, repeated: found!.n }).toEqual({ membersExpression, repeated })
      }
    }),
    { numRuns: cases(10) },
  )
})

test('worked by hand: the day limit is inclusive, two orders of one day are one purchase day', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const window = { members: 3, repeated: 1, newMembers: 3, firstSeenMembers: 0, returningMembers: 0 }
  const none = { newMembers: null, firstSeenMembers: null, returningMembers: null }
  const rows = await answer(shop.engine, repurchase, scope, { withinDays: 35 })
  expect(rows.map(counted)).toEqual([
    { measure: 'orders', n: null, ...window },
    { measure: 'purchase-days', n: null, ...window },
    { measure: 'ladder', n: 1, members: 1, repeated: 1, ...none },
    { measure: 'ladder', n: 2, members: 1, repeated: 0, ...none },
  ])
  expect(rows[0]).toMatchObject({ rate: 1 / 3, membersExpression: 'orders >= 2' })
  const sooner = await answer(shop.engine, repurchase, scope, { withinDays: 34 })
  expect(sooner.filter(({ n }) => n === 1).map(({ members, repeated }) => [members, repeated])).toEqual([
    [1, 0],
  ])
  const july = await answer(shop.engine, repurchase, scope, {
    from: '2024-07-01',
    to: '2024-07-31',
    steps: 0,
  })
  expect(july.map(({ members, repeated }) => [members, repeated])).toEqual([
    [2, 1],
    [2, 0],
  ])
  expect(july[0]).toMatchObject({
    newMembers: 1,
    returningMembers: 1,
    membersExpression: 'orders(between 2024-07-01 and 2024-07-31) >= 2',
  })
})

test('findings compare the first steps of the ladder when enough members stand on them', () => {
  const step = (n: number, members: number, repeated: number): RepurchaseRow => ({
    measure: 'ladder',
    n,
    members,
    repeated,
    rate: repeated / members,
    newMembers: null,
    firstSeenMembers: null,
    returningMembers: null,
    membersExpression: null,
  })
  expect(repurchaseFindings([step(1, 100, 30), step(2, 30, 15)])).toEqual([
    { id: 'repurchase.second-order-matters', values: { first: 0.3, second: 0.5, members: 100 } },
  ])
  expect(repurchaseFindings([step(1, 100, 30), step(2, 29, 15)])).toEqual([
    { id: 'repurchase.neutral', values: {} },
  ])
})
