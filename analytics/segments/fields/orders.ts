import { daysBetween, weekday } from '../../calendar/calendar.ts'
import { daypartOf } from '../../schema/derived.ts'
import { type Sql, sql } from '../../sql/sql.ts'
import type { Condition } from '../ast.ts'
import { daypartAt, type Moment, type Person, type Purchase, qualifyingOrders } from '../person.ts'
import { both, choice, type Choice } from './described.ts'
import { daypartChoices } from './habits.ts'
import type { Reading } from './field.ts'
import type { ConditionField, ConditionValues, Measure, Occurrence, Rows, Source } from './measure.ts'

/** Conditions on a line of the order: all of a measure's hold of one line, whose amount counts. */
const ofLine: ReadonlySet<string> = new Set(['category', 'product', 'sku'])
/** What `order_items` holds; other conditions need the order itself. */
const inItems: ReadonlySet<string> = new Set([...ofLine, 'store', 'channel', 'day', 'weekday'])

const daysByNumber = (phrase: (number: number) => string) =>
  Object.fromEntries(Array.from({ length: 20 }, (_, i) => [String(i + 1), phrase(i + 1)]))

const weekdays: readonly Choice[] = [
  choice('monday', '周一'),
  choice('tuesday', '周二'),
  choice('wednesday', '周三'),
  choice('thursday', '周四'),
  choice('friday', '周五'),
  choice('saturday', '周六'),
  choice('sunday', '周日'),
].map((one) => ({ ...one, proper: true }))

/** What can be asked of an order inside the parentheses, beside `within n days`. */
const conditions: readonly ConditionField[] = [
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
        known: 'with a known category',
        unknown: 'with something of no category',
      },
      'zh-CN': {
        is: '含{}',
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
        known: 'with a named product',
        unknown: 'with a product without a name',
      },
      'zh-CN': {
        is: '含商品{}',
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
        known: 'with a numbered product',
        unknown: 'with a product without a number',
      },
      'zh-CN': {
        is: '含编码{}的商品',
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
      '整笔订单的实付金额，未扣退款：net >= 100。',
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
      '订单是否有优惠；文件没有原价时为未知：discounted = true。',
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
        known: 'at a known store',
        unknown: 'at no known store',
      },
      'zh-CN': { is: '在{}', other: '在{}以外的门店', known: '在已知门店', unknown: '在未知门店' },
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
        known: 'through a known channel',
        unknown: 'through no known channel',
      },
      'zh-CN': { is: '通过{}', other: '通过{}以外的渠道', known: '通过已知渠道', unknown: '通过未知渠道' },
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
      '下单当日：day >= 2026-01-31，或 between 2026-01-01 and 2026-01-31。',
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
    column: ({ d }) => {
      const number = d.weekday(sql`entry.local_day`)
      return sql`case ${number} when 1 then 'monday' when 2 then 'tuesday' when 3 then 'wednesday'
        when 4 then 'thursday' when 5 then 'friday' when 6 then 'saturday' else 'sunday' end`
    },
  },
  {
    name: 'hour',
    chinese: '小时',
    kind: 'count',
    history: 'full',
    reads: 'when',
    title: both('Hour', '小时'),
    help: both(
      'The local hour in which the order was placed, 0 to 23: hour between 18 and 21.',
      '下单时当地的小时，0 到 23：hour between 18 and 21。',
    ),
    phrase: {
      en: {
        is: 'placed at an hour that is {}',
        known: 'placed at a known hour',
        unknown: 'placed at no known hour',
      },
      'zh-CN': { is: '在{} 点', known: '在已知钟点', unknown: '在未知钟点' },
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
        is: '（距上一个购买日{}）',
        known: '（并非首个购买日的当天首单）',
        unknown: '（首个购买日，或当天的后续订单）',
      },
    },
    column: ({ d }) => d.daysBetween(sql`entry.previous_day`, sql`entry.local_day`),
  },
]

const names = (where: readonly Condition[]): string[] =>
  where.flatMap((one) => (one.kind === 'condition' ? [one.field] : []))

/** Orders as they are, or line by line: the smallest relation that holds what is asked. */
function rows(where: readonly Condition[], { tables, d }: Reading): Rows {
  const asked = names(where)
  if (!asked.some((field) => ofLine.has(field)))
    return {
      alias: 'by_order',
      relation: tables.memberOrders,
      count: d.countIf,
      amount: sql`entry.net_minor`,
    }
  const count = (condition: Sql) => sql`count(distinct case when ${condition} then entry.order_key end)`
  if (asked.every((field) => inItems.has(field)))
    return { alias: 'by_item', relation: tables.orderItems, count, amount: sql`entry.net_minor` }
  return {
    alias: 'by_item_and_order',
    relation: sql`(select member_order.*, item.category, item.product, item.sku, item.net_minor as line_net_minor
          from ${tables.orderItems} as item
          join ${tables.memberOrders} as member_order on member_order.order_key = item.order_key)`,
    count,
    amount: sql`entry.line_net_minor`,
  }
}

