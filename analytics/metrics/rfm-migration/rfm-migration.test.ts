import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cases } from '../../../fixtures/cases.ts'
import { addDays } from '../../calendar/calendar.ts'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { isAsked, isKnown, type Question } from '../../oracle/meaning.ts'
import { type PlainShop, shops } from '../../oracle/shop.ts'
import { rfmOracle } from '../rfm/oracle.ts'
import { rfmMigration, rfmMigrationFindings } from './rfm-migration.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

/** Each known member's group on either day, and their net, by scoring everybody twice. */
function moves(plain: PlainShop, question: Question, opened: string) {
  const everybody = { ...question, audience: null }
  const before = rfmOracle(plain, { ...everybody, asOf: opened }, undefined).scored
  const after = rfmOracle(plain, everybody, undefined).scored
  const called = (group: string | undefined) =>
    group === undefined ? 'never bought' : group.toLowerCase().replace("can't", 'cannot')
  return plain.members
    .filter((member) => isAsked(question, member.key) && isKnown(plain, member, question.asOf))
    .map((member) => {
      const then = before.find((one) => one.member === member.key)
      const now = after.find((one) => one.member === member.key)
      return {
        from: then || isKnown(plain, member, opened) ? called(then?.group) : 'not yet a member',
        to: called(now?.group),
        net: now?.net ?? 0,
      }
    })
}

test('members move between the groups that scoring each day by itself gives', async () => {
  await fc.assert(
    fc.asyncProperty(shops, questions, fc.constantFrom(1, 20, 90, 400), async (plain, question, days) => {
      const scope = await shop.load(plain, question)
      const rows = await answer(shop.engine, rfmMigration, scope, { days })
      const expected = moves(plain, question, addDays(question.asOf, -days))
      expect(rows).toHaveLength(13 * 13)
      for (const row of rows) {
        const some = expected.filter(({ from, to }) => from === row.from && to === row.to)
        expect([row, row.members, row.netMinor]).toEqual([
          row,
          some.length,
          some.reduce((sum, { net }) => sum + net, 0),
        ])
      }
    }),
    { numRuns: cases(15) },
  )
})

test('worked by hand: who bought, who was refunded, who never bought', async () => {
  const scope = await shop.load(handShop, handQuestion)
  const filled = async (days: number) =>
    (await answer(shop.engine, rfmMigration, scope, { days }))
      .filter(({ members }) => members > 0)
      .map(({ from, to, members, netMinor }) => [from, to, members, netMinor])
  // At the end of July: Cai bought today (1 order, 4,000), Ann 16 days ago (3 orders, 18,000), Ben 41 days ago (1 order,
  // 8,000, refunded in August only). Cuts: days 0 16 16 41, orders 1 1 1 3, net 4,000 8,000 8,000 18,000.
  // Ann R 4, F 4, M 4: loyal. Ben R 2, F 1, M 2: hibernating. Cai R 5, F 1, M 1: new. Dan had joined.
  expect(await filled(31)).toEqual([
    ['loyal', 'at risk', 1, 18000],
    ['new', 'promising', 1, 2500],
    ['hibernating', 'potential loyal', 1, 6000],
    ['never bought', 'never bought', 1, 0],
  ])
  // In May there was a guest only.
  expect(await filled(100)).toEqual([
    ['not yet a member', 'potential loyal', 1, 6000],
    ['not yet a member', 'promising', 1, 2500],
    ['not yet a member', 'at risk', 1, 18000],
    ['not yet a member', 'never bought', 1, 0],
  ])
  const rows = await answer(shop.engine, rfmMigration, scope, { days: 31 })
  expect(rows.find(({ from, to }) => from === 'loyal' && to === 'at risk')!.membersExpression).toBe(
    '(rfm_group = "loyal") on 2024-07-31 and rfm_group = "at risk"',
  )
  expect(rfmMigrationFindings(rows)).toEqual([
    { id: 'rfm-migration.moved', values: { slipped: 1, returned: 1 } },
  ])
  expect(rfmMigrationFindings(rows.map((row) => ({ ...row, members: 0 })))).toEqual([
    { id: 'rfm-migration.neutral', values: {} },
  ])
})
