import { expect, test } from 'vitest'
import { beside, moved } from './compared.ts'
import type { Column } from './data-table.tsx'

interface Row {
  month: string
  kind: string
  n: number | null
}
const columns: readonly Column<Row>[] = [
  { key: 'month', header: 'Month', value: ({ month }) => month },
  { key: 'kind', header: 'Kind', value: ({ kind }) => kind },
  { key: 'n', header: 'N', align: 'right', value: ({ n }) => n },
]
const row = (month: string, kind: string, n: number | null): Row => ({ month, kind, n })

test('rows stand beside those of the same texts, days where they are', () => {
  const now = [row('2026-02-01', 'a', 3), row('2026-03-01', 'a', 4)]
  const then = [row('2026-03-01', 'a', 2), row('2026-04-01', 'b', 9)]
  expect(beside(columns, now, then, false)).toEqual([
    { now: now[0], other: undefined },
    { now: now[1], other: then[0] },
    { now: undefined, other: then[1] },
  ])
})

test('where time was moved, the newest stands beside the newest', () => {
  const now = [row('2026-01-01', 'a', 3), row('2026-02-01', 'a', 4), row('2026-02-01', 'b', 5)]
  const then = [row('2025-02-01', 'b', 1), row('2025-02-01', 'a', 2)]
  expect(beside(columns, now, then, true).map(({ now: one, other }) => [one?.n, other?.n])).toEqual([
    [3, undefined],
    [4, 2],
    [5, 1],
  ])
})

test('a number rose, fell or stayed; unknown is none of them', () => {
  const of = (now: number | null, other: number | null) =>
    moved(columns[2]!, { now: row('', '', now), other: row('', '', other) })
  expect([of(2, 1), of(1, 2), of(2, 2), of(null, 2), of(0, null)]).toEqual(['up', 'down', 'same', null, null])
  expect(moved(columns[2]!, { now: undefined, other: row('', '', 1) })).toBeNull()
})
