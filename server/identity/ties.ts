import { z } from 'zod'
import type { Session } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { personValues } from '../import/fields.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { memberColumns, tellsPeople } from '../import/kinds/kind.ts'
import { type IdentityKind, identityKinds, phoneThatTells } from '../import/person-values.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { maskedValue } from './masked.ts'
import { claimsNow, ofRowPeople, opaqueIdOf, sameTuple } from './match.ts'
import { type IdentityRule, identityRule } from './rule.ts'

/**
 * Rows that tie two members: one row carries two values of a person (number, phone, openid, e-mail), is told by one of
 * them, and the other is another member's. A value is a member's whom alone files of members give it to, and that of
 * a person who is known by it. Nothing is guessed from that, as a colleague's or a shop's phone stands on rows too:
 * ties are listed, for people to merge the two or to say that they are not one person.
 */

/** Two members whom rows tie. */
export interface Tie {
  /** The one as whom most of the rows are told. */
  readonly member: TiedMember
  readonly other: TiedMember
  /** By what: the value that told the rows, and the other's; masked. The commonest first. */
  readonly by: readonly {
    readonly told: TiedValue
    readonly other: TiedValue
  }[]
  readonly rows: number
  /** Where they stand, by import in their order. */
  readonly files: readonly { readonly importId: string; readonly fileName: string; readonly rows: number }[]
  /** How many members rows tie by one of these values: over 2, one may be a shop's or a family's. */
  readonly people: number
  /** Merging is what the rows suggest: nobody else is tied by these values, and one of the two has no number of the shop's. */
  readonly plain: boolean
}

export interface TiedMember {
  readonly memberId: string
  readonly name: string | null
  /** The id is made of a value: the shop gave the person no number. */
  readonly numberless: boolean
  readonly orders: number
}

export interface TiedValue {
  readonly kind: IdentityKind
  readonly value: string
}

/** A value that told rows of many people, or of one with many: of one phone the rows have several e-mails. */
export interface SharedValue {
  readonly kind: IdentityKind
  /** Masked. */
  readonly value: string
  readonly memberId: string
  readonly name: string | null
  /** What differs on the rows, and how many of it there are. */
  readonly otherKind: IdentityKind
  readonly others: number
  readonly rows: number
}

export interface Ties {
  readonly ties: readonly Tie[]
  /** All there are: of very many the first are listed, those of most rows first. */
  readonly total: number
  /** How many pairs people have said are two persons. */
  readonly dismissed: number
  readonly shared: readonly SharedValue[]
}

/** As many pairs are listed, and merged at once. */
export const mostTies = 500

/** A value that stands beside as many others is told: with fewer it is a person with a second phone or address. */
const manyOthers = 4

const telling = (kind: IdentityKind): Sql =>
  kind === 'id' ? sql`number` : kind === 'phone' ? phoneThatTells(sql`phone`) : name(kind)

const severalValues = (number: Sql): Sql =>
  sql`(${join(
    [number, phoneThatTells(sql`phone`), sql`openid`, sql`email`].map(
      (value) => sql`cast(${value} is not null as integer)`,
    ),
    sql` + `,
  )} > 1)`

/**
 * Each combination of several values on rows that hold, by import: `rows` of it, `person` whom it tells by the value
 * of `by_kind`. Of rows of members that have a number those alone that give the member a value by which somebody is
 * known still: whose a value is now the newest rows say. `which` is a condition on a row.
 */
const rowsWithSeveral = (which: Sql): Sql => sql`(
  select line.* rename (member_id as number), false as by_known_alone,
    case when identity.of_lines then identity.person else line.member_id end as person,
    case when identity.of_lines then identity.by_kind else 'id' end as by_kind
  from (
    select line.import_seq, member_id, phone, openid, email, known_by, count(*) filter (coalesce(piece, 1) = 1) as rows
    from (select * from import_lines where ${which} and ${severalValues(sql`member_id`)}) as line
    join order_versions on order_versions.order_id = line.order_id and order_versions.import_seq = line.import_seq
    group by all
  ) as line
  left join (select * from identities where of_lines) as identity on ${sameTuple(sql`identity`, sql`line`)}
  union all by name
  select said.* rename (member_id as number), said.member_id is not null as by_known_alone, coalesce(said.member_id, identity.person) as person,
    case when said.member_id is null then identity.by_kind else 'id' end as by_kind
  from (
    select import_seq, member_id, phone, openid, email, count(*) as rows from import_members
    where ${which} and ${severalValues(sql`member_id`)} and (member_id is null or ${join(
      personValues.map(
        (kind) =>
          sql`coalesce(${telling(kind)} in (select known_value from known_people where by_kind = ${kind}), false)`,
      ),
      sql` or `,
    )})
    group by all
  ) as said
  left join (select * from identities where not of_lines) as identity
    on said.member_id is null and identity.phone is not distinct from said.phone
    and identity.openid is not distinct from said.openid and identity.email is not distinct from said.email
  union all by name
  select row_of.import_seq, row_of.rows, false as by_known_alone, told.phone, told.openid, told.email, told.person, told.by_kind
  from ${ofRowPeople} as told
  join (${join(
    allKinds.filter(tellsPeople).map(
      (kind) => sql`select import_seq, ${memberColumns(kind)[0]!} as named, count(*) as rows
          from ${name(kind.table)} group by all`,
    ),
    sql` union all `,
  )}) as row_of on row_of.named = told.named
  where ${which} and ${severalValues(sql`cast(null as varchar)`)})`

