import { daysBetween } from '../calendar/calendar.ts'
import { memberNames } from '../relations/member-names.ts'
import type { DormancyThresholds } from '../relations/scope.ts'
import type { Dialect } from '../sql/dialect.ts'
import { type Sql, sql } from '../sql/sql.ts'
import {
  daysToBirthday,
  isFirstSeen,
  mainStore,
  type Moment,
  netMinor,
  type Person,
  purchaseDays,
  qualifyingOrders,
  status,
  yearlyNetMinor,
} from './person.ts'

export interface InBothLanguages {
  readonly en: string
  readonly 'zh-CN': string
}

/**
 * `count` is a whole number, `money` an amount in currency units, `day` a local day, `choice` one of the
 * listed words, `flag` true or false, `set` several texts of which one is asked for.
 */
export type Kind = 'count' | 'money' | 'day' | 'text' | 'choice' | 'flag' | 'set'

/** Whether a past day can be asked: from the dates of what happened, or not because only today's value is kept. */
export type History = 'full' | 'none'

/** Which list of values that occur in the data completes the text. */
export type ValueList = 'categories' | 'stores' | 'channels' | 'regions' | 'tags' | 'tiers'

/** What a field's SQL may use beside the columns of `facts`, the row of `member_facts`. */
export interface Reading {
  readonly asOf: string
  readonly dormancy: DormancyThresholds
  readonly d: Dialect
}

interface Described {
  readonly name: string
  readonly title: InBothLanguages
  readonly help: InBothLanguages
  readonly history: History
  readonly unit?: 'orders' | 'days' | 'points'
  readonly choices?: readonly { readonly value: string; readonly title: InBothLanguages }[]
  readonly list?: ValueList
  /** The value itself moves by one with every day that passes. */
  readonly daily?: 1 | -1
}

/** A field with one value or none per member. */
export interface ValueField extends Described {
  readonly kind: Exclude<Kind, 'set'>
  /** The value; null is unknown. Money in minor units. */
  readonly value: (reading: Reading) => Sql
  readonly read: (person: Person, moment: Moment) => string | number | boolean | null
  /** For an average: what `value` is divided by; unknown when that is 0. Compared without dividing. */
  readonly per?: { readonly value: () => Sql; readonly read: (person: Person, moment: Moment) => number }
}

/** A field with any number of texts per member, kept in a table of its own. */
export interface SetField extends Described {
  readonly kind: 'set'
  /** The table has a `member_key`; `text` is the column asked for. `day`: rows count from that day on. */
  readonly from: {
    readonly table: Sql
    readonly text: Sql
    readonly only?: Sql
    readonly day?: Sql
    /** Takes the place of `table` when a past day is asked about. */
    readonly past?: (day: Sql) => Sql
  }
  readonly read: (person: Person, moment: Moment) => readonly string[]
}

export type Field = ValueField | SetField

const firstDay = (person: Person, moment: Moment) => purchaseDays(person, moment)[0] ?? null
const lastDay = (person: Person, moment: Moment) => purchaseDays(person, moment).at(-1) ?? null
const since = (day: string | null, asOf: string) => (day === null ? null : daysBetween(day, asOf))
const dated = (day: string, { newest, asOf }: Moment) => newest || day <= asOf

const both = (en: string, zh: string): InBothLanguages => ({ en, 'zh-CN': zh })
const choice = (value: string, zh: string, en = value[0]!.toUpperCase() + value.slice(1)) => ({
  value,
  title: both(en, zh),
})

