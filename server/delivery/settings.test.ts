import { expect, test } from 'vitest'
import { waitAfter } from './lease.ts'
import { isQuiet } from './settings.ts'

test('quiet hours begin with their first minute and end before their last, by the local clock', () => {
  const shanghai = { timeZone: 'Asia/Shanghai', firstWeekday: 1 }
  const at = (time: string) => new Date(`2026-11-22T${time}:00+08:00`)
  const night = { from: '21:00', to: '08:00' }
  expect(
    ['20:59', '21:00', '00:00', '07:59', '08:00'].map((time) => isQuiet(night, at(time), shanghai)),
  ).toEqual([false, true, true, true, false])
  const noon = { from: '12:00', to: '14:00' }
  expect(['11:59', '12:00', '13:59', '14:00'].map((time) => isQuiet(noon, at(time), shanghai))).toEqual([
    false,
    true,
    true,
    false,
  ])
  expect(isQuiet(null, at('03:00'), shanghai)).toBe(false)
  // summer time: 02:30 local does not exist on that day, 03:30 does
  const berlin = { timeZone: 'Europe/Berlin', firstWeekday: 1 }
  const early = { from: '02:00', to: '03:15' }
  expect(isQuiet(early, new Date('2026-03-29T00:59:00Z'), berlin)).toBe(false) // 01:59
  expect(isQuiet(early, new Date('2026-03-29T01:10:00Z'), berlin)).toBe(true) // 03:10
  expect(isQuiet(early, new Date('2026-03-29T01:20:00Z'), berlin)).toBe(false) // 03:20
})

test('waits grow fourfold, up to six hours, and differ by chance', () => {
  expect([1, 2, 3, 9].map((attempt) => waitAfter(attempt, () => 0))).toEqual([
    5_000, 20_000, 80_000, 21_600_000,
  ])
  const waits = Array.from({ length: 50 }, () => waitAfter(1))
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(5_000)
  expect(Math.max(...waits)).toBeLessThan(6_250)
  expect(new Set(waits).size).toBeGreaterThan(10)
})
