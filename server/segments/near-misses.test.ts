import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { createDemo } from '../demo/demo.ts'
import { openPlatform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import { cases } from '../../fixtures/cases.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-near-misses-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
await createDemo(platform, { members: 120, end: '2026-03-01' })
const workspace = (await platform.workspaces.byName('demo'))!
const caller = createCallerFactory(appRouter)({
  platform,
  actor: { kind: 'local' },
  workspace,
  role: 'owner',
  language: 'en',
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

/** A rule as the test reads it: conditions by their place in the list below. */
type Tree = number | { not: Tree } | { all: Tree[] } | { any: Tree[] }

const conditions = [
  'orders >= 3',
  'days_since_order <= 60',
  'net between 100 and 900',
  'region is known',
  'orders(within 90 days) != 1',
  'average_order >= 80',
  'status in ("active", "cooling")',
  'first_order >= 2025-09-01',
  'birthday within next 40 days',
]

const trees = fc.letrec<{ tree: Tree; leaf: Tree }>((tie) => ({
  leaf: fc.nat(conditions.length - 1),
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.record({ not: tie('tree') }),
    fc.record({ all: fc.array(tie('tree'), { minLength: 2, maxLength: 4 }) }),
    fc.record({ any: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }) }),
  ),
})).tree

const written = (tree: Tree): string => {
  if (typeof tree === 'number') return conditions[tree]!
  if ('not' in tree) return `not (${written(tree.not)})`
  return `(${('all' in tree ? tree.all : tree.any).map(written).join('all' in tree ? ' and ' : ' or ')})`
}
const leaves = (tree: Tree): number[] => {
  if (typeof tree === 'number') return [tree]
  return 'not' in tree ? leaves(tree.not) : ('all' in tree ? tree.all : tree.any).flatMap(leaves)
}
const isTrue = (tree: Tree, of: (leaf: number) => boolean): boolean => {
  if (typeof tree === 'number') return of(tree)
  if ('not' in tree) return !isTrue(tree.not, of)
  return 'all' in tree ? tree.all.every((one) => isTrue(one, of)) : tree.any.some((one) => isTrue(one, of))
}

const ids = async (expression: string) => (await caller.segments.memberIds({ expression })).memberIds

test('a condition keeps out alone exactly those whom the other answer to it would let in', async () => {
  const everybody = await ids('everyone')
  const meeting = await Promise.all(conditions.map(async (one) => new Set(await ids(one))))
  await fc.assert(
    fc.asyncProperty(trees, async (tree) => {
      const told = await caller.segments.nearMisses({ expression: written(tree), limit: 50 })
      const meets = (member: string) => (leaf: number) => meeting[leaf]!.has(member)
      const outside = everybody.filter((member) => !isTrue(tree, meets(member)))
      expect(told.all).toBe(everybody.length)
      expect(told.members).toBe(everybody.length - outside.length)
      const asked = [...new Set(leaves(tree))]
      expect(told.conditions.map(({ text }) => text).toSorted()).toEqual(
        asked.map((leaf) => conditions[leaf]!).toSorted(),
      )
      for (const { text, alone, nearest } of told.conditions) {
        const wanted = outside.filter((member) =>
          isTrue(tree, (leaf) => meets(member)(leaf) !== (conditions[leaf] === text)),
        )
        expect({ text, alone }).toEqual({ text, alone: wanted.length })
        expect(nearest).toHaveLength(Math.min(50, wanted.length))
        for (const { memberId, clause } of nearest) {
          expect(wanted).toContain(memberId)
          expect(clause).toMatchObject({ text, holds: meeting[conditions.indexOf(text)]!.has(memberId) })
        }
      }
      const order = told.conditions.map(({ alone }) => alone)
      expect(order).toEqual(order.toSorted((a, b) => b - a))
    }),
    { numRuns: cases(10), endOnFailure: true },
  )
})

test('nearest first: by what is missing to the turn, in the unit of the condition', async () => {
  const gaps = async (expression: string, of: string) => {
    const told = await caller.segments.nearMisses({ expression, limit: 50 })
    return told.conditions.find(({ text }) => text === of)!.nearest.map(({ clause }) => clause!)
  }
  const [quiet] = await workspace.engine
    .rows(sql`select list(date '2026-03-01' - last_day order by last_day desc)::varchar as days
    from member_facts where orders >= 2 and date '2026-03-01' - last_day <= 90`)
  const days = JSON.parse(String(quiet!.days)) as number[]
  expect(days.length).toBeGreaterThan(3)
  const waiting = await gaps('orders >= 2 and days_since_order > 90', 'days_since_order > 90')
  expect(waiting.map(({ value }) => value)).toEqual(days.toSorted((a, b) => b - a).slice(0, 50))
  expect(waiting[0]!.flip).toMatchObject({ value: 91 })

  for (const [expression, of] of [
    ['orders >= 1 and average_order between 120 and 130', 'average_order between 120 and 130'],
    ['not (orders >= 1 and net >= 200)', 'net >= 200'],
    ['orders >= 1 and not (orders in (1, 2, 3))', 'orders in (1, 2, 3)'],
    ['orders >= 1 and order_share(weekday = "saturday") >= 40%', 'order_share(weekday = "saturday") >= 40%'],
  ] as const) {
    const clauses = await gaps(expression, of)
    expect(clauses.length).toBeGreaterThan(3)
    const missing = clauses.map(({ ratio, value, flip, valueKind }) => {
      const scale = valueKind === 'percent' ? 100 : 1
      const own = ratio ? (ratio.numerator * scale) / ratio.denominator : Number(value)
      return Math.abs(Number(flip!.value) - own)
    })
    expect(missing).toEqual(missing.toSorted((a, b) => a - b))
  }
  const birthdays = await gaps('birthday within next 3 days', 'birthday within next 3 days')
  const turns = birthdays.map(({ flip }) => flip!.onDay!)
  expect(turns.length).toBeGreaterThan(3)
  expect(turns).toEqual(turns.toSorted())
})

test('conditions of named segments are weighed too, and a rule with too many is refused with the limit', async () => {
  await caller.segments.save({ name: 'Regulars', expression: 'orders >= 3' })
  const told = await caller.segments.nearMisses({
    expression: 'segment "Regulars" and days_since_order > 60',
  })
  expect(told.conditions.map(({ text }) => text).toSorted()).toEqual(['days_since_order > 60', 'orders >= 3'])
  const many = Array.from({ length: 61 }, (_, i) => `orders != ${i}`).join(' and ')
  await expect(caller.segments.nearMisses({ expression: many })).rejects.toThrow(/more than 60 conditions/)
})
