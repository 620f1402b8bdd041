import { duckdb as d } from '../sql/duckdb.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'

/**
 * The derived tables answer most questions without touching the orders. They are functions of the
 * base tables and a day: the workspace's own set is kept for its default asOf, a set for any other
 * day is built into `scratch` by the same SQL.
 */
export interface DerivedTables {
  /** Qualifying member orders visible at the day, each member's rows together and in order of time; `discounted` is null where no list price is known. */
  readonly memberOrders: Sql
  /** The same orders, those of a month together and in it each member's: of a span of days the others are skipped. */
  readonly ordersByMonth: Sql
  /** Orders of members that counted before that day, until their refunds left nothing (`void_day`). */
  readonly voidedOrders: Sql
  /**
   * A row per member known at the day. `log_gaps` and `log_gaps_squared` sum the logarithms of the days between
   * purchase days, and their squares, in whole millionths (`logUnits`), so that they add up exactly. `first_dated_day`
   * is the first one that an order or a refund speaks of, whatever became of it.
   */
  readonly memberFacts: Sql
  /** Per member and local month, with the member's cohort: qualifying orders, purchase days, net after refunds. */
  readonly memberMonth: Sql
  /** Per member and local day with an order or a refund, in order of time, with the purchase days around it and the first one. */
  readonly memberDay: Sql
  /**
   * Each member's purchase days, everybody's first ones first, so that the first steps are read alone; `discounted`
   * is whether an order of the day was, null where of none it is known.
   */
  readonly purchaseSteps: Sql
  /** Per monthly cohort (null: members without one) and local month: members who bought, orders, net. */
  readonly cohortMonth: Sql
  /** Per calendar week and month and class of buyer: what members bought in it, everywhere. */
  readonly stepSales: Sql
  /** How many members bought on two purchase days, one after the other; on their first one (`from_day` null); last (`to_day` null). */
  readonly purchaseGaps: Sql
  /** Per local day and first purchase day of the members: their qualifying orders and net. */
  readonly firstDaySales: Sql
  /** Per local month, store, channel and category (null: not known): qualifying orders of members with it. */
  readonly categoryMonths: Sql
  /** Per day, hour, store, channel and kind of buyer: all orders, guests included. */
  readonly orderCube: Sql
  /**
   * The lines of qualifying member orders, those of a category and in it of a product together; `opens_category` is
   * true of an order's first line of a category, so that its orders are counted without telling them apart.
   */
  readonly orderItems: Sql
  /** Per category and member: orders with it, what was charged for its lines, days of the first and the last of them. */
  readonly categoryTotals: Sql
  /** The same per store and channel, of whole orders. */
  readonly placeTotals: Sql
  /**
   * What the models foretell of members, in `scratch` alone: it is made when somebody asks (analytics/scores/). A row per
   * member who bought: P(alive) in millionths, net foretold in minor units; none where the models are refused.
   */
  readonly memberScores: Sql
}

export const derivedTables = (prefix = ''): DerivedTables => ({
  memberOrders: name(`${prefix}member_orders`),
  ordersByMonth: name(`${prefix}orders_by_month`),
  voidedOrders: name(`${prefix}voided_orders`),
  memberFacts: name(`${prefix}member_facts`),
  memberMonth: name(`${prefix}member_month`),
  memberDay: name(`${prefix}member_day`),
  purchaseSteps: name(`${prefix}purchase_steps`),
  cohortMonth: name(`${prefix}cohort_month`),
  stepSales: name(`${prefix}step_sales`),
  purchaseGaps: name(`${prefix}purchase_gaps`),
  firstDaySales: name(`${prefix}first_day_sales`),
  categoryMonths: name(`${prefix}category_months`),
  orderCube: name(`${prefix}order_cube`),
  orderItems: name(`${prefix}order_items`),
  categoryTotals: name(`${prefix}category_totals`),
  placeTotals: name(`${prefix}place_totals`),
  memberScores: name(`${prefix === '' ? 'scratch.main.' : prefix}member_scores`),
})

/** Those of them that are built from the base tables. */
export const builtTables = (prefix = ''): Omit<DerivedTables, 'memberScores'> => {
  const { memberScores: _, ...built } = derivedTables(prefix)
  return built
}

