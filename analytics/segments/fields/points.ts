import { daysBetween } from '../../calendar/calendar.ts'
import { pointsLeft } from '../../relations/points-left.ts'
import { sql } from '../../sql/sql.ts'
import { pointsLeftOf } from '../person-coupons.ts'
import { both } from './described.ts'
import type { ConditionField, Measure, Source } from './measure.ts'

const conditions: readonly ConditionField[] = [
  {
    name: 'expires',
    chinese: '到期日期',
    kind: 'day',
    history: 'full',
    reads: 'when',
    title: both('Last day', '到期日期'),
    help: both('The last day on which the points can be used.', '积分可用的最后一天。'),
    phrase: {
      en: { is: '{}', known: 'on a known day', unknown: 'on no known day' },
      'zh-CN': { is: '{}', known: '在已知日期', unknown: '在未知日期' },
    },
    column: () => sql`entry.expires_day`,
  },
  {
    name: 'expires_in',
    chinese: '距到期天数',
    kind: 'count',
    unit: 'days',
    history: 'full',
    reads: 'when',
    title: both('Days to the last day', '距到期天数'),
    help: both(
      'Days to the last day on which the points can be used, 0 = that day: points_expiring(expires_in <= 30) > 0.',
      '距积分可用最后一天的天数，当天为 0：points_expiring(expires_in <= 30) > 0。',
    ),
    phrase: {
      en: { is: 'in {}', known: 'in a known time', unknown: 'in no known time' },
      'zh-CN': { is: '距今{}', known: '已知天数后', unknown: '未知天数后' },
    },
    column: ({ asOf, d }) => d.daysBetween(d.date(asOf), sql`entry.expires_day`),
  },
]

/** What is left of the points that were given with an expiry, by the day on which they go. */
const pointsWithExpiry: Source = {
  name: 'points',
  conditions,
  day: 'expires',
  // what goes lies ahead: within 180 days before nothing is left
  first: {
    kind: 'condition',
    field: 'expires_in',
    test: { kind: 'between', from: 0, to: 30 },
  },
  rows: (_, { asOf, d }) => ({
    kind: 'computed',
    alias: 'of_points',
    relation: pointsLeft({ asOf, d }),
    amount: sql`entry.points`,
  }),
  occurrences: (person, { asOf }, _, meets) =>
    pointsLeftOf(person, asOf)
      .filter(({ expires }) => meets({ expires, expires_in: daysBetween(asOf, expires) }))
      .map(({ expires, points }) => ({ day: expires, amount: points })),
}

export const pointMeasures: readonly Measure[] = [
  {
    name: 'points_expiring',
    chinese: '将到期积分',
    source: pointsWithExpiry,
    kind: 'count',
    of: 'amount',
    unit: 'points',
    history: 'full',
    title: both('Points that expire', '将到期积分'),
    help: both(
      'What is left of the points that go then, by the points ledger: points_expiring(expires_in <= 30) > 0. What was spent is taken from the points that expire first.',
      '按积分流水，届时到期的剩余积分：points_expiring(expires_in <= 30) > 0。已用积分先从最早到期的积分中扣除。',
    ),
    phrase: {
      en: {
        is: 'lose {} {where}',
        none: 'lose no points {where}',
        known: 'have a known number of points that expire {where}',
        unknown: 'have no known number of points that expire {where}',
      },
      'zh-CN': {
        is: '{when}到期的积分{}',
        none: '{when}没有积分到期',
        known: '{when}到期的积分已知',
        unknown: '{when}到期的积分未知',
      },
    },
  },
]
