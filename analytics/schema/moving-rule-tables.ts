import { addDays } from '../calendar/calendar.ts'
import type { ScratchSession, Session } from '../engine/engine.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { name, type Sql, sql } from '../sql/sql.ts'
import {
  categoryTotals,
  derivedTables,
  type DerivedTables,
  firstDated,
  memberFacts,
  memberOrders,
  type Only,
  orderItems,
  ordersByMonth,
  placeTotals,
} from './derived.ts'

/** At most so many days are looked ahead at once, and fewer where members change more often. */
const ahead = { days: 92, changes: 100_000 }

const everyone: Only = () => sql`true`
const forever = d.date('9999-12-31')

/**
 * The tables that `buildRuleTables` makes, for one day after the other while the base tables stay as they are. A row is
 * good from one day until before another; the tables of a day are its rows, and equal a build but for their order.
 *
 * An order's row depends on earlier orders alone until an order of the member is void: of each span between two such
 * days the rows are made once, with the span in the place of the member, by the SQL that makes those of one day.
 * Whatever else there is of a member is made anew, by the same SQL, as of each day on which an order, a refund, an order
 * that is void from then on, or joining changes it.
 */
export class MovingRuleTables {
  readonly #made: DerivedTables
  readonly #reads: (table: Sql) => boolean
  readonly #spans: Sql
  readonly #dated: Sql
  readonly #versions: Sql
  #day: string
  /** Rows are there through this day. */
  #through: string

  private constructor(day: string, prefix: string, text: string) {
    this.#made = derivedTables(prefix)
    this.#reads = (table) => text.includes(String(table.chunks[0]))
    this.#spans = name(`${prefix}spans`)
    this.#dated = name(`${prefix}dated`)
    this.#versions = name(`${prefix}versions`)
    this.#day = day
    this.#through = day
  }

  /** Those that `text` names under the prefix, as `buildRuleTables` makes them. */
  static async build(
    session: ScratchSession,
    day: string,
    prefix: string,
    text: string,
  ): Promise<MovingRuleTables> {
    const moving = new MovingRuleTables(day, prefix, text)
    await moving.#begin(session)
    return moving
  }

  /** The day as of which they are. */
  get day(): string {
    return this.#day
  }