/** The order counts on `asOf`: visible, paid, and its linked refunds of that day leave something. */
export const qualifiesOn = (asOf: Sql): Sql =>
  sql`local_day <= ${asOf} and state = 'paid' and net_minor > 0 and (void_day is null or void_day > ${asOf})`

/** Days after the start of the data within which a first order is "first seen", not "new". */
export const firstSeenDays = 90

/** An expression over `members` or `member_facts` rows, restricted to some members or to all. */
export type Only = (memberKey: Sql) => Sql

/** A first order within 90 days of the start of the data, by a member who had not joined by then. */
export const isFirstSeen = (firstDay: Sql, joinedDay: Sql): Sql => sql`coalesce(
      not state.opened_at_start
        and ${firstDay} - state.data_start <= ${firstSeenDays}
        and not coalesce(${joinedDay} >= state.data_start, false),
      false)`

export const memberOrders = (asOf: Sql, only: Only) => sql`
  with numbered as (
    select *, row_number() over earlier as order_number,
      dense_rank() over (partition by member_key order by local_day) as purchase_day_number,
      min(local_day) over (partition by member_key) as first_day,
      lag(local_day) over earlier as order_before_day
    from orders
    where member_key is not null and ${qualifiesOn(asOf)} and ${only(sql`member_key`)}
    window earlier as (partition by member_key order by ordered_at, order_key)
  )
  select
    member_key, ordered_at, local_day, order_key, store, channel, net_minor,
    local_hour, discount_minor > 0 as discounted,
    cast(order_number as integer) as order_number,
    cast(purchase_day_number as integer) as purchase_day_number,
    -- true for the first order of a purchase day: its rows are the purchase days
    order_before_day is null or order_before_day < local_day as opens_day,
    -- the purchase day before; null on the first and on further orders of one day
    case when order_before_day < local_day then order_before_day end as previous_day,
    first_day,
    -- the member is first seen, not new, by the first order
    ${isFirstSeen(sql`first_day`, sql`joined_day`)} as first_seen
  from numbered
  join (select member_key as joined_key, joined_day from members) as joined on joined_key = member_key
  cross join workspace_state as state
  order by member_key, ordered_at, order_key`

export const ordersByMonth = (tables: DerivedTables, only: Only) => sql`
  select * from ${tables.memberOrders} where ${only(sql`member_key`)}
  order by ${d.startOf('month', sql`local_day`)}, member_key, ordered_at, order_key`

export const voidedOrders = (asOf: Sql, only: Only) => sql`
  select member_key, local_day, void_day, store, channel
  from orders
  where void_day <= ${asOf} and local_day <= ${asOf} and local_day < void_day and state = 'paid' and net_minor > 0
    and member_key is not null and ${only(sql`member_key`)}
  order by void_day, member_key`

/** Everything that moves a member's net: paid orders on their day, counted refunds on theirs. */
export const netEvents = (asOf: Sql): Sql => sql`
  select member_key, local_day, store, channel, order_key, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= ${asOf}
  union all
  select member_key, local_day, store, channel, order_key, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= ${asOf}`

/** The same events by the orders of `tables` for that day, which are most of those that were paid, and by what else was. */
const eventsOf = (
  tables: Pick<DerivedTables, 'memberOrders'>,
  asOf: Sql,
  only: Only,
  days: Sql = sql`true`,
): Sql => sql`
  select member_key, local_day, net_minor from ${tables.memberOrders} where ${only(sql`member_key`)} and ${days}
  union all
  select member_key, local_day, net_minor from orders
  where (net_minor <= 0 or void_day <= ${asOf}) and state = 'paid' and local_day <= ${asOf}
    and member_key is not null and ${only(sql`member_key`)} and ${days}
  union all
  select member_key, local_day, -amount_minor as net_minor from refunds
  where member_key is not null and counts and local_day <= ${asOf} and ${only(sql`member_key`)} and ${days}`

/** Parts of the day by their first local hour; before the first of them it is still the last, the night. */
export const dayparts = [
  { name: 'morning', from: 5 },
  { name: 'noon', from: 11 },
  { name: 'afternoon', from: 14 },
  { name: 'evening', from: 17 },
  { name: 'night', from: 22 },
] as const

