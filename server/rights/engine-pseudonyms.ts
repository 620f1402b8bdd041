import type { Session } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { fieldsOf, type Kind, deletedColumns } from '../import/kinds/kind.ts'
import { followChanges, nobody } from '../identity/follow.ts'
import { identifyAll } from '../identity/match.ts'
import { forgetIdleDismissals } from '../identity/ties.ts'
import { personValues } from '../import/columns/fields.ts'
import type { Home } from '../import/members/phones.ts'
import { touchedMembers } from '../import/orders/fold.ts'
import { beforeContent, namesContent } from '../import/orders/row-ids.ts'
import type { Deletion } from './deletions.ts'
import { findDeleted } from './find-deleted.ts'
import { forgetInReports } from './forget-in-texts.ts'
import {
  findForgottenNumbers,
  numbersOfLines,
  numbersOfRows,
  refundsOfDeleted,
  renumberAll,
  renumberedLines,
  renumberedOrders,
} from './order-numbers.ts'

/** The texts that the deletion list has of a row without an id: what else it may be known by. */
const valueTexts = personValues.map((kind) => sql`${`${kind}:`} || ${name(kind)}`)

/** Relation (`member_id`) of what the list may know rows by: their ids, and where they have none, their values. */
export const knownBy = (rows: Sql): Sql => sql`(
  select member_id from ${rows} as named where member_id is not null
  ${join(
    valueTexts.map(
      (text) =>
        sql`union select ${text} from ${rows} as valued where member_id is null and ${text} is not null`,
    ),
    sql` `,
  )})`

/** Relation (`member_id`) of what the list may know people by, of `people` (`phone`, `openid`, `email`). */
export const textsOf = (people: Sql): Sql =>
  sql`(${join(
    valueTexts.map(
      (text) => sql`select ${text} as member_id from ${people} as person where ${text} is not null`,
    ),
    sql` union `,
  )})`

/** Adds to `deleted_ids` those of `people` (`named`, `phone`, `openid`, `email`) of whom it knows a value. */
export async function findDeletedPeople(session: Session, people: Sql): Promise<void> {
  await session.run(sql`insert into deleted_ids
    select named, first(pseudonym order by place), first(secret order by place)
    from (${join(
      valueTexts.map(
        (text, place) => sql`select named, pseudonym, secret, ${place} as place
          from ${people} as person join deleted_ids on deleted_ids.member_id = ${text}`,
      ),
      sql` union all `,
    )}) as known
    where named not in (select member_id from deleted_ids) group by named`)
}

/** Rows whose id, or where they have none a value of which, is in `deleted_ids`. */
export const isDeleted = sql`(member_id in (select member_id from deleted_ids) or member_id is null and (${join(
  valueTexts.map((text) => sql`coalesce(${text} in (select member_id from deleted_ids), false)`),
  sql` or `,
)}))`

/** Rows of a file that name members who were deleted, and the first lines of them. */
export interface DeletedRows {
  readonly rows: number
  readonly lines: readonly number[]
}

/** As many lines are told. */
const mostLines = 20

/**
 * Which of `rows` (`row_number`, and what `knownBy` asks for) are of `deleted_ids`; null: none. `columns`: where an id
 * may stand, of rows that have it in others than the member's.
 */
export async function deletedRowsOf(
  session: Session,
  rows: Sql,
  columns?: readonly Sql[],
): Promise<DeletedRows | null> {
  const theirs = columns
    ? join(
        columns.map((column) => sql`coalesce(${column} in (select member_id from deleted_ids), false)`),
        sql` or `,
      )
    : isDeleted
  const [found] = await session.rows(
    sql`select count(distinct row_number) as rows, cast(to_json((list_sort(list(distinct row_number)))[1:${mostLines}]) as varchar) as lines
      from ${rows} as coming where ${theirs}`,
  )
  const count = Number(found!.rows)
  return count === 0 ? null : { rows: count, lines: JSON.parse(String(found!.lines)) as number[] }
}

