import type { Session } from '../engine/engine.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { name, type Sql, sql } from '../sql/sql.ts'

/**
 * The derived tables answer most questions without touching the orders. They are functions of the
 * base tables and a day: the workspace's own set is kept for its default asOf, a set for any other
 * day is built into `scratch` by the same SQL.
 */
export interface DerivedTables {
  /** Qualifying member orders visible at the day, each member's rows together and in order of time. */
  readonly memberOrders: Sql
  /** A row per member known at the day. */
  readonly memberFacts: Sql
  /** Per member and local month, with the member's cohort: qualifying orders, purchase days, net after refunds. */
  readonly memberMonth: Sql
  /** Per member and local day with an order or a refund, in order of time, with the purchase day before and the first one. */
  readonly memberDay: Sql
  /** Each member's purchase days, everybody's first ones first, so that the first steps are read alone. */
  readonly purchaseSteps: Sql
  /** Per monthly cohort (null: members without one) and local month: members who bought, orders, net. */
  readonly cohortMonth: Sql
  /** Per day, hour, store, channel and kind of buyer: all orders, guests included. */
  readonly orderCube: Sql
  /** A row per category and qualifying member order: quantity and net of its lines in that category. */
  readonly categoryOrders: Sql
}

export const derivedTables = (prefix = ''): DerivedTables => ({
  memberOrders: name(`${prefix}member_orders`),
  memberFacts: name(`${prefix}member_facts`),
  memberMonth: name(`${prefix}member_month`),
  memberDay: name(`${prefix}member_day`),
  purchaseSteps: name(`${prefix}purchase_steps`),
  cohortMonth: name(`${prefix}cohort_month`),
  orderCube: name(`${prefix}order_cube`),
  categoryOrders: name(`${prefix}category_orders`),
})

/** The order counts on `asOf`: visible, paid, and its linked refunds of that day leave something. */
export const qualifiesOn = (asOf: Sql): Sql =>
  sql`local_day <= ${asOf} and state = 'paid' and net_minor > 0 and (void_day is null or void_day > ${asOf})`

/** Days after the start of the data within which a first order is "first seen", not "new". */
export const firstSeenDays = 90

/** An expression over `members` or `member_facts` rows, restricted to some members or to all. */
type Only = (memberKey: Sql) => Sql

/** A first order within 90 days of the start of the data, by a member who had not joined by then. */
const isFirstSeen = (firstDay: Sql, joinedDay: Sql): Sql => sql`coalesce(
      not state.opened_at_start
        and ${firstDay} - state.data_start <= ${firstSeenDays}
        and not coalesce(${joinedDay} >= state.data_start, false),
      false)`

