import { type Sql, sql } from '../sql/sql.ts'

/**
 * Relation (`named`, `member_key`, `identity_key`): every id that names a member, the member's own and those of
 * identities that are merged into it. `identity_key` is the id's own key, which tags and arms are kept under.
 */
export const memberNames: Sql = sql`(
  select member_id as named, member_key, member_key as identity_key from members
  union all
  select alias, members.member_key, member_aliases.identity_key
  from member_aliases join members on members.member_id = member_aliases.member_id)`

/** The same for members without aliases: what nearly every shop has, and a table with nothing to put beside it. */
export const ownNames: Sql = sql`(
  select member_id as named, member_key, member_key as identity_key from members)`

/** Relation (`identity_key`, `member_key`): the keys of identities that are merged into members. */
export const mergedKeys: Sql = sql`(
  select identity_key, members.member_key
  from member_aliases join members on members.member_id = member_aliases.member_id)`

/** The keys of the members that an id names: one row, or none. */
export const memberKeyOf = (id: string): Sql =>
  sql`(select member_key from ${memberNames} as names where named = ${id})`
