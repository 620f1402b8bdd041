import type { Session } from '../../../analytics/engine/engine.ts'
import { memberNames } from '../../../analytics/relations/member-names.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { anyIdentities, resolvedMembers } from '../../identity/match.ts'
import { personValues } from '../columns/fields.ts'

/** What a file of members says of one besides the id and the consent: columns of `import_members` and of `members`. */
export const attributes = [
  'name',
  'phone',
  'gender',
  'birthday',
  'joined_day',
  'region',
  'channel',
  'tier',
  'points',
  'stored_value_minor',
  'openid',
  'email',
] as const

/** The strictest word of a member's identities: one that asked not to be contacted speaks for all. */
const strictest = (consent: Sql) => sql`case when bool_or(${consent} = 'denied') then 'denied'
  when bool_or(${consent} = 'granted') then 'granted' else 'unknown' end`

/**
 * What files of members say of the members in the temporary table `touched_members`: of each attribute the
 * value of the newest import, in a file the last row, that has one. The region of the orders, which
 * `memberRegions` sets before, gives way to a file's. Who is known by a
 * phone, openid or e-mail alone has that one. Consent is what people set, else what the files say.
 *
 * Of a member with several identities the newest import says. Rows of one import have no order among identities: there
 * what it says of the id that stays goes first, then what it says of the others, the highest id before. Each identity
 * has points and stored value of its own, which add up, and the member joined when the first of them did. Consent is
 * the strictest of them.
 */
export async function foldMembers(session: Session): Promise<void> {
  await fold(session)
  const folded = (column: (typeof attributes)[number]) =>
    column === 'region' ? sql`coalesce(folded.region, members.region)` : sql`folded.${name(column)}`
  await session.run(sql`update members set
      ${join(attributes.map((column) => sql`${name(column)} = ${folded(column)}`))},
      consent = folded.consent
    from folded where folded.member_key = members.member_key
      and ((${join(attributes.map((column) => sql`members.${name(column)}`))}, members.consent)
        is distinct from (${join(attributes.map(folded))}, folded.consent))`)
}

/** The consent alone, after people set it of the members in `touched_members`. */
export async function foldConsent(session: Session): Promise<void> {
  await fold(session)
  await session.run(sql`update members set consent = folded.consent from folded
    where folded.member_key = members.member_key and folded.consent <> members.consent`)
}

/** What all words about the members in `touched_members` come to, into the temporary table `folded`. */
async function fold(session: Session): Promise<void> {
  const [several] = await session.rows(sql`select exists (select 1 from member_aliases) as merged`)
  const said = (await anyIdentities(session)) ? saidOfAll : sql`import_members`
  await session.run(several!.merged === true ? foldedOfIdentities(said) : foldedOfMembers(said))
}

/** Rows of members by whom they are of, and before all of them what people without a number are known by. */
const saidOfAll = sql`(
  select * from ${resolvedMembers(sql`import_members`)} as member
  union all by name
  select distinct -1 as import_seq, 0 as row_number, person as member_id,
    ${join(personValues.map((kind) => sql`case when by_kind = ${kind} then ${name(kind)} end as ${name(kind)}`))}
  from identities where is_new)`

const newest = (column: Sql) =>
  sql`arg_max(said.${column}, (said.import_seq, said.row_number)) filter (where said.${column} is not null)`

const foldedOfMembers = (said: Sql) => sql`create or replace temp table folded as
  select members.member_key,
    coalesce(any_value(consents_set.consent), ${newest(sql`consent`)}, 'unknown') as consent,
    ${join(attributes.map((column) => sql`${newest(name(column))} as ${name(column)}`))}
  from touched_members
  join members on members.member_key = touched_members.member_key
  left join ${said} as said on said.member_id = members.member_id
  left join consents_set on consents_set.member_id = members.member_id
  group by members.member_key`

/** What each identity's own newest word comes to for the member. */
const ofIdentities: Partial<Record<(typeof attributes)[number], (own: Sql) => Sql>> = {
  points: (own) => sql`cast(sum(${own}) as bigint)`,
  stored_value_minor: (own) => sql`cast(sum(${own}) as bigint)`,
  joined_day: (own) => sql`min(${own})`,
}

const foldedOfIdentities = (said: Sql) => sql`create or replace temp table folded as
  select member_key, ${strictest(sql`consent`)} as consent,
    ${join(
      attributes.map((column) => {
        const own = name(column)
        return sql`${ofIdentities[column]?.(own) ?? sql`arg_max(${own}, (${name(`${column}_from`)}, stays, named)) filter (where ${own} is not null)`} as ${own}`
      }),
    )}
  from (
    select names.member_key, names.identity_key = names.member_key as stays, min(names.named) as named,
      coalesce(any_value(consents_set.consent), ${newest(sql`consent`)}, 'unknown') as consent,
      ${join(
        attributes.flatMap((column) => [
          sql`${newest(name(column))} as ${name(column)}`,
          sql`max(said.import_seq) filter (where said.${name(column)} is not null) as ${name(`${column}_from`)}`,
        ]),
      )}
    from touched_members
    join ${memberNames} as names on names.member_key = touched_members.member_key
    left join ${said} as said on said.member_id = names.named
    left join consents_set on consents_set.member_id = names.named
    group by names.member_key, names.identity_key
  ) as identity
  group by member_key`
