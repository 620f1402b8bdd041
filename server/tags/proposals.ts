import { both, type Words } from '../../analytics/schema/described.ts'
import { dayparts } from '../../analytics/schema/derived.ts'
import { quote } from '../../analytics/segments/print.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { type TablesAt, tablesAt } from '../analytics/tables-at.ts'
import { type Language, phrase, type Values } from '../messages/messages.ts'
import { decimalsOf, decimalText, moneyText } from '../messages/money.ts'
import { evaluateSegment } from '../segments/evaluation.ts'
import {
  type Ask,
  bigAverageOrder,
  daysToReturn,
  discounts,
  fewest,
  notEnough,
  yearlyOrders,
} from '../segments/starters/thresholds.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** An automatic tag that Reveille ships: a rule that is a click away, with thresholds from the shop's own data. */
export interface Proposal {
  /** A fixed word, with what it is about behind a colon: `category:Tea`. */
  readonly id: string
  /** What the tag would be called. */
  readonly tag: string
  readonly description: string
  /** Null: the data does not hold what it asks for, and `why` says what. */
  readonly expression: string | null
  /** Where the threshold is from, or why there is none. */
  readonly why: string
  /** Whom the rule selects as of the workspace's day. */
  readonly members: number
}

interface Drafted {
  readonly id: string
  readonly tag: Words
  readonly description: Words
  readonly expression: string | null
  readonly why: Words
  readonly values?: Values
}

const mostCategories = 5

/** The shipped automatic tags in the reader's language, each with whom it would select now. */
export async function tagProposals(
  store: Store,
  workspace: Workspace,
  language: Language,
  signal?: AbortSignal,
): Promise<{ asOf: string; proposals: Proposal[] }> {
  const at = await tablesAt(store, workspace, undefined, signal)
  const ask = async (query: Sql) => workspace.engine.rows(query, { signal })
  const drafts = (
    await Promise.all([
      frequency(ask, at),
      newcomers(ask, at),
      bigBasket(ask, at, workspace.currency, language),
      categories(ask, at),
      priceSensitive(ask, at),
      daypartsOf(ask, at),
      birthday(ask, at),
      tiersAtRisk(ask, at, workspace.currency),
    ])
  ).flat()
  const proposals: Proposal[] = []
  for (const { id, tag, description, expression, why, values = {} } of drafts) {
    let members = 0
    if (expression !== null) {
      const outcome = await evaluateSegment(store, workspace, { expression }, signal)
      if (outcome.kind === 'refused')
        throw new Error(`A proposal is no rule: ${expression} ${outcome.errors[0]!.id}`)
      members = outcome.evaluation.members
    }
    proposals.push({
      id,
      tag: phrase(language, tag, values),
      description: phrase(language, description, values),
      expression,
      why: phrase(language, why, values),
      members,
    })
  }
  return { asOf: at.asOf, proposals }
}

/** Orders of a year: from the smallest number that at most a fifth of the buyers reach, and up to what the lowest fifth has. */
async function frequency(ask: Ask, at: TablesAt): Promise<Drafted[]> {
  const { buyers, high, low } = await yearlyOrders(ask, at)
  const known = buyers >= fewest
  const values = { buyers, high, low, fewest }
  return [
    {
      id: 'frequency-high',
      tag: both('Buys often', '高频'),
      description: both('{high} or more orders in 365 days.', '365 天内下单 {high} 笔及以上。'),
      expression: known ? `orders(within 365 days) >= ${high}` : null,
      why: known
        ? both(
            'From this shop’s data: four of five of the {buyers, number} buyers of the last 365 days have {high, plural, =2 {1 order} other {fewer than # orders}}.',
            '取自本店数据：最近 365 天 {buyers, number} 位购买会员中，五分之四{high, plural, =2 {只有 1 笔订单} other {的订单少于 # 笔}}。',
          )
        : notEnough,
      values,
    },
    {
      id: 'frequency-low',
      tag: both('Buys rarely', '低频'),
      description: both(
        '{low, plural, one {# order in 365 days.} other {1 to # orders in 365 days.}}',
        '365 天内下单 {low, plural, =1 {# 笔} other {1 至 # 笔}}。',
      ),
      expression: known ? `orders(within 365 days) ${low === 1 ? '= 1' : `between 1 and ${low}`}` : null,
      why: known
        ? both(
            'From this shop’s data: at least a fifth of the {buyers, number} buyers of the last 365 days have {low, plural, one {# order} other {# orders at most}}.',
            '取自本店数据：最近 365 天 {buyers, number} 位购买会员中，至少五分之一{low, plural, =1 {只有 # 笔订单} other {的订单不超过 # 笔}}。',
          )
        : notEnough,
      values,
    },
  ]
}

