import { addDays } from '../../analytics/calendar/calendar.ts'
import type { Arm } from '../../analytics/lift/arm.ts'
import type { ArmWithBefore } from '../../analytics/lift/cuped.ts'
import type { ArmOutcomes } from '../../analytics/lift/verdict.ts'
import { duckdb as d } from '../../analytics/sql/duckdb.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import type { TablesAt } from '../analytics/tables-at.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** What each arm did; `margin` only where it was asked for and every cost is known. */
export interface CampaignOutcomes {
  readonly treated: ArmOutcomes
  readonly heldOut: ArmOutcomes
  /** Net of the orders whose costs are known, and of all of them; both 0 when margin was not asked for. */
  readonly netWithCost: number
  readonly netOfOrders: number
}

/** Whom a question is about: each member once, with the days that count. */
export interface Frozen {
  /**
   * A relation of `member_key`, `arm`, `since` (the first instant that counts), `from_day` (the local day from which on
   * the campaign may have changed what they do) and `last_day` (the last local day that counts).
   */
  readonly relation: Sql
  /** The earliest of the `from_day`s. */
  readonly firstDay: string
}

export interface OutcomeQuestion {
  readonly frozen: Frozen
  /**
   * Figures of the year before each member's `from_day` explain a part of the outcomes, where the data reaches back
   * `leastDays` before the first of them. Without it none do.
   */
  readonly before?: { readonly leastDays: number }
  /** Ask for margin; `share`: what is left of net where an item's cost is not known, null: then the margin isn't either. */
  readonly margin?: { readonly share: number | null }
  /** A relation of `member_key` and `place`, a whole number, a member at several places or none; without it everybody is at 0. */
  readonly groups?: Sql
}

/** Days before the launch of which purchases explain what members buy after it. */
const daysBefore = 365

/**
 * What the frozen audience did in the days that count, as of the tables' day: qualifying orders,
 * and net as charged less refunds dated in the span. Orders of the launch day count only when their time is
 * known to be later; a date without a time is midnight. Margin is that net less what the goods cost: the cost of
 * each item that was sold, less the part of the order's net that was refunded by then. Per place of the groups,
 * those with nobody in either arm left out.
 */