/** The daypart of a local hour. */
export const daypartOf = (hour: Sql): Sql =>
  sql`case ${join(
    dayparts.toReversed().map((part) => sql`when ${hour} >= ${part.from} then ${part.name}`),
    sql` `,
  )} else ${dayparts.at(-1)!.name} end`

/**
 * Aggregates over `member_orders`, a column per daypart: how many orders fall in it and, to decide between equals,
 * which was the last. The greatest of them is the member's daypart.
 */
const daypartScores = (): Sql[] =>
  dayparts.map((part, i) => {
    const next = dayparts[i + 1]
    const within = next
      ? sql`local_hour >= ${part.from} and local_hour < ${next.from}`
      : sql`local_hour >= ${part.from} or local_hour < ${dayparts[0].from}`
    return sql`(count(*) filter (where ${within}) << 31) + coalesce(max(order_number) filter (where ${within}), 0) as ${name(`in_the_${part.name}`)}`
  })

const mainDaypart = (): Sql => {
  const scores = dayparts.map((part) => sql`bought.${name(`in_the_${part.name}`)}`)
  return sql`case greatest(${join(scores)}) ${join(
    dayparts.map((part, i) => sql`when ${scores[i]!} then ${part.name}`),
    sql` `,
  )} end`
}

/** What 1 is in `log_gaps`; in `log_gaps_squared` it is the square of that. Sums of a century stay exact. */
export const logUnits = 1e6

const logGap = sql`cast(round(ln(local_day - previous_day) * ${logUnits}) as bigint)`

/** Per member the first day of an order or a refund: each says that the member was there, whatever became of it. */
export const firstDated = (only: Only) => sql`
    select member_key, min(local_day) as first_dated_day
    from (
      select member_key, local_day from orders where member_key is not null
      union all
      select member_key, local_day from refunds where member_key is not null
    ) as trace
    where ${only(sql`member_key`)}
    group by member_key`

/** `dated` tells each member's first day in the data, where it is known already. */
export const memberFacts = (
  asOf: Sql,
  tables: Pick<DerivedTables, 'memberOrders'>,
  only: Only,
  dated = firstDated(only),
) => sql`
  with bought as (
    select
      member_key,
      cast(count(*) as integer) as orders,
      cast(count(*) filter (where opens_day) as integer) as purchase_days,
      min(local_day) as first_day,
      min(local_day) filter (where purchase_day_number = 2) as second_day,
      max(local_day) as last_day,
      max(store) filter (where order_number = 1) as first_store,
      max(channel) filter (where order_number = 1) as first_channel,
      arg_max(net_minor, order_number) as last_order_net_minor,
      cast(count(discounted) as integer) as discount_known_orders,
      cast(count(*) filter (where discounted) as integer) as discounted_orders,
      cast(coalesce(sum(${logGap}), 0) as bigint) as log_gaps,
      cast(coalesce(sum(${logGap} * ${logGap}), 0) as bigint) as log_gaps_squared,
      ${join(
        daypartScores(),
        sql`,
      `,
      )}
    from ${tables.memberOrders} where ${only(sql`member_key`)} group by member_key
  ),
  store_orders as (
    select member_key, store, count(*) as n, max(order_number) as latest
    from ${tables.memberOrders} where store is not null and ${only(sql`member_key`)} group by member_key, store
  ),
  main_store as (
    select member_key, arg_max(store, (n, latest)) as main_store from store_orders group by member_key
  ),
  money as (
    select event.member_key,
      cast(sum(event.net_minor) as bigint) as net_minor,
      cast(coalesce(sum(event.net_minor) filter (where event.local_day >= bought.last_day - 364), 0) as bigint) as yearly_net_minor
    from (${eventsOf(tables, asOf, only)}) as event left join bought on bought.member_key = event.member_key
    group by event.member_key
  ),
  dated as (${dated})
  select
    members.member_key, members.joined_day, members.region, members.channel, members.gender, members.tier,
    members.consent, members.birthday, members.points, members.stored_value_minor,
    coalesce(bought.orders, 0) as orders,
    coalesce(bought.purchase_days, 0) as purchase_days,
    bought.first_day, bought.second_day, bought.last_day,
    bought.first_store, bought.first_channel, main_store.main_store, bought.last_order_net_minor,
    coalesce(bought.discount_known_orders, 0) as discount_known_orders,
    coalesce(bought.discounted_orders, 0) as discounted_orders,
    ${mainDaypart()} as daypart,
    coalesce(bought.log_gaps, 0) as log_gaps, coalesce(bought.log_gaps_squared, 0) as log_gaps_squared,
    ${d.startOf('month', sql`bought.first_day`)} as cohort_month,
    ${isFirstSeen(sql`bought.first_day`, sql`members.joined_day`)} as first_seen,
    coalesce(money.net_minor, 0) as net_minor,
    -- net from 364 days before the last order's day: "yearly net before silence", at least 0
    greatest(coalesce(money.yearly_net_minor, 0), 0) as yearly_net_minor,
    dated.first_dated_day
  from members
  cross join workspace_state as state
  left join bought on bought.member_key = members.member_key
  left join main_store on main_store.member_key = members.member_key
  left join money on money.member_key = members.member_key
  left join dated on dated.member_key = members.member_key
  -- known from the earliest day that speaks of the member; always, when none does
  where not members.stub
    and coalesce(least(members.joined_day, dated.first_dated_day) <= ${asOf}, true)
    and ${only(sql`members.member_key`)}
  order by members.member_key`

