import { type Engine, QueryCancelled, type Session } from '../../../analytics/engine/engine.ts'
import { memberNames } from '../../../analytics/relations/member-names.ts'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { Deletion } from '../../rights/deletions.ts'
import type { Home } from './phones.ts'
import {
  type DeletedRows,
  deletedRowsOf,
  knownBy,
  pseudonymousMembers,
} from '../../rights/engine-pseudonyms.ts'
import { findDeleted } from '../../rights/find-deleted.ts'
import { keptWithoutDeleted } from '../../rights/forget-in-texts.ts'
import { anyIdentities, type Changes, identifyAll, resolvedMembers } from '../../identity/match.ts'
import { type AroundUndo, comingOf, dropMembersWithNothingLeft, type NewImport } from '../apply.ts'
import { beginChange, endChange } from '../orders/figure-changes.ts'
import { touchedMembers } from '../orders/fold.ts'
import { followChanges } from '../../identity/follow.ts'
import { type Tied, tiesOfMembers } from '../../identity/ties.ts'
import { attributes } from './fold.ts'

/** What an import did to the members. Rows count as imported when their member is new or changes. */
export interface AppliedMembers {
  readonly imported: number
  readonly unchanged: number
  readonly newMembers: number
  readonly changedMembers: number
  readonly unchangedMembers: number
  /** Of the file's members, those who have no order that counts. */
  readonly neverBought: number
  /** Of the file's members, those whose consent people set: theirs stands. */
  readonly consentKept: number
  /** Rows without an id whose phone, openid or e-mail several members claim: nobody's until that is settled. */
  readonly conflictingRows: number
  /** Orders that are somebody else's now, by the phones, openids and e-mails of the file. */
  readonly ordersMatched: number
  /** Rows that have a value of the file's and tie two members; absent where none does. */
  readonly tied?: Tied
  /** Rows of members who were deleted. */
  readonly deleted?: DeletedRows
  /** The import that had brought this very file, when nothing changed. */
  readonly sameAs: string | null
}

interface Settings {
  readonly timeZone: string
  readonly today: string
  readonly signal: AbortSignal
  readonly aside?: boolean
}

/** Thrown to leave a transaction without a trace. */
class Undone extends Error {
  override name = 'Undone'
  readonly applied: AppliedMembers
  constructor(applied: AppliedMembers) {
    super('taken back')
    this.applied = applied
  }
}

/** No order changes with a member's attributes. */
export const noDays = sql`select cast(null as date) as local_day where false`

const shown = join([...attributes.map((column) => name(column)), sql`consent`, sql`stub`])

/**
 * Appends the staged rows of members, folds and refreshes what is derived, in one transaction. A dry run, and a
 * file that is already there and changes nothing, leave no trace. `report` and `deletions` as for orders.
 */
