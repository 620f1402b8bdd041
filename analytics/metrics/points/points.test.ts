import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answer, questions, testEngine } from '../../oracle/asked.ts'
import { handQuestion, handShop } from '../../oracle/hand-shop.ts'
import { shopsWithCards } from '../../oracle/shop-cards.ts'
import { cases } from '../../../fixtures/cases.ts'
import { points, pointsFindings, type PointsRow } from './points.ts'
import { pointsOracle } from './oracle.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

const named = ({ kind, to, use, reason }: PointsRow): string =>
  kind === 'expiring' ? `≤ ${to ?? 'later'}` : kind === 'total' ? use! : `${use}: ${reason ?? '–'}`

test('what expires and what became of points is what going through the ledger gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      shopsWithCards,
      questions,
      fc.constantFrom(1, 30, 90),
      fc.constantFrom({}, { from: '2024-03-01' }, { from: '2024-02-29', to: '2024-12-31' }),
      async (plain, question, quietDays, window: { from?: string; to?: string }) => {
        const scope = await shop.load(plain, question)
        const rows = await answer(shop.engine, points, scope, { quietDays, ...window })
        expect(
          Object.fromEntries(
            rows
              .filter(({ points: sum }) => sum > 0)
              .map((row) => [
                named(row),
                row.kind === 'expiring'
                  ? {
                      points: row.points,
                      members: row.members,
                      quietMembers: row.quietMembers,
                      quietPoints: row.quietPoints,
                    }
                  : { points: row.points, entries: row.entries },
              ]),
          ),
        ).toEqual(pointsOracle(plain, question, { quietDays, from: '', to: '9999', ...window }))
      },
    ),
    { numRuns: cases(25) },
  )
})

test('worked by hand', async () => {
  const entry = (
    member: number,
    day: string,
    change: number,
    reason: string | null,
    expiresDay: string | null,
  ) => ({
    member,
    changedAt: new Date(`${day}T12:00+08:00`),
    change,
    reason,
    expiresDay,
  })
  const plain = {
    ...handShop,
    points: [
      entry(1, '2024-06-10', 100, 'order', '2024-09-30'),
      entry(1, '2024-07-15', 80, 'order', '2024-12-31'),
      entry(1, '2024-07-20', -130, 'gift', null),
      entry(2, '2024-06-20', 80, 'order', '2024-08-31'),
      entry(2, '2024-06-20', 7, 'order', '2024-09-30'),
      entry(3, '2024-07-31', 40, 'order', '2024-08-30'),
      entry(3, '2024-08-31', -40, 'Expired', null),
    ],
  }
  const scope = await shop.load(plain, handQuestion)
  const rows = await answer(shop.engine, points, scope, { quietDays: 31 })
  // Ann's 130 took all that goes in September and 30 of December's; Ben's last days are today and the 30th day from it
  expect(rows.filter(({ points: sum }) => sum > 0)).toMatchObject([
    {
      kind: 'expiring',
      from: 0,
      to: 30,
      points: 87,
      members: 1,
      quietMembers: 0,
      membersExpression: 'points_expiring(expires_in between 0 and 30) > 0',
    },
    { kind: 'expiring', from: 91, to: 180, points: 50, members: 1, quietMembers: 1, quietPoints: 50 },
    { kind: 'total', use: 'given', points: 307, entries: 5 },
    { kind: 'total', use: 'redeemed', points: 130, share: { value: 130 / 307 } },
    { kind: 'total', use: 'expired', points: 40 },
    { kind: 'reason', use: 'given', reason: 'order', points: 307 },
    { kind: 'reason', use: 'redeemed', reason: 'gift', points: 130, others: false },
    { kind: 'reason', use: 'expired', reason: 'Expired', points: 40 },
  ])
  expect(pointsFindings(rows)).toEqual([
    { id: 'points.soon', values: { points: 87, members: 1 } },
    { id: 'points.redeemed', values: { share: 130 / 307 } },
  ])
  expect(pointsFindings([])).toEqual([])
})

test('of many reasons the smallest are a row together, so that reasons add up to the total', async () => {
  const plain = {
    ...handShop,
    points: Array.from({ length: 20 }, (_, i) => ({
      member: 1,
      changedAt: new Date('2024-07-01T12:00+08:00'),
      change: i + 1,
      reason: `order ${i}`,
      expiresDay: null,
    })),
  }
  const rows = await answer(shop.engine, points, await shop.load(plain, handQuestion))
  const reasons = rows.filter(({ kind }) => kind === 'reason')
  expect(reasons).toHaveLength(13)
  expect(reasons.at(-1)).toMatchObject({ others: true, reason: null, points: 36, entries: 8 })
  expect(reasons.reduce((sum, row) => sum + row.points, 0)).toBe(210)
})
