import { type Bits, bitsAsText } from '../columns/bits.ts'
import type { Session } from '../engine/engine.ts'
import { type Sql, sql } from '../sql/sql.ts'

/** Who is and was in saved segments, and what receivers of webhooks know of it. */
export const segmentTables: readonly Sql[] = [
  // Who was in a saved segment when the data stood at the newest of the days for which that is known: a bit a member_key,
  // that of 0 the lowest of the first byte.
  sql`create table if not exists segment_members (
    segment_id varchar not null,
    members blob not null
  )`,

  // Who entered or left between such a day and the one before. Who is in now was on an earlier day too, and who is not
  // was not, unless the moves since then are an odd number.
  sql`create table if not exists segment_moves (
    segment_id varchar not null,
    moved_day date not null,
    member_key integer not null
  )`,

  // The days of the data for which that is known, and when it was last looked at.
  sql`create table if not exists segment_takings (
    segment_id varchar not null,
    taken_day date not null,
    taken_at timestamp not null
  )`,

  // How many members a rule had on days of the past, by a hash of all that it depends on; of one state of the data.
  sql`create table if not exists segment_sizes (
    question varchar not null,
    data_version bigint not null,
    counted_day date not null,
    members bigint not null
  )`,

  // Whom the receiver of a webhook knows to be in a segment, by the ids under which they were told; of which version
  // and meaning of the rule, and the number of the newest batch.
  sql`create table if not exists webhook_states (
    webhook_id varchar not null,
    version integer not null,
    meaning varchar not null,              -- a hash of the rule with those of the segments that it names
    sequence bigint not null
  )`,
  sql`create table if not exists webhook_members (
    webhook_id varchar not null,
    member_id varchar not null
  )`,
  // Entries and exits that are to be told and are not in the Store's messages yet.
  sql`create table if not exists webhook_batches (
    batch_id varchar not null,
    webhook_id varchar not null,
    sequence bigint not null,
    cause varchar not null,                -- 'data' | 'rule'
    version integer not null,
    as_of date not null,
    data_version bigint not null,
    taken_at varchar not null
  )`,
  sql`create table if not exists webhook_moves (
    batch_id varchar not null,
    member_id varchar not null,
    entered boolean not null
  )`,
]

const patienceMs = 60 * 60_000

/** A file in which who was in a segment stands as spans of days, `segment_memberships`: they become bits and moves. */
export async function keepMembersAsBits(session: Session): Promise<void> {
  const [spans] = await session.rows(sql`select 1 as are_there from duckdb_tables()
    where database_name = current_database() and table_name = 'segment_memberships'`)
  if (!spans) return
  const options = { timeoutMs: patienceMs }
  const taken = await session.rows(sql`select distinct segment_id from segment_takings`)
  for (const { segmentId } of taken) {
    const id = String(segmentId)
    const words = await session.rows(
      sql`select cast(member_key // 32 as integer) as word, cast(bit_or(cast(1 as bigint) << (member_key % 32)) as bigint) as bits
        from segment_memberships where segment_id = ${id} and until_day is null group by 1 order by 1`,
      options,
    )
    const members: Bits = new Uint32Array(Number(words.at(-1)?.word ?? -1) + 1)
    for (const { word, bits } of words) members[Number(word)] = Number(bits)
    await session.run(sql`insert into segment_members values (${id}, from_base64(${bitsAsText(members)}))`)
  }
  await session.run(
    sql`insert into segment_moves
      select segment_id, from_day, member_key from segment_memberships as span
      where from_day > (select min(taken_day) from segment_takings where segment_takings.segment_id = span.segment_id)
      union all
      select segment_id, until_day, member_key from segment_memberships where until_day is not null`,
    options,
  )
  await session.run(sql`drop table segment_memberships`)
}
