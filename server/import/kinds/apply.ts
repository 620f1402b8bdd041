import { type Engine, QueryCancelled, type Session } from '../../../analytics/engine/engine.ts'
import { memberNames } from '../../../analytics/relations/member-names.ts'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { followChanges, nobody } from '../../identity/follow.ts'
import { identifyAll, ofRowPeople } from '../../identity/match.ts'
import { resolveMembers } from '../../identity/resolve.ts'
import {
  contestedIds,
  findComingPeople,
  forgetRowPeople,
  keepComingPeople,
  namedRows,
} from '../../identity/row-people.ts'
import { type Tied, tiesOfImport } from '../../identity/ties.ts'
import type { Deletion } from '../../rights/deletions.ts'
import type { Home } from '../members/phones.ts'
import {
  type DeletedRows,
  deletedRowsOf,
  findDeletedPeople,
  isTheirs,
  pseudonymousKindRows,
  textsOf,
} from '../../rights/engine-pseudonyms.ts'
import { findDeleted } from '../../rights/find-deleted.ts'
import { keptWithoutDeleted } from '../../rights/forget-in-texts.ts'
import {
  findForgottenNumbers,
  numberColumns,
  numbersOfRows,
  renumberedRows,
} from '../../rights/order-numbers.ts'
import { type AroundUndo, comingOf, dropMembersWithNothingLeft, type NewImport } from '../apply.ts'
import { beginChange, endChange } from '../orders/figure-changes.ts'
import { touchedMembers } from '../orders/fold.ts'
import { noDays } from '../members/apply.ts'
import { welcome } from '../members/welcome.ts'
import { foldKind, hasKey, identityOf, replacedIdentities } from './fold.ts'
import { foldMembers } from '../members/fold.ts'
import { allKinds } from './catalogue.ts'
import { deletedColumns, type Kind, type Listed, memberColumns, type Projected, tellsPeople } from './kind.ts'

/** What an import of a kind did. Rows count as imported when what they are known by is new or changes. */
export interface AppliedKind {
  readonly imported: number
  /** Of what the file's rows are known by: how much of it is new, changed, the same. */
  readonly newEntries: number
  readonly changedEntries: number
  readonly sameEntries: number
  /** Members that nobody knew of before. */
  readonly newMembers: number
  /** The kind's own counts. */
  readonly counts: Readonly<Record<string, number>>
  readonly lists: readonly Listed[]
  /** Absent where every row is known by its number. */
  readonly matched?: MatchedRows
  /** Rows that tie two members; absent where none does. */
  readonly tied?: Tied
  /** Rows that name members who were deleted. */
  readonly deleted?: DeletedRows
  /** The import that had brought this very file, when nothing changed. */
  readonly sameAs: string | null
}

/** How the rows of a file, of which some have no number, were matched to people. */
export interface MatchedRows {
  /** Rows by what told whom they are. */
  readonly byId: number
  readonly byPhone: number
  readonly byOpenid: number
  readonly byEmail: number
  /** People without a member number, known by a phone, openid or e-mail of this file; earlier files may have had them. */
  readonly newPeople: number
  /** Rows whose value several members claim: nobody's until that is settled. */
  readonly conflicts: number
}

interface Settings {
  readonly today: string
  readonly signal: AbortSignal
  readonly aside?: boolean
}

/** Thrown to leave a transaction without a trace. */
class Undone extends Error {
  override name = 'Undone'
  readonly applied: AppliedKind
  constructor(applied: AppliedKind) {
    super('taken back')
    this.applied = applied
  }
}

/**
 * Appends rows of a kind (`rows`: the columns of its import table without the import's number), folds them,
 * writes what they mean and refreshes what is derived, in one transaction. A dry run, and a file that is
 * already there and changes nothing, leave no trace. `report` and `deletions` as for orders.
 */
