import { categoriesOfMembers, mostCategories } from '../../../analytics/compare/traits.ts'
import type { Engine, QueryOptions, Session } from '../../../analytics/engine/engine.ts'
import { name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { TablesAt } from '../../analytics/tables-at.ts'

/** Who bought which categories, as of a day. */
export interface BoughtCategories {
  /** Of which state of the data. */
  readonly key: string
  /** The table's name. */
  readonly id: string
  /** A relation with a row per member who bought: `member_key`, `bits`. */
  readonly table: Sql
  /** What the bits stand for, the lowest first; null: no category. */
  readonly categories: readonly (string | null)[]
}

const keptOf = new WeakMap<Engine, BoughtCategories>()
let made = 0

/**
 * Who bought which categories: what is kept of this state of the data, else gathered from all lines, which on a large
 * shop takes seconds. Call it inside a transaction of `scratch` that has checked the state; what it made is there for
 * others when the transaction is done and `keepCategories` is told.
 */
export async function boughtCategories(
  engine: Engine,
  session: Session,
  { tables, asOf, dataVersion }: TablesAt,
  options: QueryOptions,
): Promise<BoughtCategories> {
  const key = `${dataVersion} ${asOf}`
  const kept = keptOf.get(engine)
  if (kept?.key === key && (await isThere(session, kept, options))) return kept
  const ranked = await session.rows(
    sql`select category from ${tables.orderItems} as item
      group by category order by count(*) desc, category limit ${mostCategories}`,
    options,
  )
  const categories = ranked.map(({ category }) => (category === null ? null : String(category)))
  const id = `categories_${++made}`
  const table = name(`scratch.main.${id}`)
  await session.run(
    sql`create table ${table} as ${categoriesOfMembers(tables.orderItems, categories)}`,
    options,
  )
  return { key, id, table, categories }
}

/** Whether the transaction sees the table: it may have begun before that was made, or after it was replaced. */
async function isThere(session: Session, { id }: BoughtCategories, options: QueryOptions): Promise<boolean> {
  const rows = await session.rows(
    sql`select 1 as found from duckdb_tables() where database_name = 'scratch' and table_name = ${id}`,
    options,
  )
  return rows.length > 0
}

/** Keeps what a transaction that is done has made for comparisons after it, in the place of what was kept. */
export async function keepCategories(engine: Engine, bought: BoughtCategories): Promise<void> {
  const before = keptOf.get(engine)
  if (before?.table === bought.table) return
  keptOf.set(engine, bought)
  if (before) await engine.scratch((session) => session.run(sql`drop table if exists ${before.table}`))
}