export async function outcomesOf(
  workspace: Workspace,
  { tables, asOf, dataStart }: TablesAt,
  { frozen: { relation, firstDay }, before, margin, groups }: OutcomeQuestion,
  signal?: AbortSignal,
): Promise<Map<number, CampaignOutcomes>> {
  const isBeforeKnown =
    before !== undefined && dataStart !== null && dataStart <= addDays(firstDay, -before.leastDays)
  const counted = (at: Sql, day: Sql) => sql`${at} >= frozen.since and ${day} <= frozen.last_day`
  const earlier = (day: Sql) =>
    isBeforeKnown ? sql`${day} >= frozen.from_day - ${daysBefore} and ${day} < frozen.from_day` : sql`false`
  // nothing before it counts; a zone is at most a day away
  const earliest = d.date(addDays(firstDay, isBeforeKnown ? -daysBefore : -1))
  const rows = await workspace.engine.rows(
    sql`
    with frozen as (
      select member_key, arm, since, from_day, least(last_day, ${d.date(asOf)}) as last_day
      from (${relation}) as chosen
    ),
    bought as (
      select frozen.member_key,
        count(*) filter (where ${counted(sql`bought.ordered_at`, sql`bought.local_day`)}) as orders,
        count(*) filter (where ${earlier(sql`bought.local_day`)}) as orders_before
      from ${tables.memberOrders} as bought join frozen on frozen.member_key = bought.member_key
      where bought.local_day >= ${earliest}
      group by frozen.member_key
    ),
    charged as (
      select frozen.member_key, net_minor, ${counted(sql`ordered_at`, sql`local_day`)} as counted,
        ${earlier(sql`local_day`)} as earlier
      from orders join frozen on frozen.member_key = orders.member_key
      where state = 'paid' and local_day >= ${earliest}
      union all
      select frozen.member_key, -amount_minor, ${counted(sql`refunded_at`, sql`local_day`)}, ${earlier(sql`local_day`)}
      from refunds join frozen on frozen.member_key = refunds.member_key
      where counts and local_day >= ${earliest}
    ),
    money as (
      select member_key, ${d.sumIf(sql`net_minor`, sql`counted`)} as net_minor,
        ${d.sumIf(sql`net_minor`, sql`earlier`)} as net_before
      from charged group by member_key
    ),
    ${costs(margin, counted, earliest)},
    each_member as (
      select frozen.member_key, frozen.arm, coalesce(bought.orders, 0) as orders,
        coalesce(bought.orders_before, 0) as orders_before,
        coalesce(money.net_minor, 0) as net_minor, cast(coalesce(money.net_before, 0) as double) as net_before,
        cast(coalesce(money.net_minor, 0) - coalesce(spent.cost_minor, 0) as double) as margin_minor,
        coalesce(spent.unknown_costs, 0) as unknown_costs,
        coalesce(spent.net_with_cost, 0) as net_with_cost, coalesce(spent.net_of_orders, 0) as net_of_orders
      from frozen
      left join bought on bought.member_key = frozen.member_key
      left join money on money.member_key = frozen.member_key
      left join spent on spent.member_key = frozen.member_key
    )
    select ${groups ? sql`place` : sql`0 as place`}, arm, count(*) as members,
      ${d.countIf(sql`orders > 0`)} as buyers,
      ${sums('orders', sql`cast(orders as double)`, sql`cast(orders_before as double)`)},
      ${sums('net', sql`cast(net_minor as double)`, sql`net_before`)},
      ${sums('margin', sql`margin_minor`, sql`net_before`)},
      ${d.sum(sql`unknown_costs`)} as unknown_costs,
      ${d.sum(sql`net_with_cost`)} as net_with_cost, ${d.sum(sql`net_of_orders`)} as net_of_orders
    from each_member ${groups ? sql`join (${groups}) as grouped using (member_key)` : sql``}
    group by all order by place`,
    { signal },
  )
  const places = new Map<number, CampaignOutcomes>()
  for (const place of [0, ...rows.map((row) => Number(row.place))]) {
    if (places.has(place) || (groups && !rows.some((row) => Number(row.place) === place))) continue
    const own = rows.filter((row) => Number(row.place) === place)
    const total = (column: string) => own.reduce((sum, row) => sum + Number(row[column]), 0)
    const isKnown = margin !== undefined && total('unknownCosts') === 0
    const arm = (name: 'treated' | 'held-out') =>
      armOutcomes(own.find((row) => row.arm === name) ?? {}, isBeforeKnown, isKnown)
    places.set(place, {
      treated: arm('treated'),
      heldOut: arm('held-out'),
      netWithCost: total('netWithCost'),
      netOfOrders: total('netOfOrders'),
    })
  }
  return places
}

/** Of a relation of `member_key` and `arm`: everybody has the same days. `since` is an instant, `fromDay` its local day. */
export const inOneSpan = (
  arms: Sql,
  { since, fromDay, lastDay }: { since: string; fromDay: string; lastDay: string },
): Frozen => ({
  relation: sql`
    select member_key, arm, ${instant(since)} as since, ${d.date(fromDay)} as from_day, ${d.date(lastDay)} as last_day
    from (${arms}) as arms`,
  firstDay: fromDay,
})

/** The frozen audience of a campaign: an arm belongs to a member once, by first entry. */
export const armsOfCampaign = (campaignId: string): Sql => sql`
  select member_key, min(arm) as arm from arms_of_members where campaign_id = ${campaignId} group by member_key`

const instant = (iso: string): Sql => sql`cast(${iso.replace('T', ' ').replace('Z', '')} as timestamp)`

