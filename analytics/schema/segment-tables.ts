import { type Sql, sql } from '../sql/sql.ts'

/** Who is and was in saved segments, and what receivers of webhooks know of it. */
export const segmentTables: readonly Sql[] = [
  // Who was in a saved segment when the data stood at a day: from the first such day on, until the first without.
  sql`create table if not exists segment_memberships (
    segment_id varchar not null,
    member_key integer not null,
    from_day date not null,
    until_day date                         -- null: still in
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