export async function applyMembers(
  engine: Engine,
  coming: NewImport,
  rows: Sql,
  settings: Settings & {
    readonly dryRun: boolean
    readonly deletions: (session: Session) => Promise<readonly Deletion[]>
    readonly commits: (session: Session) => Promise<void>
    readonly home: Home
  },
  report: (applied: AppliedMembers) => string,
): Promise<AppliedMembers> {
  try {
    return await engine.largeTransaction(async (session) => {
      const [next] = await session.rows(sql`select coalesce(max(import_seq), 0) + 1 as seq from imports`)
      const importSeq = Number(next!.seq)
      const begun = await beginChange(session, comingOf(coming))
      const deletions = await settings.deletions(session)
      const someDeleted = await findDeleted(session, deletions, knownBy(rows), settings.home)
      const deleted = someDeleted ? await deletedRowsOf(session, rows) : null
      await session.run(sql`insert into import_members by name
        select cast(${importSeq} as integer) as import_seq, * from ${someDeleted ? pseudonymousMembers(rows) : rows} as member`)
      const changes = (await tellsMoreThanIds(session, importSeq))
        ? await identifyAll(session, { tuples: 'of-members' })
        : unchanged
      await nameMembers(session, importSeq)
      const { orders, renamed } = await followChanges(session, changes, named, settings.timeZone)
      if (changes.lines || changes.members || renamed) await dropMembersWithNothingLeft(session)
      const tied = await tiesOfMembers(session, importSeq)
      const applied = {
        ...(await outcome(session, importSeq, coming.fileHash)),
        ordersMatched: orders,
        ...(tied ? { tied } : {}),
        ...(deleted ? { deleted } : {}),
      }
      if (settings.dryRun || applied.sameAs !== null) throw new Undone(applied)
      const told = await keptWithoutDeleted(session, deletions, settings.home, {
        fileName: coming.fileName,
        report: report(applied),
      })
      await session.run(sql`insert into imports values (${importSeq}, ${coming.importId}, ${coming.kind}, ${coming.identity},
        ${told.fileName}, ${coming.fileHash}, ${coming.mapping}, ${told.report}, cast(${coming.importedAt} as timestamp), null)`)
      if (applied.imported > 0) {
        await refreshDerivedTables(
          session,
          { members: touchedMembers, ...(orders > 0 ? {} : { days: noDays }) },
          settings.today,
        )
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
 * Takes an import of members out: who it named is folded again from the imports that are left. Members with
 * nothing left go, or stay as stubs, as when orders are taken out. Answers how many members changed.
 */
export async function takeOutMembers(
  engine: Engine,
  importId: string,
  settings: Settings & { readonly undoneAt: string; readonly around?: AroundUndo },
): Promise<{ members: number }> {
  return engine.largeTransaction(async (session) => {
    await settings.around?.begin(session)
    const [undone] = await session.rows(sql`select import_seq from imports where import_id = ${importId}`)
    const importSeq = Number(undone!.importSeq)
    const begun = await beginChange(session, {
      cause: 'undone',
      at: settings.undoneAt,
      importId,
    })
    const identifies = await tellsMoreThanIds(session, importSeq)
    await nameMembers(session, importSeq)
    await session.run(sql`delete from import_members where import_seq = ${importSeq}`)
    const changes = identifies ? await identifyAll(session, { tuples: 'of-members' }) : unchanged
    const { orders } = await followChanges(session, changes, named, settings.timeZone)
    await dropMembersWithNothingLeft(session)
    const [changed] = await session.rows(sql`select count(*) as members from (
      select * from members_before except select member_id, ${shown} from members)`)
    await settings.around?.end(session, { members: Number(changed!.members), orders })
    if (changed!.members !== 0 || orders > 0) {
      await refreshDerivedTables(
        session,
        { members: touchedMembers, ...(orders > 0 ? {} : { days: noDays }) },
        settings.today,
      )
      await endChange(session, begun)
    }
    await session.run(sql`update imports set undone_at = cast(${settings.undoneAt} as timestamp)
      where import_seq = ${importSeq}`)
    if (settings.signal.aborted) throw new QueryCancelled('The undoing was cancelled.')
    return { members: Number(changed!.members) }
  }, settings)
}

const unchanged: Changes = { lines: false, members: false }

/** Whether rows of an import say or need a phone, openid or e-mail. */
async function tellsMoreThanIds(session: Session, importSeq: number): Promise<boolean> {
  const [found] = await session.rows(sql`select exists (select 1 from import_members
    where import_seq = ${importSeq} and (member_id is null or coalesce(phone, openid, email) is not null)) as is_so`)
  return found!.isSo === true
}

/** Relation of those whom the rows of the import name, as `nameMembers` found them. */
const named = sql`(select member_id from members_named)`

/** Keeps whom the rows of an import name, and what those were. */
async function nameMembers(session: Session, importSeq: number): Promise<void> {
  const rows = (await anyIdentities(session)) ? resolvedMembers(sql`import_members`) : sql`import_members`
  await session.run(sql`create or replace temp table members_named as
    select distinct coalesce(member_aliases.member_id, member.member_id) as member_id
    from ${rows} as member left join member_aliases on alias = member.member_id
    where import_seq = ${importSeq} and member.member_id is not null`)
  await session.run(sql`create or replace temp table members_before as
    select member_id, ${shown} from members where member_id in ${named}`)
}

async function outcome(
  session: Session,
  importSeq: number,
  fileHash: string,
): Promise<Omit<AppliedMembers, 'ordersMatched'>> {
  const rows = (await anyIdentities(session)) ? resolvedMembers(sql`import_members`) : sql`import_members`
  await session.run(sql`create or replace temp table members_outcome as
    select after.member_id,
      members_before.member_id is null or members_before.stub as is_new,
      (${join(attributes.map((column) => sql`after.${name(column)}`))}, after.consent)
        is distinct from (${join(attributes.map((column) => sql`members_before.${name(column)}`))}, members_before.consent) as changes,
      coalesce(bought.orders, 0) = 0 as never_bought,
      coalesce(kept.consent_kept, false) as consent_kept
    from members as after
    join members_named on members_named.member_id = after.member_id
    left join members_before on members_before.member_id = after.member_id
    left join (
      select distinct names.member_key, true as consent_kept
      from consents_set join ${memberNames} as names on names.named = consents_set.member_id
    ) as kept on kept.member_key = after.member_key
    left join (
      select member_key, count(*) as orders from orders
      where state = 'paid' and net_minor > 0 and void_day is null group by member_key
    ) as bought on bought.member_key = after.member_key`)
  const [counts] = await session.rows(sql`select count(*) filter (where is_new) as new_members,
      count(*) filter (where not is_new and changes) as changed_members,
      count(*) filter (where not is_new and not changes) as unchanged_members,
      count(*) filter (where never_bought) as never_bought,
      count(*) filter (where consent_kept) as consent_kept
    from members_outcome`)
  // A row that several members may be is kept for the day on which it can be told.
  const [counted] = await session.rows(sql`select
      count(*) filter (where is_new or changes or members_outcome.member_id is null) as imported,
      count(*) filter (where not is_new and not changes) as unchanged,
      count(*) filter (where member.member_id is null) as conflicting
    from ${rows} as member left join member_aliases on alias = member.member_id
    left join members_outcome on members_outcome.member_id = coalesce(member_aliases.member_id, member.member_id)
    where import_seq = ${importSeq}`)
  const [same] =
    counted!.imported === 0
      ? await session.rows(sql`select import_id from imports
          where file_hash = ${fileHash} and kind = 'members' and undone_at is null order by import_seq limit 1`)
      : []
  return {
    imported: Number(counted!.imported),
    unchanged: Number(counted!.unchanged),
    conflictingRows: Number(counted!.conflicting),
    newMembers: Number(counts!.newMembers),
    changedMembers: Number(counts!.changedMembers),
    unchangedMembers: Number(counts!.unchangedMembers),
    neverBought: Number(counts!.neverBought),
    consentKept: Number(counts!.consentKept),
    sameAs: same ? String(same.importId) : null,
  }
}
