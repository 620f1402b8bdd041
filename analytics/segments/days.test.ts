import { expect, test } from 'vitest'
import { isLater, readRelativeDay, resolveDay } from './days.ts'

test.each([
  ['today', '2024-02-29', '2024-02-29'],
  ['yesterday', '2024-03-01', '2024-02-29'],
  ['yesterday', '2026-01-01', '2025-12-31'],
  ['-30d', '2024-03-01', '2024-01-31'],
  ['+2w', '2025-12-25', '2026-01-08'],
  ['-1m', '2024-03-31', '2024-02-29'],
  ['-1m', '2026-03-31', '2026-02-28'],
  ['-13m', '2026-01-15', '2024-12-15'],
  ['+1m', '2025-12-31', '2026-01-31'],
  ['-1y', '2024-02-29', '2023-02-28'],
  ['-4y', '2024-02-29', '2020-02-29'],
  ['2026-01-31', '2024-02-29', '2026-01-31'],
])('%s on %s is %s', (day, asOf, expected) => {
  expect(resolveDay(day, asOf)).toBe(expected)
})

test.each([
  ['-030D', '-30d'],
  ['+0w', 'today'],
  ['-3个月', '-3m'],
  ['-3月', '-3m'],
  ['-1年', '-1y'],
  ['-36501d', null],
  ['-101y', null],
])('%s is kept as %s', (written, kept) => {
  expect(readRelativeDay(written)).toBe(kept)
})

test('what depends on the day asked about is not later', () => {
  expect(isLater('today', '-1d')).toBe(true)
  expect(isLater('-1m', '-30d')).toBe(false)
  expect(isLater('-30d', '-1m')).toBe(false)
  expect(isLater('2026-01-02', '2026-01-01')).toBe(true)
  expect(isLater('2026-01-02', '-1d')).toBe(false)
})