/** Rows with `pseudonym` and `secret` of the entry of `deleted_ids` that knows them. */
const withEntries = (rows: Sql): Sql => {
  const aliases = valueTexts.map((text, i) => ({ text, alias: name(`by_${personValues[i]!}`) }))
  const first = (column: Sql) =>
    sql`coalesce(${join([sql`by_id`, ...aliases.map(({ alias }) => alias)].map((alias) => sql`${alias}.${column}`))}) as ${column}`
  return sql`(
    select row_of.* exclude (${join(aliases.map(({ alias }) => alias))}), ${first(sql`pseudonym`)}, ${first(sql`secret`)}
    from (select *, ${join(aliases.map(({ text, alias }) => sql`case when member_id is null then ${text} end as ${alias}`))} from ${rows} as any_row) as row_of
    left join deleted_ids as by_id on by_id.member_id = row_of.member_id
    ${join(
      aliases.map(
        ({ alias }) => sql`left join deleted_ids as ${alias} on ${alias}.member_id = row_of.${alias}`,
      ),
      sql` `,
    )})`
}

/**
 * Lines with the pseudonym in the place of each id of `deleted_ids` and without their region and what they say of a refund. Their hash,
 * and the id that a row without an order id takes from it, are keyed: equal for equal rows, now and in any
 * later file, yet no guess at the person can be tried on them without the Store's secret.
 */
export function pseudonymousLines(lines: Sql): Sql {
  return sql`(
    select named.* exclude (pseudonym, secret, keyed_hash)
      replace (coalesce(pseudonym, member_id) as member_id,
        ${join([...personValues, 'known_by' as const].map((column) => sql`case when pseudonym is null then ${name(column)} end as ${name(column)}`))},
        case when pseudonym is null then region end as region,
        case when pseudonym is null then refund_reason end as refund_reason,
        coalesce(keyed_hash, content_hash) as content_hash,
        case when pseudonym is not null and ${namesContent}
          then ${beforeContent} || printf('row-%016x-', keyed_hash) || regexp_extract(order_id, '[0-9]+$')
          else order_id end as order_id)
    from (
      select line.*, case when secret is not null
          then hash(sha256(secret || '/' || cast(line.content_hash as varchar))) end as keyed_hash
      from ${withEntries(lines)} as line
    ) as named)`
}

/**
 * Takes what is said of refunds out of those that name an order of somebody who was deleted: whose they are the order
 * tells, and people write names and phones there.
 */
export async function forgetReasons(session: Session, list: readonly Deletion[]): Promise<void> {
  if (list.length === 0) return
  const said = sql`refund_reason is not null and refunds_order_id is not null`
  const [any] = await session.rows(sql`select exists (select 1 from import_lines where ${said}) as some`)
  if (any!.some !== true) return
  const pseudonyms = JSON.stringify([...new Set(list.map(({ pseudonym }) => pseudonym))])
  await session.run(sql`update import_lines set refund_reason = null
    where ${said} and refunds_order_id in (select order_id from import_lines
      where member_id in (select unnest(from_json(${pseudonyms}, '["VARCHAR"]'))))`)
}

/** Rows of members with the pseudonym in the place of each id of `deleted_ids`: the day of joining and money stay. */
export function pseudonymousMembers(rows: Sql): Sql {
  const known = (column: Sql) => sql`case when pseudonym is null then ${column} end as ${column}`
  const personal = [
    sql`name`,
    sql`phone`,
    sql`openid`,
    sql`email`,
    sql`gender`,
    sql`birthday`,
    sql`region`,
    sql`channel`,
    sql`tier`,
    sql`points`,
  ]
  return sql`(
    select named.* exclude (pseudonym, secret)
      replace (coalesce(pseudonym, member_id) as member_id, ${join(personal.map(known))},
        case when pseudonym is null then consent else 'denied' end as consent,
        case when pseudonym is null then consent_at end as consent_at)
    from ${withEntries(rows)} as named)`
}

