import { type Engine, QueryCancelled, type Session } from '../../../analytics/engine/engine.ts'
import { memberNames } from '../../../analytics/relations/member-names.ts'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { Deletion } from '../../rights/deletions.ts'
import { findDeleted, pseudonymousMembers } from '../../rights/engine-pseudonyms.ts'
import { dropMembersWithNothingLeft, type NewImport, patient } from '../apply.ts'
import { memberRegions, touchedMembers } from '../fold.ts'
import { attributes, foldMembers } from './fold.ts'

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
    readonly deletions: () => Promise<readonly Deletion[]>
  },
  report: (applied: AppliedMembers) => string,
): Promise<AppliedMembers> {
  try {
    return await engine.largeTransaction(async (plain) => {
      const session = patient(plain, { signal: settings.signal })
      const [next] = await session.rows(sql`select coalesce(max(import_seq), 0) + 1 as seq from imports`)
      const importSeq = Number(next!.seq)
      const someDeleted = await findDeleted(session, await settings.deletions(), rows)
      await session.run(sql`insert into import_members by name
        select cast(${importSeq} as integer) as import_seq, * from ${someDeleted ? pseudonymousMembers(rows) : rows} as member`)
      const named = sql`(${whoseRows(importSeq)})`
      await session.run(sql`create or replace temp table members_before as
        select member_id, ${shown} from members where member_id in (select member_id from ${named} as named)`)
      await welcome(session, named)
      await foldNamed(session, named)
      const applied = await outcome(session, importSeq, coming.fileHash)
      if (settings.dryRun || applied.sameAs !== null) throw new Undone(applied)
      await session.run(sql`insert into imports values (${importSeq}, ${coming.importId}, ${coming.kind}, ${coming.identity},
        ${coming.fileName}, ${coming.fileHash}, ${coming.mapping}, ${report(applied)}, cast(${coming.importedAt} as timestamp), null)`)
      if (applied.imported > 0)
        await refreshDerivedTables(session, { members: touchedMembers, days: noDays }, settings.today)
      if (settings.signal.aborted) throw new QueryCancelled('The import was cancelled.')
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
  settings: Settings & { readonly undoneAt: string },
): Promise<{ members: number }> {
  return engine.largeTransaction(async (plain) => {
    const session = patient(plain, { signal: settings.signal })
    const [undone] = await session.rows(sql`select import_seq from imports where import_id = ${importId}`)
    const importSeq = Number(undone!.importSeq)
    await session.run(sql`create or replace temp table members_named as ${whoseRows(importSeq)}`)
    const named = sql`(select member_id from members_named)`
    await session.run(sql`create or replace temp table members_before as
      select member_id, ${shown} from members where member_id in ${named}`)
    await session.run(sql`delete from import_members where import_seq = ${importSeq}`)
    await foldNamed(session, named)
    await dropMembersWithNothingLeft(session)
    const [changed] = await session.rows(sql`select count(*) as members from (
      select * from members_before except select member_id, ${shown} from members)`)
    if (changed!.members !== 0)
      await refreshDerivedTables(session, { members: touchedMembers, days: noDays }, settings.today)
    await session.run(sql`update imports set undone_at = cast(${settings.undoneAt} as timestamp)
      where import_seq = ${importSeq}`)
    if (settings.signal.aborted) throw new QueryCancelled('The undoing was cancelled.')
    return { members: Number(changed!.members) }
  }, settings)
}

/** The members whom the rows of an import name, by an id of theirs. */
const whoseRows = (importSeq: number) => sql`
  select distinct coalesce(member_aliases.member_id, said.member_id) as member_id
  from import_members as said left join member_aliases on alias = said.member_id
  where import_seq = ${importSeq}`

/** New members get keys above all that were ever given; stubs among the named are members again. */
export async function welcome(session: Session, named: Sql): Promise<void> {
  const highest = sql`greatest(member_key, (select coalesce(max(member_key), 0) from members))`
  await session.run(sql`update keys_given set member_key = ${highest}`)
  await session.run(sql`insert into members (member_key, member_id)
    select cast((select member_key from keys_given) + row_number() over (order by member_id) as integer), member_id
    from ${named} as named where member_id not in (select member_id from members)`)
  await session.run(sql`update keys_given set member_key = ${highest}`)
  await session.run(sql`update members set stub = false
    where stub and member_id in (select member_id from ${named} as named)`)
}

async function foldNamed(session: Session, named: Sql): Promise<void> {
  await session.run(sql`create or replace temp table touched_members as
    select member_key from members where member_id in (select member_id from ${named} as named)`)
  await memberRegions(session)
  await foldMembers(session)
}

async function outcome(session: Session, importSeq: number, fileHash: string): Promise<AppliedMembers> {
  await session.run(sql`create or replace temp table members_outcome as
    select after.member_id,
      members_before.member_id is null or members_before.stub as is_new,
      (${join(attributes.map((column) => sql`after.${name(column)}`))}, after.consent)
        is distinct from (${join(attributes.map((column) => sql`members_before.${name(column)}`))}, members_before.consent) as changes,
      coalesce(bought.orders, 0) = 0 as never_bought,
      coalesce(kept.consent_kept, false) as consent_kept
    from members as after
    join touched_members on touched_members.member_key = after.member_key
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
  const [rows] = await session.rows(sql`select count(*) filter (where is_new or changes) as imported,
      count(*) filter (where not is_new and not changes) as unchanged
    from import_members
    left join member_aliases on alias = import_members.member_id
    join members_outcome on members_outcome.member_id = coalesce(member_aliases.member_id, import_members.member_id)
    where import_seq = ${importSeq}`)
  const [same] =
    rows!.imported === 0
      ? await session.rows(sql`select import_id from imports
          where file_hash = ${fileHash} and kind = 'members' and undone_at is null order by import_seq limit 1`)
      : []
  return {
    imported: Number(rows!.imported),
    unchanged: Number(rows!.unchanged),
    newMembers: Number(counts!.newMembers),
    changedMembers: Number(counts!.changedMembers),
    unchangedMembers: Number(counts!.unchangedMembers),
    neverBought: Number(counts!.neverBought),
    consentKept: Number(counts!.consentKept),
    sameAs: same ? String(same.importId) : null,
  }
}