/** `days` holds for the rows' `local_day`: months of those days alone. */
export const memberMonth = (
  asOf: Sql,
  tables: Pick<DerivedTables, 'memberOrders' | 'memberFacts'>,
  only: Only,
  days: Sql = sql`true`,
) => sql`
  with counted as (
    select member_key, ${d.startOf('month', sql`local_day`)} as month,
      cast(count(*) as integer) as orders,
      cast(count(*) filter (where opens_day) as integer) as purchase_days
    from ${tables.memberOrders} where ${only(sql`member_key`)} and ${days} group by all
  ),
  money as (
    select member_key, ${d.startOf('month', sql`local_day`)} as month, cast(sum(net_minor) as bigint) as net_minor
    from (${eventsOf(tables, asOf, only, days)}) as event group by all
  )
  select
    coalesce(counted.month, money.month) as month,
    coalesce(counted.member_key, money.member_key) as member_key,
    coalesce(counted.orders, 0) as orders,
    coalesce(counted.purchase_days, 0) as purchase_days,
    coalesce(money.net_minor, 0) as net_minor,
    member.cohort_month
  from counted full join money on money.member_key = counted.member_key and money.month = counted.month
  left join ${tables.memberFacts} as member on member.member_key = coalesce(counted.member_key, money.member_key)
  order by month, member_key`

export const memberDay = (
  asOf: Sql,
  tables: Pick<DerivedTables, 'memberOrders' | 'memberFacts'>,
  only: Only,
) => sql`
  with purchase as (
    select member_key, local_day, cast(count(*) as integer) as orders, max(previous_day) as previous_day
    from ${tables.memberOrders} where ${only(sql`member_key`)} group by member_key, local_day
  ),
  counted as (
    select *, lag(previous_day) over days as second_previous_day, lead(local_day) over days as next_day
    from purchase window days as (partition by member_key order by local_day)
  ),
  money as (
    select member_key, local_day, cast(sum(net_minor) as bigint) as net_minor
    from (${eventsOf(tables, asOf, only)}) as event group by member_key, local_day
  )
  select
    coalesce(counted.local_day, money.local_day) as local_day,
    coalesce(counted.member_key, money.member_key) as member_key,
    coalesce(counted.orders, 0) as orders,
    coalesce(money.net_minor, 0) as net_minor,
    -- the purchase day before; null on the first and where nothing that counts was bought
    counted.previous_day,
    -- the one before that, and the one after
    counted.second_previous_day,
    counted.next_day,
    member.first_day,
    coalesce(member.first_seen, false) as first_seen
  from counted full join money on money.member_key = counted.member_key and money.local_day = counted.local_day
  left join ${tables.memberFacts} as member on member.member_key = coalesce(counted.member_key, money.member_key)
  order by local_day, member_key`

