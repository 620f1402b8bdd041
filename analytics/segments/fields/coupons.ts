import { daysBetween } from '../../calendar/calendar.ts'
import { memberCoupons } from '../../relations/member-coupons.ts'
import { sql } from '../../sql/sql.ts'
import { couponsOf } from '../person-coupons.ts'
import { both, choice } from './described.ts'
import type { ConditionField, Measure, Source } from './measure.ts'

const conditions: readonly ConditionField[] = [
  {
    name: 'state',
    chinese: '券状态',
    kind: 'choice',
    history: 'full',
    reads: 'what',
    title: both('State', '券状态'),
    help: both(
      'What became of the coupon: unused while it may still be redeemed, redeemed, expired with nothing used, or revoked.',
      '券的状态：未使用（仍可核销）、已核销、已过期（未使用）或已撤回。',
    ),
    choices: [
      choice('unused', '未使用'),
      choice('redeemed', '已核销'),
      choice('expired', '已过期'),
      choice('revoked', '已撤回'),
    ],
    phrase: {
      en: {
        is: 'now {}',
        other: 'now anything but {}',
        known: 'in a known state',
        unknown: 'in no known state',
      },
      'zh-CN': { is: '{}', other: '状态不是{}', known: '状态已知', unknown: '状态未知' },
    },
    column: () => sql`entry.state`,
  },
  {
    name: 'campaign',
    chinese: '券活动',
    kind: 'text',
    history: 'full',
    reads: 'where',
    title: both('Campaign', '活动'),
    help: both(
      'The campaign that issued it: its id, or of another system the id or name that the file gives.',
      '发券的活动编号；其他系统的券为文件中的活动编号或名称。',
    ),
    phrase: {
      en: {
        is: 'by the campaign {}',
        other: 'by a campaign other than {}',
        text: 'by a campaign whose name or id {}',
        known: 'by a known campaign',
        unknown: 'by no known campaign',
      },
      'zh-CN': {
        is: '在活动{}中',
        other: '在活动{}以外',
        text: '在名称或编号{}的活动中',
        known: '在已知活动中',
        unknown: '在未知活动中',
      },
    },
    column: () => sql`entry.campaign`,
  },
  {
    name: 'issued',
    chinese: '发放日期',
    kind: 'day',
    history: 'full',
    reads: 'when',
    title: both('Day of issue', '发放日期'),
    help: both(
      'The local day on which it was issued; of another system’s, if the file tells.',
      '发放当日；其他系统的券以文件为准。',
    ),
    phrase: {
      en: { is: '{}', known: 'on a known day', unknown: 'on no known day' },
      'zh-CN': { is: '{}', known: '在已知日期', unknown: '在未知日期' },
    },
    column: () => sql`entry.issued_day`,
  },
  {
    name: 'expires',
    chinese: '到期日期',
    kind: 'day',
    history: 'full',
    reads: 'what',
    title: both('Last day', '到期日期'),
    help: both('The last local day on which it is good.', '可以使用的最后一天。'),
    phrase: {
      en: {
        is: 'with a last day {}',
        known: 'with a known last day',
        unknown: 'with no known last day',
      },
      'zh-CN': { is: '到期日{}', known: '到期日已知', unknown: '到期日未知' },
    },
    column: () => sql`entry.last_day`,
  },
  {
    name: 'expires_in',
    chinese: '距到期天数',
    kind: 'count',
    unit: 'days',
    signed: true,
    history: 'full',
    reads: 'what',
    title: both('Days to its last day', '距到期天数'),
    help: both(
      'Days to the last day on which it is good, 0 = that day, negative = past: coupons(state = unused, expires_in <= 3) > 0.',
      '距可用最后一天的天数，当天为 0，已过期为负数：coupons(state = unused, expires_in <= 3) > 0。',
    ),
    phrase: {
      en: {
        is: 'with {} left to the last day',
        known: 'with a last day ahead or past',
        unknown: 'without a last day',
      },
      'zh-CN': { is: '距到期{}', known: '有到期日', unknown: '没有到期日' },
    },
    column: ({ asOf, d }) => d.daysBetween(d.date(asOf), sql`entry.last_day`),
  },
  {
    name: 'used',
    chinese: '使用日期',
    kind: 'day',
    history: 'full',
    reads: 'what',
    title: both('Day of use', '使用日期'),
    help: both(
      'The local day of its newest redemption that was not cancelled; unknown while it is not redeemed.',
      '最近一次未取消核销的日期；未核销时为未知。',
    ),
    phrase: {
      en: { is: 'used {}', known: 'used on a known day', unknown: 'used on no known day' },
      'zh-CN': { is: '使用日{}', known: '使用日已知', unknown: '使用日未知' },
    },
    column: () => sql`entry.used_day`,
  },
]

/** Coupons that were issued to the member: our own by the ledger, others by imported files. */
const coupons: Source = {
  name: 'coupons',
  conditions,
  day: 'issued',
  first: { kind: 'condition', field: 'state', test: { kind: 'compare', operator: '=', value: 'unused' } },
  rows: (_, { asOf, newest, d }) => ({
    kind: 'computed',
    alias: 'of_coupons',
    relation: memberCoupons({ asOf, newest, d }),
    amount: sql`1`,
  }),
  occurrences: (person, moment, _, meets) =>
    couponsOf(person, moment)
      .filter(({ campaign, issued, expires, used, state }) => {
        const expiresIn = expires === null ? null : daysBetween(moment.asOf, expires)
        return meets({ campaign, issued, expires, used, state, expires_in: expiresIn })
      })
      .map(({ issued }) => ({ day: issued ?? '', amount: 1 })),
}

export const couponMeasures: readonly Measure[] = [
  {
    name: 'coupons',
    chinese: '优惠券数',
    source: coupons,
    kind: 'count',
    of: 'count',
    unit: 'coupons',
    history: 'full',
    title: both('Coupons that …', '满足条件的优惠券数'),
    help: both(
      'Coupons issued to the member that meet the conditions, also those of other systems that were imported: coupons(state = unused, expires_in <= 3) > 0. Never redeemed: coupons(state = redeemed) = 0.',
      '发给会员且满足条件的优惠券数，含已导入的其他系统的券：coupons(state = unused, expires_in <= 3) > 0。从未核销：coupons(state = redeemed) = 0。',
    ),
    phrase: {
      en: {
        is: 'were issued {} {where}',
        none: 'were issued no coupons {where}',
        known: 'have a known number of coupons {where}',
        unknown: 'have no known number of coupons {where}',
      },
      'zh-CN': {
        is: '{when}领过{}',
        none: '{when}没有领过{what}优惠券',
        known: '{whose}优惠券数已知',
        unknown: '{whose}优惠券数未知',
      },
    },
  },
]
