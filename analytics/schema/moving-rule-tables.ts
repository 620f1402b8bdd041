import { addDays } from '../calendar/calendar.ts'
import type { ScratchSession, Session } from '../engine/engine.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { name, type Sql, sql } from '../sql/sql.ts'
import {
  categoryTotals,
  derivedTables,
  type DerivedTables,
  memberFacts,
  memberOrders,
  type Only,
  orderItems,
  ordersByMonth,
  placeTotals,
} from './derived.ts'
import { buildRuleTables } from './refresh.ts'

/** So many days are looked ahead at once: what their orders and refunds make of members is made by two statements. */
const daysAhead = 14

const everyone: Only = () => sql`true`

/**
 * The tables that `buildRuleTables` makes, which move on from day to day while the base tables stay as they are; what they
 * are then equals a build, but for the order of their rows. Whom a day touches (by an order, a refund, an order that is
 * void from then on, or by joining) gets a version: their orders and facts as of that day, made for two weeks together by
 * the same SQL, which finds a version in the place of a member. A day then takes over the versions of its members.
 */
export class MovingRuleTables {
  readonly #text: string
  readonly #tables: DerivedTables
  readonly #built: readonly Sql[]
  readonly #versions: Sql
  readonly #made: DerivedTables
  readonly #touched: Sql
  #day: string
  /** Versions are there through this day. */
  #through: string

  private constructor(day: string, prefix: string, text: string, built: readonly Sql[]) {
    this.#text = text
    this.#tables = derivedTables(prefix)
    this.#built = built
    this.#versions = name(`${prefix}versions`)
    this.#made = derivedTables(`${prefix}version_`)
    this.#touched = name(`${prefix}touched`)
    this.#day = day
    this.#through = day
  }

  /** As `buildRuleTables` makes them. */
  static async build(
    session: ScratchSession,
    day: string,
    prefix: string,
    text: string,
  ): Promise<MovingRuleTables> {
    return new MovingRuleTables(day, prefix, text, await buildRuleTables(session, day, prefix, text))
  }

  /** The day as of which they are. */
  get day(): string {
    return this.#day
  }

  /** Moves them on; not before the day as of which they are. */
  async moveTo(session: Session, day: string): Promise<void> {
    if (day < this.#day) throw new Error(`Tables of ${this.#day} do not move back to ${day}.`)
    if (day === this.#day) return
    if (day > this.#through) await this.#lookAhead(session, day)
    const before = d.date(this.#day)
    const now = d.date(day)
    await session.run(sql`create or replace table ${this.#touched} as
      select member as member_key, arg_max(version, as_of_day) as version, bool_or(anew) as anew
      from ${this.#versions} where as_of_day > ${before} and as_of_day <= ${now} group by member`)
    const theirs: Only = (memberKey) => sql`${memberKey} in (select member_key from ${this.#touched})`
    const anew = sql`member_key in (select member_key from ${this.#touched} where anew)`
    const ofVersions = (table: Sql) => sql`
      select made.* replace (touched.member_key as member_key)
      from ${table} as made join ${this.#touched} as touched on touched.version = made.member_key`
    const replace = async (table: Sql, query: Sql) => {
      await session.run(sql`delete from ${table} where ${theirs(sql`member_key`)}`)
      await session.run(sql`insert into ${table} ${query}`)
    }
    // rows of orders depend on earlier orders alone: those of the days between are added
    const add = async (table: Sql, query: Sql) => {
      await session.run(sql`delete from ${table} where ${anew}`)
      await session.run(
        sql`insert into ${table} select * from (${query}) as rows where local_day > ${before} or ${anew}`,
      )
    }
    const tables = this.#tables
    const reads = (table: Sql) => this.#text.includes(String(table.chunks[0]))
    await add(tables.memberOrders, ofVersions(this.#made.memberOrders))
    await replace(tables.memberFacts, ofVersions(this.#made.memberFacts))
    if (reads(tables.ordersByMonth)) await add(tables.ordersByMonth, ordersByMonth(tables, theirs))
    if (reads(tables.orderItems) || reads(tables.categoryTotals))
      await add(tables.orderItems, orderItems(now, theirs))
    if (reads(tables.categoryTotals)) await replace(tables.categoryTotals, categoryTotals(tables, theirs))
    if (reads(tables.placeTotals)) await replace(tables.placeTotals, placeTotals(tables, theirs))
    this.#day = day
  }

  async drop(session: Session): Promise<void> {
    const made = [this.#versions, this.#touched, this.#made.memberOrders, this.#made.memberFacts]
    for (const table of [...this.#built, ...made]) await session.run(sql`drop table if exists ${table}`)
  }

  /** Makes the versions of the days after the present one through `day`, or further. */
  async #lookAhead(session: Session, day: string): Promise<void> {
    const ahead = addDays(this.#day, daysAhead)
    const through = day > ahead ? day : ahead
    await session.run(sql`create or replace table ${this.#versions} as
      select cast(row_number() over () as integer) as version, member_key as member, day as as_of_day,
        bool_or(anew) as anew
      from (
        select member_key, local_day as day, false as anew from orders
        union all
        select member_key, void_day, true from orders where void_day > local_day
        union all
        select member_key, local_day, false from refunds
        union all
        select member_key, joined_day, false from members
      ) as touches
      where member_key is not null and day > ${d.date(this.#day)} and day <= ${d.date(through)}
      group by member_key, day`)
    const asOf = sql`as_of_day`
    const make = (table: Sql, query: Sql) =>
      session.run(sql`create or replace table ${table} as ${this.#ofVersions(query)}`)
    await make(this.#made.memberOrders, memberOrders(asOf, everyone))
    await make(this.#made.memberFacts, memberFacts(asOf, this.#made, everyone))
    this.#through = through
  }

  /** The query over base tables in which a version stands for its member, with the day as of which it is. */
  #ofVersions(query: Sql): Sql {
    const versionsOf = (base: Sql) => sql`${base} as materialized (
      select base.* replace (version as member_key), as_of_day
      from ${base} as base join ${this.#versions} as of_member on of_member.member = base.member_key
    )`
    return sql`with ${versionsOf(sql`orders`)}, ${versionsOf(sql`refunds`)}, ${versionsOf(sql`members`)}
      select * from (${query}) as made`
  }
}