/** Everything a rule can ask of a member. Adding a field is adding an entry here. */
export const fields: readonly Field[] = [
  {
    name: 'orders',
    kind: 'count',
    unit: 'orders',
    history: 'full',
    title: both('Orders', '订单数'),
    help: both(
      'Qualifying orders: paid, with something left after refunds. Put conditions in parentheses to count only some: orders(within 90 days).',
      '有效订单数：已支付，且退款后仍有剩余。可在括号内加条件，只数其中一部分：orders(within 90 days)。',
    ),
    value: () => sql`facts.orders`,
    read: (person, moment) => qualifyingOrders(person, moment).length,
  },
  {
    name: 'purchase_days',
    kind: 'count',
    unit: 'days',
    history: 'full',
    title: both('Purchase days', '购买天数'),
    help: both('Different days with a qualifying order.', '有有效订单的不同日期数。'),
    value: () => sql`facts.purchase_days`,
    read: (person, moment) => purchaseDays(person, moment).length,
  },
  {
    name: 'net',
    kind: 'money',
    history: 'full',
    title: both('Net spend', '净消费额'),
    help: both(
      'What was charged minus refunds, over all time, in your currency: net > 1000.50.',
      '累计实付减退款，以货币单位填写：net > 1000.50。',
    ),
    value: () => sql`facts.net_minor`,
    read: netMinor,
  },
  {
    name: 'average_order',
    kind: 'money',
    history: 'full',
    title: both('Average order', '笔单价'),
    help: both(
      'Net spend divided by qualifying orders; unknown without an order.',
      '净消费额除以有效订单数；没有订单时为未知。',
    ),
    value: () => sql`facts.net_minor`,
    read: netMinor,
    per: {
      value: () => sql`facts.orders`,
      read: (person, moment) => qualifyingOrders(person, moment).length,
    },
  },
  {
    name: 'value_at_risk',
    kind: 'money',
    history: 'full',
    title: both('Yearly net before silence', '沉默前一年净消费'),
    help: both(
      'Net from 364 days before the last order, at least 0: what a year of this member was worth.',
      '最后一笔订单前 364 天起的净消费额，至少为 0：这位会员一年的价值。',
    ),
    value: () => sql`facts.yearly_net_minor`,
    read: yearlyNetMinor,
  },
  {
    name: 'first_order',
    kind: 'day',
    history: 'full',
    title: both('First order', '首单日期'),
    help: both(
      'Day of the first qualifying order: first_order >= 2026-01-31.',
      '首笔有效订单的日期：first_order >= 2026-01-31。',
    ),
    value: () => sql`facts.first_day`,
    read: firstDay,
  },
  {
    name: 'second_order',
    kind: 'day',
    history: 'full',
    title: both('Second purchase day', '第二次购买日期'),
    help: both(
      'The second day with a qualifying order; unknown until the member came back on another day.',
      '第二个有有效订单的日期；换一天再次购买之前为未知。',
    ),
    value: () => sql`facts.second_day`,
    read: (person, moment) => purchaseDays(person, moment)[1] ?? null,
  },
  {
    name: 'last_order',
    kind: 'day',
    history: 'full',
    title: both('Last order', '最近一单日期'),
    help: both('Day of the newest qualifying order.', '最近一笔有效订单的日期。'),
    value: () => sql`facts.last_day`,
    read: lastDay,
  },
  {
    name: 'days_since_order',
    kind: 'count',
    unit: 'days',
    daily: 1,
    history: 'full',
    title: both('Days silent', '沉默天数'),
    help: both(
      'Days from the last order to the day asked about, 0 = that day; unknown without an order.',
      '从最近一单到数据截至日的天数，当天为 0；没有订单时为未知。',
    ),
    value: ({ asOf, d }) => d.daysBetween(sql`facts.last_day`, d.date(asOf)),
    read: (person, moment) => since(lastDay(person, moment), moment.asOf),
  },
  {
    name: 'status',
    kind: 'choice',
    history: 'full',
    title: both('Status', '状态'),
    help: both(
      'By days since the last order, with the limits in Settings.',
      '按最近一单距今的天数划分，界限见设置。',
    ),
    choices: [
      choice('active', '活跃'),
      choice('cooling', '趋冷'),
      choice('dormant', '沉睡'),
      choice('lost', '流失'),
      choice('never bought', '从未购买'),
    ],
    value: ({ asOf, dormancy, d }) => {
      const silent = d.daysBetween(sql`facts.last_day`, d.date(asOf))
      return sql`case when facts.last_day is null then 'never bought'
        when ${silent} <= ${dormancy.active} then 'active'
        when ${silent} <= ${dormancy.cooling} then 'cooling'
        when ${silent} <= ${dormancy.dormant} then 'dormant' else 'lost' end`
    },
    read: status,
  },
  {
    name: 'first_seen',
    kind: 'flag',
    history: 'full',
    title: both('First seen', '首次出现'),
    help: both(
      'The first order falls within 90 days of the start of your data, so the member may have bought before.',
      '首单落在数据起始 90 天内，此前可能已经买过。',
    ),
    value: () => sql`facts.first_seen`,
    read: isFirstSeen,
  },
  {
    name: 'store',
    kind: 'text',
    list: 'stores',
    history: 'full',
    title: both('Main store', '主要门店'),
    help: both(
      'The store with most of the member’s orders; of equals the latest.',
      '订单最多的门店；相同时取最近的一家。',
    ),
    value: () => sql`facts.main_store`,
    read: mainStore,
  },
  {
    name: 'joined',
    kind: 'day',
    history: 'full',
    title: both('Joined', '入会日期'),
    help: both('Day on which the member joined, where it was imported.', '入会的日期（如已导入）。'),
    value: () => sql`facts.joined_day`,
    read: (person) => person.joined,
  },
  {
    name: 'days_since_joined',
    kind: 'count',
    unit: 'days',
    daily: 1,
    history: 'full',
    title: both('Days since joining', '入会天数'),
    help: both('Days from joining to the day asked about.', '从入会到数据截至日的天数。'),
    value: ({ asOf, d }) => d.daysBetween(sql`facts.joined_day`, d.date(asOf)),
    read: (person, { asOf }) => since(person.joined, asOf),
  },
  {
    name: 'channel',
    kind: 'text',
    list: 'channels',
    history: 'full',
    title: both('Joined through', '入会渠道'),
    help: both('The channel through which the member came.', '会员来自哪个渠道。'),
    value: () => sql`facts.channel`,
    read: (person) => person.channel,
  },
  {
    name: 'region',
    kind: 'text',
    list: 'regions',
    history: 'none',
    title: both('Region', '地区'),
    help: both('Where the member lives, as last imported.', '会员所在地区，以最近导入为准。'),
    value: () => sql`facts.region`,
    read: (person) => person.region,
  },
  {
    name: 'tier',
    kind: 'text',
    list: 'tiers',
    history: 'none',
    title: both('Tier', '等级'),
    help: both('Member tier, as last imported.', '会员等级，以最近导入为准。'),
    value: () => sql`facts.tier`,
    read: (person) => person.tier,
  },
  {
    name: 'points',
    kind: 'count',
    unit: 'points',
    history: 'none',
    title: both('Points', '积分'),
    help: both('Points on the account, as last imported.', '账户积分，以最近导入为准。'),
    value: () => sql`facts.points`,
    read: (person) => person.points,
  },
  {
    name: 'stored_value',
    kind: 'money',
    history: 'none',
    title: both('Stored value', '储值余额'),
    help: both('Money on the card or account, as last imported.', '卡内或账户余额，以最近导入为准。'),
    value: () => sql`facts.stored_value_minor`,
    read: (person) => person.storedValueMinor,
  },
  {
    name: 'gender',
    kind: 'choice',
    history: 'full',
    title: both('Gender', '性别'),
    help: both('As imported.', '以导入为准。'),
    choices: [choice('female', '女'), choice('male', '男')],
    value: () => sql`facts.gender`,
    read: (person) => person.gender,
  },
  {
    name: 'birthday_in',
    kind: 'count',
    unit: 'days',
    daily: -1,
    history: 'full',
    title: both('Days to birthday', '距生日天数'),
    help: both(
      'Days until the next birthday, 0 on the day. 29 February is kept on the 28th in other years.',
      '距下一个生日的天数，当天为 0。2 月 29 日生日在平年按 28 日计。',
    ),
    value: ({ asOf, d }) => {
      const year = Number(asOf.slice(0, 4))
      const inYear = (wanted: number) =>
        d.addYears(sql`facts.birthday`, sql`${wanted} - ${d.yearOf(sql`facts.birthday`)}`)
      const today = d.date(asOf)
      return sql`case when ${inYear(year)} >= ${today} then ${d.daysBetween(today, inYear(year))}
        else ${d.daysBetween(today, inYear(year + 1))} end`
    },
    read: (person, { asOf }) => (person.birthday === null ? null : daysToBirthday(person.birthday, asOf)),
  },
  {
    name: 'consent',
    kind: 'choice',
    history: 'none',
    title: both('Consent', '授权'),
    help: both(
      'Whether the member may be contacted. Not asked yet: consent is unknown.',
      '是否可以联系。尚未询问：consent is unknown。',
    ),
    choices: [choice('granted', '同意联系'), choice('denied', '拒绝联系')],
    value: () => sql`nullif(facts.consent, 'unknown')`,
    read: (person) => (person.consent === 'unknown' ? null : person.consent),
  },
  {
    name: 'tag',
    kind: 'set',
    list: 'tags',
    history: 'full',
    title: both('Tag', '标签'),
    help: both('The member carries this tag: tag = "vip".', '会员带有该标签：tag = "vip"。'),
    from: {
      table: sql`tags_of_members`,
      text: sql`tag`,
      day: sql`added_day`,
      past: (day) => sql`(select member_key, tag, added_day from tags_of_members
        union all select member_key, tag, added_day from removed_tags_of_members where removed_day > ${day})`,
    },
    read: (person, moment) =>
      person.tags
        .filter(({ addedDay, removedDay }) =>
          moment.newest
            ? removedDay === null
            : addedDay <= moment.asOf && (removedDay === null || removedDay > moment.asOf),
        )
        .map(({ tag }) => tag),
  },
  {
    name: 'treated_in',
    kind: 'set',
    history: 'full',
    title: both('Treated in campaign', '营销活动触达组'),
    help: both(
      'The member was sent a coupon by the campaign with this id.',
      '该编号的营销活动向会员发过券。',
    ),
    from: {
      table: sql`arms_of_members`,
      text: sql`campaign_id`,
      only: sql`arm = 'treated'`,
      day: sql`launched_day`,
    },
    read: (person, moment) => armsOf(person, moment, 'treated'),
  },
  {
    name: 'held_out_of',
    kind: 'set',
    history: 'full',
    title: both('Held out of campaign', '营销活动对照组'),
    help: both(
      'The member was in the holdout of the campaign with this id.',
      '会员在该编号营销活动的对照组（不发券）。',
    ),
    from: {
      table: sql`arms_of_members`,
      text: sql`campaign_id`,
      only: sql`arm = 'held-out'`,
      day: sql`launched_day`,
    },
    read: (person, moment) => armsOf(person, moment, 'held-out'),
  },
  {
    name: 'member',
    kind: 'set',
    history: 'full',
    title: both('Member id', '会员编号'),
    help: both(
      'Members by their id: member in ("1001", "1002").',
      '按会员编号选人：member in ("1001", "1002")。',
    ),
    from: { table: memberNames, text: sql`named` },
    read: (person) => [person.id],
  },
]

