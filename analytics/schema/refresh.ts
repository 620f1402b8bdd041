import { createHash } from 'node:crypto'
import type { ScratchSession, Session } from '../engine/engine.ts'
import { makeScores } from '../scores/scoring.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import {
  addedUp,
  addedUpTables,
  categoryTotals,
  cohortMonth,
  derivedTables,
  type DerivedTables,
  isFirstSeen,
  memberDay,
  memberFacts,
  memberMonth,
  memberOrders,
  type Only,
  orderCube,
  orderItems,
  ordersByMonth,
  placeTotals,
  purchaseSteps,
  voidedOrders,
} from './derived.ts'
import { noteChange } from './member-changes.ts'

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
  for (const [table, query] of derivations(tables, d.date(asOf)))
    await session.run(sql`create or replace table ${table} as ${query}`)
  return tables
}

/** Each derived table with the query that fills it, in an order in which each finds what it reads. */
function derivations(tables: DerivedTables, day: Sql): readonly (readonly [Sql, Sql])[] {
  const everyone: Only = () => sql`true`
  return [
    [tables.memberOrders, memberOrders(day, everyone)],
    [tables.ordersByMonth, ordersByMonth(tables, everyone)],
    [tables.voidedOrders, voidedOrders(day, everyone)],
    [tables.memberFacts, memberFacts(day, tables, everyone)],
    [tables.memberMonth, memberMonth(day, tables, everyone)],
    [tables.memberDay, memberDay(day, tables, everyone)],
    [tables.purchaseSteps, purchaseSteps(tables, everyone)],
    [tables.cohortMonth, cohortMonth(tables)],
    [tables.orderCube, orderCube(day, everyone)],
    [tables.orderItems, orderItems(day, everyone)],
    [tables.categoryTotals, categoryTotals(tables, everyone)],
    [tables.placeTotals, placeTotals(tables, everyone)],
    ...addedUpTables.map((one) => [one.table(tables), addedUp(one, one.of(tables))] as const),
  ]
}

/** Changes whenever a derived table is filled otherwise than before, or is another. */
export const derivationMark: string = createHash('sha256')
  .update(JSON.stringify(derivations(derivedTables(), d.date('1970-01-01'))))
  .digest('hex')
  .slice(0, 16)

/**
 * The tables that rules of the segment language read, as of a day: orders, facts and what else `text`, that of the
 * queries over the tables under `prefix`, names, the models fitted anew where they are asked; of some members or of all.
 * Answers what was made; the caller drops it.
 */
export async function buildRuleTables(
  session: ScratchSession,
  asOf: string,
  prefix: string,
  text: string,
  only: Only = () => sql`true`,
): Promise<Sql[]> {
  const tables = derivedTables(prefix)
  const day = d.date(asOf)
  const made: Sql[] = []
  const create = async (table: Sql, query: Sql) => {
    await session.run(sql`create table ${table} as ${query}`)
    made.push(table)
  }
  const reads = (table: Sql) => text.includes(String(table.chunks[0]))
  await create(tables.memberOrders, memberOrders(day, only))
  await create(tables.memberFacts, memberFacts(day, tables, only))
  if (reads(tables.ordersByMonth)) await create(tables.ordersByMonth, ordersByMonth(tables, only))
  if (reads(tables.orderItems) || reads(tables.categoryTotals))
    await create(tables.orderItems, orderItems(day, only))
  if (reads(tables.categoryTotals)) await create(tables.categoryTotals, categoryTotals(tables, only))
  if (reads(tables.placeTotals)) await create(tables.placeTotals, placeTotals(tables, only))
  if (reads(tables.memberScores)) {
    await create(tables.memberDay, memberDay(day, tables, only))
    await makeScores(session, tables, asOf)
    made.push(tables.memberScores)
  }
  return made
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
    await noteChange(session)
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
    await noteChange(session)
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
  const stale = touchedMember(sql`member_key`)
  const replace = async (table: Sql, query: Sql, old = stale) => {
    await session.run(sql`delete from ${table} where ${old}`)
    await session.run(sql`insert into ${table} ${query}`)
  }
  // what adds up over members loses what the touched ones were part of and gains what they are part of now
  const earlier = { memberDay: name('days_before'), orderItems: name('items_before') }
  const now = { memberDay: name('days_now'), orderItems: name('items_now') }
  const keep = (kept: Sql, query: Sql) => session.run(sql`create or replace temp table ${kept} as ${query}`)
  await keep(earlier.memberDay, sql`select * from ${tables.memberDay} where ${stale}`)
  await keep(earlier.orderItems, sql`select * from ${tables.orderItems} where ${stale}`)
  await replace(tables.memberOrders, memberOrders(day, touchedMember))
  await replace(tables.ordersByMonth, ordersByMonth(tables, touchedMember))
  await replace(tables.voidedOrders, voidedOrders(day, touchedMember))
  await replace(tables.memberFacts, memberFacts(day, tables, touchedMember))
  await replace(tables.memberMonth, memberMonth(day, tables, touchedMember))
  await keep(now.memberDay, memberDay(day, tables, touchedMember))
  await replace(tables.memberDay, sql`select * from ${now.memberDay}`)
  await replace(tables.purchaseSteps, purchaseSteps(tables, touchedMember))
  await session.run(sql`create or replace table ${tables.cohortMonth} as ${cohortMonth(tables)}`)
  await replace(tables.orderCube, orderCube(day, touchedDay), touchedDay(sql`local_day`))
  await keep(now.orderItems, orderItems(day, touchedMember))
  await replace(tables.orderItems, sql`select * from ${now.orderItems}`)
  await replace(tables.categoryTotals, categoryTotals(tables, touchedMember))
  await replace(tables.placeTotals, placeTotals(tables, touchedMember))
  for (const one of addedUpTables) {
    const [table, keys] = [one.table(tables), join(one.keys.map(name))]
    const gone = join(one.sums.map((sum) => sql`-${name(sum)}`))
    const columns = sql`${keys}, ${join(one.sums.map(name))}`
    await session.run(
      sql`create or replace table ${table} as ${addedUp(
        one,
        sql`
        select ${columns} from ${table}
        union all
        select ${columns} from (${one.of(now)}) as rows_now
        union all
        select ${keys}, ${gone} from (${one.of(earlier)}) as rows_before`,
      )}`,
    )
  }
  await noteChange(session, sql`select member_key from touched_member`)
}
