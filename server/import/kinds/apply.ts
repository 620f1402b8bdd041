import { type Engine, QueryCancelled, type Session } from '../../../analytics/engine/engine.ts'
import { memberNames } from '../../../analytics/relations/member-names.ts'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { resolveMembers } from '../../identity/resolve.ts'
import type { Deletion } from '../../rights/deletions.ts'
import { findDeleted, pseudonymousKindRows } from '../../rights/engine-pseudonyms.ts'
import { dropMembersWithNothingLeft, type NewImport, patient } from '../apply.ts'
import { touchedMembers } from '../fold.ts'
import { noDays } from '../members/apply.ts'
import { welcome } from '../members/welcome.ts'
import { foldKind, hasKey, identityOf, replacedIdentities } from './fold.ts'
import { type Kind, type Listed, memberColumns, type Projected } from './kind.ts'

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
  /** The import that had brought this very file, when nothing changed. */
  readonly sameAs: string | null
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
    readonly deletions: () => Promise<readonly Deletion[]>
    readonly commits: () => void
  },
  report: (applied: AppliedKind) => string,
): Promise<AppliedKind> {
  try {
    return await engine.largeTransaction(async (plain) => {
      const session = patient(plain, { signal: settings.signal })
      const [next] = await session.rows(sql`select coalesce(max(import_seq), 0) + 1 as seq from imports`)
      const importSeq = Number(next!.seq)
      // what folds asks the imports for their days and whether they replace
      await session.run(sql`insert into imports values (${importSeq}, ${coming.importId}, ${coming.kind}, ${coming.identity},
        ${coming.fileName}, ${coming.fileHash}, ${coming.mapping}, '{}', cast(${coming.importedAt} as timestamp), null)`)
      const named = namedIn(kind, rows)
      const someDeleted = named !== null && (await findDeleted(session, await settings.deletions(), named))
      await session.run(sql`insert into ${name(kind.table)} by name
        select cast(${importSeq} as integer) as import_seq, * from ${someDeleted ? pseudonymousKindRows(kind, rows) : rows} as row`)
      await session.run(sql`create or replace temp table kind_touched as
        select distinct ${identityOf(kind)} as identity from ${name(kind.table)} where import_seq = ${importSeq}
        ${coming.replace && kind.replaces ? sql`union ${replacedIdentities(kind, importSeq)}` : sql``}`)
      const changed = await foldKind(session, kind)
      await nameClaimants(session, named)
      const newMembers = await welcomeNamed(session, kind, importSeq)
      const projected = await kind.project?.(session)
      if (projected?.members) await dropMembersWithNothingLeft(session)
      const isChange = changed + newMembers > 0 || projected?.members === true
      const applied = {
        ...(await outcome(session, kind, importSeq)),
        newMembers,
        counts: (await kind.count?.(session, importSeq)) ?? {},
        lists: (await kind.list?.(session, importSeq)) ?? [],
        sameAs: isChange ? null : await sameFile(session, coming, importSeq),
      }
      if (settings.dryRun || applied.sameAs !== null) throw new Undone(applied)
      await session.run(sql`update imports set report = ${report(applied)} where import_seq = ${importSeq}`)
      if (isChange) await refreshDerivedTables(session, changeOf(projected), settings.today)
      settings.commits()
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
  settings: Settings & { readonly undoneAt: string },
): Promise<{ rows: number }> {
  return engine.largeTransaction(async (plain) => {
    const session = patient(plain, { signal: settings.signal })
    const [undone] = await session.rows(sql`select import_seq,
        coalesce(cast(json_extract_string(mapping, '$.replace') as boolean), false) as replace
      from imports where import_id = ${importId}`)
    const importSeq = Number(undone!.importSeq)
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
    await dropMembersWithNothingLeft(session)
    // also where the rows stay: what they mean may go by the import that they came with first
    await refreshDerivedTables(session, changeOf(projected), settings.today)
    if (settings.signal.aborted) throw new QueryCancelled('The undoing was cancelled.')
    return { rows }
  }, settings)
}

const nobody = sql`(select cast(null as varchar) as member_id where false)`

/** What the derived tables have to follow: the touched members, and every day where orders changed hands. */
const changeOf = (projected: Projected | void) => ({
  members: touchedMembers,
  ...(projected?.orders ? {} : { days: noDays }),
})

/** Relation of the ids that rows of a kind name, one column `member_id`; null for a kind that names nobody. */
export function namedIn(kind: Kind, rows: Sql): Sql | null {
  const columns = memberColumns(kind)
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

/** Members whom the import names and nobody knew become known. They are the first of `touched_members`. */
async function welcomeNamed(session: Session, kind: Kind, importSeq: number): Promise<number> {
  await session.run(sql`create or replace temp table touched_members (member_key integer)`)
  const named = namedIn(kind, sql`(select * from ${name(kind.table)} where import_seq = ${importSeq})`)
  if (named === null || kind.namesOnly) return 0
  await session.run(sql`create or replace temp table newly_named as
    select distinct coalesce(member_aliases.member_id, named.member_id) as member_id
    from ${named} as named left join member_aliases on alias = named.member_id
    where coalesce(member_aliases.member_id, named.member_id) not in (select member_id from members where not stub)`)
  const [counted] = await session.rows(sql`select count(*) as members from newly_named`)
  if (counted!.members === 0) return 0
  await welcome(session, sql`newly_named`)
  await session.run(sql`insert into touched_members
    select member_key from members where member_id in (select member_id from newly_named)`)
  return Number(counted!.members)
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
