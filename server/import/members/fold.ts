import type { Session } from '../../../analytics/engine/engine.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { anyIdentities, resolvedMembers } from '../../identity/match.ts'
import { personValues } from '../fields.ts'

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

/**
 * What files of members say of the members in the temporary table `touched_members`: of each attribute the
 * value of the newest import, in a file the last row, that has one. The region of the orders, which
 * `memberRegions` sets before, gives way to a file's. Who is known by a phone, openid or e-mail alone has that one. Consent is what people set, else what the files say.
 */
export async function foldMembers(session: Session): Promise<void> {
  const newest = (column: Sql) =>
    sql`arg_max(said.${column}, (said.import_seq, said.row_number)) filter (where said.${column} is not null) as ${column}`
  const columns = [...attributes, 'consent' as const]
  const some = await anyIdentities(session)
  await session.run(sql`create or replace temp table folded as
    select members.member_key, any_value(consents_set.consent) as consent_set,
      ${join(columns.map((column) => newest(name(column))))}
    from touched_members
    join members on members.member_key = touched_members.member_key
    left join ${some ? resolvedMembers(sql`import_members`) : sql`import_members`} as said on said.member_id = members.member_id
    left join consents_set on consents_set.member_id = members.member_id
    group by members.member_key`)
  if (some)
    for (const kind of personValues)
      await session.run(sql`update folded set ${name(kind)} = known.value
        from members join (
          select person, any_value(${name(kind)}) as value from identities
          where is_new and by_kind = ${kind} group by person
        ) as known on known.person = members.member_id
        where members.member_key = folded.member_key and folded.${name(kind)} is null`)
  const folded = (column: (typeof attributes)[number]) =>
    column === 'region' ? sql`coalesce(folded.region, members.region)` : sql`folded.${name(column)}`
  await session.run(sql`update members set
      ${join(attributes.map((column) => sql`${name(column)} = ${folded(column)}`))},
      consent = coalesce(folded.consent_set, folded.consent, 'unknown')
    from folded where folded.member_key = members.member_key
      and ((${join(attributes.map((column) => sql`members.${name(column)}`))}, members.consent)
        is distinct from (${join(attributes.map(folded))}, coalesce(folded.consent_set, folded.consent, 'unknown')))`)
}