  /** Relations with the rows as of the day. */
  get tables(): DerivedTables {
    const day = d.date(this.#day)
    const now = (table: Sql) =>
      sql`(select * exclude (from_day, to_day) from ${table} where from_day <= ${day} and to_day > ${day})`
    const { memberOrders, ordersByMonth, memberFacts, orderItems, categoryTotals, placeTotals } = this.#made
    return {
      ...this.#made,
      memberOrders: now(memberOrders),
      ordersByMonth: now(ordersByMonth),
      memberFacts: now(memberFacts),
      orderItems: now(orderItems),
      categoryTotals: now(categoryTotals),
      placeTotals: now(placeTotals),
    }
  }

  /** Moves them on; not before the day as of which they are. */
  async moveTo(session: Session, day: string): Promise<void> {
    if (day < this.#day) throw new Error(`Tables of ${this.#day} do not move back to ${day}.`)
    while (day > this.#through) await this.#lookAhead(session)
    this.#day = day
  }

  async drop(session: Session): Promise<void> {
    const { memberOrders, ordersByMonth, memberFacts, orderItems, categoryTotals, placeTotals } = this.#made
    const tables = [memberOrders, ordersByMonth, memberFacts, orderItems, categoryTotals, placeTotals]
    for (const table of [...tables, this.#spans, this.#dated, this.#versions])
      await session.run(sql`drop table if exists ${table}`)
  }

  /** Makes the rows of orders of all days from the present one on, and what else there is of members on that day. */
  async #begin(session: Session): Promise<void> {
    const made = this.#made
    const first = d.date(this.#day)
    const create = (table: Sql, query: Sql) => session.run(sql`create table ${table} as ${query}`)
    await create(this.#dated, firstDated(everyone))
    await create(
      this.#spans,
      sql`select cast(row_number() over (order by member, from_day) as integer) as part, member, from_day,
          lead(from_day, 1, ${forever}) over (partition by member order by from_day) as to_day
        from (
          select member_key as member, ${first} as from_day from orders
          union
          select member_key, void_day from orders where void_day > local_day and void_day > ${first}
        ) as began
        where member is not null`,
    )
    const ofSpan = this.#inParts(this.#spans, sql`part.to_day - 1`)
    await create(
      made.memberOrders,
      sql`with ${ofSpan(sql`orders`)}, ${ofSpan(sql`members`)}
        select made.* replace (span.member as member_key), greatest(made.local_day, span.from_day) as from_day, span.to_day
        from (${memberOrders(sql`as_of_day`, everyone)}) as made
        join ${this.#spans} as span on span.part = made.member_key
        order by span.member, span.from_day, made.ordered_at, made.order_key`,
    )
    if (this.#reads(made.ordersByMonth)) await create(made.ordersByMonth, ordersByMonth(made, everyone))
    // a line is there from its order's day until before the order is void, whatever becomes of others
    if (this.#reads(made.orderItems) || this.#reads(made.categoryTotals))
      await create(
        made.orderItems,
        sql`with living as (select order_key, void_day from orders where coalesce(void_day > local_day, true)),
          orders as (select base.* replace (cast(null as date) as void_day) from orders as base semi join living using (order_key))
          select made.*, made.local_day as from_day, coalesce(living.void_day, ${forever}) as to_day
          from (${orderItems(forever, everyone)}) as made join living using (order_key)
          order by made.category, made.product, made.sku, made.local_day, made.member_key`,
      )
    await this.#makeVersions(session, sql`select member_key as member, ${first} as from_day from members`)
    for (const [table, query] of this.#ofVersions()) await create(table, query)
  }

  /** Makes the rows of further days. */
  async #lookAhead(session: Session): Promise<void> {
    const changes = (days: number) => this.#changes(this.#through, addDays(this.#through, days))
    const [row] = await session.rows(sql`select count(*) as changes from (${changes(ahead.days)}) as changed`)
    const share = ahead.changes / Math.max(ahead.changes, Number(row!.changes))
    const days = Math.max(1, Math.floor(ahead.days * share))
    await this.#makeVersions(session, changes(days))
    for (const [table, query] of this.#ofVersions()) {
      await session.run(sql`delete from ${table} where to_day < ${forever}`)
      await session.run(sql`update ${table} set to_day = changed.day
        from (select member, min(from_day) as day from ${this.#versions} group by member) as changed
        where changed.member = member_key`)
      await session.run(sql`insert into ${table} ${query}`)
    }
    this.#through = addDays(this.#through, days)
  }

  /** Members with each day after one through another on which something of them changes. */
  #changes(after: string, through: string): Sql {
    return sql`select member, day as from_day
      from (
        select member_key as member, local_day as day from orders
        union
        select member_key, void_day from orders where void_day > local_day
        union
        select member_key, local_day from refunds
        union
        select member_key, joined_day from members
      ) as touches
      where member is not null and day > ${d.date(after)} and day <= ${d.date(through)}`
  }

  #makeVersions(session: Session, began: Sql): Promise<void> {
    return session.run(sql`create or replace table ${this.#versions} as
      select cast(row_number() over (order by member, from_day) as integer) as part, member, from_day,
        lead(from_day, 1, ${forever}) over (partition by member order by from_day) as to_day
      from (${began}) as began`)
  }

  /** What there is of members beside their orders, with the query for the rows of the versions. */
  #ofVersions(): (readonly [Sql, Sql])[] {
    const made = this.#made
    const ofVersion = this.#inParts(this.#versions, sql`part.from_day`)
    const rowsOf = (
      table: Sql,
    ) => sql`select part.part as member_key, own.* exclude (member_key, from_day, to_day)
      from ${table} as own join ${this.#versions} as part on part.member = own.member_key
        and own.from_day <= part.from_day and own.to_day > part.from_day`
    const back = (query: Sql) => sql`
      select made.* replace (version.member as member_key), version.from_day, version.to_day
      from (${query}) as made join ${this.#versions} as version on version.part = made.member_key
      order by version.member, version.from_day`
    const dated = sql`select part.part as member_key, dated.first_dated_day
      from ${this.#dated} as dated join ${this.#versions} as part on part.member = dated.member_key`
    const bought = { memberOrders: sql`orders_then` }
    const items = { orderItems: sql`items_then` }
    const facts = sql`with orders_then as materialized (${rowsOf(made.memberOrders)}),
      ${ofVersion(sql`orders`)}, ${ofVersion(sql`refunds`)}, ${ofVersion(sql`members`)}
      ${back(memberFacts(sql`as_of_day`, bought, everyone, dated))}`
    return [
      [made.memberFacts, facts],
      ...(this.#reads(made.categoryTotals)
        ? [
            [
              made.categoryTotals,
              sql`with items_then as (${rowsOf(made.orderItems)}) ${back(categoryTotals(items, everyone))}`,
            ] as const,
          ]
        : []),
      ...(this.#reads(made.placeTotals)
        ? [
            [
              made.placeTotals,
              sql`with orders_then as (${rowsOf(made.memberOrders)}) ${back(placeTotals(bought, everyone))}`,
            ] as const,
          ]
        : []),
    ]
  }

  /** A base table in which each part of a member's days stands for the member, with the day as of which it is. */
  #inParts =
    (parts: Sql, asOf: Sql) =>
    (base: Sql): Sql =>
      sql`${base} as not materialized (
      select base.* replace (part.part as member_key), ${asOf} as as_of_day
      from ${base} as base join ${parts} as part on part.member = base.member_key
    )`
}
