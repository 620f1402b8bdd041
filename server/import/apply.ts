import { type Engine, QueryCancelled, type Session } from '../../analytics/engine/engine.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { join, name, type Sql, sql } from '../../analytics/sql/sql.ts'
import { beginChange, type Coming, endChange, keepDays } from './orders/figure-changes.ts'
import { type ChangedMonth, changedMonths } from './orders/months.ts'
import type { Deletion } from '../rights/deletions.ts'
import type { Home } from './members/phones.ts'
import {
  type DeletedRows,
  deletedRowsOf,
  forgetReasons,
  isDeleted,
  knownBy,
  pseudonymousLines,
} from '../rights/engine-pseudonyms.ts'
import { findDeleted } from '../rights/find-deleted.ts'
import { keptWithoutDeleted } from '../rights/forget-in-texts.ts'
import {
  findForgottenNumbers,
  numbersOfLines,
  ordersOfPseudonyms,
  refundsOfDeleted,
  renumberedLines,
} from '../rights/order-numbers.ts'
import {
  anyIdentities,
  identifyAll,
  identifyLines,
  resolvedLines,
  resolvedMembers,
  toldLines,
} from '../identity/match.ts'
import { touch } from '../identity/follow.ts'
import { contestedIds } from '../identity/row-people.ts'
import { type Tied, tiesOfImport } from '../identity/ties.ts'
import {
  foldStep,
  foldTables,
  memberRegions,
  refundingOrder,
  rewriteOrders,
  touchedMembers,
} from './orders/fold.ts'
import type { ImportKind } from './import-kinds.ts'
import { type Completed, isOwnLine, takeAlong } from './orders/completed-orders.ts'
import { countOn } from './orders/row-ids.ts'
import { allKinds } from './kinds/catalogue.ts'
import { knowingColumns } from './kinds/kind.ts'
import { foldMembers } from './members/fold.ts'
import { type GivenBack, givenBackBy, ordersToldTwice } from './refunds/receipt.ts'

/** An import as it is kept, before its receipt is known. */
export interface NewImport {
  readonly importId: string
  readonly kind: ImportKind
  readonly identity: 'order' | 'row' | 'member' | 'key'
  readonly fileName: string
  readonly fileHash: string
  /** JSON of the mapping as it was confirmed, with `replace`. */
  readonly mapping: string
  readonly replace: boolean
  /** ISO text. */
  readonly importedAt: string
  /** What files that were given together have in common; null: it came alone. */
  readonly together: string | null
  /** Of a mended file of refused rows: what it is the rest of. */
  readonly completes: Completed | null
}

/** The change that an import is. */
export const comingOf = ({ kind, importId, importedAt, together }: NewImport): Coming => ({
  cause: 'imported',
  at: importedAt,
  importId,
  kind,
  together,
})

/** What an import did to the orders. */
export interface Applied {
  readonly imported: number
  readonly unchanged: number
  /** Orders that were there and were restated. */
  readonly corrected: number
  /** Orders of which the file has fewer lines than are current: left as they are. */
  readonly fewerLines: number
  /** Restated orders that lack lines now which they had: what a file says of an order replaces what was said before. */
  readonly lostLines?: number
  /** Qualifying orders among those that the file names, guests included. */
  readonly orders: number
  /** Of these, orders without a member. */
  readonly guestOrders: number
  /** What the file's orders come to, after the refunds that came with them. */
  readonly netMinor: number
  /** Orders among those that the file names that count for nothing: not paid yet, closed, or paid and nothing left of it. */
  readonly unpaidOrders: number
  readonly closedOrders: number
  readonly emptyOrders: number
  /** Orders of the file that were not there before. */
  readonly newOrders: number
  /** Of a file of refunds: what became of them; null for orders. */
  readonly givenBack: GivenBack | null
  /** Of a file of orders: those whose refunds, as the file has them, refunds files tell too: counted once, as these tell. */
  readonly toldTwice: number
  /** The months whose figures change, the latest first. */
  readonly months: readonly ChangedMonth[]
  /** Absent where every row is known by its id. */
  readonly matched?: Matched
  /** How many members its rows are, where ids are merged; absent where none is, or where `matched` says so. */
  readonly people?: number
  /** Rows that tie two members; absent where none does. */
  readonly tied?: Tied
  /** Rows of members who were deleted. */
  readonly deleted?: DeletedRows
  /** The import that had brought this very file, when nothing changed. */
  readonly sameAs: string | null
}