/** Rows of a further kind with the pseudonym in the place of each id of `deleted_ids`, without what is personal; or without those rows. */
export function pseudonymousKindRows(kind: Kind, rows: Sql): Sql {
  const columns = deletedColumns(kind)
  const found = columns.map((_, i) => name(`deleted_${i}`))
  const joins = columns.map(
    (column, i) => sql`left join deleted_ids as ${found[i]!} on ${found[i]!}.member_id = named.${column}`,
  )
  const theirs = sql`(${join(
    found.map((one) => sql`${one}.pseudonym is not null`),
    sql` or `,
  )})`
  const personal = fieldsOf(kind).filter(([, field]) => field.personal && !field.member)
  const replaced = [
    ...columns.map((column, i) => sql`coalesce(${found[i]!}.pseudonym, named.${column}) as ${column}`),
    ...personal.map(
      ([, { column }]) => sql`case when not ${theirs} then named.${name(column)} end as ${name(column)}`,
    ),
  ]
  return kind.ofDeleted === 'gone'
    ? sql`(select named.* from ${rows} as named ${join(joins, sql` `)} where not ${theirs})`
    : sql`(select named.* replace (${join(replaced)}) from ${rows} as named ${join(joins, sql` `)})`
}

/** SQL over a row of a kind: whether it names somebody in `deleted_ids`. */
export const isTheirs = (kind: Kind): Sql =>
  sql`(${join(
    deletedColumns(kind).map(
      (column) => sql`coalesce(${column} in (select member_id from deleted_ids), false)`,
    ),
    sql` or `,
  )})`

/** The kinds whose rows name members. */
const kindsOfMembers = allKinds.filter((kind) => deletedColumns(kind).length > 0)

/** Relation (`number`) of the numbers of orders and entries that stand in rows of who is in `deleted_ids`. */
const theirNumbers = sql`(select number from ${numbersOfLines(sql`their_lines`)} as line
  union select number from ${refundsOfDeleted(sql`import_lines`, sql`(select order_id from their_lines)`)} as refund
  ${join(
    kindsOfMembers.flatMap((kind) => {
      const numbers = numbersOfRows(kind, sql`(select * from ${name(kind.table)} where ${isTheirs(kind)})`)
      return numbers ? [sql`union select number from ${numbers} as row`] : []
    }),
    sql` `,
  )})`

/** Puts pseudonyms into the rows of the further kinds, those of the imports and the current ones. */
async function pseudonymiseKinds(session: Session): Promise<void> {
  for (const kind of kindsOfMembers)
    for (const table of [kind.table, kind.current]) {
      const theirs = isTheirs(kind)
      await session.run(sql`create or replace temp table pseudonymous_rows as
        select * from ${pseudonymousKindRows(kind, sql`(select * from ${name(table)} where ${theirs})`)} as row`)
      await session.run(sql`delete from ${name(table)} where ${theirs}`)
      await session.run(sql`insert into ${name(table)} by name select * from pseudonymous_rows`)
    }
}

/**
 * Puts pseudonyms in the place of the deleted members of the list, wherever the engine holds them: lines,
 * orders named by their content, the member. Money, days, stores and the day of joining stay, so that every
 * figure over all members stays; who the person was, what they were tagged and where they live goes, and
 * nobody may write to them. In the caller's transaction; changes nothing when no id of the list is there.
 */
