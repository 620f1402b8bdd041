import type { Session } from '../../analytics/engine/engine.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { type PersonValue, personValues } from '../import/columns/fields.ts'
import { phoneThatTells } from '../import/values/person-values.ts'
import { keyedHashSql } from '../rights/keyed.ts'
import { type IdentityRule, identityRule } from './rule.ts'

/**
 * Who the rows of imports are. A row is asked kind by kind, in the workspace's order: its id is a member; a phone,
 * openid or e-mail is the member who claims it. Where several do, nobody is told and it stands as a conflict;
 * where nobody claims any of a row's values, it is a new person, known by the first of them under an opaque id.
 *
 * Files of members claim: each row with an id says whose its values are, and of each member the newest value
 * of a kind holds. Rows of members without an id are found by those claims, then claim what else they have.
 * Order lines claim nothing. All of it is a function of the live imports, the merges and the rule alone.
 */

const tupleColumns = ['member_id', 'phone', 'openid', 'email', 'known_by'] as const

/** SQL: whether two rows say the same of who they are. */
export const sameTuple = (one: Sql, other: Sql): Sql =>
  join(
    tupleColumns.map((column) => sql`${one}.${name(column)} is not distinct from ${other}.${name(column)}`),
    sql` and `,
  )

/** Lines with who they resolve to in the place of their member id; null: nobody, or nobody that could be told. */
export const resolvedLines = (lines: Sql): Sql => sql`(
  select line.* replace (case when identity.of_lines then identity.person else line.member_id end as member_id)
  from ${lines} as line
  left join (select * from identities where of_lines) as identity on ${sameTuple(sql`identity`, sql`line`)})`

/** Lines with `person`, and what told it: `by_kind`, `is_new`, `conflict`, null where the id alone did. */
export const toldLines = (lines: Sql): Sql => sql`(
  select line.*, case when identity.of_lines then identity.person else line.member_id end as person,
    identity.by_kind, identity.is_new, identity.conflict
  from ${lines} as line
  left join (select * from identities where of_lines) as identity on ${sameTuple(sql`identity`, sql`line`)})`

/** Rows of members with who they resolve to in the place of their member id. */
export const resolvedMembers = (rows: Sql): Sql => sql`(
  select member.* replace (coalesce(member.member_id, identity.person) as member_id)
  from ${rows} as member
  left join (select * from identities where not of_lines) as identity
    on member.member_id is null and identity.phone is not distinct from member.phone
    and identity.openid is not distinct from member.openid and identity.email is not distinct from member.email)`

/** Whether any row of the workspace needs more than its id to tell who it is. */
export async function anyIdentities(session: Session): Promise<boolean> {
  const [found] = await session.rows(sql`select exists (select 1 from identities) as is_there`)
  return found!.isThere === true
}

const hasValue = sql`coalesce(phone, openid, email) is not null`

/** Lines whose id alone does not tell who they are. */
const askedLines = ({ kinds }: IdentityRule): Sql =>
  kinds[0] === 'id' ? sql`member_id is null and ${hasValue}` : hasValue

/**
 * Tells who the lines of a new import are, by the claims that stand. Answers whether any needed more than its id.
 */
export async function identifyLines(session: Session, importSeq: number): Promise<boolean> {
  const rule = await identityRule(session)
  const asked = sql`import_seq = ${importSeq} and ${askedLines(rule)}`
  const [any] = await session.rows(sql`select exists (select 1 from import_lines where ${asked}) as is_so`)
  if (any!.isSo !== true) return false
  await tellNew(
    session,
    sql`select distinct true as of_lines, member_id, phone, openid, email, known_by from import_lines where ${asked}`,
  )
  return true
}

/** Tells those of a query of tuples of lines that were not told before, by the claims that stand. */
export async function tellNew(session: Session, tuples: Sql): Promise<void> {
  const rule = await identityRule(session)
  await session.run(sql`create or replace temp table new_identities as
    select * from (${tuples}) as tuple where not exists (select 1 from identities as identity
      where identity.of_lines and ${sameTuple(sql`identity`, sql`tuple`)})`)
  await session.run(sql`insert into identities by name
    select * from ${resolved(sql`new_identities`, sql`identity_claims`, rule)} as resolved`)
}

/** Has the members of a workspace claim what their files say, where they came in without: before claims were kept, or as a demo. */
export async function ensureClaims(session: Session): Promise<void> {
  const [state] = await session.rows(sql`select not exists (select 1 from identity_claims) and exists (
    select 1 from import_members where coalesce(phone, openid, email) is not null) as lacking`)
  if (state!.lacking === true) await identifyAll(session, { tuples: 'of-members' })
}