/** Thrown to leave a transaction without a trace. */
class Undone extends Error {
  override name = 'Undone'
  readonly applied: Applied
  constructor(applied: Applied) {
    super('taken back')
    this.applied = applied
  }
}

/** Of a file with more rows the statements are left aside; fewer take less than that costs. */
export const manyRows = 20_000

/**
 * Appends the staged lines, folds, rewrites the orders that changed and refreshes what is derived, in
 * one transaction. A dry run, and a file that is already there and changes nothing, leave no trace.
 * `report` is asked for the receipt once the outcome is known; `deletions` for the deletion list once no
 * other change can come between, so that who was deleted comes back as their pseudonym at most.
 */
export async function applyImport(
  engine: Engine,
  coming: NewImport,
  lines: Sql,
  settings: {
    timeZone: string
    today: string
    dryRun: boolean
    signal: AbortSignal
    /** Called in the transaction when nothing but the commit is left; throws where the import is not to be. */
    commits: (session: Session) => Promise<void>
    aside?: boolean
    deletions: (session: Session) => Promise<readonly Deletion[]>
    home: Home
  },
  report: (applied: Applied) => string,
): Promise<Applied> {
  try {
    return await engine.largeTransaction(async (session) => {
      const [next] = await session.rows(sql`select coalesce(max(import_seq), 0) + 1 as seq from imports`)
      const importSeq = Number(next!.seq)
      const before = await keepDays(session, 'days_known')
      const begun = await beginChange(session, comingOf(coming))
      const deletions = await settings.deletions(session)
      const someDeleted = await findDeleted(session, deletions, knownBy(lines), settings.home)
      const deleted = someDeleted ? await deletedRowsOf(session, lines) : null
      const known = someDeleted ? pseudonymousLines(lines) : lines
      const theirs = numbersOfLines(
        someDeleted
          ? sql`(select * from ${lines} as line where ${isDeleted})`
          : sql`(select * from ${lines} as line limit 0)`,
      )
      const renumber = await findForgottenNumbers(session, deletions, settings.home, {
        own:
          coming.kind === 'refunds'
            ? sql`(select number from ${theirs} as line union all select number from ${refundsOfDeleted(lines, ordersOfPseudonyms(deletions))} as refund)`
            : someDeleted
              ? theirs
              : null,
        all: numbersOfLines(lines),
        here: numbersOfLines(sql`import_lines`),
      })
      await session.run(sql`insert into import_lines by name
        select cast(${importSeq} as integer) as import_seq, * exclude (remainder_micro, hidden, nobody_word)
        from ${renumber ? renumberedLines(known) : known} as line`)
      if (coming.completes) {
        await countOn(session, importSeq, coming.completes.marks)
        await takeAlong(session, importSeq, coming.completes)
      }
      await forgetReasons(session, deletions)
      const identified = await identifyLines(session, importSeq)
      await foldStep(session, { importSeq, replace: coming.replace })
      await session.run(sql`create or replace temp table rewritten as select order_id from taken_over`)
      const [taken] = await session.rows(
        sql`select (select count(*) from coming) = (select count(*) from taken_over) as whole`,
      )
      const { othersToo } = await rewriteOrders(session, settings.timeZone, taken!.whole ? importSeq : null)
      await foldMembers(session)
      const after = await keepDays(session, 'days_now')
      const tied = await tiesOfImport(session, importSeq)
      const people = identified ? null : await membersOfIds(session, importSeq)
      const applied = {
        ...(await outcome(session, importSeq, coming.fileHash, {
          allWritten: taken!.whole === true && !othersToo,
        })),
        givenBack: coming.kind === 'refunds' ? await givenBackBy(session) : null,
        toldTwice: coming.kind === 'orders' ? await ordersToldTwice(session) : 0,
        months: changedMonths(before, after, begun.knownTo),
        ...(deleted ? { deleted } : {}),
        ...(identified ? { matched: await matchedRows(session, importSeq) } : {}),
        ...(tied ? { tied } : {}),
        ...(people === null ? {} : { people }),
      }
      if (settings.dryRun || applied.sameAs !== null) throw new Undone(applied)
      const told = await keptWithoutDeleted(session, deletions, settings.home, {
        fileName: coming.fileName,
        report: report(applied),
      })
      await session.run(sql`insert into imports values (${importSeq}, ${coming.importId}, ${coming.kind}, ${coming.identity},
        ${told.fileName}, ${coming.fileHash}, ${coming.mapping}, ${told.report}, cast(${coming.importedAt} as timestamp), null)`)
      if (applied.imported > 0) {
        for (const table of foldTables) await session.run(sql`drop table ${table}`)
        await refreshDerivedTables(session, { members: touchedMembers }, settings.today)
        await endChange(session, begun, { days: true })
      }
      await settings.commits(session)
      return applied
    }, settings)
  } catch (error) {
    if (error instanceof Undone) return error.applied
    throw error
  }
}