export async function applyKind(
  engine: Engine,
  kind: Kind,
  coming: NewImport,
  rows: Sql,
  settings: Settings & {
    readonly dryRun: boolean
    readonly deletions: (session: Session) => Promise<readonly Deletion[]>
    readonly commits: (session: Session) => Promise<void>
    readonly home: Home
  },
  report: (applied: AppliedKind) => string,
): Promise<AppliedKind> {
  try {
    return await engine.largeTransaction(async (session) => {
      const [next] = await session.rows(sql`select coalesce(max(import_seq), 0) + 1 as seq from imports`)
      const importSeq = Number(next!.seq)
      const begun = await beginChange(session, comingOf(coming))
      // what folds asks the imports for their days and whether they replace
      await session.run(sql`insert into imports values (${importSeq}, ${coming.importId}, ${coming.kind}, ${coming.identity},
        ${coming.fileName}, ${coming.fileHash}, ${coming.mapping}, '{}', cast(${coming.importedAt} as timestamp), null)`)
      const [number] = memberColumns(kind)
      const byValues = tellsPeople(kind) && (await findComingPeople(session, rows, number!))
      const ided = tellsPeople(kind) ? namedRows(rows, number!) : rows
      const named = idsIn(deletedColumns(kind), ided)
      const deletions = await settings.deletions(session)
      const someDeleted =
        named !== null &&
        (await findDeleted(
          session,
          deletions,
          byValues
            ? sql`(select member_id from ${named} as named union ${textsOf(sql`coming_people`)})`
            : named,
          settings.home,
        ))
      if (someDeleted && byValues) await findDeletedPeople(session, sql`coming_people`)
      const deleted = someDeleted ? await deletedRowsOf(session, ided, deletedColumns(kind)) : null
      const known = someDeleted ? pseudonymousKindRows(kind, ided) : ided
      const renumber =
        numberColumns(kind).length > 0 &&
        (await findForgottenNumbers(session, deletions, settings.home, {
          own: someDeleted
            ? numbersOfRows(kind, sql`(select * from ${ided} as row where ${isTheirs(kind)})`)
            : null,
          all: numbersOfRows(kind, ided),
          here: numbersOfRows(kind, name(kind.table)),
        }))
      await session.run(sql`insert into ${name(kind.table)} by name
        select cast(${importSeq} as integer) as import_seq, * from ${renumber ? renumberedRows(kind, known) : known} as row`)
      if (someDeleted && byValues)
        await session.run(sql`delete from coming_people where named in (select member_id from deleted_ids)`)
      if (byValues) await keepComingPeople(session)
      await session.run(sql`create or replace temp table kind_touched as
        select distinct ${identityOf(kind)} as identity from ${name(kind.table)} where import_seq = ${importSeq}
        ${coming.replace && kind.replaces ? sql`union ${replacedIdentities(kind, importSeq)}` : sql``}`)
      const changed = await foldKind(session, kind)
      const newMembers = await welcomeNamed(session, kind, importSeq, { byValues })
      const projected = await kind.project?.(session)
      if (projected?.members) await dropMembersWithNothingLeft(session)
      const isChange = changed + newMembers > 0 || projected?.members === true
      const tied = byValues ? await tiesOfImport(session, importSeq) : null
      const applied = {
        ...(await outcome(session, kind, importSeq)),
        newMembers,
        counts: (await kind.count?.(session, importSeq)) ?? {},
        lists: (await kind.list?.(session, importSeq)) ?? [],
        ...(deleted ? { deleted } : {}),
        ...(byValues ? { matched: await matchedRows(session, kind, importSeq) } : {}),
        ...(tied ? { tied } : {}),
        sameAs: isChange ? null : await sameFile(session, coming, importSeq),
      }
      if (settings.dryRun || applied.sameAs !== null) throw new Undone(applied)
      const told = await keptWithoutDeleted(session, deletions, settings.home, {
        fileName: coming.fileName,
        report: report(applied),
      })
      await session.run(
        sql`update imports set file_name = ${told.fileName}, report = ${told.report} where import_seq = ${importSeq}`,
      )
      if (isChange) {
        await refreshDerivedTables(session, changeOf(projected), settings.today)
        await endChange(session, begun)
      }
      await settings.commits(session)
      return applied
    }, settings)
  } catch (error) {
    if (error instanceof Undone) return error.applied
    throw error
  }
}

/**
 * Takes an import of a kind out: what it named is folded again from the imports that are left. Answers how many
 * current rows came or went.
 */