function occurrences(
  person: Person,
  moment: Moment,
  where: readonly Condition[],
  meets: (values: ConditionValues) => boolean,
): readonly Occurrence[] {
  const byLine = names(where).some((field) => ofLine.has(field))
  const qualifying = qualifyingOrders(person, moment)
  const days = [...new Set(qualifying.map(({ day }) => day))]
  return qualifying.flatMap((order): Occurrence[] => {
    const values = valuesOf(order, qualifying, days)
    if (!byLine) return meets(values) ? [{ day: order.day, amount: order.netMinor }] : []
    const lines = order.lines.filter(({ category, product, sku }) =>
      meets({ ...values, category, product, sku }),
    )
    if (lines.length === 0) return []
    return [{ day: order.day, amount: lines.reduce((total, { netMinor }) => total + netMinor, 0) }]
  })
}

function valuesOf(
  order: Purchase,
  qualifying: readonly Purchase[],
  days: readonly string[],
): ConditionValues {
  const nth = days.indexOf(order.day)
  const opens = qualifying.find(({ day }) => day === order.day) === order
  return {
    store: order.store,
    channel: order.channel,
    net: order.netMinor,
    day: order.day,
    weekday: weekdays[weekday(order.day) - 1]!.value,
    hour: order.hour,
    daypart: daypartAt(order.hour),
    discounted: order.discountMinor === null ? null : order.discountMinor > 0,
    purchase_day: nth + 1,
    days_after_previous: opens && nth > 0 ? daysBetween(days[nth - 1]!, order.day) : null,
  }
}

/** Qualifying orders: paid, visible, with something left after refunds. */
export const orders: Source = {
  name: 'orders',
  conditions,
  day: 'day',
  rows,
  inFacts: { count: sql`facts.orders` },
  occurrences,
}

