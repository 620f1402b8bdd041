import { z } from 'zod'
import type { ScratchSession, Session } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { personValues } from '../import/columns/fields.ts'
import { allKinds } from '../import/kinds/catalogue.ts'
import { memberColumns, tellsPeople } from '../import/kinds/kind.ts'
import { type IdentityKind, identityKinds, phoneThatTells } from '../import/values/person-values.ts'
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
  /** By what: the value that told the rows, and the other's. The commonest first. */
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
  /** Masked unless they were asked for whole. */
  readonly value: string
}

/** A value that told rows of many people, or of one with many: of one phone the rows have several e-mails. */
export interface SharedValue {
  readonly kind: IdentityKind
  /** Likewise. */
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
  /** How many of all are plain. */
  readonly plain: number
  /** How many pairs people have said are two persons. */
  readonly dismissed: number
  readonly shared: readonly SharedValue[]
}

/** As many pairs are listed. */
export const mostTies = 500

/** A value that stands beside as many others is told: with fewer it is a person with a second phone or address. */
const manyOthers = 4

const telling = (kind: IdentityKind): Sql =>
  kind === 'id' ? sql`number` : kind === 'phone' ? phoneThatTells(sql`phone`) : name(kind)

/** Whether a phone tells anybody is asked of those rows alone that have another value: of most rows it is their only one. */
const severalValues = (number: Sql): Sql => {
  const several = (phone: Sql) =>
    sql`${join(
      [number, phone, sql`openid`, sql`email`].map((value) => sql`cast(${value} is not null as integer)`),
      sql` + `,
    )} > 1`
  return sql`(${several(sql`phone`)} and ${several(phoneThatTells(sql`phone`))})`
}

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
          sql`coalesce(${telling(kind)} in (select known_value from tying_known where by_kind = ${kind}), false)`,
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
  select kind, value, min(claim.owner) as owner, false as known from ${claimsNow} as claim
  group by kind, value having count(distinct current) = 1
  union
  select by_kind, known_value, coalesce(alias.member_id, person), true
  from tying_known left join member_aliases as alias on alias.alias = person
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
 * Temporary tables of the rows that `which` chooses: `tying_known` has who is known by a value; `tying_values` each row
 * with several values (`place`), the member as whom it is told (`member`) by which value, and each other value of it; `tied`
 * those whose other value is another member's: `one` and `another` are what a dismissal knows the two values by, in
 * their order. Each is made once, however much is asked of it.
 */
async function findTied(session: TyingSession, which: Sql): Promise<void> {
  const rule = await identityRule(session)
  await session.run(sql`create or replace temp table tying_known as
    select distinct person, by_kind, ${valueOf(sql`by_kind`)} as known_value
    from (select * rename (member_id as number) from identities where is_new and person is not null) as new_identity`)
  await session.run(sql`create or replace temp table tying_rows as
    select told.*, row_number() over () as place, members.member_id as member
    from (select *, ${valueOf(sql`by_kind`)} as told_value from ${rowsWithSeveral(which)} as several) as told
    join ${memberNames} as names on names.named = told.person
    join members on members.member_key = names.member_key and not members.stub`)
  await session.run(
    sql`create or replace temp table tying_values as ${join(
      identityKinds.map(
        (
          kind,
        ) => sql`select place, import_seq, rows, by_known_alone, member, by_kind, told_value, ${kind} as kind, ${telling(kind)} as value
        from tying_rows where by_kind <> ${kind} and ${telling(kind)} is not null`,
      ),
      sql` union all `,
    )}`,
  )
  await session.run(sql`create or replace temp table tied as
    select place, import_seq, rows, member, owner as other, by_kind as told_kind, told_value, valued.kind, valued.value,
      ${keyOf(rule, sql`by_kind`, sql`told_value`)} as told_key, ${keyOf(rule, sql`valued.kind`, sql`valued.value`)} as other_key,
      least(told_key, other_key) as one, greatest(told_key, other_key) as another,
      exists (select 1 from ties_dismissed as dismissed where dismissed.one = least(told_key, other_key)
        and dismissed.another = greatest(told_key, other_key)) as dismissed
    from tying_values as valued join ${owners(rule)} as owned on owned.kind = valued.kind and owned.value = valued.value
    join members on members.member_id = owner and not members.stub
    where owner <> member and (owned.known or not by_known_alone)`)
}