/** Of what was told before, what is told otherwise now. */
export interface Changes {
  readonly lines: boolean
  readonly members: boolean
}

/**
 * Tells anew who everybody is, after the files of members, the merges or the rule changed; `tuples`: after rows
 * of imports came or went, too. Leaves what changed in the temporary table `changed_identities`: the columns of
 * `identities` as they are now with `person_before`, null where there was none, and without `person` where no row has the values any more.
 */
export async function identifyAll(
  session: Session,
  { tuples }: { tuples: 'of-members' | 'of-all' | 'as-they-are' },
): Promise<Changes> {
  const rule = await identityRule(session)
  await session.run(sql`create or replace temp table identities_before as select * from identities`)
  const ofMembers = sql`select distinct false as of_lines, cast(null as varchar) as member_id, phone, openid, email,
      cast(null as varchar) as known_by
    from import_members where member_id is null`
  const ofLines = sql`select * from (
    select true as of_lines, member_id, phone, openid, email, known_by from import_lines where ${askedLines(rule)}
    union select true, null, phone, openid, email, null from row_people) as of_lines`
  const known = (of: Sql) =>
    sql`select of_lines, member_id, phone, openid, email, known_by from identities_before where ${of}`
  await session.run(sql`create or replace temp table identity_tuples as
    ${tuples === 'as-they-are' ? known(sql`not of_lines`) : ofMembers}
    union all
    ${tuples === 'of-all' ? ofLines : known(sql`of_lines`)}`)
  await session.run(sql`create or replace temp table tuples_of_members as
    select * from identity_tuples where not of_lines`)
  // Found by the ids' claims first, so that what such rows say besides is a claim of that member's.
  await claims(session, sql`claims_of_ids`, sql`false`)
  await resolveInto(session, sql`members_found`, sql`tuples_of_members`, sql`claims_of_ids`, rule)
  await claims(session, sql`claims_of_found`, sql`not identity.is_new`, sql`members_found`)
  await resolveInto(session, sql`members_told`, sql`tuples_of_members`, sql`claims_of_found`, rule)
  await claims(session, sql`claims_of_all`, sql`true`, sql`members_told`)
  await session.run(sql`delete from identity_claims`)
  await session.run(sql`insert into identity_claims select * from claims_of_all`)
  await session.run(sql`delete from identities`)
  await session.run(sql`insert into identities by name select * from members_told
    union all by name
    select * from ${resolved(sql`(select * from identity_tuples where of_lines)`, sql`identity_claims`, rule)} as told`)
  await session.run(sql`create or replace temp table changed_identities as
    select identity.*, before.person as person_before
    from identities as identity
    left join identities_before as before on before.of_lines = identity.of_lines and ${sameTuple(sql`before`, sql`identity`)}
    where before.of_lines is null or before.person is distinct from identity.person
    union all by name
    select before.of_lines, before.member_id, before.phone, before.openid, before.email, before.known_by,
      before.person as person_before
    from identities_before as before
    left join identities as identity on identity.of_lines = before.of_lines and ${sameTuple(sql`before`, sql`identity`)}
    where identity.of_lines is null`)
  const [changed] = await session.rows(sql`select coalesce(bool_or(of_lines), false) as lines,
    coalesce(bool_or(not of_lines), false) as members from changed_identities`)
  return { lines: changed!.lines === true, members: changed!.members === true }
}

/** Relation of what rows of further kinds name in the place of a number (`row_people`), each with `person`: who it is; null: several claim it. */
export const ofRowPeople: Sql = sql`(
  select row_people.*, identity.person, identity.by_kind, identity.is_new, identity.conflict
  from row_people
  join (select * from identities where of_lines and member_id is null and known_by is null) as identity
    on identity.phone is not distinct from row_people.phone
    and identity.openid is not distinct from row_people.openid and identity.email is not distinct from row_people.email
  where named not in (select person from identities where is_new and person is not null) or person = named)`

/** Relation with one column `named`: what rows of further kinds name that is somebody else's now, or nobody's, or again somebody's. */
export const rowPeopleOfChanged: Sql = sql`(
  select named from row_people
  join (select * from changed_identities where of_lines and member_id is null and known_by is null) as identity
    on identity.phone is not distinct from row_people.phone
    and identity.openid is not distinct from row_people.openid and identity.email is not distinct from row_people.email)`