export const orderMeasures: readonly Measure[] = [
  {
    name: 'orders',
    chinese: '订单数',
    source: orders,
    kind: 'count',
    of: 'count',
    unit: 'orders',
    history: 'full',
    title: both('Orders that …', '满足条件的订单数'),
    help: both(
      'Qualifying orders that meet the conditions: orders(category = "Tea", within 180 days) >= 2.',
      '满足条件的有效订单数：orders(category = "茶叶", within 180 days) >= 2。',
    ),
    phrase: {
      en: {
        is: 'placed {} {where}',
        none: 'placed no orders {where}',
        known: 'have a known number of orders {where}',
        unknown: 'have no known number of orders {where}',
      },
      'zh-CN': {
        is: '{when}下过{}',
        none: '{when}没有下过{what}订单',
        known: '{whose}订单数已知',
        unknown: '{whose}订单数未知',
      },
    },
  },
  {
    name: 'spend',
    chinese: '消费额',
    source: orders,
    kind: 'money',
    of: 'amount',
    history: 'full',
    title: both('Spend on orders that …', '满足条件的消费额'),
    help: both(
      'What was charged on such orders; with a category or product, on their lines of it. Later part refunds are not taken off.',
      '满足条件的有效订单实付金额；限定品类或商品时只计相应明细。之后的部分退款不扣除。',
    ),
    phrase: {
      en: {
        is: 'spent {} {where}',
        none: 'spent nothing {where}',
        known: 'have a known spend {where}',
        unknown: 'have no known spend {where}',
        around: 'on orders {}',
      },
      'zh-CN': {
        is: '{when}{what}消费{}',
        none: '{when}{what}没有消费',
        known: '{when}{what}消费额已知',
        unknown: '{when}{what}消费额未知',
        around: '在{}订单上',
      },
    },
  },
  {
    name: 'average_order',
    chinese: '笔单价',
    source: orders,
    kind: 'money',
    of: 'amount',
    per: { of: 'count', over: 'those' },
    history: 'full',
    title: both('Average of orders that …', '满足条件的笔单价'),
    help: both(
      'What was charged on such orders divided by their number; unknown without one: average_order(within 180 days) > 100.',
      '满足条件的有效订单实付金额除以笔数；没有时为未知：average_order(within 180 days) > 100。',
    ),
    phrase: {
      en: {
        is: 'spent {} per order {where}',
        known: 'ever placed an order {where}',
        unknown: 'never placed an order {where}',
      },
      'zh-CN': {
        is: '{whose}订单的笔单价{}',
        known: '{when}下过{what}订单',
        unknown: '{when}没有下过{what}订单',
      },
    },
  },
  {
    name: 'days_since_order',
    chinese: '沉默天数',
    source: orders,
    kind: 'count',
    of: 'last',
    since: true,
    daily: 1,
    unit: 'days',
    history: 'full',
    title: both('Days since an order that …', '距满足条件的最近一单天数'),
    help: both(
      'Days from the last such order to the day asked about; unknown without one: days_since_order(category = "Tea") > 45.',
      '从最近一笔满足条件的订单到数据截至日的天数；没有时为未知：days_since_order(category = "茶叶") > 45。',
    ),
    phrase: {
      en: {
        is: 'last ordered {} ago, counting only orders {where}',
        known: 'ever placed an order {where}',
        unknown: 'never placed an order {where}',
      },
      'zh-CN': {
        is: '{when}最近一笔{what}订单距今{}',
        known: '{when}下过{what}订单',
        unknown: '{when}没有下过{what}订单',
      },
    },
  },
  {
    name: 'first_order',
    chinese: '首单日期',
    source: orders,
    kind: 'day',
    of: 'first',
    history: 'full',
    title: both('First order that …', '首笔满足条件的订单日期'),
    help: both(
      'Day of the first such order: first_order(store = "West") >= 2026-01-31.',
      '首笔满足条件的订单日期：first_order(store = "西湖店") >= 2026-01-31。',
    ),
    phrase: {
      en: {
        is: 'first ordered {}, counting only orders {where}',
        known: 'ever placed an order {where}',
        unknown: 'never placed an order {where}',
      },
      'zh-CN': {
        is: '{when}首笔{what}订单{}',
        known: '{when}下过{what}订单',
        unknown: '{when}没有下过{what}订单',
      },
    },
  },
  {
    name: 'last_order',
    chinese: '最近一单日期',
    source: orders,
    kind: 'day',
    of: 'last',
    history: 'full',
    title: both('Last order that …', '最近一笔满足条件的订单日期'),
    help: both(
      'Day of the newest such order: last_order(channel = "app") < 2026-01-31.',
      '最近一笔满足条件的订单日期：last_order(channel = "小程序") < 2026-01-31。',
    ),
    phrase: {
      en: {
        is: 'last ordered {}, counting only orders {where}',
        known: 'ever placed an order {where}',
        unknown: 'never placed an order {where}',
      },
      'zh-CN': {
        is: '{when}最近一笔{what}订单{}',
        known: '{when}下过{what}订单',
        unknown: '{when}没有下过{what}订单',
      },
    },
  },
  {
    name: 'order_share',
    chinese: '订单占比',
    source: orders,
    kind: 'percent',
    of: 'count',
    per: { of: 'count', over: 'all' },
    history: 'full',
    title: both('Share of orders that …', '满足条件的订单占比'),
    help: both(
      'Such orders divided by all orders of the member; unknown without an order: order_share(store = "West") >= 80%.',
      '满足条件的订单占该会员全部订单的比例；没有订单时为未知：order_share(store = "西湖店") >= 80%。',
    ),
    phrase: {
      en: {
        is: 'placed {} of their orders {where}',
        known: 'have a known share of orders {where}',
        unknown: 'have no known share of orders {where}',
      },
      'zh-CN': {
        is: '{whose}订单占全部订单{}',
        known: '{whose}订单占比已知',
        unknown: '{whose}订单占比未知',
      },
    },
  },
  {
    name: 'spend_share',
    chinese: '消费占比',
    source: orders,
    kind: 'percent',
    of: 'amount',
    per: { of: 'amount', over: 'all' },
    history: 'full',
    title: both('Share of spend on orders that …', '满足条件的消费占比'),
    help: both(
      'Spend on such orders, with a category or product on their lines of it, divided by spend on all orders: spend_share(category = "Tea") >= 40%.',
      '满足条件的消费额占全部订单消费额的比例，限定品类或商品时只计相应明细：spend_share(category = "茶叶") >= 40%。',
    ),
    phrase: {
      en: {
        is: 'spent {} of all their spend {where}',
        known: 'have a known share of spend {where}',
        unknown: 'have no known share of spend {where}',
        around: 'on orders {}',
      },
      'zh-CN': {
        is: '{when}{what}消费占全部消费{}',
        known: '{when}{what}消费占比已知',
        unknown: '{when}{what}消费占比未知',
        around: '在{}订单上',
      },
    },
  },
]
