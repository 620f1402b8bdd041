import { daypartOf } from '../../schema/derived.ts'
import { sql } from '../../sql/sql.ts'
import { both, choice, type Choice } from './described.ts'
import { daypartChoices } from './habits.ts'
import type { ConditionField } from './measure.ts'

const daysByNumber = (phrase: (number: number) => string) =>
  Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(i + 1), phrase(i + 1)]))

/** Monday first. */
export const weekdays: readonly Choice[] = [
  choice('monday', '周一'),
  choice('tuesday', '周二'),
  choice('wednesday', '周三'),
  choice('thursday', '周四'),
  choice('friday', '周五'),
  choice('saturday', '周六'),
  choice('sunday', '周日'),
].map((one) => ({ ...one, proper: true }))

/** What can be asked of an order inside the parentheses, beside `within n days`. */
export const orderConditions: readonly ConditionField[] = [
  {
    name: 'category',
    chinese: '品类',
    kind: 'text',
    list: 'categories',
    history: 'full',
    reads: 'what',
    title: both('Category', '品类'),
    help: both('A line of the order is in this category.', '订单含有该品类的商品。'),
    phrase: {
      en: {
        is: 'with {}',
        other: 'with something other than {}',
        text: 'with a category whose name {}',
        known: 'with a known category',
        unknown: 'with something of no category',
      },
      'zh-CN': {
        is: '含{}',
        text: '类目名称{}',
        other: '含{}以外品类',
        known: '含已知品类',
        unknown: '含品类未知商品',
      },
    },
    column: () => sql`entry.category`,
  },
  {
    name: 'product',
    chinese: '商品',
    kind: 'text',
    list: 'products',
    history: 'full',
    reads: 'what',
    title: both('Product', '商品'),
    help: both(
      'A line of the order is of the product with this name; with a category or number, the same line.',
      '订单含有该名称的商品；同时限定品类或编码时，须为同一行明细。',
    ),
    phrase: {
      en: {
        is: 'with the product {}',
        other: 'with a product other than {}',
        text: 'with a product whose name {}',
        known: 'with a named product',
        unknown: 'with a product without a name',
      },
      'zh-CN': {
        is: '含商品{}',
        text: '商品名称{}',
        other: '含{}以外商品',
        known: '含有名称的商品',
        unknown: '含没有名称的商品',
      },
    },
    column: () => sql`entry.product`,
  },
  {
    name: 'sku',
    chinese: '商品编码',
    kind: 'text',
    list: 'skus',
    history: 'full',
    reads: 'what',
    title: both('Product number', '商品编码'),
    help: both('A line of the order is of the product with this number.', '订单含有该编码的商品。'),
    phrase: {
      en: {
        is: 'with the product number {}',
        other: 'with a product number other than {}',
        text: 'with a product whose number {}',
        known: 'with a numbered product',
        unknown: 'with a product without a number',
      },
      'zh-CN': {
        is: '含编码{}的商品',
        text: '商品编码{}',
        other: '含编码不是{}的商品',
        known: '含有编码的商品',
        unknown: '含没有编码的商品',
      },
    },
    column: () => sql`entry.sku`,
  },
  {
    name: 'net',
    chinese: '订单金额',
    kind: 'money',
    history: 'full',
    reads: 'what',
    title: both('Order amount', '订单金额'),
    help: both(
      'What was charged for the whole order, before refunds: net >= 100.',
      '整笔订单的实付金额，未扣退款：订单金额 >= 100。',
    ),
    phrase: {
      en: { is: 'worth {}', known: 'with a known amount', unknown: 'without an amount' },
      'zh-CN': { is: '金额{}', known: '金额已知', unknown: '金额未知' },
    },
    column: () => sql`entry.net_minor`,
  },
  {
    name: 'discounted',
    chinese: '有优惠',
    kind: 'flag',
    history: 'full',
    reads: 'what',
    title: both('With a discount', '有优惠'),
    help: both(
      'Whether the order had a discount; unknown where the file has no list price: discounted = true.',
      '订单是否有优惠；文件没有原价时为未知：有优惠 = 是。',
    ),
    phrase: {
      en: {
        is: 'with a discount that is {}',
        known: 'whose discount is known',
        unknown: 'whose discount is unknown',
        words: { true: 'with a discount', false: 'without a discount' },
      },
      'zh-CN': {
        is: '优惠为{}',
        known: '已知是否优惠',
        unknown: '未知是否优惠',
        words: { true: '有优惠', false: '无优惠' },
      },
    },
    column: () => sql`entry.discounted`,
  },
  {
    name: 'store',
    chinese: '门店',
    kind: 'text',
    list: 'stores',
    history: 'full',
    reads: 'where',
    title: both('Store', '门店'),
    help: both('The store of the order.', '下单的门店。'),
    phrase: {
      en: {
        is: 'at {}',
        other: 'at a store other than {}',
        text: 'at a store whose name {}',
        known: 'at a known store',
        unknown: 'at no known store',
      },
      'zh-CN': {
        is: '在{}',
        other: '在{}以外的门店',
        text: '在名称{}的门店',
        known: '在已知门店',
        unknown: '在未知门店',
      },
    },
    column: () => sql`entry.store`,
  },
  {
    name: 'channel',
    chinese: '渠道',
    kind: 'text',
    list: 'channels',
    history: 'full',
    reads: 'where',
    title: both('Channel', '渠道'),
    help: both('The channel of the order.', '下单的渠道。'),
    phrase: {
      en: {
        is: 'through {}',
        other: 'through a channel other than {}',
        text: 'through a channel whose name {}',
        known: 'through a known channel',
        unknown: 'through no known channel',
      },
      'zh-CN': {
        is: '通过{}',
        other: '通过{}以外的渠道',
        text: '通过名称{}的渠道',
        known: '通过已知渠道',
        unknown: '通过未知渠道',
      },
    },
    column: () => sql`entry.channel`,
  },
  {
    name: 'day',
    chinese: '下单日期',
    kind: 'day',
    history: 'full',
    reads: 'when',
    title: both('Order day', '下单日期'),
    help: both(
      'The local day of the order: day >= 2026-01-31, or between 2026-01-01 and 2026-01-31.',
      '下单当日：下单日期 >= 2026-01-31，或 介于 2026-01-01 和 2026-01-31。',
    ),
    phrase: {
      en: { is: '{}', known: 'on a known day', unknown: 'on no known day' },
      'zh-CN': { is: '{}', known: '在已知日期', unknown: '在未知日期' },
    },
    column: () => sql`entry.local_day`,
  },
  {
    name: 'weekday',
    chinese: '星期',
    kind: 'choice',
    history: 'full',
    reads: 'when',
    title: both('Weekday', '星期'),
    help: both('The weekday of the order’s local day.', '下单当日是星期几。'),
    choices: weekdays,
    phrase: {
      en: {
        is: 'on a {}',
        other: 'on any weekday but {}',
        known: 'on a known weekday',
        unknown: 'on no known weekday',
      },
      'zh-CN': { is: '在{}', other: '在{}以外', known: '在已知星期', unknown: '在未知星期' },
    },
    column: ({ d }) => d.weekday(sql`entry.local_day`),
    code: (day) => weekdays.findIndex(({ value }) => value === day) + 1,
  },
  {
    name: 'hour',
    chinese: '小时',
    kind: 'count',
    unit: 'hours',
    history: 'full',
    reads: 'when',
    title: both('Hour', '小时'),
    help: both(
      'The local hour in which the order was placed, 0 to 23: hour between 18 and 21.',
      '下单时当地的小时，0 到 23：小时 介于 18 和 21。',
    ),
    phrase: {
      en: {
        is: '{}',
        known: 'placed at a known hour',
        unknown: 'placed at no known hour',
      },
      'zh-CN': { is: '{}', known: '在已知钟点', unknown: '在未知钟点' },
    },
    column: () => sql`entry.local_hour`,
  },
  {
    name: 'daypart',
    chinese: '时段',
    kind: 'choice',
    history: 'full',
    reads: 'when',
    title: both('Part of the day', '时段'),
    help: both(
      'Morning from 5:00, noon from 11:00, afternoon from 14:00, evening from 17:00, night from 22:00.',
      '上午 5 点起，中午 11 点起，下午 14 点起，晚上 17 点起，深夜 22 点起。',
    ),
    choices: daypartChoices,
    phrase: {
      en: {
        is: 'in the {}',
        words: { noon: 'at noon', night: 'at night' },
        other: 'at any part of the day but {}',
        known: 'at a known part of the day',
        unknown: 'at no known part of the day',
      },
      'zh-CN': { is: '在{}', other: '在{}以外的时段', known: '在已知时段', unknown: '在未知时段' },
    },
    column: () => daypartOf(sql`entry.local_hour`),
  },
  {
    name: 'purchase_day',
    chinese: '购买日序号',
    kind: 'count',
    history: 'full',
    reads: 'when',
    title: both('Purchase day number', '第几个购买日'),
    help: both(
      'Which of the member’s days with an order it is: 1 is the first. All orders of a day have its number.',
      '该订单在会员的第几个购买日，首个为 1；同一天的订单编号相同。',
    ),
    phrase: {
      en: {
        is: 'on a purchase day whose number is {}',
        known: 'on a numbered purchase day',
        unknown: 'on no numbered purchase day',
        words: daysByNumber((number) => `on purchase day ${number}`),
      },
      'zh-CN': {
        is: '在编号{}的购买日',
        known: '在有编号的购买日',
        unknown: '在没有编号的购买日',
        words: daysByNumber((number) => `在第 ${number} 个购买日`),
      },
    },
    column: () => sql`entry.purchase_day_number`,
  },
  {
    name: 'days_after_previous',
    chinese: '距上一购买日天数',
    kind: 'count',
    unit: 'days',
    history: 'full',
    reads: 'when',
    title: both('Days after the previous purchase day', '距上一个购买日天数'),
    help: both(
      'Days since the purchase day before, on the first order of a day; unknown on the first purchase day and on further orders of a day.',
      '距上一个购买日的天数，只在当天首单上有值；首个购买日和当天的后续订单为未知。',
    ),
    phrase: {
      en: {
        is: '{} after the purchase day before',
        known: 'opening a purchase day after the first',
        unknown: 'not opening a purchase day after the first',
      },
      'zh-CN': {
        is: '在距上一个购买日{}时',
        known: '在首个购买日之后、当天第一单时',
        unknown: '在首个购买日或当天后续订单中',
      },
    },
    column: ({ d }) => d.daysBetween(sql`entry.previous_day`, sql`entry.local_day`),
  },
]
