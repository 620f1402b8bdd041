import { type Sql, sql } from '../sql/sql.ts'

/** The tags of members: from files, people and rules, those that exclude each other, and those that were taken off. */
export const tagTables: readonly Sql[] = [
  // Tags and arms belong to the identity that they were put on: member_key is its own, also where it is merged into
  // another member. Who asks about members reads tags_of_members, removed_tags_of_members and arms_of_members.
  sql`create table if not exists member_tags (
    member_key integer not null,
    tag varchar not null,
    source varchar not null,               -- 'manual' | 'imported'
    added_day date not null
  )`,

  // When a live import last said so of an imported tag, and which import that is.
  sql`create table if not exists tags_said (
    member_key integer not null,
    tag varchar not null,
    newest_day date not null,
    newest_seq integer not null
  )`,

  // Tags that rules put on, of members whatever their identities. Rewritten from the rules, and by nothing else.
  sql`create table if not exists automatic_tags (
    member_key integer not null,
    tag varchar not null,
    added_day date not null
  )`,

  // What the rules of tags changed, once for each time they were applied and a tag that changed.
  sql`create table if not exists tag_rule_runs (
    tag varchar not null,
    ran_at timestamp not null,
    as_of date not null,
    put_on bigint not null,
    taken_off bigint not null
  )`,

  // Of which rules, state of the data and days the automatic tags are; no row: of none.
  sql`create table if not exists tag_rules_applied (
    rules varchar not null,
    data_version bigint not null
  )`,

  // What people decided last of a member's tag, whatever imports say.
  sql`create table if not exists tags_set (
    member_id varchar not null,
    tag varchar not null,
    carries boolean not null
  )`,

  // Under which name people keep a tag that imports call otherwise.
  sql`create table if not exists tag_names (
    said varchar not null,
    tag varchar not null
  )`,

  // In which group people put a tag; null: in none, whatever files say.
  sql`create table if not exists tag_groups_set (
    tag varchar not null,
    tag_group varchar
  )`,

  // Groups of which a member carries one tag at most.
  sql`create table if not exists exclusive_groups (tag_group varchar not null)`,

  // The tags of those groups, from what people set and files say.
  sql`create table if not exists exclusive_tags (
    tag varchar not null,
    tag_group varchar not null
  )`,

  // Tags that were taken off again: what a past day saw. Nothing imported brings back a tag that stands here.
  sql`create table if not exists removed_tags (
    member_key integer not null,
    tag varchar not null,
    added_day date not null,
    removed_day date not null
  )`,
]