function armsOf(person: Person, moment: Moment, wanted: string): readonly string[] {
  return person.arms
    .filter(({ arm, day }) => arm === wanted && dated(day, moment))
    .map(({ campaign }) => campaign)
}

/** A count or sum over a member's orders that meet the conditions in parentheses; 0 over none. */
export interface Measure extends Described {
  readonly kind: 'count' | 'money'
}

export const measures: readonly Measure[] = [
  {
    name: 'orders',
    kind: 'count',
    unit: 'orders',
    history: 'full',
    title: both('Orders that …', '满足条件的订单数'),
    help: both(
      'Qualifying orders that meet the conditions: orders(category = "Tea", within 180 days) >= 2.',
      '满足条件的有效订单数：orders(category = "茶叶", within 180 days) >= 2。',
    ),
  },
  {
    name: 'spend',
    kind: 'money',
    history: 'full',
    title: both('Spend on orders that …', '满足条件的消费额'),
    help: both(
      'What was charged on such orders; with a category, on their lines in it. Later part refunds are not taken off.',
      '满足条件的有效订单实付金额；限定品类时只计该品类的明细。之后的部分退款不扣除。',
    ),
  },
]

/** What can be asked of an order inside the parentheses, beside `within n days`. */
export interface OrderField extends Described {
  readonly kind: 'text' | 'day' | 'count'
  /**
   * Over `member_orders` or, with a category, `category_orders`; `category` is in the latter alone, what
   * numbers the purchase days in the former.
   */
  readonly column: Sql
  readonly numbersDays?: true
}