export const purchaseSteps = (tables: Pick<DerivedTables, 'memberOrders'>, only: Only) => sql`
  with further as (
    select member_key, purchase_day_number, bool_or(discounted) as discounted
    from ${tables.memberOrders} where not opens_day and ${only(sql`member_key`)}
    group by member_key, purchase_day_number
  )
  select opening.purchase_day_number, opening.member_key, local_day, previous_day,
    coalesce(opening.discounted or further.discounted, opening.discounted, further.discounted) as discounted
  from (select * from ${tables.memberOrders} where opens_day and ${only(sql`member_key`)}) as opening
  left join further on further.member_key = opening.member_key and further.purchase_day_number = opening.purchase_day_number
  order by opening.purchase_day_number, opening.member_key`

export const cohortMonth = (tables: Pick<DerivedTables, 'memberMonth' | 'memberFacts'>) => sql`
  select member.cohort_month, active.month,
    cast(count(*) filter (where active.orders > 0) as integer) as members,
    cast(sum(active.orders) as bigint) as orders,
    cast(sum(active.net_minor) as bigint) as net_minor
  from ${tables.memberMonth} as active join ${tables.memberFacts} as member on member.member_key = active.member_key
  group by all
  order by cohort_month, month`

/** Whose activity it is, seen from a period: of members by when they first bought. */
export const buyerClass = { returning: 0, new: 1, firstSeen: 2, notYet: 3 } as const

/**
 * What members bought in periods, by class of buyer: orders, net, and who bought, each once a period.
 * `days` is a relation like `member_day`; `from` is an expression over its rows, the first day of the
 * period that a row belongs to, and `to` one over `period_from`, its last. Who has a purchase day before
 * the row's in the same period is a buyer of it already.
 */
export const salesByPeriod = (days: Sql, from: Sql, to: Sql): Sql => sql`
  select period_from, class, ${d.sum(sql`orders`)} as orders, ${d.sum(sql`net_minor`)} as net_minor,
    ${d.countIf(sql`orders > 0`)} - ${d.countIf(sql`previous_day >= period_from`)} as buyers
  from (
    select period_from, orders, net_minor, previous_day,
      case
        when first_day < period_from then ${buyerClass.returning}
        when first_day <= ${to} then case when first_seen then ${buyerClass.firstSeen} else ${buyerClass.new} end
        else ${buyerClass.notYet}
      end as class
    from (select *, ${from} as period_from from ${days} as any_day) as dated_day
  ) as classed_day
  group by period_from, class`

/**
 * A derived table whose rows add up over members, so that a change takes out what the members it touches were part of
 * and adds what they are part of now.
 */
export interface AddedUp {
  readonly table: (tables: DerivedTables) => Sql
  /** What tells its rows apart, and what is added up in them; a row with nothing but zeros is none. */
  readonly keys: readonly string[]
  readonly sums: readonly string[]
  /** Rows with these columns, any number for the same keys. */
  readonly of: (tables: Pick<DerivedTables, 'memberDay' | 'orderItems'>) => Sql
}

export const stepSales: AddedUp = {
  table: (tables) => tables.stepSales,
  keys: ['step', 'period_from', 'class'],
  sums: ['orders', 'net_minor', 'buyers'],
  of: ({ memberDay }) => {
    const days = sql`(select * from ${memberDay} cross join (select first_weekday from workspace_state) as state)`
    const week = d.startOfWeek(sql`local_day`, sql`first_weekday`)
    const month = d.startOf('month', sql`local_day`)
    return sql`
    select 'week' as step, * from (${salesByPeriod(days, week, d.addDays(sql`period_from`, 6))}) as weekly
    union all
    select 'month', * from (${salesByPeriod(days, month, d.lastDayOfMonth(sql`period_from`))}) as monthly`
  },
}

export const purchaseGaps: AddedUp = {
  table: (tables) => tables.purchaseGaps,
  keys: ['to_day', 'from_day', 'first_seen'],
  sums: ['members'],
  of: ({ memberDay }) => sql`
    select previous_day as from_day, local_day as to_day, first_seen, count(*) as members
    from ${memberDay} where orders > 0 group by all
    union all
    select local_day, null, first_seen, count(*) from ${memberDay} where orders > 0 and next_day is null group by all`,
}

