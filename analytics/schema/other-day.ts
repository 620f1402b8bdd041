import type { Session } from '../engine/engine.ts'
import { duckdb as d } from '../sql/duckdb.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'
import {
  type AddedUp,
  addedUp,
  categoryTotals,
  categoryMonths,
  cohortMonth,
  derivedTables,
  type DerivedTables,
  firstDaySales,
  memberDay,
  memberFacts,
  memberMonth,
  memberOrders,
  type Only,
  orderCube,
  orderItems,
  placeTotals,
  purchaseGaps,
  purchaseSteps,
  qualifiesOn,
  stepSales,
  voidedOrders,
} from './derived.ts'

export interface OtherDay {
  readonly tables: DerivedTables
  /** What was made for it under the prefix; the caller drops it. */
  readonly made: readonly Sql[]
}

/**
 * The derived tables as of another day than the workspace's default `own` (both ISO days). Most of their rows are the
 * workspace's own of that day and before, so they are read from its tables, and only what differs is made, under
 * `prefix` ('scratch.main.<something>_'):
 *
 * - everything of the members whose orders of that day and before are not all the same on both days, as one was
 *   refunded whole in between (or, for a later day, something came in between);
 * - facts of all who bought or got money back in between;
 * - the month of the day, which had not ended.
 *
 * The tables hold the same rows as a full build; they are to be read while the data version is that of `session`.
 */
export async function tablesOfOtherDay(
  session: Session,
  own: string,
  asOf: string,
  prefix: string,
): Promise<OtherDay> {
  const stored = derivedTables()
  const kept = derivedTables(prefix)
  const made: Sql[] = []
  const make = async (table: Sql, query: Sql) => {
    await session.run(sql`create or replace table ${table} as ${query}`)
    made.push(table)
    return table
  }
  const [day, ownDay] = [d.date(asOf), d.date(own)]
  const isPast = asOf < own
  const [from, to] = isPast ? [day, ownDay] : [ownDay, day]
  const between = (some: Sql) => sql`${some} > ${from} and ${some} <= ${to}`

  const moved = await make(
    name(`${prefix}moved`),
    sql`select distinct member_key from (
      select member_key from orders
      where local_day <= ${day} and ${between(sql`void_day`)} and state = 'paid' and net_minor > 0
      union all
      -- money that went back, or an order that did not count, before the first order that does
      select member_key from member_day where local_day <= ${day} and first_day > ${day}
      ${
        isPast
          ? sql``
          : sql`union all
      select member_key from orders where ${between(sql`local_day`)}
      union all
      select member_key from refunds where ${between(sql`local_day`)}
      union all
      select member_key from members where ${between(sql`joined_day`)}`
      }
    ) as seen_differently where member_key is not null`,
  )
  const [counted] = await session.rows(sql`select count(*) as members from ${moved}`)
  const isMoved: Only = (memberKey) => sql`${memberKey} in (select member_key from ${moved})`
  const stays: Only =
    Number(counted!.members) === 0
      ? () => sql`true`
      : (memberKey) => sql`${memberKey} not in (select member_key from ${moved})`
  /** The rows of `table` that are the same on both days, with what was made for the others. */
  const joined = (table: Sql, ofMoved: Sql, same: Sql, columns = sql`*`) => sql`(
    select ${columns} from ${table} where ${same} and ${stays(sql`member_key`)}
    union all by name select * from ${ofMoved})`
  const untilDay = sql`local_day <= ${day}`
  const everyone: Only = () => sql`true`

  const movedOrders = await make(kept.memberOrders, memberOrders(day, isMoved))
  const orders = joined(stored.memberOrders, movedOrders, untilDay)
  const beforeFacts = {
    ...stored,
    memberOrders: orders,
    ordersByMonth: joined(stored.ordersByMonth, movedOrders, untilDay),
  }

  const changed = isPast
    ? await make(
        name(`${prefix}changed`),
        sql`select member_key from ${moved}
        union select member_key from member_facts where last_day > ${day}
        union select member_key from refunds where ${between(sql`local_day`)}
        union select member_key from orders
          where ${between(sql`local_day`)} and state = 'paid' and not (${qualifiesOn(ownDay)})`,
      )
    : moved
  // who was known on a day before is known, and since when
  const knownFrom = sql`select member_key, first_dated_day from member_facts`
  const isChanged: Only = (memberKey) => sql`${memberKey} in (select member_key from ${changed})`
  await make(
    kept.memberFacts,
    sql`select * from member_facts
    where member_key not in (select member_key from ${changed} where member_key is not null)
      and coalesce(least(joined_day, first_dated_day) <= ${day}, true)
    union all by name
    select * from (${memberFacts(day, beforeFacts, isChanged, ...(isPast ? [knownFrom] : []))}) as changed_facts`,
  )
  const withFacts = { ...beforeFacts, memberFacts: kept.memberFacts }

  const ofMonth = sql`local_day >= ${d.startOf('month', day)}`
  const ofMoved = memberMonth(day, withFacts, isMoved)
  await make(
    kept.memberMonth,
    isPast
      ? sql`select * from (${ofMoved}) as of_moved
        union all by name select * from (${memberMonth(day, withFacts, stays, ofMonth)}) as last_month`
      : ofMoved,
  )
  await make(kept.memberDay, memberDay(day, withFacts, isMoved))
  const otherDays = await make(
    name(`${prefix}other_days`),
    sql`select local_day from orders where local_day <= ${day} and ${between(sql`void_day`)}
      ${isPast ? sql`` : sql`union select local_day from orders where ${between(sql`local_day`)} union select local_day from refunds where ${between(sql`local_day`)}`}`,
  )
  await make(
    kept.orderCube,
    orderCube(day, (localDay) => sql`${localDay} in (select local_day from ${otherDays})`),
  )

  const tables = {
    ...withFacts,
    memberMonth: joined(
      stored.memberMonth,
      kept.memberMonth,
      isPast ? sql`month < ${d.startOf('month', day)}` : sql`true`,
    ),
    memberDay: joined(
      stored.memberDay,
      kept.memberDay,
      untilDay,
      sql`* replace (case when next_day <= ${day} then next_day end as next_day)`,
    ),
    purchaseSteps: joined(stored.purchaseSteps, sql`(${purchaseSteps(kept, everyone)})`, untilDay),
    orderItems: joined(stored.orderItems, sql`(${orderItems(day, isMoved)})`, untilDay),
    voidedOrders: isPast
      ? sql`(select * from ${stored.voidedOrders} where void_day <= ${day})`
      : sql`(${voidedOrders(day, everyone)})`,
    memberScores: kept.memberScores,
    orderCube: sql`(
      select * from ${stored.orderCube} where ${untilDay} and local_day not in (select local_day from ${otherDays})
      union all by name select * from ${kept.orderCube})`,
  }
  /** Rows that add up, of the stored ones that hold on both days, the moved members' part exchanged, and what had begun. */
  const addedUpOf = (one: AddedUp) => {
    const { same, begun } = held(one, day, isPast)
    const columns = sql`${join(one.keys.map(name))}, ${join(one.sums.map(name))}`
    const gone = sql`${join(one.keys.map(name))}, ${join(one.sums.map((sum) => sql`-${name(sum)} as ${name(sum)}`))}`
    const of = (from: Rows, only: Only, since = sql`true`) => {
      const chosen = (table: Sql) => sql`(select * from ${table} where ${only(sql`member_key`)} and ${since})`
      return sql`(${one.of({ memberDay: chosen(from.memberDay), orderItems: chosen(from.orderItems) })})`
    }
    return sql`(${addedUp(
      one,
      sql`select ${columns} from (${same(sql`${one.table(stored)}`)}) as held
      union all select ${gone} from (${same(of(stored, isMoved))}) as moved_before
      union all select ${columns} from ${of(tables, isMoved)} as moved_then
      ${begun ? sql`union all select ${columns} from ${of(tables, stays, begun.since)} as begun where ${begun.unended}` : sql``}`,
    )})`
  }
  return {
    tables: {
      ...tables,
      cohortMonth: sql`(${cohortMonth(tables)})`,
      stepSales: addedUpOf(stepSales),
      purchaseGaps: addedUpOf(purchaseGaps),
      firstDaySales: addedUpOf(firstDaySales),
      categoryMonths: addedUpOf(categoryMonths),
      categoryTotals: sql`(${categoryTotals(tables, everyone)})`,
      placeTotals: sql`(${placeTotals(tables, everyone)})`,
    },
    made,
  }
}