/** SQL over a row with `number`, `phone`, `openid` and `email`: the value that a column names the kind of. */
const valueOf = (kind: Sql): Sql =>
  sql`case ${kind} ${join(
    identityKinds.map((one) => sql`when ${one} then ${telling(one)}`),
    sql` `,
  )} end`

/** Whose each value is (`kind`, `value`, `owner`): whom alone it is claimed for, and who is `known` by it. */
const owners = ({ kinds }: IdentityRule): Sql => sql`(
  select kind, value, min(current) as owner, false as known from ${claimsNow} as claim
  group by kind, value having count(distinct current) = 1
  union
  select by_kind, known_value, coalesce(alias.member_id, person), true
  from known_people left join member_aliases as alias on alias.alias = person
  ${
    kinds[0] === 'id' // a number decides then, and is nobody else's
      ? sql``
      : sql`union
  select 'id', named, members.member_id, false
  from ${memberNames} as names join members on members.member_key = names.member_key`
  })`

/** What a dismissal knows a value by: a number as it is, all else by an id that gives nothing away. */
const keyOf = (rule: IdentityRule, kind: Sql, value: Sql): Sql =>
  sql`case when ${kind} = 'id' then ${value} else ${opaqueIdOf(rule, sql`(${kind} || ':' || ${value})`)} end`

/**
 * Common table expressions of the rows that `which` chooses: `known_people` has who is known by a value, `said` the rows with several values, numbered (`place`), each with the
 * member as whom it is told and the value that told it; `tied` has each of them with each value that is another member's:
 * `one` and `another` are what a dismissal knows the two values by, in their order.
 */
const tiedRows = (rule: IdentityRule, which: Sql): Sql => sql`
  known_people as materialized (
    select distinct person, by_kind, ${valueOf(sql`by_kind`)} as known_value
    from (select * rename (member_id as number) from identities where is_new and person is not null) as new_identity
  ),
  said as materialized (
    select told.*, row_number() over () as place, members.member_id as member
    from (select *, ${valueOf(sql`by_kind`)} as told_value from ${rowsWithSeveral(which)} as several) as told
    join ${memberNames} as names on names.named = told.person
    join members on members.member_key = names.member_key and not members.stub
  ),
  valued as (${join(
    identityKinds.map(
      (
        kind,
      ) => sql`select place, import_seq, rows, by_known_alone, member, by_kind, told_value, ${kind} as kind, ${telling(kind)} as value
        from said where by_kind <> ${kind} and ${telling(kind)} is not null`,
    ),
    sql` union all `,
  )}),
  tied as materialized (
    select place, import_seq, rows, member, owner as other, by_kind as told_kind, told_value, valued.kind, valued.value,
      ${keyOf(rule, sql`by_kind`, sql`told_value`)} as told_key, ${keyOf(rule, sql`valued.kind`, sql`valued.value`)} as other_key,
      least(told_key, other_key) as one, greatest(told_key, other_key) as another,
      exists (select 1 from ties_dismissed as dismissed where dismissed.one = least(told_key, other_key)
        and dismissed.another = greatest(told_key, other_key)) as dismissed
    from valued join ${owners(rule)} as owned on owned.kind = valued.kind and owned.value = valued.value
    join members on members.member_id = owner and not members.stub
    where owner <> member and (owned.known or not by_known_alone)
  )`

/** Whether rows can tie anybody: all is told by numbers alone else. */
async function anyTold(session: Pick<Session, 'rows'>): Promise<boolean> {
  const [found] = await session.rows(sql`select exists (select 1 from identities)
    or exists (select 1 from identity_claims) as some`)
  return found!.some === true
}

const everyRow = sql`true`

/** How many pairs of members rows tie of whom people have not said that they are two, and how many rows do. */
export interface Tied {
  readonly pairs: number
  readonly rows: number
}