export const firstDaySales: AddedUp = {
  table: (tables) => tables.firstDaySales,
  keys: ['local_day', 'first_day', 'first_seen'],
  sums: ['orders', 'net_minor'],
  of: ({ memberDay }) => sql`
    select local_day, first_day, first_seen, sum(orders) as orders, sum(net_minor) as net_minor
    from ${memberDay} group by all`,
}

export const categoryMonths: AddedUp = {
  table: (tables) => tables.categoryMonths,
  keys: ['month', 'store', 'channel', 'category'],
  sums: ['orders'],
  of: ({ orderItems }) => sql`
    select ${d.startOf('month', sql`local_day`)} as month, store, channel, category, count(*) as orders
    from ${orderItems} where opens_category group by all`,
}

export const addedUpTables: readonly AddedUp[] = [stepSales, purchaseGaps, firstDaySales, categoryMonths]

/** One row for the same keys; none where nothing is left. */
export function addedUp({ keys, sums }: AddedUp, rows: Sql): Sql {
  const columns = join(keys.map(name))
  return sql`
  select ${columns}, ${join(sums.map((sum) => sql`${d.sum(name(sum))} as ${name(sum)}`))}
  from (${rows}) as any_rows
  group by ${columns}
  having ${join(
    sums.map((sum) => sql`sum(${name(sum)}) <> 0`),
    sql` or `,
  )}
  order by ${columns}`
}

export const orderCube = (asOf: Sql, days: (localDay: Sql) => Sql) => sql`
  select local_day, local_hour, store, channel, guest,
    cast(sum(qualifying) as integer) as orders,
    cast(sum(net_minor) as bigint) as net_minor,
    cast(sum(gross_minor) as bigint) as gross_minor,
    cast(sum(discount_minor) as bigint) as discount_minor,
    cast(sum(refunded_minor) as bigint) as refunded_minor
  from (
    select local_day, local_hour, store, channel, member_key is null as guest,
      case when ${qualifiesOn(asOf)} then 1 else 0 end as qualifying,
      net_minor, gross_minor, discount_minor, 0 as refunded_minor
    from orders where state = 'paid' and local_day <= ${asOf} and ${days(sql`local_day`)}
    union all
    select refunds.local_day,
      cast(hour(timezone(state.time_zone, timezone('UTC', refunds.refunded_at))) as utinyint),
      refunds.store, refunds.channel, refunds.member_key is null, 0, -amount_minor, null, null, amount_minor
    from refunds cross join workspace_state as state
    where counts and local_day <= ${asOf} and ${days(sql`local_day`)}
  )
  group by all
  order by local_day, local_hour`

/** A line a row: what was sold is counted where it is asked, because gathering it here would cost more than keeping it. */
export const orderItems = (asOf: Sql, only: Only) => sql`
  select line.category, line.product, line.sku, orders.local_day, orders.member_key, line.order_key,
    orders.store, orders.channel, line.quantity, line.net_minor,
    row_number() over (partition by line.order_key, line.category order by line.line_number) = 1 as opens_category
  from order_lines as line
  join (
    select order_key, local_day, member_key, store, channel from orders
    where member_key is not null and ${qualifiesOn(asOf)} and ${only(sql`member_key`)}
  ) as orders on orders.order_key = line.order_key
  order by category, product, sku, local_day, member_key, line.order_key, line.line_number`

export const categoryTotals = (tables: Pick<DerivedTables, 'orderItems'>, only: Only) => sql`
  select category, member_key,
    cast(count(*) filter (where opens_category) as integer) as orders,
    cast(sum(net_minor) as bigint) as net_minor, min(local_day) as first_day, max(local_day) as last_day
  from ${tables.orderItems} where ${only(sql`member_key`)}
  group by category, member_key order by category, member_key`

export const placeTotals = (tables: Pick<DerivedTables, 'memberOrders'>, only: Only) => sql`
  select store, channel, member_key,
    cast(count(*) as integer) as orders,
    cast(sum(net_minor) as bigint) as net_minor, min(local_day) as first_day, max(local_day) as last_day
  from ${tables.memberOrders} where ${only(sql`member_key`)}
  group by store, channel, member_key order by store, channel, member_key`
