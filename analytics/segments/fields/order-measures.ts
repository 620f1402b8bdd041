import { both } from './described.ts'
import type { Measure } from './measure.ts'
import { items, orders } from './orders.ts'

/** What can be asked of a member's qualifying orders that meet conditions. */
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
      '满足条件的有效订单数：订单数(品类 = "茶叶", 近 180 天) >= 2。',
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
    name: 'items',
    chinese: '商品件数',
    source: items,
    kind: 'count',
    of: 'amount',
    unit: 'items',
    history: 'full',
    title: both('Items bought in orders that …', '满足条件的商品件数'),
    help: both(
      'How many items such orders have; with a category or product, on their lines of it: items(category = "Tea", within 180 days) >= 6. A line that says no quantity is one item.',
      '满足条件的有效订单中的商品件数；限定品类或商品时只计相应明细：商品件数(品类 = "茶叶", 近 180 天) >= 6。未注明数量的明细按 1 件计。',
    ),
    phrase: {
      en: {
        is: 'bought {} {where}',
        none: 'bought no items {where}',
        known: 'have a known number of items {where}',
        unknown: 'have no known number of items {where}',
        around: 'in orders {}',
      },
      'zh-CN': {
        is: '{when}{what}买过{}',
        none: '{when}{what}没有买过商品',
        known: '{when}{what}商品件数已知',
        unknown: '{when}{what}商品件数未知',
        around: '在{}订单中',
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
      '满足条件的有效订单实付金额除以笔数；没有时为未知：笔单价(近 180 天) > 100。',
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
      '从最近一笔满足条件的订单到数据截至日的天数；没有时为未知：沉默天数(品类 = "茶叶") > 45。',
    ),
    phrase: {
      en: {
        is: 'last ordered {} ago, counting only orders {where}',
        none: 'last ordered on the day, counting only orders {where}',
        known: 'ever placed an order {where}',
        unknown: 'never placed an order {where}',
      },
      'zh-CN': {
        is: '{when}最近一笔{what}订单距今{}',
        none: '{when}最近一笔{what}订单就在当天',
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
      '首笔满足条件的订单日期：首单日期(门店 = "西湖店") >= 2026-01-31。',
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
      '最近一笔满足条件的订单日期：最近一单日期(渠道 = "小程序") < 2026-01-31。',
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
      '满足条件的订单占该会员全部订单的比例；没有订单时为未知：订单占比(门店 = "西湖店") >= 80%。',
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
      '满足条件的消费额占全部订单消费额的比例，限定品类或商品时只计相应明细：消费占比(品类 = "茶叶") >= 40%。',
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
