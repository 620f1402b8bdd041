import { daysBetween } from '../../calendar/calendar.ts'
import { statusBy } from '../../relations/dormancy-rules.ts'
import { rhythms } from '../../relations/rhythm.ts'
import { dayparts } from '../../schema/derived.ts'
import { sql } from '../../sql/sql.ts'
import { mainDaypart, qualifyingOrders, rhythmOf, rhythmStatus } from '../person.ts'
import { both, type InBothLanguages, statusChoices } from './described.ts'
import type { Field, Reading } from './field.ts'

const rhythm = { alias: 'rhythm', relation: ({ tables }: Reading) => rhythms(tables) } as const

const daypartTitles: Readonly<Record<(typeof dayparts)[number]['name'], InBothLanguages>> = {
  morning: both('Morning', '上午'),
  noon: both('Noon', '中午'),
  afternoon: both('Afternoon', '下午'),
  evening: both('Evening', '晚上'),
  night: both('Night', '深夜'),
}

/** The parts of the day as choices. */
export const daypartChoices = dayparts.map(({ name }) => ({ value: name, title: daypartTitles[name] }))

/** How the member buys: the rhythm, the part of the day, the taste for discounts. */
export const habits: readonly Field[] = [
  {
    name: 'rhythm_status',
    chinese: '节奏状态',
    kind: 'choice',
    history: 'full',
    title: both('Status by rhythm', '按节奏的状态'),
    help: both(
      'By the member’s own days between purchases instead of fixed limits: late for the usual rhythm is cooling, far too late lost. Unknown while the shop has too few repeat purchases to tell a rhythm.',
      '按会员自己的购买间隔划分，而不是固定天数：比平常晚为趋冷，晚得太多为流失。店铺复购太少、看不出节奏时为未知。',
    ),
    phrase: {
      en: {
        is: 'are {} by their own rhythm',
        other: 'are anything but {} by their own rhythm',
        known: 'have a status by their own rhythm',
        unknown: 'have no status by their own rhythm',
        words: { 'never bought': 'have never bought, by rhythm' },
      },
      'zh-CN': {
        is: '按节奏状态为{}',
        other: '按节奏状态不是{}',
        known: '有按节奏的状态',
        unknown: '没有按节奏的状态',
        words: { 'never bought': '按节奏为从未购买' },
      },
    },
    choices: statusChoices,
    beside: rhythm,
    value: ({ asOf, d }) => statusBy.rhythm(asOf, d),
    read: rhythmStatus,
  },
  {
    name: 'next_order_in',
    chinese: '距预计下单天数',
    kind: 'count',
    unit: 'days',
    daily: -1,
    signed: true,
    history: 'full',
    title: both('Days to next expected order', '距预计下一单天数'),
    help: both(
      'Days until the next order is expected by the member’s rhythm; negative: overdue. Unknown without an order, and while the shop has too few repeat purchases.',
      '按会员购买节奏，距预计下一单的天数；负数表示已逾期。没有订单，或店铺复购太少时为未知。',
    ),
    phrase: {
      en: {
        is: 'are expected to order in {}',
        none: 'are expected to order on the day',
        known: 'have a next expected order',
        unknown: 'have no next expected order',
      },
      'zh-CN': {
        is: '距预计下一单{}',
        none: '预计当天下单',
        known: '有预计下单日期',
        unknown: '没有预计下单日期',
      },
    },
    beside: rhythm,
    value: ({ asOf, d }) => d.daysBetween(d.date(asOf), sql`rhythm.expected_day`),
    read: (person, moment) => {
      const expected = rhythmOf(person, moment)?.expectedDay
      return expected === undefined ? null : daysBetween(moment.asOf, expected)
    },
  },
  {
    name: 'discounted_share',
    chinese: '优惠订单占比',
    kind: 'percent',
    history: 'full',
    title: both('Share of orders with a discount', '优惠订单占比'),
    help: both(
      'Of the qualifying orders whose discount is known, the share that had one: discounted_share >= 60%. Unknown where no order tells.',
      '在已知是否优惠的有效订单中，有优惠的占比：优惠订单占比 >= 60%。没有这样的订单时为未知。',
    ),
    phrase: {
      en: {
        is: 'bought {} of their orders at a discount',
        none: 'never bought at a discount',
        known: 'have orders whose discount is known',
        unknown: 'have no order whose discount is known',
      },
      'zh-CN': {
        is: '优惠订单占{}',
        none: '从未享受优惠',
        known: '有已知是否优惠的订单',
        unknown: '没有已知是否优惠的订单',
      },
    },
    value: () => sql`facts.discounted_orders`,
    read: (person, moment) =>
      qualifyingOrders(person, moment).filter(
        ({ discountMinor }) => discountMinor !== null && discountMinor > 0,
      ).length,
    per: {
      value: () => sql`facts.discount_known_orders`,
      read: (person, moment) =>
        qualifyingOrders(person, moment).filter(({ discountMinor }) => discountMinor !== null).length,
    },
  },
  {
    name: 'daypart',
    chinese: '常购时段',
    kind: 'choice',
    history: 'full',
    title: both('Part of the day', '常购时段'),
    help: both(
      'When most of the member’s orders were placed, of equals the latest: morning from 5:00, noon from 11:00, afternoon from 14:00, evening from 17:00, night from 22:00.',
      '订单最多的时段，相同时取最近的：上午 5 点起，中午 11 点起，下午 14 点起，晚上 17 点起，深夜 22 点起。',
    ),
    phrase: {
      en: {
        is: 'shop mostly in the {}',
        words: { noon: 'shop mostly at noon', night: 'shop mostly at night' },
        other: 'shop mostly at another part of the day than {}',
        known: 'have a usual part of the day',
        unknown: 'have no usual part of the day',
      },
      'zh-CN': {
        is: '多在{}购买',
        other: '多在{}以外的时段购买',
        known: '有常购时段',
        unknown: '没有常购时段',
      },
    },
    choices: daypartChoices,
    value: () => sql`facts.daypart`,
    read: mainDaypart,
  },
]