/** What else is done in the transaction that takes an import out; what throws takes all of it back. */
export interface AroundUndo {
  begin(session: Session): Promise<void>
  /** Told what it did, once the base tables are as they will be and before the derived ones are. */
  end(session: Session, did: { orders?: number; members?: number; rows?: number }): Promise<void>
}

/**
 * Takes an import out: its lines go, the orders they named are folded again from the imports that are
 * left. Members with nothing left go too, unless something else than imports knows them: those stay as
 * stubs. Answers how many orders changed.
 */
export async function takeOut(
  engine: Engine,
  importId: string,
  settings: {
    timeZone: string
    today: string
    undoneAt: string
    signal: AbortSignal
    aside?: boolean
    around?: AroundUndo
  },
): Promise<{ orders: number }> {
  return engine.largeTransaction(async (session) => {
    await settings.around?.begin(session)
    const [undone] = await session.rows(
      sql`select import_seq, file_hash from imports where import_id = ${importId}`,
    )
    const importSeq = Number(undone!.importSeq)
    await keepDays(session, 'days_known')
    const begun = await beginChange(session, {
      cause: 'undone',
      at: settings.undoneAt,
      importId,
    })
    await session.run(sql`create or replace temp table refolded as
      select distinct order_id from import_lines where import_seq = ${importSeq}`)
    const identified = await anyIdentities(session)
    await session.run(sql`create or replace temp table named_by_undone as
      select distinct member_id from ${
        identified ? resolvedLines(sql`import_lines`) : sql`import_lines`
      } as line where import_seq = ${importSeq} and member_id is not null`)
    await session.run(sql`delete from import_lines where import_seq = ${importSeq}`)
    await session.run(sql`create or replace temp table taken_anew (order_id varchar)`)
    const left = await importsLeft(session, importSeq)
    const isRestOfIt = (completes: Completed | null): completes is Completed =>
      completes?.marks.some((mark) => String(undone!.fileHash).startsWith(mark)) === true
    for (const { importSeq: seq, completes } of left)
      if (isRestOfIt(completes)) {
        await countOn(session, seq, completes.marks, importSeq)
        await session.run(sql`insert into taken_anew
          select unnest([old_id, new_id]) as order_id from counted_on`)
      }
    await session.run(sql`insert into refolded
      select distinct order_id from taken_anew where order_id not in (select order_id from refolded)`)
    await session.run(sql`create or replace temp table versions_before as
      select * from order_versions where order_id in (select order_id from refolded)`)
    await session.run(sql`delete from order_versions where order_id in (select order_id from refolded)`)
    if (identified) await identifyAll(session, { tuples: 'of-all' })
    for (const step of left) {
      if (isRestOfIt(step.completes)) {
        const along = sql`insert into taken_anew select order_id from import_lines
          where import_seq = ${step.importSeq} and not ${isOwnLine} and order_id in (select order_id from refolded)`
        await session.run(along)
        await takeAlong(session, step.importSeq, step.completes, sql`refolded`, importSeq)
        await session.run(along)
      }
      await foldStep(session, step, sql`refolded`)
    }
    await session.run(sql`create or replace temp table rewritten as
      select refolded.order_id from refolded
      left join versions_before on versions_before.order_id = refolded.order_id
      left join order_versions on order_versions.order_id = refolded.order_id
      where versions_before.import_seq is distinct from order_versions.import_seq
        or refolded.order_id in (select order_id from taken_anew)`)
    const [changed] = await session.rows(sql`select count(*) as orders from rewritten`)
    if (changed!.orders !== 0) await rewriteOrders(session, settings.timeZone)
    else await session.run(sql`create or replace temp table touched_members (member_key integer)`)
    // also who was named by lines that had been restated
    await touch(session, sql`(select member_id from named_by_undone)`)
    await memberRegions(session)
    await foldMembers(session)
    const { dropped } = await dropMembersWithNothingLeft(session)
    await settings.around?.end(session, { orders: Number(changed!.orders) })
    if (changed!.orders !== 0 || dropped) {
      await refreshDerivedTables(session, { members: touchedMembers }, settings.today)
      await keepDays(session, 'days_now')
      await endChange(session, begun, { days: true })
    }
    await session.run(sql`update imports set undone_at = cast(${settings.undoneAt} as timestamp)
      where import_seq = ${importSeq}`)
    if (settings.signal.aborted) throw new QueryCancelled('The undoing was cancelled.')
    return { orders: Number(changed!.orders) }
  }, settings)
}

