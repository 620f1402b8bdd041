import { both } from '../../../analytics/schema/described.ts'
import type { Engine } from '../../../analytics/engine/engine.ts'
import { duckdb as d } from '../../../analytics/sql/duckdb.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { TablesAt } from '../../analytics/tables-at.ts'

/** Asks the workspace's engine. */
export type Ask = (query: Sql) => Promise<Record<string, string | number | boolean | null>[]>

/** At least so many members have to have what a threshold is taken from. */
export const fewest = 20

/** Why there is no threshold when fewer do. */
export const notEnough = both(
  'Not enough data: fewer than {fewest} members have what this asks for.',
  '数据不足：有相应数据的会员少于 {fewest} 位。',
)

/**
 * Orders of the 365 days to the day: `high` is the smallest number that at most a fifth of the buyers
 * reach, and the lowest fifth has up to `low`. Without buyers the figures say nothing.
 */
export async function yearlyOrders(ask: Ask, { tables, asOf }: TablesAt) {
  const [row] =
    await ask(sql`select count(*) as buyers, quantile_disc(orders, 0.8) as high, quantile_disc(orders, 0.2) as low
    from (select member_key, count(*) as orders from ${tables.memberOrders}
      where local_day >= ${d.date(asOf)} - 365 group by member_key) as bought`)
  return { buyers: Number(row!.buyers), high: Number(row!.high) + 1, low: Number(row!.low) }
}

/** Within how many days half of those who bought again did so; from 14 to 90 are taken. */
export async function daysToReturn(ask: Ask, { tables }: TablesAt) {
  const [row] = await ask(sql`select count(*) as returned, quantile_disc(second_day - first_day, 0.5) as days
    from ${tables.memberFacts} where second_day is not null and not first_seen`)
  return { returned: Number(row!.returned), days: Math.min(90, Math.max(14, Number(row!.days))) }
}

/** An average order after every refund, in minor units, that at most a tenth of the buyers reach. */
export async function bigAverageOrder(ask: Ask, { tables }: TablesAt) {
  const [row] = await ask(sql`select count(*) as buyers,
      quantile_disc(cast(floor(net_minor / orders) as bigint), 0.9) as minor
    from ${tables.memberFacts} where orders > 0`)
  return { buyers: Number(row!.buyers), minor: Number(row!.minor) + 1 }
}

/** Of how many members it is known whether orders were discounted, and how many have one that was. */
export async function discounts(ask: Ask, { tables }: TablesAt) {
  const [row] = await ask(sql`select count(*) filter (where discount_known_orders > 0) as known,
    count(*) filter (where discounted_orders > 0) as discounted from ${tables.memberFacts}`)
  return { known: Number(row!.known), discounted: Number(row!.discounted) }
}

/** The net of the year to their last order, in minor units, that the fifth of the buyers who spent most had or more. */
export async function topYearlyNet(ask: Ask, { tables }: TablesAt) {
  const [row] = await ask(sql`select count(*) as buyers, quantile_disc(yearly_net_minor, 0.8) as minor
    from ${tables.memberFacts} where last_day is not null`)
  return { buyers: Number(row!.buyers), minor: Number(row!.minor) }
}

/** Within how many days of the purchase day before nine of ten repeat purchase days came, and of how many members they are. */
export async function longGap(ask: Ask, { tables }: TablesAt) {
  const [row] = await ask(sql`select count(distinct member_key) as members,
    quantile_disc(local_day - previous_day, 0.9) as days
    from ${tables.purchaseSteps} where previous_day is not null`)
  return { members: Number(row!.members), days: Number(row!.days) }
}

/** The points that the fifth of those with points who have most hold or more. */
export async function manyPoints(ask: Ask, { tables }: TablesAt) {
  const [row] = await ask(sql`select count(*) as members, quantile_disc(points, 0.8) as points
    from ${tables.memberFacts} where points > 0`)
  return { members: Number(row!.members), points: Number(row!.points) }
}

/**
 * The category that the most members bought on two or more days, of equals the first by name, with the
 * median of the days between one such day of a member and the next; null where no category was bought again.
 */
export async function topRepeatCategory(ask: Ask, { tables }: TablesAt) {
  const [row] = await ask(sql`
    select category, count(distinct member_key) as members, quantile_disc(gap, 0.5) as days
    from (
      select category, member_key,
        local_day - lag(local_day) over (partition by category, member_key order by local_day) as gap
      from (select distinct category, member_key, local_day from ${tables.orderItems} where category is not null) as bought
    ) as repeated
    where gap is not null group by category order by members desc, category limit 1`)
  return row ? { category: String(row.category), members: Number(row.members), days: Number(row.days) } : null
}

/** The store with the most buyers, of equals the first by name, and how many stores have any; null without stores. */
export async function topStore(ask: Ask, { tables }: TablesAt) {
  const [row] = await ask(sql`select store, count(distinct member_key) as buyers, count(*) over () as stores
    from ${tables.memberOrders} where store is not null group by store order by buyers desc, store limit 1`)
  return row ? { store: String(row.store), buyers: Number(row.buyers), stores: Number(row.stores) } : null
}

/** All that starter segments take from the shop's data. */
export interface Thresholds {
  readonly orders: Awaited<ReturnType<typeof yearlyOrders>>
  readonly toReturn: Awaited<ReturnType<typeof daysToReturn>>
  readonly average: Awaited<ReturnType<typeof bigAverageOrder>>
  readonly discount: Awaited<ReturnType<typeof discounts>>
  readonly net: Awaited<ReturnType<typeof topYearlyNet>>
  readonly gap: Awaited<ReturnType<typeof longGap>>
  readonly points: Awaited<ReturnType<typeof manyPoints>>
  readonly repeat: Awaited<ReturnType<typeof topRepeatCategory>>
  readonly store: Awaited<ReturnType<typeof topStore>>
}

/** Finds them, whoever few they are taken from: what is said of too few is the reader's to refuse. */
export async function findThresholds(ask: Ask, at: TablesAt): Promise<Thresholds> {
  const [orders, toReturn, average, discount, net, gap, points, repeat, store] = await Promise.all([
    yearlyOrders(ask, at),
    daysToReturn(ask, at),
    bigAverageOrder(ask, at),
    discounts(ask, at),
    topYearlyNet(ask, at),
    longGap(ask, at),
    manyPoints(ask, at),
    topRepeatCategory(ask, at),
    topStore(ask, at),
  ])
  return { orders, toReturn, average, discount, net, gap, points, repeat, store }
}

const kept = new WeakMap<Engine, { readonly key: string; readonly found: Promise<Thresholds> }>()

/** The same, found once for each state of the data, whoever asks: for what is asked of one member after the other. */
export function keptThresholds(engine: Engine, at: TablesAt): Promise<Thresholds> {
  const key = `${at.dataVersion} ${at.asOf}`
  const before = kept.get(engine)
  if (before?.key === key) return before.found
  const found = findThresholds((query) => engine.rows(query), at)
  kept.set(engine, { key, found })
  found.catch(() => {
    if (kept.get(engine)?.found === found) kept.delete(engine)
  })
  return found
}