const memberOrders = (asOf: Sql, only: Only) => sql`
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

/** Everything that moves a member's net: paid orders on their day, counted refunds on theirs. */
export const netEvents = (asOf: Sql, only: Only = () => sql`true`): Sql => sql`
  select member_key, local_day, store, channel, net_minor
  from orders
  where member_key is not null and state = 'paid' and local_day <= ${asOf} and ${only(sql`member_key`)}
  union all
  select member_key, local_day, store, channel, -amount_minor as net_minor
  from refunds
  where member_key is not null and counts and local_day <= ${asOf} and ${only(sql`member_key`)}`

const memberFacts = (asOf: Sql, tables: DerivedTables, only: Only) => sql`
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
      arg_max(net_minor, order_number) as last_order_net_minor
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
    from (${netEvents(asOf, only)}) as event left join bought on bought.member_key = event.member_key
    group by event.member_key
  ),
  -- every order and refund says that the member was there, whatever became of it
  dated as (
    select member_key, min(local_day) as first_dated_day
    from (
      select member_key, local_day from orders where member_key is not null
      union all
      select member_key, local_day from refunds where member_key is not null
    ) as trace
    where ${only(sql`member_key`)}
    group by member_key
  )
  select
    members.member_key, members.joined_day, members.region, members.channel, members.gender, members.tier,
    members.consent, members.birthday, members.points, members.stored_value_minor,
    coalesce(bought.orders, 0) as orders,
    coalesce(bought.purchase_days, 0) as purchase_days,
    bought.first_day, bought.second_day, bought.last_day,
    bought.first_store, bought.first_channel, main_store.main_store, bought.last_order_net_minor,
    ${d.startOf('month', sql`bought.first_day`)} as cohort_month,
    ${isFirstSeen(sql`bought.first_day`, sql`members.joined_day`)} as first_seen,
    coalesce(money.net_minor, 0) as net_minor,
    -- net from 364 days before the last order's day: "yearly net before silence", at least 0
    greatest(coalesce(money.yearly_net_minor, 0), 0) as yearly_net_minor
  from members
  cross join workspace_state as state
  left join bought on bought.member_key = members.member_key
  left join main_store on main_store.member_key = members.member_key
  left join money on money.member_key = members.member_key
  left join dated on dated.member_key = members.member_key
  -- known from the earliest day that speaks of the member; always, when none does
  where not members.stub
    and (
      coalesce(members.joined_day <= ${asOf}, false)
      or coalesce(dated.first_dated_day <= ${asOf}, false)
      or (members.joined_day is null and dated.first_dated_day is null)
    )
    and ${only(sql`members.member_key`)}
  order by members.member_key`

const memberMonth = (asOf: Sql, tables: DerivedTables, only: Only) => sql`
  with counted as (
    select member_key, ${d.startOf('month', sql`local_day`)} as month,
      cast(count(*) as integer) as orders,
      cast(count(*) filter (where opens_day) as integer) as purchase_days
    from ${tables.memberOrders} where ${only(sql`member_key`)} group by all
  ),
  money as (
    select member_key, ${d.startOf('month', sql`local_day`)} as month, cast(sum(net_minor) as bigint) as net_minor
    from (${netEvents(asOf, only)}) as event group by all
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

const memberDay = (asOf: Sql, tables: DerivedTables, only: Only) => sql`
  with counted as (
    select member_key, local_day, cast(count(*) as integer) as orders, max(previous_day) as previous_day
    from ${tables.memberOrders} where ${only(sql`member_key`)} group by member_key, local_day
  ),
  money as (
    select member_key, local_day, cast(sum(net_minor) as bigint) as net_minor
    from (${netEvents(asOf, only)}) as event group by member_key, local_day
  )
  select
    coalesce(counted.local_day, money.local_day) as local_day,
    coalesce(counted.member_key, money.member_key) as member_key,
    coalesce(counted.orders, 0) as orders,
    coalesce(money.net_minor, 0) as net_minor,
    -- the purchase day before; null on the first and where nothing that counts was bought
    counted.previous_day,
    member.first_day,
    coalesce(member.first_seen, false) as first_seen
  from counted full join money on money.member_key = counted.member_key and money.local_day = counted.local_day
  left join ${tables.memberFacts} as member on member.member_key = coalesce(counted.member_key, money.member_key)
  order by local_day, member_key`

const purchaseSteps = (tables: DerivedTables, only: Only) => sql`
  select purchase_day_number, member_key, local_day, previous_day
  from ${tables.memberOrders} where opens_day and ${only(sql`member_key`)}
  order by purchase_day_number, member_key`

const cohortMonth = (tables: DerivedTables) => sql`
  select member.cohort_month, active.month,
    cast(count(*) filter (where active.orders > 0) as integer) as members,
    cast(sum(active.orders) as bigint) as orders,
    cast(sum(active.net_minor) as bigint) as net_minor
  from ${tables.memberMonth} as active join ${tables.memberFacts} as member on member.member_key = active.member_key
  group by all
  order by cohort_month, month`

const orderCube = (asOf: Sql, days: (localDay: Sql) => Sql) => sql`
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

const categoryOrders = (asOf: Sql, only: Only) => sql`
  select order_lines.category, any_value(orders.local_day) as local_day, any_value(orders.member_key) as member_key,
    order_lines.order_key, any_value(orders.store) as store, any_value(orders.channel) as channel,
    cast(sum(order_lines.quantity) as double) as quantity,
    cast(sum(order_lines.net_minor) as bigint) as net_minor
  from order_lines
  join (select * from orders where member_key is not null and ${qualifiesOn(asOf)} and ${only(sql`member_key`)}) as orders
    on orders.order_key = order_lines.order_key
  where order_lines.category is not null
  group by order_lines.category, order_lines.order_key
  order by category, local_day, member_key, order_key`

/**
 * Builds all derived tables for `asOf` (ISO day) under `prefix` ('' for the workspace's own set,
 * 'scratch.main.<something>_' for another day's), replacing what was there.
 */
export async function buildDerivedTables(
  session: Session,
  asOf: string,
  prefix = '',
): Promise<DerivedTables> {
  const tables = derivedTables(prefix)
  const day = d.date(asOf)
  const everyone: Only = () => sql`true`
  const create = (table: Sql, query: Sql) => session.run(sql`create or replace table ${table} as ${query}`)
  await create(tables.memberOrders, memberOrders(day, everyone))
  await create(tables.memberFacts, memberFacts(day, tables, everyone))
  await create(tables.memberMonth, memberMonth(day, tables, everyone))
  await create(tables.memberDay, memberDay(day, tables, everyone))
  await create(tables.purchaseSteps, purchaseSteps(tables, everyone))
  await create(tables.cohortMonth, cohortMonth(tables))
  await create(tables.orderCube, orderCube(day, everyone))
  await create(tables.categoryOrders, categoryOrders(day, everyone))
  return tables
}

/**
 * The tables that a rule of the segment language reads, as of a day: orders, facts and, where it asks for
 * categories, those. Answers what was made; the caller drops it.
 */
export async function buildRuleTables(
  session: Session,
  asOf: string,
  prefix: string,
  { categories }: { categories: boolean },
): Promise<Sql[]> {
  const tables = derivedTables(prefix)
  const day = d.date(asOf)
  const everyone: Only = () => sql`true`
  await session.run(sql`create table ${tables.memberOrders} as ${memberOrders(day, everyone)}`)
  await session.run(sql`create table ${tables.memberFacts} as ${memberFacts(day, tables, everyone)}`)
  if (!categories) return [tables.memberOrders, tables.memberFacts]
  await session.run(sql`create table ${tables.categoryOrders} as ${categoryOrders(day, everyone)}`)
  return [tables.memberOrders, tables.memberFacts, tables.categoryOrders]
}

/** What a change of the base tables touched. Both sides of it: whom an order was taken from and who has it now. */
export interface Change {
  /** A relation with one column `member_key`, members that are gone included; `undefined`: every member. */
  readonly members?: Sql
  /**
   * A relation with one column `local_day`: days whose orders or refunds changed, guests' too;
   * `undefined`: every day.
   */
  readonly days?: Sql
}

/** Above this share of members a rebuild is cheaper than deleting and appending, and restores the order on disk. */
const rebuildAbove = 0.2

/**
 * Brings the workspace's own derived tables up to date after the base tables changed, in the
 * transaction that changed them, and raises the data version. Sets `data_start` and the default
 * asOf: the newest paid order's local day, not later than `today`.
 *
 * Recomputes the members and days of `change`, and those that the move of the default asOf or of the
 * data's start touches: who has an order, a refund, a voided order or a joining between the old and the
 * new day, and whose first order changes between new and first seen. Each member's orders stay
 * together and in order of time. The result equals a full build.
 */
export async function refreshDerivedTables(session: Session, change: Change, today: string): Promise<void> {
  const [before] = await session.rows(sql`select as_of from workspace_state`)
  await session.run(sql`update workspace_state set
    data_version = data_version + 1,
    data_start = (select min(local_day) from orders where state = 'paid'),
    as_of = (select least(max(local_day), ${d.date(today)}) from orders where state = 'paid')`)
  const [after] = await session.rows(sql`select as_of from workspace_state`)
  const asOf = String(after!.asOf ?? today)
  if (!change.members || before!.asOf === null || after!.asOf === null) {
    await buildDerivedTables(session, asOf)
    return
  }
  const [from, to] = [String(before!.asOf), asOf].toSorted()
  const between = (day: Sql) => sql`${day} > ${d.date(from!)} and ${day} <= ${d.date(to!)}`
  await session.run(sql`create or replace temp table touched_member as
    select distinct member_key from (
      select member_key from (${change.members}) as changed
      union all
      select member_key from orders where ${between(sql`local_day`)} or ${between(sql`void_day`)}
      union all
      select member_key from refunds where ${between(sql`local_day`)}
      union all
      select member_key from members where ${between(sql`joined_day`)}
      union all
      select member_key from member_facts cross join workspace_state as state
      where first_seen <> ${isFirstSeen(sql`first_day`, sql`joined_day`)}
    ) as touched
    where member_key is not null`)
  const [extent] = await session.rows(sql`select
    (select count(*) from touched_member) as touched, (select count(*) from members) as members`)
  if (Number(extent!.touched) > rebuildAbove * Number(extent!.members)) {
    await buildDerivedTables(session, asOf)
    return
  }
  await session.run(sql`create or replace temp table touched_day as
    select distinct local_day from (
      ${change.days ? sql`select local_day from (${change.days}) as changed` : sql`select local_day from order_cube union all select local_day from orders union all select local_day from refunds`}
      union all
      select local_day from orders where ${between(sql`local_day`)} or ${between(sql`void_day`)}
      union all
      select local_day from refunds where ${between(sql`local_day`)}
    ) as touched`)
  const tables = derivedTables()
  const day = d.date(asOf)
  const touchedMember: Only = (memberKey) => sql`${memberKey} in (select member_key from touched_member)`
  const touchedDay = (localDay: Sql) => sql`${localDay} in (select local_day from touched_day)`
  const replace = async (table: Sql, stale: Sql, query: Sql) => {
    await session.run(sql`delete from ${table} where ${stale}`)
    await session.run(sql`insert into ${table} ${query}`)
  }
  const stale = touchedMember(sql`member_key`)
  await replace(tables.memberOrders, stale, memberOrders(day, touchedMember))
  await replace(tables.memberFacts, stale, memberFacts(day, tables, touchedMember))
  await replace(tables.memberMonth, stale, memberMonth(day, tables, touchedMember))
  await replace(tables.memberDay, stale, memberDay(day, tables, touchedMember))
  await replace(tables.purchaseSteps, stale, purchaseSteps(tables, touchedMember))
  await session.run(sql`create or replace table ${tables.cohortMonth} as ${cohortMonth(tables)}`)
  await replace(tables.orderCube, touchedDay(sql`local_day`), orderCube(day, touchedDay))
  await replace(tables.categoryOrders, stale, categoryOrders(day, touchedMember))
}