export async function pseudonymiseEngine(
  session: Session,
  list: readonly Deletion[],
  home: Home,
  today: string,
): Promise<boolean> {
  const kept = sql`(select member_id from members union select member_id from ${knownBy(sql`import_lines`)} as line
    union select member_id from ${knownBy(sql`import_members`)} as said union select member_id from consents_set
    union select alias from member_aliases union select from_id from merges_set union select into_id from merges_set
    union select member_id from tags_set union select member_id from webhook_members
    union select member_id from webhook_moves union select member_id from ${textsOf(sql`row_people`)} as told
    ${join(
      kindsOfMembers.flatMap((kind) =>
        deletedColumns(kind).map((column) => sql`union select ${column} from ${name(kind.table)}`),
      ),
      sql` `,
    )})`
  if (!(await findDeleted(session, list, kept, home))) return false
  const names =
    await session.rows(sql`select name from members where member_id in (select member_id from deleted_ids) and name is not null
    union select name from import_members where member_id in (select member_id from deleted_ids) and name is not null`)
  await findDeletedPeople(session, sql`row_people`)
  await session.run(sql`delete from row_people where named in (select member_id from deleted_ids)`)
  const theirs = sql`(select * from import_lines where ${isDeleted})`
  await session.run(sql`create or replace temp table their_lines as select * from ${theirs} as line`)
  await findForgottenNumbers(session, list, home, { own: theirNumbers })
  await session.run(sql`create or replace temp table pseudonymous as
    select * from ${renumberedLines(pseudonymousLines(sql`their_lines`))} as line`)
  await session.run(sql`create or replace temp table renamed_orders as
    select distinct old.order_id, new.order_id as new_id
    from their_lines as old join pseudonymous as new
      on new.import_seq = old.import_seq and new.row_number = old.row_number
    where new.order_id <> old.order_id
    union select order_id, new_id from ${renumberedOrders} as renumbered`)
  await session.run(sql`delete from import_lines where ${isDeleted}`)
  await session.run(sql`insert into import_lines by name select * from pseudonymous`)
  await forgetReasons(session, list)
  for (const table of [sql`order_versions`, sql`orders`])
    await session.run(sql`update ${table} set order_id = renamed_orders.new_id from renamed_orders
      where renamed_orders.order_id = ${table}.order_id`)
  await session.run(sql`update refunds
    set refund_id = renamed_orders.new_id || substr(refund_id, length(renamed_orders.order_id) + 1)
    from renamed_orders where starts_with(refunds.refund_id, renamed_orders.order_id || '/')`)
  await session.run(sql`create or replace temp table pseudonymous_members as
    select * from ${pseudonymousMembers(sql`(select * from import_members where ${isDeleted})`)} as member`)
  await session.run(sql`delete from import_members where ${isDeleted}`)
  await session.run(sql`insert into import_members by name select * from pseudonymous_members`)
  await pseudonymiseKinds(session)
  await renumberAll(session)
  for (const table of [sql`tags_set`, sql`webhook_members`, sql`webhook_moves`])
    await session.run(sql`delete from ${table} where member_id in (select member_id from deleted_ids)`)
  await session.run(sql`delete from consents_set where member_id in (select member_id from deleted_ids)`)
  // also what comes later under the pseudonym finds that nobody may write to it
  await session.run(
    sql`insert or replace into consents_set (member_id, consent) select distinct pseudonym, 'denied' from deleted_ids`,
  )
  await pseudonymiseMembers(session)
  const { orders } = await tellAgain(session)
  await forgetIdleDismissals(session)
  await refreshDerivedTables(
    session,
    {
      members: sql`select member_key from deleted_keys union select member_key from ${touchedMembers} as touched`,
      ...(orders > 0 ? {} : { days: sql`select local_day from orders where false` }),
    },
    today,
  )
  await forgetInReports(
    session,
    list,
    home,
    names.map(({ name: text }) => String(text)),
  )
  return true
}

/** What nobody is known by any more is forgotten, and what somebody else has too is theirs alone. Leaves `touched_members`. */
async function tellAgain(session: Session): Promise<{ orders: number }> {
  await session.run(sql`create or replace temp table touched_members (member_key integer)`)
  const [any] = await session.rows(
    sql`select exists (select 1 from identity_claims) or exists (select 1 from identities) as told`,
  )
  if (any!.told !== true) return { orders: 0 }
  const [state] = await session.rows(sql`select time_zone from workspace_state`)
  const changes = await identifyAll(session, { tuples: 'of-all' })
  return followChanges(session, changes, nobody, String(state!.timeZone))
}