/** New for as long as half of those who come back take to come back. */
async function newcomers(ask: Ask, at: TablesAt): Promise<Drafted[]> {
  const { returned, days } = await daysToReturn(ask, at)
  const known = returned >= fewest
  return [
    {
      id: 'new',
      tag: both('New', '新客'),
      description: both('First order at most {days} days ago.', '首单距今不超过 {days} 天。'),
      expression: known ? `days_since_order(purchase_day = 1) <= ${days} and first_seen = no` : null,
      why: known
        ? both(
            'From this shop’s data: half of the {returned, number} members who bought again did so within {days} days (at least 14 and at most 90 are taken).',
            '取自本店数据：{returned, number} 位复购会员中，半数在 {days} 天内再次购买（取 14 至 90 天之间）。',
          )
        : notEnough,
      values: { returned, days, fewest },
    },
  ]
}

/** An average order above what nine of ten buyers have. */
async function bigBasket(ask: Ask, at: TablesAt, currency: string, language: Language): Promise<Drafted[]> {
  const { buyers, minor } = await bigAverageOrder(ask, at)
  const known = buyers >= fewest
  const amount = moneyText(minor, currency, language)
  return [
    {
      id: 'big-basket',
      tag: both('Big basket', '大单客'),
      description: both('{amount} or more an order on average.', '平均每单 {amount} 及以上。'),
      expression: known ? `average_order >= ${decimalText(minor, decimalsOf(currency))}` : null,
      why: known
        ? both(
            'From this shop’s data: nine of ten of the {buyers, number} buyers spend less than {amount} an order.',
            '取自本店数据：{buyers, number} 位购买会员中，九成的平均每单低于 {amount}。',
          )
        : notEnough,
      values: { buyers, amount, fewest },
    },
  ]
}

/** One for each of the categories with the most buyers. */
async function categories(ask: Ask, { tables }: TablesAt): Promise<Drafted[]> {
  const rows = await ask(sql`select category, count(distinct member_key) as buyers
    from ${tables.orderItems} where category is not null and member_key is not null
    group by category having count(distinct member_key) >= ${fewest} order by buyers desc, category limit ${mostCategories}`)
  const description = both(
    '40% or more of net on {category}, and 2 or more orders with it.',
    '{category} 占净消费 40% 及以上，且有 2 笔以上订单。',
  )
  if (rows.length === 0)
    return [
      {
        id: 'category',
        tag: both('Category preference', '品类偏好'),
        description: both('40% or more of net on one category.', '某一品类占净消费 40% 及以上。'),
        expression: null,
        why: both(
          'The data is not there: no category that {fewest} members have bought. Import order lines with categories, or a file of products.',
          '缺少数据：没有 {fewest} 位会员买过的品类。请导入带品类的订单明细或商品文件。',
        ),
        values: { fewest },
      },
    ]
  return rows.map(({ category, buyers }) => ({
    id: `category:${String(category)}`,
    tag: both('Likes {category}', '偏好 {category}'),
    description,
    expression: `spend_share(category = ${quote(String(category))}) >= 40% and orders(category = ${quote(String(category))}) >= 2`,
    why: both(
      'A fixed threshold; the category is one of the {most} with the most buyers here ({buyers, number}).',
      '固定阈值；该品类是本店购买会员最多的 {most} 个品类之一（{buyers, number} 位）。',
    ),
    values: { category: String(category), buyers: Number(buyers), most: mostCategories },
  }))
}

async function priceSensitive(ask: Ask, at: TablesAt): Promise<Drafted[]> {
  const { known: members, discounted } = await discounts(ask, at)
  const known = members >= fewest && discounted > 0
  return [
    {
      id: 'price-sensitive',
      tag: both('Price-sensitive', '价格敏感'),
      description: both(
        '3 or more orders, 60% of them or more at a discount.',
        '有 3 笔及以上订单，其中 60% 及以上享受优惠。',
      ),
      expression: known ? 'discounted_share >= 60% and orders >= 3' : null,
      why: known
        ? both(
            'A fixed threshold; of {members, number} members it is known whether their orders were discounted.',
            '固定阈值；已知 {members, number} 位会员的订单是否有优惠。',
          )
        : both(
            'The data is not there: too few orders say whether they were discounted. Import a column of discounts.',
            '缺少数据：标明优惠的订单太少。请导入优惠金额列。',
          ),
      values: { members },
    },
  ]
}

const daypartWords: Record<(typeof dayparts)[number]['name'], Words> = {
  morning: both('Morning customer', '上午客'),
  noon: both('Noon customer', '中午客'),
  afternoon: both('Afternoon customer', '下午客'),
  evening: both('Evening customer', '晚上客'),
  night: both('Night customer', '深夜客'),
}

