import { type Sql, sql } from '../sql/sql.ts'

/** Who is who: what people are known by, what files and people say of it, and the ids that name a member. */
export const identityTables: readonly Sql[] = [
  // One row: what people are known by, in which order it is asked, and the secret that their opaque ids are made with.
  sql`create table if not exists identity_rule (
    kinds varchar not null,                -- 'id', 'phone', 'openid', 'email' in some order, with commas between
    secret varchar not null
  )`,

  // Whose a phone, openid or e-mail is by the live files of members: of each person the newest value.
  sql`create table if not exists identity_claims (
    kind varchar not null,                 -- 'phone' | 'openid' | 'email'
    value varchar not null,
    person varchar not null                -- the member id that the files name
  )`,

  // Who a row is that its id alone does not tell: each combination of values once, with what it comes to now.
  sql`create table if not exists identities (
    of_lines boolean not null,             -- of order lines; false: of rows of members that have no id
    member_id varchar,
    phone varchar,
    openid varchar,
    email varchar,
    known_by varchar,
    person varchar,                        -- null: nobody can be told
    by_kind varchar,                       -- 'id' | 'phone' | 'openid' | 'email': what told it
    is_new boolean not null,               -- nobody claims any of the values: a person known by the first of them
    conflict varchar                       -- the kind of value that several members claim
  )`,

  // What rows of further kinds name that have no number: an opaque id stands in its place for what tells the person.
  sql`create table if not exists row_people (
    named varchar primary key,
    phone varchar,
    openid varchar,
    email varchar
  )`,

  // Who is who, as imported files say: one id is another id of the member that the second names.
  sql`create table if not exists import_merges (
    import_seq integer not null,
    row_number bigint not null,
    from_id varchar not null,
    into_id varchar not null,
    merged_day date,                       -- null: the file does not say
    merge_reason varchar
  )`,
  // What the newest file says of each id. What is live of it is in member_aliases.
  sql`create table if not exists merges (
    from_id varchar not null,
    into_id varchar not null,
    merged_day date,
    merge_reason varchar
  )`,

  // What people set last of an id, known member or not: it overrides what imports say, whichever comes later.
  sql`create table if not exists merges_set (
    from_id varchar primary key,
    into_id varchar                        -- null: a member of its own
  )`,

  // Pairs of values of which people have said that they are two persons', though a row has both: a number as it is, all else by its opaque id.
  sql`create table if not exists ties_dismissed (
    one varchar not null,                  -- the lesser of the two as text
    another varchar not null
  )`,

  // The ids that name a member beside the member's own: what the live merges and claims come to, chains followed to their end.
  sql`create table if not exists member_aliases (
    alias varchar primary key,
    identity_key integer not null,         -- the id's own key: its member_key before the merge and after
    member_id varchar not null,            -- whose id it is now; no alias itself, and no row of members while nothing names either
    merged_id varchar,                     -- whose it is by merges alone, before any claim says whose that one is; null: nobody's
    claimed boolean default false          -- the opaque id of a value that the member alone claims, or of values that tell the member; false: merged
  )`,
]