/** What the rows of an import tie; null: nothing. */
export const tiesOfImport = (session: Session, importSeq: number): Promise<Tied | null> =>
  tiesAmong(session, sql`import_seq = ${importSeq}`)

/** The same of all rows that have a value which an import of members gives to somebody. */
export const tiesOfMembers = (session: Session, importSeq: number): Promise<Tied | null> =>
  tiesAmong(
    session,
    sql`(${join(
      personValues.map(
        (kind) =>
          sql`coalesce(${name(kind)} in (select ${name(kind)} from import_members where import_seq = ${importSeq}), false)`,
      ),
      sql` or `,
    )})`,
  )

async function tiesAmong(session: Session, which: Sql): Promise<Tied | null> {
  if (!(await anyTold(session))) return null
  const rule = await identityRule(session)
  const [found] = await session.rows(sql`
    with ${tiedRows(rule, which)}
    select count(distinct (least(member, other), greatest(member, other))) as pairs,
      coalesce((select cast(sum(rows) as bigint) from said
        where place in (select place from tied where not dismissed)), 0) as rows
    from tied where not dismissed`)
  return found!.pairs === 0 ? null : { pairs: Number(found!.pairs), rows: Number(found!.rows) }
}

const TiedSide = z.object({
  memberId: z.string(),
  name: z.string().nullable(),
  numberless: z.boolean(),
  orders: z.int(),
})
const Value = z.object({ kind: z.enum(identityKinds), value: z.string() })
const list = <T extends z.ZodType>(of: T) =>
  z.string().transform((text) => z.array(of).parse(JSON.parse(text)))
const Row = z.object({
  members: list(TiedSide),
  by: list(z.object({ told: Value, other: Value })),
  rows: z.int(),
  files: list(z.object({ importId: z.string(), fileName: z.string(), rows: z.int() })),
  people: z.int(),
  plain: z.boolean(),
  total: z.int(),
})
const Shared = z.object({
  ...Value.shape,
  memberId: z.string(),
  name: z.string().nullable(),
  otherKind: z.enum(identityKinds),
  others: z.int(),
  rows: z.int(),
})

/** Whether an id is made of a value (`opaqueIdOf`): the shop gave the person no number. */
export const isNumberless = (memberId: string): boolean => /^p-[0-9a-f]{16}$/.test(memberId)
const numberless = (memberId: Sql): Sql => sql`regexp_full_match(${memberId}, 'p-[0-9a-f]{16}')`

