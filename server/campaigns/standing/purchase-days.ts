import { dayNumber } from '../../../analytics/columns/columns.ts'
import type { ScratchSession } from '../../../analytics/engine/engine.ts'
import { duckdb as d } from '../../../analytics/sql/duckdb.ts'
import { sql } from '../../../analytics/sql/sql.ts'

/** On which local days members bought, by qualifying orders as of the newest day of the data. */
export class PurchaseDays {
  /** Days since 1970, a member's together and in order. */
  readonly #days: Int32Array
  /** By a member's key where their days begin; those of the next one end them. */
  readonly #start: Uint32Array

  private constructor(days: Int32Array, start: Uint32Array) {
    this.#days = days
    this.#start = start
  }

  /** The days after one. */
  static async read(session: ScratchSession, after: string): Promise<PurchaseDays> {
    const [state] = await session.rows(sql`select coalesce(max(member_key), 0) as last_key,
      count(*) filter (where opens_day and local_day > ${d.date(after)}) as days from member_orders`)
    const days = new Int32Array(Number(state!.days))
    const start = new Uint32Array(Number(state!.lastKey) + 2)
    let at = 0
    const query = sql`select member_key, cast(${d.daysBetween(d.date('1970-01-01'), sql`local_day`)} as integer)
      from member_orders where opens_day and local_day > ${d.date(after)} order by member_key, local_day`
    for await (const [keys, bought] of session.numbers(query))
      for (let row = 0; row < keys!.length; row++) {
        days[at++] = bought![row]!
        start[keys![row]! + 1]!++
      }
    for (let key = 1; key < start.length; key++) start[key]! += start[key - 1]!
    return new PurchaseDays(days, start)
  }

  /** Whether a member bought after a local day and not after another. */
  isAny(memberKey: number, after: string, through: string): boolean {
    const [from, to] = [dayNumber(after), dayNumber(through)]
    const end = this.#start[memberKey + 1] ?? 0
    for (let at = this.#start[memberKey] ?? 0; at < end; at++)
      if (this.#days[at]! > from) return this.#days[at]! <= to
    return false
  }
}
