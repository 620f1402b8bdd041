import { expect, test } from 'vitest'
import { rampStep } from './heat-table.tsx'
import { niceTicks, spread } from './scale.ts'

test('ticks are round, start at zero and enclose the highest value', () => {
  expect(niceTicks(0.41)).toEqual([0, 0.2, 0.4, 0.6])
  expect(niceTicks(0.38)).toEqual([0, 0.1, 0.2, 0.3, 0.4])
  expect(niceTicks(86_000)).toEqual([0, 25_000, 50_000, 75_000, 100_000])
  expect(niceTicks(0)).toEqual([0, 1])
  expect(niceTicks(30, -12)[0]).toBeLessThanOrEqual(-12)
  for (const highest of [1, 7, 13, 99, 101, 0.003, 123_456_789]) {
    const ticks = niceTicks(highest)
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest)
    expect(ticks.length).toBeGreaterThanOrEqual(3)
    expect(ticks.length).toBeLessThanOrEqual(6)
  }
})

test('labels that would overlap move apart, keep their order and stay inside', () => {
  expect(spread([10, 100], 16, 200)).toEqual([10, 100])
  expect(spread([50, 52, 51], 16, 200)).toEqual([50, 82, 66])
  expect(spread([195, 198], 16, 200)).toEqual([184, 200])
})

test('a value at either end of the domain has the first or the last step', () => {
  expect([0.07, 0.36, 0.2, -1, 2].map((value) => rampStep(value, [0.07, 0.36]))).toEqual([0, 6, 3, 0, 6])
  expect(rampStep(0.2, [0.2, 0.2])).toBe(0)
})