export async function takeOutKind(
  engine: Engine,
  kind: Kind,
  importId: string,
  settings: Settings & { readonly undoneAt: string; readonly around?: AroundUndo },
): Promise<{ rows: number }> {
  return engine.largeTransaction(async (session) => {
    await settings.around?.begin(session)
    const [undone] = await session.rows(sql`select import_seq,
        coalesce(cast(json_extract_string(mapping, '$.replace') as boolean), false) as replace
      from imports where import_id = ${importId}`)
    const importSeq = Number(undone!.importSeq)
    const begun = await beginChange(session, {
      cause: 'undone',
      at: settings.undoneAt,
      importId,
    })
    await session.run(sql`create or replace temp table kind_touched as
      select distinct ${identityOf(kind)} as identity from ${name(kind.table)} where import_seq = ${importSeq}
      ${undone!.replace === true && kind.replaces ? sql`union ${replacedIdentities(kind, importSeq)}` : sql``}`)
    const gone = sql`(select * from ${name(kind.table)} where import_seq = ${importSeq})`
    await session.run(sql`create or replace temp table touched_members as
      select distinct member_key from ${memberNames} as names
      where named in (select member_id from ${namedIn(kind, gone) ?? nobody} as named)`)
    await session.run(sql`delete from ${name(kind.table)} where import_seq = ${importSeq}`)
    await session.run(sql`update imports set undone_at = cast(${settings.undoneAt} as timestamp)
      where import_seq = ${importSeq}`)
    const rows = await foldKind(session, kind)
    const projected = await kind.project?.(session)
    if (tellsPeople(kind) && (await forgetRowPeople(session, namedByKinds))) await tellWithoutThem(session)
    await dropMembersWithNothingLeft(session)
    await settings.around?.end(session, { rows })
    // also where the rows stay: what they mean may go by the import that they came with first
    await refreshDerivedTables(session, changeOf(projected), settings.today)
    await endChange(session, begun)
    if (settings.signal.aborted) throw new QueryCancelled('The undoing was cancelled.')
    return { rows }
  }, settings)
}

/** Relation with one column `member_id`: the ids that rows of further kinds name. */
const namedByKinds = sql`(${join(
  allKinds.flatMap((kind) =>
    memberColumns(kind).map((column) => sql`select ${column} as member_id from ${name(kind.table)}`),
  ),
  sql` union `,
)})`

/** Forgets whom rows told that are gone, with what stood under their ids. Adds to `touched_members`. */
async function tellWithoutThem(session: Session): Promise<void> {
  await session.run(
    sql`create or replace temp table touched_by_rows as select member_key from touched_members`,
  )
  const [state] = await session.rows(sql`select time_zone from workspace_state`)
  const changes = await identifyAll(session, { tuples: 'of-all' })
  await followChanges(session, changes, nobody, String(state!.timeZone))
  await session.run(sql`insert into touched_members select member_key from touched_by_rows
    where member_key not in (select member_key from touched_members)`)
}

/** What the derived tables have to follow: the touched members, and every day where orders changed hands. */
const changeOf = (projected: Projected | void) => ({
  members: touchedMembers,
  ...(projected?.orders ? {} : { days: noDays }),
})

/** Relation of the ids that rows of a kind name, one column `member_id`; null for a kind that names nobody. */
export const namedIn = (kind: Kind, rows: Sql): Sql | null => idsIn(memberColumns(kind), rows)

function idsIn(columns: readonly Sql[], rows: Sql): Sql | null {
  if (columns.length === 0) return null
  return sql`(${join(
    columns.map(
      (column) => sql`select distinct ${column} as member_id from ${rows} as row where ${column} is not null`,
    ),
    sql` union `,
  )})`
}

/** Opaque ids among those that the import names, of values that somebody claims, come to name the claimants. */
async function nameClaimants(session: Session, named: Sql | null): Promise<void> {
  if (named === null) return
  const [opaque] = await session.rows(sql`select exists (select 1 from ${named} as named
    where starts_with(member_id, 'p-') and member_id not in (select named from ${memberNames} as names)) as some`)
  if (opaque!.some === true) await resolveMembers(session, named)
}