/** The pairs of members whom rows tie, those of most rows first; `dismissed`: those of which people have said that they are two. */
export async function tiesOf(
  { engine }: Pick<Workspace, 'engine'>,
  { dismissed = false, signal }: { dismissed?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Ties> {
  if (!(await anyTold(engine))) return { ties: [], total: 0, dismissed: 0, shared: [] }
  const rule = await identityRule(engine)
  const options = signal ? { signal } : {}
  const rows = await engine.rows(
    sql`with ${tiedRows(rule, everyRow)},
      paired as (select *, least(member, other) as low, greatest(member, other) as high from tied),
      pairs as (
        select low, high, bool_and(dismissed) as dismissed, arg_max(member, rows) as told_as from paired group by all
      ),
      -- how many members stand on rows with one of these values: the owner, and who else
      around as (
        select kind, value, count(distinct member) + 1 as people from paired group by all
      ),
      beside as (
        select told_kind, told_value, kind, count(distinct other) + 1 as people from paired group by all
      ),
      counted as (
        select low, high, cast(sum(rows) as bigint) as rows,
          cast(to_json(list({'importId': import_id, 'fileName': file_name, 'rows': rows} order by import_seq)) as varchar) as files
        from (
          select low, high, import_seq, cast(sum(rows) as bigint) as rows
          from (select distinct low, high, place, import_seq, rows from paired) as once group by all
        ) as by_import join imports using (import_seq)
        group by all
      ),
      valued_pairs as (
        select low, high, paired.told_kind, paired.told_value, paired.kind, paired.value, sum(rows) as rows,
          max(greatest(coalesce(around.people, 2), coalesce(beside.people, 2))) as people
        from paired
        left join around on around.kind = paired.kind and around.value = paired.value
        left join beside on beside.told_kind = paired.told_kind and beside.told_value = paired.told_value and beside.kind = paired.kind
        group by all
      ),
      by_value as (
        select low, high, max(people) as people,
          cast(to_json(list({'told': {'kind': told_kind, 'value': told_value}, 'other': {'kind': kind, 'value': value}}
            order by rows desc, told_kind, told_value, kind, value)) as varchar) as by
        from valued_pairs group by all
      ),
      sides as (
        select low, high, members.member_id, members.name, ${numberless(sql`members.member_id`)} as numberless,
          coalesce(facts.orders, 0) as orders, members.member_id <> told_as as second
        from pairs join members on members.member_id in (low, high)
        left join member_facts as facts on facts.member_key = members.member_key
      ),
      two as (
        select low, high, count(*) filter (not numberless) as numbered,
          cast(to_json(list({'memberId': member_id, 'name': name, 'numberless': numberless, 'orders': orders}
            order by second)) as varchar) as members
        from sides group by all
      )
    select members, "by", rows, files, people, people = 2 and numbered < 2 as plain, count(*) over () as total
    from pairs join counted using (low, high) join by_value using (low, high) join two using (low, high)
    where dismissed = ${dismissed}
    order by people > 2, rows desc, low, high limit ${mostTies}`,
    options,
  )
  const [others] = await engine.rows(
    sql`with ${tiedRows(rule, everyRow)}
      select count(*) as pairs from (select bool_and(dismissed) as dismissed from tied group by least(member, other), greatest(member, other)) as pair
      where dismissed`,
    options,
  )
  const shared = dismissed ? [] : await sharedValues(engine, rule, options)
  const found = z.array(Row).parse(rows)
  return {
    ties: found.map(({ members, by, rows: count, files, people, plain }) => ({
      rows: count,
      files,
      people,
      plain,
      member: members[0]!,
      other: members[1]!,
      by: by.map(({ told, other }) => ({ told: shown(told), other: shown(other) })),
    })),
    total: found[0]?.total ?? 0,
    dismissed: Number(others!.pairs),
    shared,
  }
}

const shown = ({ kind, value }: TiedValue): TiedValue => ({
  kind,
  value: kind === 'id' ? value : maskedValue(kind, value),
})

/** Values that told rows on which many different values of another kind stand: a shop's phone makes one member of many people. */
async function sharedValues(
  engine: Workspace['engine'],
  rule: IdentityRule,
  options: { readonly signal?: AbortSignal },
): Promise<SharedValue[]> {
  const rows = await engine.rows(
    sql`with ${tiedRows(rule, everyRow)}
      select by_kind as kind, told_value as value, member as member_id, members.name, valued.kind as other_kind,
        count(distinct valued.value) as others, cast(sum(rows) as bigint) as rows
      from valued join members on members.member_id = member
      where by_kind <> 'id' group by all having count(distinct valued.value) >= ${manyOthers}
      order by others desc, rows desc, value limit 50`,
    options,
  )
  return z
    .array(Shared)
    .parse(rows)
    .map((one) => ({ ...one, ...shown(one) }))
}

/** One of the pairs of `tiesOf`, in any order. */
export type Pair = readonly [string, string]

/**
 * Remembers of pairs that rows tie that they are two persons (or, `dismissed` false, forgets that). What is remembered is the
 * values that tie them, so that it holds whoever has them later, and a row that ties them by others is listed
 * again. In the caller's transaction; answers how many pairs it found.
 */
export async function dismissTies(
  session: Session,
  pairs: readonly Pair[],
  dismissed: boolean,
): Promise<number> {
  const rule = await identityRule(session)
  const asked = pairs.map(([low, high]) => ({ low, high }))
  await session.run(sql`create or replace temp table ties_asked as
    with ${tiedRows(rule, everyRow)}
    select distinct least(member, other) as low, greatest(member, other) as high, one, another
    from tied join (select unnest(from_json(${JSON.stringify(asked)}, '[{"low":"VARCHAR","high":"VARCHAR"}]'), recursive := true)) as asked
      on least(asked.low, asked.high) = least(member, other) and greatest(asked.low, asked.high) = greatest(member, other)`)
  await session.run(sql`delete from ties_dismissed
    where (one, another) in (select one, another from ties_asked)`)
  if (dismissed)
    await session.run(sql`insert into ties_dismissed select distinct one, another from ties_asked`)
  const [found] = await session.rows(sql`select count(distinct (low, high)) as pairs from ties_asked`)
  await session.run(sql`drop table ties_asked`)
  return Number(found!.pairs)
}

/** Forgets what was said of values that no row ties any more: they may have been a deleted person's. */
export async function forgetIdleDismissals(session: Session): Promise<void> {
  const [any] = await session.rows(sql`select exists (select 1 from ties_dismissed) as some`)
  if (any!.some !== true) return
  const rule = await identityRule(session)
  await session.run(sql`create or replace temp table ties_left as
    with ${tiedRows(rule, everyRow)} select distinct one, another from tied`)
  await session.run(
    sql`delete from ties_dismissed where (one, another) not in (select one, another from ties_left)`,
  )
  await session.run(sql`drop table ties_left`)
}
