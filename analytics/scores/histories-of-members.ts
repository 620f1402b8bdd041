import { addDays, daysBetween } from '../calendar/calendar.ts'
import type { ScratchSession } from '../engine/engine.ts'
import type { DerivedTables } from '../schema/derived.ts'
import { addUpByNumber, duckdb as d } from '../sql/duckdb.ts'
import { sql } from '../sql/sql.ts'

/** What the models are told of members who bought, a row each; and what was known of them before the days held back. */
export interface MemberHistories {
  readonly memberKey: Int32Array
  /** Purchase days after the first: x. */
  readonly frequency: Int32Array
  /** From the first purchase day to the last: t_x. */
  readonly recencyDays: Int32Array
  /** From the first purchase day to the day of asking: T. */
  readonly ageDays: Int32Array
  /** Net of the purchase days after the first, in minor units. */
  readonly spentMinor: Float64Array
  /** Days before the day of asking that are held back to try the models on. */
  readonly heldBackDays: number
  /** x by the day before them; -1: had not bought by then. */
  readonly earlierFrequency: Int32Array
  /** t_x by then. */
  readonly earlierRecencyDays: Int32Array
}

/** No more than a year is held back, and no more than half of the days that the data reach over. */
const mostHeldBack = 364
const patienceMs = 10 * 60_000

/** Whole weeks that are held back of data from the first purchase day to the day of asking. */
export const heldBackDays = (firstDay: string, asOf: string): number =>
  Math.min(mostHeldBack, 7 * Math.floor(daysBetween(firstDay, asOf) / 14))

/**
 * Reads the members who had bought by `asOf` from the tables of that day. A purchase day is worth its net: what was
 * charged on it less what was refunded on it. Source: DEFINITIONS.md, "Value", BTYD inputs.
 */
export async function historiesOfMembers(
  session: ScratchSession,
  { memberFacts, memberDay }: Pick<DerivedTables, 'memberFacts' | 'memberDay'>,
  asOf: string,
  signal?: AbortSignal,
): Promise<MemberHistories> {
  const options = { signal, timeoutMs: patienceMs }
  const [extent] = await session.rows(
    sql`select count(*) as buyers, min(first_day) as first_day from ${memberFacts} where orders > 0`,
    options,
  )
  const buyers = Number(extent!.buyers)
  const held = extent!.firstDay === null ? 0 : heldBackDays(String(extent!.firstDay), asOf)
  const until = d.date(addDays(asOf, -held))
  const columns = () => new Int32Array(buyers)
  const histories = {
    memberKey: columns(),
    frequency: columns(),
    recencyDays: columns(),
    ageDays: columns(),
    spentMinor: new Float64Array(buyers),
    heldBackDays: held,
    earlierFrequency: columns(),
    earlierRecencyDays: columns(),
  }
  await session.run(addUpByNumber)
  const query = sql`
    select member_key, cast(count(*) - 1 as integer), cast(max(local_day) - min(first_day) as integer),
      cast(${d.date(asOf)} - min(first_day) as integer),
      cast(coalesce(sum(net_minor) filter (where local_day > first_day), 0) as double),
      cast(count(*) filter (where local_day <= ${until}) - 1 as integer),
      cast(coalesce(max(local_day) filter (where local_day <= ${until}) - min(first_day), 0) as integer)
    from ${memberDay} where orders > 0 group by member_key`
  let at = 0
  for await (const chunk of session.numbers(query, options)) {
    const [keys, frequency, recency, age, spent, earlier, earlierRecency] = chunk as typeof chunk &
      readonly Int32Array[]
    histories.memberKey.set(keys!, at)
    histories.frequency.set(frequency!, at)
    histories.recencyDays.set(recency!, at)
    histories.ageDays.set(age!, at)
    histories.spentMinor.set(spent!, at)
    histories.earlierFrequency.set(earlier!, at)
    histories.earlierRecencyDays.set(earlierRecency!, at)
    at += keys!.length
  }
  if (at !== buyers) throw new Error(`${at} members have purchase days, ${buyers} have orders.`)
  return histories
}
