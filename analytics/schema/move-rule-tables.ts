import type { Session } from '../engine/engine.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { name, type Sql, sql } from '../sql/sql.ts'
import {
  categoryTotals,
  derivedTables,
  memberFacts,
  memberOrders,
  type Only,
  orderItems,
  ordersByMonth,
  placeTotals,
} from './derived.ts'

/**
 * Brings the tables that `buildRuleTables` made as of the day `from` up to a later one, while the base tables stay as they
 * are. What it makes equals a build, but for the order of its rows. Rows of orders depend on earlier orders alone, so
 * that those of the days between are added; whose earlier order is void since has all of theirs made anew, as is what
 * stands once a member for everybody whom the days touch.
 */
export async function moveRuleTables(
  session: Session,
  prefix: string,
  text: string,
  { from, to }: { from: string; to: string },
): Promise<void> {
  const tables = derivedTables(prefix)
  const touched = name(`${prefix}touched`)
  const [before, day] = [d.date(from), d.date(to)]
  const between = (column: Sql) => sql`${column} > ${before} and ${column} <= ${day}`
  await session.run(sql`create or replace table ${touched} as
    select member_key, bool_or(anew) as anew from (
      select member_key, false as anew from orders where ${between(sql`local_day`)}
      union all
      select member_key, true from orders where ${between(sql`void_day`)} and local_day <= ${before}
      union all
      select member_key, false from refunds where ${between(sql`local_day`)}
      union all
      select member_key, false from members where ${between(sql`joined_day`)}
    ) as touches where member_key is not null group by member_key`)
  const theirs: Only = (memberKey) => sql`${memberKey} in (select member_key from ${touched})`
  const anew = sql`member_key in (select member_key from ${touched} where anew)`
  const reads = (table: Sql) => text.includes(String(table.chunks[0]))
  const replace = async (table: Sql, query: Sql) => {
    await session.run(sql`delete from ${table} where ${theirs(sql`member_key`)}`)
    await session.run(sql`insert into ${table} ${query}`)
  }
  const add = async (table: Sql, query: Sql) => {
    await session.run(sql`delete from ${table} where ${anew}`)
    await session.run(
      sql`insert into ${table} select * from (${query}) as rows where local_day > ${before} or ${anew}`,
    )
  }
  await add(tables.memberOrders, memberOrders(day, theirs))
  await replace(tables.memberFacts, memberFacts(day, tables, theirs))
  if (reads(tables.ordersByMonth)) await add(tables.ordersByMonth, ordersByMonth(tables, theirs))
  if (reads(tables.orderItems) || reads(tables.categoryTotals))
    await add(tables.orderItems, orderItems(day, theirs))
  if (reads(tables.categoryTotals)) await replace(tables.categoryTotals, categoryTotals(tables, theirs))
  if (reads(tables.placeTotals)) await replace(tables.placeTotals, placeTotals(tables, theirs))
  await session.run(sql`drop table ${touched}`)
}