async function pseudonymiseMembers(session: Session): Promise<void> {
  await session.run(sql`create or replace temp table deleted_keys as
    select names.identity_key as member_key, deleted_ids.pseudonym from ${memberNames} as names
    join deleted_ids on deleted_ids.member_id = names.named`)
  await becomeOne(session)
  for (const column of [sql`member_id`, sql`merged_id`, sql`alias`])
    await session.run(sql`update member_aliases set ${column} = deleted_ids.pseudonym
      from deleted_ids where deleted_ids.member_id = member_aliases.${column}`)
  // ids that get one pseudonym are one: of what was set of them the first is kept, and nothing where they were merged
  await session.run(sql`delete from merges_set where from_id in (
    select from_id from (
      select from_id, coalesce(of_from.pseudonym, from_id) = coalesce(of_into.pseudonym, into_id) as is_one,
        row_number() over (partition by coalesce(of_from.pseudonym, from_id)
          order by coalesce(is_one, false) desc, of_from.pseudonym is not null, from_id) as place
      from merges_set
      left join deleted_ids as of_from on of_from.member_id = from_id
      left join deleted_ids as of_into on of_into.member_id = into_id)
    where is_one or place > 1)`)
  for (const column of [sql`into_id`, sql`from_id`])
    await session.run(sql`update merges_set set ${column} = deleted_ids.pseudonym
      from deleted_ids where deleted_ids.member_id = merges_set.${column}`)
  for (const table of [sql`member_tags`, sql`tags_said`, sql`automatic_tags`, sql`removed_tags`])
    await session.run(sql`delete from ${table} where member_key in (select member_key from deleted_keys)`)
  await session.run(sql`update members set member_id = deleted_keys.pseudonym, name = null, phone = null,
      gender = null, birthday = null, region = null, channel = null, tier = null, points = null, openid = null, email = null, consent = 'denied'
    from deleted_keys where deleted_keys.member_key = members.member_key`)
}

/**
 * Ids of deleted members that have no name of their own any more become the one whose pseudonym they get, with their arms,
 * coupons and orders: the opaque ids of what such a member alone claimed, and ids that were merged and get the pseudonym of
 * their member or of another id (an opaque id has that of the member whose value it is).
 */
async function becomeOne(session: Session): Promise<void> {
  await session.run(sql`create or replace temp table deleted_names as
    select identity_key, case when claimed or is_own then own_key else kept_key end as member_key,
      claimed or is_own as to_own
    from (
      select alias_of.identity_key, alias_of.claimed, members.member_key as own_key,
        coalesce(of_alias.pseudonym = of_member.pseudonym, false) as is_own,
        first_value(alias_of.identity_key) over (partition by of_alias.pseudonym
          order by alias_of.claimed, starts_with(alias_of.alias, 'p-'), alias_of.alias) as kept_key
      from member_aliases as alias_of
      join deleted_ids as of_alias on of_alias.member_id = alias_of.alias
      join members on members.member_id = alias_of.member_id
      left join deleted_ids as of_member on of_member.member_id = alias_of.member_id)
    where claimed or is_own or identity_key <> kept_key`)
  await session.run(sql`update campaign_arms set member_key = deleted_names.member_key
    from deleted_names where deleted_names.identity_key = campaign_arms.member_key
      and not exists (select 1 from campaign_arms as own
        where own.campaign_id = campaign_arms.campaign_id and own.member_key = deleted_names.member_key)`)
  await session.run(sql`update issued_coupons set member_key = deleted_names.member_key
    from deleted_names where deleted_names.identity_key = issued_coupons.member_key`)
  for (const table of [sql`orders`, sql`refunds`])
    await session.run(sql`update ${table} set identity_key = case when to_own then null else deleted_names.member_key end
      from deleted_names where deleted_names.identity_key = ${table}.identity_key`)
  await session.run(sql`delete from member_aliases where identity_key in (select identity_key from deleted_names)
    or claimed and alias in (select member_id from deleted_ids)`)
}
