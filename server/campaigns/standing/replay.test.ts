import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addDays, daysBetween } from '../../../analytics/calendar/calendar.ts'
import { CampaignDefinition } from '../definition.ts'
import type { StandingDefinition } from './definition.ts'
import { Replay } from './replay.ts'

const first = '2026-01-30'
const days = 12
const members = ['M1', 'M2', 'M3', 'M4']

const definitionOf = (standing: object, budgetMinor = 1_000_000) =>
  CampaignDefinition.parse({
    name: 'Quiet',
    segment: 'everyone',
    offer: { kind: 'amount', amountMinor: 500 },
    validDays: 14,
    holdout: 0,
    channel: { kind: 'csv' },
    budgetMinor,
    standing,
  }) as StandingDefinition

test('one member by hand: a coupon, seven days later a stronger one, and none after a purchase', () => {
  const replay = new Replay(
    definitionOf(
      {
        coolDownDays: 100,
        mostPerDay: 10,
        steps: [
          {
            afterDays: 7,
            when: 'not-bought',
            action: { kind: 'coupon', offer: { kind: 'amount', amountMinor: 900 }, validDays: 7 },
          },
          { afterDays: 2, when: 'not-bought', action: { kind: 'tag', tag: 'lapsed' } },
        ],
      },
      1_000,
    ),
    'seed',
  )
  for (let day = 0; day < days; day++)
    replay.day(addDays(first, day), {
      began: day === 0 ? ['M1', 'M2'] : [],
      meets: () => false,
      // M2 buys on the fifth day
      hasBought: (memberId, after) => memberId === 'M2' && day >= 5 && after < addDays(first, 5),
    })
  expect(replay.result()).toEqual({
    months: [
      {
        month: '2026-01',
        cameIn: 2,
        heldOut: 0,
        coupons: 2,
        worstMinor: 1000,
        messages: 0,
        tagged: 0,
        told: 0,
      },
      {
        month: '2026-02',
        cameIn: 0,
        heldOut: 0,
        coupons: 1,
        worstMinor: 900,
        messages: 0,
        tagged: 1,
        told: 0,
      },
    ],
    coupons: 3,
    worstMinor: 1900,
    messages: 0,
    waiting: 0,
    // 1,000 is spent exactly on the first day; the stronger coupon is above it
    budgetSpentDay: '2026-02-06',
  })
})

test('nobody comes in above the most a day, nor again within the cool-down, nor without meeting the rule', () => {
  const met = fc.array(fc.uniqueArray(fc.nat(members.length - 1)), { minLength: days, maxLength: days })
  fc.assert(
    fc.property(
      met,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 8 }),
      (met, mostPerDay, coolDownDays) => {
        const replay = new Replay(definitionOf({ coolDownDays, mostPerDay }), 'seed')
        const entered: { member: string; day: string }[] = []
        const waited = new Map<string, number>()
        for (let day = 0; day < days; day++) {
          const name = (one: number) => members[one]!
          const now = new Set(met[day]!.map(name))
          const before = new Set(day === 0 ? [] : met[day - 1]!.map(name))
          const date = addDays(first, day)
          const already = replay.result().coupons
          replay.day(date, {
            began: members.filter((one) => now.has(one) && !before.has(one)),
            meets: (one) => now.has(one),
            hasBought: () => false,
          })
          // by the definition: who waits, oldest first, as many as may
          for (const one of members) if (!now.has(one)) waited.delete(one)
          for (const one of members) {
            const last = entered.findLast(({ member }) => member === one)
            const isCooling = last !== undefined && daysBetween(last.day, date) < coolDownDays
            if (now.has(one) && !before.has(one) && !isCooling) waited.set(one, day)
          }
          const order = [...waited].toSorted(([a, since], [b, other]) => since - other || (a < b ? -1 : 1))
          for (const [one] of order.slice(0, mostPerDay)) {
            waited.delete(one)
            entered.push({ member: one, day: date })
          }
          expect(replay.result().coupons - already).toBe(Math.min(order.length, mostPerDay))
          expect(replay.waiting()).toEqual(order.slice(mostPerDay).map(([one]) => one))
        }
      },
    ),
    { seed: Number(process.env.REVEILLE_SEED ?? 20261128) },
  )
})