export const orderFields: readonly OrderField[] = [
  {
    name: 'category',
    kind: 'text',
    list: 'categories',
    history: 'full',
    title: both('Category', '品类'),
    help: both('A line of the order is in this category.', '订单含有该品类的商品。'),
    column: sql`bought.category`,
  },
  {
    name: 'store',
    kind: 'text',
    list: 'stores',
    history: 'full',
    title: both('Store', '门店'),
    help: both('The store of the order.', '下单的门店。'),
    column: sql`bought.store`,
  },
  {
    name: 'channel',
    kind: 'text',
    list: 'channels',
    history: 'full',
    title: both('Channel', '渠道'),
    help: both('The channel of the order.', '下单的渠道。'),
    column: sql`bought.channel`,
  },
  {
    name: 'day',
    kind: 'day',
    history: 'full',
    title: both('Order day', '下单日期'),
    help: both(
      'The local day of the order: day >= 2026-01-31, or between 2026-01-01 and 2026-01-31.',
      '下单当日：day >= 2026-01-31，或 between 2026-01-01 and 2026-01-31。',
    ),
    column: sql`bought.local_day`,
  },
  {
    name: 'purchase_day',
    kind: 'count',
    history: 'full',
    numbersDays: true,
    title: both('Purchase day number', '第几个购买日'),
    help: both(
      'Which of the member’s days with an order it is: 1 is the first. All orders of a day have its number.',
      '该订单在会员的第几个购买日，首个为 1；同一天的订单编号相同。',
    ),
    column: sql`bought.purchase_day_number`,
  },
  {
    name: 'days_after_previous',
    kind: 'count',
    unit: 'days',
    history: 'full',
    numbersDays: true,
    title: both('Days after the previous purchase day', '距上一个购买日天数'),
    help: both(
      'Days since the purchase day before, on the first order of a day; unknown on the first purchase day and on further orders of a day.',
      '距上一个购买日的天数，只在当天首单上有值；首个购买日和当天的后续订单为未知。',
    ),
    column: sql`(bought.local_day - bought.previous_day)`,
  },
]

const byName = <T extends { readonly name: string }>(entries: readonly T[]) =>
  new Map(entries.map((entry) => [entry.name, entry]))

export const fieldsByName = byName(fields)
export const measuresByName = byName(measures)
export const orderFieldsByName = byName(orderFields)

/** What a clause compares: the field or measure it is about. */
export type Asked = Field | Measure | OrderField