/** What the goods of each member's orders cost. Whole minor units, rounded once an order. */
const costs = (margin: OutcomeQuestion['margin'], counted: (at: Sql, day: Sql) => Sql, earliest: Sql): Sql =>
  margin === undefined
    ? sql`spent as (
      select null::integer as member_key, 0 as cost_minor, 0 as unknown_costs, 0 as net_with_cost, 0 as net_of_orders
      where false)`
    : sql`sold as (
      select order_key, frozen.member_key, net_minor, frozen.last_day
      from orders join frozen on frozen.member_key = orders.member_key
      where state = 'paid' and local_day >= ${earliest} and ${counted(sql`ordered_at`, sql`local_day`)}
    ),
    given_back as (
      select refunds.order_key, sum(amount_minor) as amount_minor
      from refunds join sold on sold.order_key = refunds.order_key
      where counts and refunds.local_day <= sold.last_day group by refunds.order_key
    ),
    cost_of_order as (
      select sold.order_key, sold.member_key, any_value(sold.net_minor) as net_minor,
        case when count(lines.order_key) = 0 then any_value(sold.net_minor) * ${left(margin.share)}
          when count(*) filter (where products.cost_minor is null) > 0 and ${margin.share === null} then null
          else sum(coalesce(coalesce(lines.quantity, 1) * products.cost_minor, lines.net_minor * ${left(margin.share)}))
        end as cost
      from sold
      left join order_lines as lines on lines.order_key = sold.order_key
      left join products on products.sku = lines.sku
      group by sold.order_key, sold.member_key
    ),
    spent as (
      select member_key,
        sum(cast(round(cost * case when net_minor <= 0 then 1
          else greatest(0, 1 - coalesce(given_back.amount_minor, 0) / net_minor) end) as bigint)) as cost_minor,
        count(*) filter (where cost is null) as unknown_costs,
        sum(case when cost is null then 0 else net_minor end) as net_with_cost, sum(net_minor) as net_of_orders
      from cost_of_order left join given_back on given_back.order_key = cost_of_order.order_key
      group by member_key
    )`

/** The part of net that goods without a known cost cost; null: unknown. */
const left = (share: number | null): Sql =>
  share === null ? sql`cast(null as double)` : sql`cast(${1 - share} as double)`

/** Sum, sum of squares, and the same of a figure from before with the products of both. */
const sums = (outcome: 'orders' | 'net' | 'margin', value: Sql, before: Sql): Sql =>
  join([
    sql`coalesce(sum(${value}), 0) as ${name(`${outcome}_sum`)}`,
    sql`coalesce(sum(${value} * ${value}), 0) as ${name(`${outcome}_squares`)}`,
    sql`coalesce(sum(${before}), 0) as ${name(`${outcome}_before`)}`,
    sql`coalesce(sum(${before} * ${before}), 0) as ${name(`${outcome}_before_squares`)}`,
    sql`coalesce(sum(${before} * ${value}), 0) as ${name(`${outcome}_products`)}`,
  ])

function armOutcomes(
  row: Readonly<Record<string, unknown>>,
  isBeforeKnown: boolean,
  isMarginKnown: boolean,
): ArmOutcomes {
  const n = Number(row.members ?? 0)
  const of = (outcome: 'orders' | 'net' | 'margin'): Arm | ArmWithBefore => {
    const figure = (column: string) => Number(row[`${outcome}${column}`] ?? 0)
    const arm = { n, sum: figure('Sum'), sumOfSquares: figure('Squares') }
    if (!isBeforeKnown) return arm
    const before = {
      sum: figure('Before'),
      sumOfSquares: figure('BeforeSquares'),
      sumOfProducts: figure('Products'),
    }
    return { ...arm, before }
  }
  return {
    members: n,
    buyers: Number(row.buyers ?? 0),
    orders: of('orders'),
    net: of('net'),
    margin: isMarginKnown ? of('margin') : null,
  }
}
