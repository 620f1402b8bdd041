import { expect, test } from 'vitest'
import { audienceNeeded } from '../../../analytics/lift/planner.ts'
import { provingPlan } from './plan.ts'

// 52 weeks and a day: 52 members a week; 30 of 100 bought in their 21 days
const year = { from: '2025-11-25', to: '2026-11-23', ownDays: 21 }
const entries = { ...year, firsts: 52 * 52, firstsSeen: 2_000, firstsBought: 600 }
// of 8 points no holdout shows a rise within a year, of 12 those from 15 % on
const effect = 0.12
const growing = { alpha: 0.01, power: 0.8, growing: true }

test('weeks are the members that the effect needs, as they come in, and their own days', () => {
  const plan = provingPlan(entries, { holdout: 0.2, effect })!
  expect(plan.membersPerWeek).toBeCloseTo(52, 10)
  expect(plan.baseline).toEqual({ numerator: 600, denominator: 2_000, value: 0.3 })
  const needed = audienceNeeded(0.3, effect, 0.2, growing)!
  const option = plan.options.find(({ share }) => share === 0.2)!
  expect(option.weeks).toBe(Math.ceil(needed / 52 + 3))
  // 49 weeks of members count after a year: an effect that is proven in time shows in it, and no other
  for (const { weeks, afterYear } of plan.options)
    expect(afterYear !== null && afterYear <= effect).toBe(weeks !== null && weeks <= 52)
})

test('the recommended holdout is the least that proves the effect within a year; else none is', () => {
  const plan = provingPlan(entries, { holdout: 0, effect })!
  const { share, proves } = plan.recommended
  expect(proves).toBe(true)
  const within = (one: number) => Math.ceil(audienceNeeded(0.3, effect, one, growing)! / 52 + 3) <= 52
  expect([within(share), share === 0.1 || within(share - 0.01)]).toEqual([true, share === 0.1])
  // 8 points would take a good year with a half held out, and several with a tenth: that is no answer to wait for
  const needed = audienceNeeded(0.3, 0.08, 0.5, growing)!
  expect(Math.ceil(needed / 52 + 3)).toBeGreaterThan(52)
  const slow = provingPlan(entries, { holdout: 0.1, effect: 0.08 })!
  expect([...new Set(slow.options.map(({ weeks }) => weeks))]).toEqual([null])
  // an effect of half a point would take decades
  expect(provingPlan(entries, { holdout: 0.1, effect: 0.005 })).toMatchObject({
    recommended: { share: 0.1, proves: false },
    options: expect.arrayContaining([expect.objectContaining({ share: 0.1, weeks: null })]),
  })
})

test('nobody who came in proves nothing; of an unknown rate the least favourable is taken', () => {
  expect(provingPlan({ ...entries, firsts: 0 }, { holdout: 0.1, effect: 0.05 })).toBeNull()
  const unknown = provingPlan({ ...entries, firstsSeen: 0, firstsBought: 0 }, { holdout: 0.1, effect: 0.08 })!
  const known = provingPlan({ ...entries, firstsBought: 1_000 }, { holdout: 0.1, effect: 0.08 })!
  expect(unknown.baseline.value).toBeNull()
  expect(unknown.options).toEqual(known.options)
})