/** Relation with one column `order_id`: the orders whose current lines `changed_identities` tells otherwise. */
export const ordersOfChanged: Sql = sql`(
  select distinct line.order_id
  from import_lines as line
  join order_versions on order_versions.order_id = line.order_id and order_versions.import_seq = line.import_seq
  join (select * from changed_identities where of_lines) as identity on ${sameTuple(sql`identity`, sql`line`)})`

/** A query for the members whom `changed_identities` tells now. */
export const newPersonsOfChanged: Sql = currentOf(sql`person`)

/** Relation with one column `member_id`: the members whom `changed_identities` tells now and told before. */
export const personsOfChanged: Sql = sql`(${newPersonsOfChanged} union ${currentOf(sql`person_before`)})`

function currentOf(person: Sql): Sql {
  return sql`select coalesce(member_aliases.member_id, ${person}) as member_id
    from changed_identities left join member_aliases on alias = ${person} where ${person} is not null`
}

/**
 * A table of claims (`kind`, `value`, `person`): what rows of members with an id say, and rows of `told` that `counted`
 * chooses. What a new person is known by is no claim: whoever else claims it has it.
 */
async function claims(session: Session, into: Sql, counted: Sql, told?: Sql): Promise<void> {
  const rows = sql`
    select import_seq, row_number, member_id as person, phone, openid, email, cast(null as varchar) as own_kind
    from import_members where member_id is not null ${
      told
        ? sql`union all
    select member.import_seq, member.row_number, identity.person, member.phone, member.openid, member.email,
      case when identity.is_new then identity.by_kind end
    from import_members as member join ${told} as identity
      on identity.phone is not distinct from member.phone and identity.openid is not distinct from member.openid
      and identity.email is not distinct from member.email
    where member.member_id is null and identity.person is not null and ${counted}`
        : sql``
    }`
  const ofKind = (kind: PersonValue) => sql`
    select ${kind} as kind, arg_max(${tells(kind)}, (import_seq, row_number)) as value, person,
      arg_max(own_kind is not distinct from ${kind}, (import_seq, row_number)) as own
    from said where ${tells(kind)} is not null group by person`
  await session.run(sql`create or replace temp table ${into} as
    with said as (${rows})
    select kind, value, person
    from (${join(personValues.map(ofKind), sql` union all `)}) as newest where not own`)
}

/** Of a stored phone, which may be masked, what tells the person. */
const tells = (kind: PersonValue): Sql => (kind === 'phone' ? phoneThatTells(sql`phone`) : name(kind))

async function resolveInto(session: Session, into: Sql, tuples: Sql, claims: Sql, rule: IdentityRule) {
  await session.run(sql`create or replace temp table ${into} as
    select * from ${resolved(tuples, claims, rule)} as resolved`)
}

/** The tuples with whom they tell: the columns of `identities`. */
function resolved(tuples: Sql, claims: Sql, { kinds, secret }: IdentityRule): Sql {
  const claim = (kind: PersonValue) => name(`${kind}_claim`)
  const value = (kind: PersonValue) => sql`tuple_value.${name(`${kind}_value`)}`
  const decided = sql`case ${join(
    kinds.map((kind) =>
      kind === 'id'
        ? sql`when tuple_value.member_id is not null then 'id'`
        : sql`when ${claim(kind)}.claimants is not null then ${kind}`,
    ),
    sql` `,
  )} end`
  const known = kinds.filter((kind) => kind !== 'id')
  const first = sql`case ${join(
    [
      ...known.map(
        (kind) => sql`when known_by = ${kind} and ${name(`${kind}_value`)} is not null then ${kind}`,
      ),
      ...known.map((kind) => sql`when ${name(`${kind}_value`)} is not null then ${kind}`),
    ],
    sql` `,
  )} end`
  const of = (column: string) =>
    sql`case decided ${join(
      personValues.map((kind) => sql`when ${kind} then ${name(`${kind}_${column}`)}`),
      sql` `,
    )} end`
  const firstValue = sql`case first_kind ${join(
    personValues.map((kind) => sql`when ${kind} then ${name(`${kind}_value`)}`),
    sql` `,
  )} end`
  return sql`(
    with claimed as (
      select kind, value, count(distinct current) as claimants, min(person) as person
      from ${withCurrent(claims)} as claim group by kind, value
    ),
    tuple_value as (
      select *, ${phoneThatTells(sql`phone`)} as phone_value, openid as openid_value, email as email_value
      from ${tuples} as tuples
    ),
    walked as (
      select tuple_value.*, ${decided} as decided, ${first} as first_kind,
        ${join(
          personValues.map(
            (kind) =>
              sql`${claim(kind)}.claimants as ${name(`${kind}_claimants`)}, ${claim(kind)}.person as ${name(`${kind}_person`)}`,
          ),
        )}
      from tuple_value
      ${join(
        personValues.map(
          (kind) => sql`left join claimed as ${claim(kind)}
            on ${claim(kind)}.kind = ${kind} and ${claim(kind)}.value = ${value(kind)}`,
        ),
        sql` `,
      )}
    )
    select of_lines, member_id, phone, openid, email, known_by,
      case when decided = 'id' then member_id
        when decided is not null then case when ${of('claimants')} = 1 then ${of('person')} end
        when first_kind is not null then ${opaqueId(secret, sql`first_kind`, firstValue)}
      end as person,
      case when decided = 'id' or decided is not null and ${of('claimants')} = 1 then decided
        when decided is null then first_kind end as by_kind,
      decided is null and first_kind is not null as is_new,
      case when decided <> 'id' and ${of('claimants')} > 1 then decided end as conflict
    from walked)`
}