/** What tables of the moment can be made in. */
type TyingSession = Pick<ScratchSession, 'rows' | 'run'>

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
  await findTied(session, which)
  const [found] = await session.rows(sql`
    select count(distinct (least(member, other), greatest(member, other))) as pairs,
      coalesce((select cast(sum(rows) as bigint) from tying_rows
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

/**
 * The pairs of `tied` into the temporary table `tied_pairs`: `low` and `high` are the two in the order of their ids, `people`
 * how many members stand on rows with one of their values at most, `plain` as of a tie.
 */
async function findPairs(session: TyingSession): Promise<void> {
  await session.run(sql`create or replace temp table tied_values as
    with paired as (select *, least(member, other) as low, greatest(member, other) as high from tied),
    -- how many members stand on rows with one of these values: the owner, and who else
    around as (
      select kind, value, count(distinct member) + 1 as people from paired group by all
    ),
    beside as (
      select told_kind, told_value, kind, count(distinct other) + 1 as people from paired group by all
    )
    select low, high, paired.told_kind, paired.told_value, paired.kind, paired.value, sum(rows) as rows,
      max(greatest(coalesce(around.people, 2), coalesce(beside.people, 2))) as people
    from paired
    left join around on around.kind = paired.kind and around.value = paired.value
    left join beside on beside.told_kind = paired.told_kind and beside.told_value = paired.told_value and beside.kind = paired.kind
    group by all`)
  await session.run(sql`create or replace temp table tied_pairs as
    with paired as (select *, least(member, other) as low, greatest(member, other) as high from tied),
    pairs as (
      select low, high, bool_and(dismissed) as dismissed, arg_max(member, rows) as told_as from paired group by all
    ),
    counted as (
      select low, high, cast(sum(rows) as bigint) as rows
      from (select distinct low, high, place, rows from paired) as once group by all
    ),
    around as (select low, high, max(people) as people from tied_values group by all)
    select *, people = 2 and (${numberless(sql`low`)} or ${numberless(sql`high`)}) as plain
    from pairs join counted using (low, high) join around using (low, high)`)
}

/**
 * The pairs of members whom rows tie, those of most rows first; `dismissed`: those of which people have said that they are
 * two; `unmasked`: values are whole, for whoever may see them.
 */
export async function tiesOf(
  { engine }: Pick<Workspace, 'engine'>,
  {
    dismissed = false,
    unmasked = false,
    signal,
  }: { dismissed?: boolean; unmasked?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<Ties> {
  if (!(await anyTold(engine))) return { ties: [], total: 0, plain: 0, dismissed: 0, shared: [] }
  const asSeen = ({ kind, value }: TiedValue): TiedValue => ({
    kind,
    value: kind === 'id' || unmasked ? value : maskedValue(kind, value),
  })
  return engine.scratch(
    async (session) => {
      await findTied(session, everyRow)
      await findPairs(session)
      const [counts] = await session.rows(sql`
        select count(*) filter (dismissed = ${dismissed}) as total, count(*) filter (plain and dismissed = ${dismissed}) as plain,
          count(*) filter (dismissed) as dismissed from tied_pairs`)
      const rows = await session.rows(sql`
        with listed as (
          select *, row_number() over (order by people > 2, rows desc, low, high) as listed_at from tied_pairs
          where dismissed = ${dismissed} order by listed_at limit ${mostTies}
        ),
        by_file as (
          select low, high, cast(to_json(list({'importId': import_id, 'fileName': file_name, 'rows': rows} order by import_seq)) as varchar) as files
          from (
            select low, high, import_seq, cast(sum(rows) as bigint) as rows
            from (
              select distinct low, high, place, tied.import_seq, tied.rows
              from tied join listed on low = least(member, other) and high = greatest(member, other)
            ) as once group by all
          ) as by_import join imports using (import_seq)
          group by all
        ),
        by_value as (
          select low, high,
            cast(to_json(list({'told': {'kind': told_kind, 'value': told_value}, 'other': {'kind': kind, 'value': value}}
              order by tied_values.rows desc, told_kind, told_value, kind, value)) as varchar) as by
          from tied_values join listed using (low, high) group by all
        ),
        two as (
          select low, high,
            cast(to_json(list({'memberId': members.member_id, 'name': members.name, 'numberless': ${numberless(sql`members.member_id`)},
              'orders': coalesce(facts.orders, 0)} order by members.member_id <> told_as)) as varchar) as members
          from (select low, high, told_as, unnest([low, high]) as side from listed) as sides
          join members on members.member_id = side
          left join member_facts as facts on facts.member_key = members.member_key
          group by all
        )
        select members, "by", rows, files, people, plain
        from listed join by_file using (low, high) join by_value using (low, high) join two using (low, high)
        order by listed_at`)
      return {
        ties: z
          .array(Row)
          .parse(rows)
          .map(({ members, by, ...tie }) => ({
            ...tie,
            member: members[0]!,
            other: members[1]!,
            by: by.map(({ told, other }) => ({ told: asSeen(told), other: asSeen(other) })),
          })),
        total: Number(counts!.total),
        plain: Number(counts!.plain),
        dismissed: Number(counts!.dismissed),
        shared: dismissed
          ? []
          : (await sharedValues(session)).map((one): SharedValue => ({ ...one, ...asSeen(one) })),
      }
    },
    signal ? { signal } : {},
  )
}

/** Values that told rows on which many different values of another kind stand: a shop's phone makes one member of many people. */
async function sharedValues(session: TyingSession): Promise<SharedValue[]> {
  const rows = await session.rows(sql`
    select by_kind as kind, told_value as value, member as member_id, members.name, valued.kind as other_kind,
      count(distinct valued.value) as others, cast(sum(rows) as bigint) as rows
    from tying_values as valued join members on members.member_id = member
    where by_kind <> 'id' group by all having count(distinct valued.value) >= ${manyOthers}
    order by others desc, rows desc, value limit 50`)
  return z.array(Shared).parse(rows)
}

/** All pairs that are plain and that nobody has said to be two persons, those of most rows first. */
export async function plainPairs(session: Session): Promise<Pair[]> {
  if (!(await anyTold(session))) return []
  await findTied(session, everyRow)
  await findPairs(session)
  const rows = await session.rows(
    sql`select low, high from tied_pairs where plain and not dismissed order by rows desc, low, high`,
  )
  return rows.map(({ low, high }): Pair => [String(low), String(high)])
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
  const asked = pairs.map(([low, high]) => ({ low, high }))
  await findTied(session, everyRow)
  await session.run(sql`create or replace temp table ties_asked as
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
  await findTied(session, everyRow)
  await session.run(
    sql`delete from ties_dismissed where (one, another) not in (select one, another from tied)`,
  )
}