/** The imports of orders and refunds without one that goes, in their order. */
async function importsLeft(session: Session, undone: number) {
  const rows = await session.rows(sql`select import_seq,
      coalesce(cast(json_extract_string(mapping, '$.replace') as boolean), false) as replace,
      json_extract_string(mapping, '$.completes') as completes
    from imports where kind in ('orders', 'refunds') and undone_at is null and import_seq <> ${undone} order by import_seq`)
  return rows.map(({ importSeq, replace, completes }) => ({
    importSeq: Number(importSeq),
    replace: replace === true,
    completes: completes === null ? null : (JSON.parse(String(completes)) as Completed),
  }))
}

/**
 * Of `touched_members`: those that no import names go, or stay as stubs where something else knows them; answers
 * whether there were any. Who was a stub and is named again, by whichever id, is none any more.
 */
export async function dropMembersWithNothingLeft(session: Session): Promise<{ dropped: boolean }> {
  const some = await anyIdentities(session)
  const rows = some
    ? sql`(select member_id from ${resolvedLines(sql`import_lines`)} as line
        union all select member_id from ${resolvedMembers(sql`import_members`)} as said)`
    : sql`(select member_id from import_lines union all select member_id from import_members)`
  await session.run(sql`create or replace temp table left_over as
    select member_key, member_id from members
    where member_key in (select member_key from touched_members)
      and member_key not in (select member_key from orders where member_key is not null)
      and member_key not in (select member_key from refunds where member_key is not null)
      and member_key not in (
        select names.member_key from ${memberNames} as names
        where named in (select member_id from ${rows} as row_of where member_id is not null)
          or named not in ${contestedIds} and (false ${join(
            allKinds.flatMap((kind) =>
              knowingColumns(kind).map(
                (column) => sql`or named in (select ${column} from ${name(kind.table)})`,
              ),
            ),
            sql` `,
          )}))`)
  const known = sql`(consent <> 'unknown'
    or member_key in (select member_key from tags_of_members)
    or member_key in (select member_key from arms_of_members)
    or member_key in (select member_key from coupons_of_members))`
  await session.run(sql`update members set stub = true
    where member_key in (select member_key from left_over) and ${known}`)
  await session.run(sql`delete from members
    where member_key in (select member_key from left_over) and not ${known}`)
  await session.run(sql`update members set stub = false where stub
    and member_key in (select member_key from touched_members)
    and member_key not in (select member_key from left_over)`)
  const [left] = await session.rows(sql`select count(*) as members from left_over`)
  return { dropped: left!.members !== 0 }
}

/** How the rows of a file, of which some are known by more than an id, were matched to people. */
export interface Matched {
  /** Rows by what told whom they are. */
  readonly byId: number
  readonly byPhone: number
  readonly byOpenid: number
  readonly byEmail: number
  /** People without a member number, known by a phone, openid or e-mail of this file; earlier files may have had them. */
  readonly newPeople: number
  /** Rows whose value several members claim: nobody's. */
  readonly conflicts: number
  /** Distinct people on the rows, and rows without one. */
  readonly people: number
  readonly nobody: number
}

async function matchedRows(session: Session, importSeq: number): Promise<Matched> {
  const [row] = await session.rows(sql`
    select count(*) filter (where kind = 'id') as by_id, count(*) filter (where kind = 'phone') as by_phone,
      count(*) filter (where kind = 'openid') as by_openid, count(*) filter (where kind = 'email') as by_email,
      count(distinct person) filter (where is_new) as new_people, count(*) filter (where is_conflict) as conflicts,
      count(distinct person) as people, count(*) filter (where person is null) as nobody
    from (
      select coalesce(member_aliases.member_id, person) as person, case when person is not null then coalesce(by_kind, 'id') end as kind,
        coalesce(is_new, false) as is_new, conflict is not null as is_conflict
      from ${toldLines(sql`(select * from import_lines where import_seq = ${importSeq} and coalesce(piece, 1) = 1 and ${isOwnLine})`)} as told
      left join member_aliases on alias = person
    ) as told`)
  return row as unknown as Matched
}

