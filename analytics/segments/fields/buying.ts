import { daysBetween } from '../../calendar/calendar.ts'
import { statusBy } from '../../relations/dormancy-rules.ts'
import { sql } from '../../sql/sql.ts'
import {
  isFirstSeen,
  mainStore,
  type Moment,
  netMinor,
  type Person,
  purchaseDays,
  qualifyingOrders,
  status,
  yearlyNetMinor,
} from '../person.ts'
import { both, statusChoices } from './described.ts'
import type { Field } from './field.ts'

const firstDay = (person: Person, moment: Moment) => purchaseDays(person, moment)[0] ?? null
const lastDay = (person: Person, moment: Moment) => purchaseDays(person, moment).at(-1) ?? null

/** What the member bought, over all time. */
export const buying: readonly Field[] = [
  {
    name: 'orders',
    chinese: '订单数',
    shopify: 'number_of_orders',
    kind: 'count',
    unit: 'orders',
    history: 'full',
    title: both('Orders', '订单数'),
    help: both(
      'Qualifying orders: paid, with something left after refunds. Put conditions in parentheses to count only some: orders(within 90 days).',
      '有效订单数：已支付，且退款后仍有剩余。可在括号内加条件，只数其中一部分：订单数(近 90 天)。',
    ),
    phrase: {
      en: {
        is: 'placed {}',
        none: 'never ordered',
        known: 'have a known number of orders',
        unknown: 'have no known number of orders',
      },
      'zh-CN': { is: '累计下过{}', none: '从未下单' },
    },
    value: () => sql`facts.orders`,
    read: (person, moment) => qualifyingOrders(person, moment).length,
  },
  {
    name: 'purchase_days',
    chinese: '购买天数',
    kind: 'count',
    unit: 'days',
    history: 'full',
    title: both('Purchase days', '购买天数'),
    help: both('Different days with a qualifying order.', '有有效订单的不同日期数。'),
    phrase: {
      en: {
        is: 'bought on {}',
        none: 'bought on no day',
        known: 'have a known number of purchase days',
        unknown: 'have no known number of purchase days',
      },
      'zh-CN': { is: '购买过{}', none: '没有购买过' },
    },
    value: () => sql`facts.purchase_days`,
    read: (person, moment) => purchaseDays(person, moment).length,
  },
  {
    name: 'net',
    chinese: '净消费额',
    shopify: 'amount_spent',
    kind: 'money',
    history: 'full',
    title: both('Net spend', '净消费额'),
    help: both(
      'What was charged minus refunds, over all time, in your currency: net > 1000.50.',
      '累计实付减退款，以货币单位填写：净消费额 > 1000.50。',
    ),
    phrase: {
      en: { is: 'spent {} in all', none: 'spent nothing in all' },
      'zh-CN': { is: '累计消费{}', none: '累计消费为零' },
    },
    value: () => sql`facts.net_minor`,
    read: netMinor,
  },
  {
    name: 'average_order',
    chinese: '笔单价',
    kind: 'money',
    history: 'full',
    title: both('Average order', '笔单价'),
    help: both(
      'Net spend divided by qualifying orders; unknown without an order.',
      '净消费额除以有效订单数；没有订单时为未知。',
    ),
    phrase: {
      en: { is: 'spend {} per order', unknown: 'have no average order yet', known: 'have an average order' },
      'zh-CN': { is: '笔单价{}', unknown: '还没有笔单价', known: '有笔单价' },
    },
    value: () => sql`facts.net_minor`,
    read: netMinor,
    per: {
      value: () => sql`facts.orders`,
      read: (person, moment) => qualifyingOrders(person, moment).length,
    },
  },
  {
    name: 'value_at_risk',
    chinese: '沉默前一年净消费',
    kind: 'money',
    history: 'full',
    title: both('Yearly net before silence', '沉默前一年净消费'),
    help: both(
      'Net from 364 days before the last order, at least 0: what a year of this member was worth.',
      '最后一笔订单前 364 天起的净消费额，至少为 0：这位会员一年的价值。',
    ),
    phrase: {
      en: {
        is: 'spent {} in the year before they went quiet',
        none: 'spent nothing in the year before they went quiet',
      },
      'zh-CN': { is: '沉默前一年消费{}', none: '沉默前一年没有消费' },
    },
    value: () => sql`facts.yearly_net_minor`,
    read: yearlyNetMinor,
  },
  {
    name: 'first_order',
    chinese: '首单日期',
    shopify: 'first_order_date',
    kind: 'day',
    history: 'full',
    title: both('First order', '首单日期'),
    help: both(
      'Day of the first qualifying order: first_order >= 2026-01-31.',
      '首笔有效订单的日期：首单日期 >= 2026-01-31。',
    ),
    phrase: {
      en: { is: 'first ordered {}', known: 'have ordered', unknown: 'have never ordered' },
      'zh-CN': { is: '首单{}', known: '下过单', unknown: '没有下过单' },
    },
    value: () => sql`facts.first_day`,
    read: firstDay,
  },
  {
    name: 'cohort',
    chinese: '首购月份',
    kind: 'month',
    history: 'full',
    title: both('Cohort', '首购月份'),
    help: both(
      'Month of the first qualifying order: cohort = 2026-01, cohort between 2026-01 and 2026-03.',
      '首笔有效订单所在月份：首购月份 = 2026-01，首购月份 介于 2026-01 和 2026-03。',
    ),
    phrase: {
      en: { is: 'first ordered {}', known: 'have ordered', unknown: 'have never ordered' },
      'zh-CN': { is: '首购{}', known: '下过单', unknown: '没有下过单' },
    },
    value: () => sql`facts.cohort_month`,
    read: (person, moment) => firstDay(person, moment)?.slice(0, 7) ?? null,
  },
  {
    name: 'second_order',
    chinese: '第二次购买日期',
    kind: 'day',
    history: 'full',
    title: both('Second purchase day', '第二次购买日期'),
    help: both(
      'The second day with a qualifying order; unknown until the member came back on another day.',
      '第二个有有效订单的日期；换一天再次购买之前为未知。',
    ),
    phrase: {
      en: {
        is: 'came back for a second day {}',
        known: 'came back on another day',
        unknown: 'never came back on another day',
      },
      'zh-CN': { is: '第二次购买{}', known: '换一天再次购买过', unknown: '没有换一天再次购买过' },
    },
    value: () => sql`facts.second_day`,
    read: (person, moment) => purchaseDays(person, moment)[1] ?? null,
  },
  {
    name: 'last_order',
    chinese: '最近一单日期',
    shopify: 'last_order_date',
    kind: 'day',
    history: 'full',
    title: both('Last order', '最近一单日期'),
    help: both('Day of the newest qualifying order.', '最近一笔有效订单的日期。'),
    phrase: {
      en: { is: 'last ordered {}', known: 'have ordered', unknown: 'have never ordered' },
      'zh-CN': { is: '最近一单{}', known: '下过单', unknown: '没有下过单' },
    },
    value: () => sql`facts.last_day`,
    read: lastDay,
  },
  {
    name: 'days_since_order',
    chinese: '沉默天数',
    kind: 'count',
    unit: 'days',
    daily: 1,
    history: 'full',
    title: both('Days silent', '沉默天数'),
    help: both(
      'Days from the last order to the day asked about, 0 = that day; unknown without an order.',
      '从最近一单到数据截至日的天数，当天为 0；没有订单时为未知。',
    ),
    phrase: {
      en: {
        is: 'last ordered {} ago',
        none: 'last ordered on the day',
        known: 'have ordered',
        unknown: 'have never ordered',
      },
      'zh-CN': { is: '最近一单距今{}', none: '最近一单就在当天', known: '下过单', unknown: '没有下过单' },
    },
    value: ({ asOf, d }) => d.daysBetween(sql`facts.last_day`, d.date(asOf)),
    read: (person, moment) => {
      const day = lastDay(person, moment)
      return day === null ? null : daysBetween(day, moment.asOf)
    },
  },
  {
    name: 'status',
    chinese: '状态',
    kind: 'choice',
    history: 'full',
    title: both('Status', '状态'),
    help: both(
      'By days since the last order, with the limits in Settings.',
      '按最近一单距今的天数划分，界限见设置。',
    ),
    phrase: {
      en: { is: 'are {}', other: 'are anything but {}', words: { 'never bought': 'have never bought' } },
      'zh-CN': { is: '状态为{}', other: '状态不是{}', words: { 'never bought': '从未购买' } },
    },
    choices: statusChoices,
    value: ({ asOf, dormancy, d }) => statusBy.fixed(asOf, dormancy, d),
    read: status,
  },
  {
    name: 'first_seen',
    chinese: '首次出现',
    kind: 'flag',
    history: 'full',
    title: both('First seen', '首次出现'),
    help: both(
      'The first order falls within 90 days of the start of your data, so the member may have bought before.',
      '首单落在数据起始 90 天内，此前可能已经买过。',
    ),
    phrase: {
      en: {
        is: 'have “first seen” {}',
        words: {
          true: 'were first seen near the start of the data',
          false: 'were not first seen near the start of the data',
        },
        known: 'are known to be first seen or not',
        unknown: 'are not known to be first seen or not',
      },
      'zh-CN': {
        is: '“首次出现”为{}',
        words: { true: '首单落在数据起始阶段', false: '首单不在数据起始阶段' },
        known: '是否首次出现已知',
        unknown: '是否首次出现未知',
      },
    },
    value: () => sql`facts.first_seen`,
    read: isFirstSeen,
  },
  {
    name: 'store',
    chinese: '主要门店',
    kind: 'text',
    list: 'stores',
    history: 'full',
    title: both('Main store', '主要门店'),
    help: both(
      'The store with most of the member’s orders; of equals the latest.',
      '订单最多的门店；相同时取最近的一家。',
    ),
    phrase: {
      en: {
        is: 'shop mostly at {}',
        other: 'shop mostly at a store other than {}',
        text: 'shop mostly at a store whose name {}',
        known: 'have a main store',
        unknown: 'have no main store',
      },
      'zh-CN': {
        is: '主要门店为{}',
        other: '主要门店不是{}',
        text: '主要门店名称{}',
        known: '有主要门店',
        unknown: '没有主要门店',
      },
    },
    value: () => sql`facts.main_store`,
    read: mainStore,
  },
]