/** SQL: the id of a person whom nobody claims, by the value that they are known by. It gives nothing away. */
const opaqueId = (secret: string, kind: Sql, value: Sql): Sql =>
  opaqueIdOf({ secret }, sql`(${kind} || ':' || ${value})`)

/**
 * Of `named` (a relation with one column `named`) the opaque ids of values that are claimed, with each claimant as
 * files name them. Who is known by such an id still, because claims are followed no further, keeps it.
 */
export async function claimedIds(
  session: Session,
  named: Sql,
): Promise<{ opaque: string; person: string }[]> {
  const opaque = sql`(select named from ${named} as any_id where starts_with(named, 'p-'))`
  const [any] = await session.rows(sql`select exists (select 1 from identity_claims)
    and exists (select 1 from ${opaque} as opaque) as is_so`)
  if (any!.isSo !== true) return []
  const { secret } = await identityRule(session)
  const rows = await session.rows(sql`
    select opaque, person
    from (select ${opaqueId(secret, sql`kind`, sql`value`)} as opaque, person from identity_claims) as claim
    where opaque in ${opaque} and opaque not in (select person from identities where is_new)`)
  return rows.map(({ opaque: id, person }) => ({ opaque: String(id), person: String(person) }))
}

/** Claims with whom each person is merged into (`current`), by which it is told who claims: no claim names anybody in this, it follows from them; and the member (`owner`) that the person is in the end. */
const withCurrent = (claims: Sql): Sql => sql`(
  select kind, value, person, coalesce(merged_id, person) as current, coalesce(member_aliases.member_id, person) as owner
  from ${claims} as claim left join member_aliases on alias = person)`

/** Relation of what is claimed (`kind`, `value`, `person`) with `current`, whom the person is merged into, or is, and `owner`, the member that this comes to. */
export const claimsNow: Sql = withCurrent(sql`identity_claims`)

/** Relation of the identities of lines that `which` chooses, with the `order_id` and `import_seq` of each of their lines. */
export const linesOfIdentities = (which: Sql): Sql => sql`(
  select identity.*, line.order_id, line.import_seq
  from (select * from identities where of_lines and ${which}) as identity
  join import_lines as line on ${sameTuple(sql`identity`, sql`line`)})`

/** SQL over an identity (`of`) with a conflict: the value that several members claim. */
export const valueOfConflict = (of: Sql): Sql => sql`case ${of}.conflict
  when 'phone' then ${phoneThatTells(sql`${of}.phone`)} when 'openid' then ${of}.openid else ${of}.email end`

/**
 * A query for what tells a member and nobody else (`told`: `kind:value`, and the opaque id of each): what only they
 * claim, and what a new person is known by.
 */
export const valuesTelling = ({ secret }: IdentityRule, memberId: string): Sql => sql`
  with value_telling as (${valuesAlone(memberId)})
  select told from value_telling
  union all
  select ${opaqueIdOf({ secret }, sql`told`)} from value_telling`

/** SQL: the opaque id of a text `kind:value`, or of several values as `row_people` writes them. */
export const opaqueIdOf = ({ secret }: Pick<IdentityRule, 'secret'>, text: Sql): Sql =>
  sql`('p-' || ${keyedHashSql(secret, text)}[1:16])`

const valuesAlone = (memberId: string): Sql => sql`
  select kind || ':' || value as told from ${claimsNow} as claim
  group by kind, value having count(distinct current) = 1 and min(owner) = ${memberId}
  union
  select by_kind || ':' || case by_kind when 'phone' then phone when 'openid' then openid else email end
  from identities left join member_aliases on alias = person
  where is_new and coalesce(member_aliases.member_id, person) = ${memberId}`