/** How many members the rows of an import are that are known by their id, of whom several ids may be one; null: no id is another's. */
async function membersOfIds(session: Session, importSeq: number): Promise<number | null> {
  const [any] = await session.rows(sql`select exists (select 1 from member_aliases) as is_so`)
  if (any!.isSo !== true) return null
  const [row] = await session.rows(sql`
    select count(distinct coalesce(member_aliases.member_id, line.member_id)) as members
    from (select member_id from import_lines where import_seq = ${importSeq} and ${isOwnLine}) as line
    left join member_aliases on alias = line.member_id`)
  return Number(row!.members)
}

/**
 * How many orders were restated by lines among which some are missing that they had: of another product, or where no
 * product is told another line of several. One line in the place of one is a correction.
 */
async function restatedWithoutLines(session: Session, importSeq: number): Promise<number> {
  const counted = (seq: Sql) => sql`(
    select order_id, coalesce(sku, product, case when known.lines > 1 or count(*) over of_order > 1
      then cast(content_hash as varchar) end) as what
    from import_lines join known using (order_id)
    where import_lines.import_seq = ${seq} and order_id in (select order_id from taken_over)
    window of_order as (partition by order_id))`
  const [lost] = await session.rows(sql`
    select count(distinct order_id) as orders from (
      select order_id, what from ${counted(sql`known.import_seq`)} as before
      except all select order_id, what from ${counted(sql`${importSeq}`)} as now)`)
  return Number(lost!.orders)
}

/** `allWritten`: the orders that the file names are those in `heads`, which spares comparing ids. */
async function outcome(
  session: Session,
  importSeq: number,
  fileHash: string,
  { allWritten }: { allWritten: boolean },
): Promise<Omit<Applied, 'months' | 'givenBack' | 'toldTwice'>> {
  const [counts] = await session.rows(sql`
    select (select coalesce(cast(sum(file_rows) as bigint), 0) from coming) - unchanged as imported, unchanged, corrected,
      (select count(*) from coming) - known_orders as new_orders
    from (
      select coalesce(cast(sum(known.file_rows) filter (where taken_over.order_id is null) as bigint), 0) as unchanged,
        count(taken_over.order_id) as corrected, count(*) as known_orders
      from known left join taken_over on taken_over.order_id = known.order_id
    ) as known_before`)
  const [fewer] =
    counts!.unchanged === 0
      ? [{ orders: 0 }]
      : await session.rows(sql`select count(*) as orders from (
      select known.order_id from known
      join import_lines on import_lines.order_id = known.order_id and import_lines.import_seq = known.import_seq
      where known.order_id not in (select order_id from taken_over)
      group by known.order_id, known.lines having count(*) > known.lines)`)
  const lost = counts!.corrected === 0 ? 0 : await restatedWithoutLines(session, importSeq)
  const [named] = await session.rows(sql`
    select count(*) filter (where qualifying) as orders,
      count(*) filter (where qualifying and member_key is null) as guests,
      count(*) filter (where state = 'unpaid') as unpaid,
      count(*) filter (where state = 'closed') as closed,
      count(*) filter (where state = 'paid' and not qualifying) as empty,
      coalesce(cast(sum(net_minor) filter (where state = 'paid') as bigint), 0) as charged
    from (
      select state, member_key, net_minor, state = 'paid' and net_minor > 0 and void_day is null as qualifying
      from orders where ${
        allWritten
          ? sql`order_key in (select order_key from heads)`
          : sql`order_id in (select order_id from coming)`
      })`)
  const [back] = await session.rows(sql`
    select coalesce(cast(sum(amount_minor) as bigint), 0) as minor from refunds
    where counts and ${refundingOrder} in (select order_id from ${allWritten ? sql`heads` : sql`coming`})`)
  const [same] =
    counts!.imported === 0
      ? await session.rows(sql`select import_id from imports
          where file_hash = ${fileHash} and undone_at is null and import_seq <> ${importSeq} order by import_seq limit 1`)
      : []
  return {
    imported: Number(counts!.imported),
    unchanged: Number(counts!.unchanged),
    corrected: Number(counts!.corrected),
    newOrders: Number(counts!.newOrders),
    fewerLines: Number(fewer!.orders),
    ...(lost > 0 ? { lostLines: lost } : {}),
    orders: Number(named!.orders),
    netMinor: Number(named!.charged) - Number(back!.minor),
    guestOrders: Number(named!.guests),
    unpaidOrders: Number(named!.unpaid),
    closedOrders: Number(named!.closed),
    emptyOrders: Number(named!.empty),
    sameAs: same ? String(same.importId) : null,
  }
}