/**
 * Members whom the import names and nobody knew become known, `byValues`: by what rows without a number tell too. They
 * are the first of `touched_members`.
 */
async function welcomeNamed(
  session: Session,
  kind: Kind,
  importSeq: number,
  { byValues }: { byValues: boolean },
): Promise<number> {
  const named = namedIn(kind, sql`(select * from ${name(kind.table)} where import_seq = ${importSeq})`)
  await session.run(sql`create or replace temp table newly_named (member_id varchar)`)
  const welcomeNew = async (ids: Sql) => {
    await session.run(sql`insert into newly_named
      select distinct coalesce(member_aliases.member_id, named.member_id) as member_id
      from ${ids} as named left join member_aliases on alias = named.member_id
      where coalesce(member_aliases.member_id, named.member_id) not in (select member_id from members where not stub)`)
    await welcome(session, sql`newly_named`)
  }
  // before their ids become names of theirs, so that it shows who is new
  if (byValues)
    await welcomeNew(sql`(select person as member_id from ${ofRowPeople} as told
      where named in (select named from coming_people) and person is not null)`)
  await nameClaimants(session, named)
  if (named !== null && !kind.namesOnly)
    await welcomeNew(
      sql`(select member_id from ${named} as named_now where member_id not in ${contestedIds})`,
    )
  await session.run(sql`create or replace temp table touched_members as
    select member_key from members where member_id in (select member_id from newly_named)`)
  const [counted] = await session.rows(sql`select count(*) as members from newly_named`)
  if (byValues && counted!.members !== 0) await foldMembers(session)
  return Number(counted!.members)
}

async function matchedRows(session: Session, kind: Kind, importSeq: number): Promise<MatchedRows> {
  const [number] = memberColumns(kind)
  const by = (value: string) => sql`count(distinct row_number) filter (where by_kind = ${value})`
  const [row] = await session.rows(sql`
    select count(distinct row_number) filter (where ${number!} is not null and told.named is null) as by_id,
      ${by('phone')} as by_phone, ${by('openid')} as by_openid, ${by('email')} as by_email,
      count(distinct person) filter (where is_new) as new_people,
      count(distinct row_number) filter (where told.named is not null and person is null) as conflicts
    from ${name(kind.table)} as line left join ${ofRowPeople} as told on told.named = line.${number!}
    where line.import_seq = ${importSeq}`)
  return row as unknown as MatchedRows
}

async function outcome(session: Session, kind: Kind, importSeq: number) {
  const [counts] = await session.rows(sql`
    with own as (
      select row_number, ${identityOf(kind)} as identity, ${hasKey(kind)} as keyed,
        row_number() over (partition by ${identityOf(kind)} order by row_number) as nth
      from ${name(kind.table)} where import_seq = ${importSeq}
    ),
    known as (select ${identityOf(kind)} as identity, count(*) as times from kind_before group by all),
    changing as (select distinct ${identityOf(kind)} as identity from kind_changed),
    judged as (
      select row_number, case when keyed then own.identity else hash(own.identity, nth) end as entry,
        known.identity is null or not keyed as is_new,
        case when keyed then changing.identity is not null else nth > coalesce(known.times, 0) end as brings
      from own
      left join known on known.identity = own.identity
      left join changing on changing.identity = own.identity
    )
    select count(distinct row_number) filter (where brings) as imported,
      count(distinct entry) filter (where brings and is_new) as new_entries,
      count(distinct entry) filter (where brings and not is_new) as changed_entries,
      count(distinct entry) filter (where not brings) as same_entries
    from judged`)
  return {
    imported: Number(counts!.imported),
    newEntries: Number(counts!.newEntries),
    changedEntries: Number(counts!.changedEntries),
    sameEntries: Number(counts!.sameEntries),
  }
}

async function sameFile(session: Session, coming: NewImport, importSeq: number): Promise<string | null> {
  const [same] = await session.rows(sql`select import_id from imports
    where file_hash = ${coming.fileHash} and kind = ${coming.kind} and undone_at is null
      and import_seq <> ${importSeq} order by import_seq limit 1`)
  return same ? String(same.importId) : null
}