type Rows = Pick<DerivedTables, 'memberDay' | 'orderItems'>

interface Held {
  /** The rows of a relation like the table that are the same on both days. */
  readonly same: (rows: Sql) => Sql
  /** Periods that had begun by the day and not ended: the days they are made of, and which of the rows made are theirs. */
  readonly begun?: { readonly since: Sql; readonly unended: Sql }
}

/** What of a table that adds up holds on an earlier day too; on a later day all of it does. */
function held(one: AddedUp, day: Sql, isPast: boolean): Held {
  const where = (condition: Sql) => (rows: Sql) => sql`select * from ${rows} as stored where ${condition}`
  if (!isPast) return { same: where(sql`true`) }
  const month = d.startOf('month', day)
  switch (one) {
    case stepSales: {
      const ended = sql`case step when 'week' then ${d.addDays(sql`period_from`, 6)} else ${d.lastDayOfMonth(sql`period_from`)} end <= ${day}`
      return {
        same: where(ended),
        begun: { since: sql`local_day >= least(${month}, ${day} - 6)`, unended: sql`not (${ended})` },
      }
    }
    case purchaseGaps:
      // whose next purchase day was to come had none yet
      return {
        same: (
          rows,
        ) => sql`select case when to_day <= ${day} then to_day end as to_day, from_day, first_seen, members
          from ${rows} as stored where coalesce(from_day, to_day) <= ${day}`,
      }
    case firstDaySales:
      return { same: where(sql`local_day <= ${day}`) }
    case categoryMonths:
      return {
        same: where(sql`month < ${month}`),
        begun: { since: sql`local_day >= ${month}`, unended: sql`true` },
      }
    default:
      throw new Error('A table that adds up, and nothing says what of it holds on an earlier day')
  }
}