/** One for each part of the day that at least a twentieth of the buyers shop in mostly. */
async function daypartsOf(ask: Ask, { tables }: TablesAt): Promise<Drafted[]> {
  const rows = await ask(sql`select daypart, count(*) as members, sum(count(*)) over () as buyers
    from ${tables.memberFacts} where orders >= 3 and daypart is not null group by daypart`)
  const used = dayparts.flatMap(({ name }) => {
    const row = rows.find(({ daypart }) => daypart === name)
    return row && Number(row.members) >= fewest && Number(row.members) * 20 >= Number(row.buyers)
      ? [{ name, members: Number(row.members), buyers: Number(row.buyers) }]
      : []
  })
  // orders that are all of one hour have a day and no time
  const [hours] = await ask(sql`select count(distinct local_hour) as hours from ${tables.memberOrders}`)
  if (used.length === 0 || Number(hours!.hours) < 2)
    return [
      {
        id: 'daypart',
        tag: both('Part of the day', '时段偏好'),
        description: both('Mostly shops at one part of the day.', '多在某一时段购买。'),
        expression: null,
        why: both(
          'The data is not there: orders have no time of day, or fewer than {fewest} members have 3 orders. Import a column with date and time.',
          '缺少数据：订单没有时间，或有 3 笔订单的会员少于 {fewest} 位。请导入带时间的下单列。',
        ),
        values: { fewest },
      },
    ]
  return used.map(({ name, members, buyers }) => ({
    id: `daypart:${name}`,
    tag: daypartWords[name],
    description: both(
      '3 or more orders, most of them at this part of the day.',
      '有 3 笔及以上订单，多在这一时段。',
    ),
    expression: `daypart = "${name}" and orders >= 3`,
    why: both(
      'From this shop’s data: proposed because {members, number} of the {buyers, number} members with 3 orders shop mostly then.',
      '取自本店数据：{buyers, number} 位有 3 笔订单的会员中，{members, number} 位多在这一时段购买。',
    ),
    values: { members, buyers },
  }))
}

async function birthday(ask: Ask, { tables }: TablesAt): Promise<Drafted[]> {
  const [row] = await ask(
    sql`select count(*) as members from ${tables.memberFacts} where birthday is not null`,
  )
  const known = Number(row!.members) > 0
  return [
    {
      id: 'birthday-month',
      tag: both('Birthday month', '生日月'),
      description: both('Birthday this month.', '本月过生日。'),
      expression: known ? 'birthday_this_month = true' : null,
      why: known
        ? both(
            'No threshold; {members, plural, one {# member has} other {# members have}} a birthday in the data.',
            '没有阈值；数据中有 {members, number} 位会员的生日。',
          )
        : both(
            'The data is not there: no member has a birthday. Import a file of members with birthdays.',
            '缺少数据：没有会员生日。请导入带生日的会员文件。',
          ),
      values: { members: Number(row!.members) },
    },
  ]
}

/** Members of a tier who spent less in a year than four of five of the buyers of their tier. */
async function tiersAtRisk(ask: Ask, { tables, asOf }: TablesAt, currency: string): Promise<Drafted[]> {
  const rows =
    await ask(sql`select tier, count(*) as members, cast(quantile_disc(net, 0.2) as bigint) as minor
    from (
      select facts.tier, sum(bought.net_minor) as net from ${tables.memberFacts} as facts
      join ${tables.memberOrders} as bought on bought.member_key = facts.member_key
      where facts.tier is not null and bought.local_day >= ${d.date(asOf)} - 365
      group by facts.member_key, facts.tier
    ) as year group by tier having count(*) >= ${fewest} order by members desc, tier limit 20`)
  const shared = {
    id: 'tier-at-risk',
    tag: both('Tier at risk', '等级有流失风险'),
    description: both(
      'Spent less in 365 days than four of five buyers of the same tier.',
      '365 天内的消费低于同等级五分之四的购买会员。',
    ),
  }
  if (rows.length === 0)
    return [
      {
        ...shared,
        expression: null,
        why: both(
          'The data is not there: no tier has {fewest} buyers within 365 days. Import a file of members with tiers.',
          '缺少数据：没有任何等级在 365 天内有 {fewest} 位购买会员。请导入带等级的会员文件。',
        ),
        values: { fewest },
      },
    ]
  const parts = rows.map(
    ({ tier, minor }) =>
      `(tier = ${quote(String(tier))} and spend(within 365 days) < ${decimalText(Number(minor), decimalsOf(currency))})`,
  )
  return [
    {
      ...shared,
      expression: parts.join(' or '),
      why: both(
        'From this shop’s data: what the fifth part of each tier’s buyers who spent least stays under; {tiers, plural, one {# tier} other {# tiers}}. What a tier really asks for is not in the data.',
        '取自本店数据：各等级消费最少的五分之一会员低于的金额，共 {tiers} 个等级；等级的保级条件不在数据中。',
      ),
      values: { tiers: rows.length },
    },
  ]
}
