import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { localDay } from '../../analytics/calendar/calendar.ts'
import { QueryCancelled, type Session } from '../../analytics/engine/engine.ts'
import { decimalsOf } from '../messages/money.ts'
import type { Platform } from '../platform.ts'
import { deletionsOf, isDeletionUnderWay } from '../rights/deletions.ts'
import { pseudonymiseEngine } from '../rights/engine-pseudonyms.ts'
import { homeOf } from '../rights/find-deleted.ts'
import { leaveAudit, passAudit } from '../settings/audit.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { noteAgain } from './receipts/again.ts'
import { applyImport, manyRows, type NewImport } from './apply.ts'
import { feedGaps } from './feed-gaps.ts'
import type { Readable } from './inspect.ts'
import { mismatchedCoupons } from '../elsewhere/coupons.ts'
import { applyKind } from './kinds/apply.ts'
import type { KindReceipt } from './kinds/receipt.ts'
import { kindNamed } from './kinds/catalogue.ts'
import { identityOf } from './columns/identity.ts'
import { applyMembers } from './members/apply.ts'
import { placeIn } from './reading/file-begins.ts'
import { doubtfulValues } from './members/doubts.ts'
import { mixedDates } from './values/mixed-dates.ts'
import { receiptsOf } from './receipts/receipts.ts'
import { type Refusal, refusal } from './refusal.ts'
import { refusedRows } from './refused/refused.ts'
import { draftRefused, firstRefused, type RefusedDraft } from './refused/refused-draft.ts'
import { netBefore } from './orders/completed-orders.ts'
import { markedImports } from './refused/refused-columns.ts'
import { fileMark } from './orders/completed-orders.ts'
import { reasonOf } from './refused/refused-file.ts'
import { headersDigest } from './columns/remembered.ts'
import type { ImportOrder, RunState } from './run-state.ts'
import { stage, type Staged } from './reading/staging.ts'

/** A file that is to be imported, or checked, and who hears of it. */
export interface Work {
  readonly platform: Platform
  readonly workspace: Workspace
  readonly order: ImportOrder
  readonly readable: Readable
  readonly runId: string
  readonly signal: AbortSignal
  /** What files that were given together have in common; null: it came alone. */
  readonly together: string | null
  /** For what lives only as long as the import. */
  readonly folder: string
  tell(change: Partial<RunState>): void
}

/**
 * Reads a file, judges its rows and saves what is accepted, all of it or nothing. Answers how that ended; throws
 * QueryCancelled when `signal` aborts before the commit.
 */
export async function importFile(work: Work): Promise<Partial<RunState>> {
  const { platform, workspace, order, readable, runId, signal, folder, tell } = work
  const began = performance.now()
  const now = platform.clock.now()
  const own = join(folder, runId)
  const importId = randomUUID()
  const before = writtenAt(order)
  let staged: Staged | undefined
  let draft: RefusedDraft | null = null
  let committed = false
  try {
    const outcome = await read(work, own, now, began)
    if ('kind' in outcome) return { phase: 'refused', refusal: outcome }
    staged = outcome
    const refused = await refusalOf(work, staged, before)
    if (refused) return { phase: 'refused', refusal: refused }
    const readingMilliseconds = Math.round(performance.now() - began)
    tell({ phase: 'saving', secondsLeft: null })

    const receipts = await receiptsOf(workspace, readable, staged, order.malformed ?? 0, signal)
    const { facts } = receipts
    if (facts.refused > 0 && order.onRefused)
      for await (const rows of refusedRows(staged, signal)) order.onRefused(rows)
    if (readable.mapping.kind === 'members') order.onDoubtful?.(await doubtfulValues(staged))
    if (facts.refused === facts.read && staged.passed === 0) {
      const first = await firstRefused(staged, signal)
      const reason = first ? reasonOf(first) : ''
      const place = placeIn(staged.files, first?.line ?? 1)
      return {
        phase: 'refused',
        refusal: refusal('nothing-accepted', {
          file: place.file ?? order.fileName,
          line: place.line,
          reason,
        }),
      }
    }
    if (facts.refused > 0)
      draft = await draftRefused(platform, workspace, readable, staged, order, { importId, folder, signal })
    if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
    await staged.engine.close() // its memory is needed for what follows, which reads its files alone
    const told = receipts.with((sameAs) => ({
      importId: order.dryRun ? null : (sameAs ?? importId),
      fileName: order.fileName,
      tables: readable.inspection.tables,
      ...(outcome.files.length > 0 ? { files: outcome.files } : {}),
      refusedFile: draft && draft.pathFor(sameAs),
      alreadyThere: sameAs !== null,
      dryRun: order.dryRun,
      milliseconds: Math.round(performance.now() - began),
      readingMilliseconds,
    }))
    const coming = newImport(work, staged, importId, now)
    const settings = settingsOf(work, importId, now, staged.read > manyRows)
    const { engine } = workspace
    const kind = kindNamed(readable.mapping.kind)
    const applied = kind
      ? await applyKind(engine, kind, coming, staged.lines, settings, (did) => JSON.stringify(told.kind(did)))
      : readable.mapping.kind === 'members'
        ? await applyMembers(engine, coming, staged.lines, settings, (did) =>
            JSON.stringify(told.members(did)),
          )
        : await applyImport(engine, coming, staged.lines, settings, (did) => JSON.stringify(told.orders(did)))
    committed = !order.dryRun && applied.sameAs === null
    await draft?.keep(applied.sameAs)
    if (applied.sameAs !== null && !order.dryRun)
      await noteAgain(
        workspace,
        applied.sameAs,
        {
          fileName: order.fileName,
          at: now.toISOString(),
          unchanged: facts.read - facts.refused,
          refused: facts.refused,
        },
        await deletionsOf(platform.store, workspace.id),
      )
    if (committed) await passAudit(platform.store, workspace)
    if ('counts' in applied) {
      const receipt = told.kind(applied)
      const ofLedger =
        receipt.kind === 'coupons' && receipt.importId ? await ownCodes(work, receipt.importId) : null
      return { phase: 'done', kindReceipt: { ...receipt, ...(ofLedger ? { ofLedger } : {}) } }
    }
    if ('newMembers' in applied) return { phase: 'done', membersReceipt: told.members(applied) }
    const gaps = await feedGaps(engine)
    return { phase: 'done', receipt: { ...told.orders(applied), gaps } }
  } catch (error) {
    // nobody may be told that nothing changed
    if (committed) throw new Error('An import is there, but what follows it failed.', { cause: error })
    draft?.drop()
    throw error
  } finally {
    await staged?.engine.close()
    await rm(own, { recursive: true, force: true })
  }
}

/** What the ledger says of the codes of an import of coupons that are ours; null where none is. */
async function ownCodes(
  { platform, workspace }: Work,
  importId: string,
): Promise<KindReceipt['ofLedger'] | null> {
  const request = { unmasked: false, most: 0, importId }
  const { ours, mismatches } = await mismatchedCoupons(platform.store, workspace, request, {})
  return ours === 0 ? null : { ours, differing: mismatches }
}

/** Reads the file into `folder`, and says how far that is. */
async function read(
  { workspace, order, readable, signal, tell }: Work,
  folder: string,
  now: Date,
  began: number,
): Promise<Staged | Refusal> {
  const { inspection } = readable
  const before =
    readable.mapping.columns.refundAmount === undefined
      ? undefined
      : await netBefore(workspace.engine, markedImports(inspection.headers))
  const { refunds } = readable.mapping
  const mapping = { ...readable.mapping, refunds: before === undefined ? refunds : { ...refunds, before } }
  return stage(
    // what a shop's system sends is no template
    { ...readable, mapping, ...(order.onRefused ? { templateLines: [] } : {}) },
    {
      mapping,
      currency: workspace.currency,
      minorDigits: decimalsOf(workspace.currency),
      timeZone: workspace.calendar.timeZone,
      fileName: order.fileName,
      replace: order.replace,
      latest: new Date(now.getTime() + 86_400_000).toISOString(),
    },
    folder,
    ({ bytesRead, rows }) => {
      const seconds = (performance.now() - began) / 1000
      const share = bytesRead / Math.max(1, readable.opening.bytes)
      tell({
        bytesRead,
        rows,
        rowsPerSecond: Math.round(rows / seconds),
        secondsLeft: share > 0 ? Math.ceil((seconds / share) * (1 - share)) : null,
      })
    },
    signal,
  )
}

/** Why what was read is not to be saved as a whole; null: it may be. */
async function refusalOf(
  { order, readable, signal }: Work,
  staged: Staged,
  before: string | null,
): Promise<Refusal | null> {
  const mixed = order.map.dates === undefined ? await mixedDates(staged, readable, signal) : null
  if (mixed) return mixed
  return before === null || writtenAt(order) !== before
    ? refusal('changed-while-reading', { file: order.fileName })
    : null
}

/** Sizes and times of the files as they lie there; null where one is gone. */
function writtenAt({ path, together }: Pick<ImportOrder, 'path' | 'together'>): string | null {
  const found = (together ?? [{ path }]).map((one) => statSync(one.path, { throwIfNoEntry: false }))
  if (found.includes(undefined)) return null
  return found.map((one) => `${one!.size} ${one!.mtimeMs}`).join()
}

function newImport(
  { order, readable, together }: Work,
  { hash: fileHash, mended }: Staged,
  importId: string,
  now: Date,
): NewImport {
  const { inspection, mapping } = readable
  const marks = ['orders', 'refunds'].includes(mapping.kind) ? markedImports(inspection.headers) : []
  const completes =
    marks.length === 0
      ? null
      : { marks, files: mended.map(({ line, name }) => ({ line, file: fileMark(name) })) }
  return {
    importId,
    kind: mapping.kind,
    identity: identityOf(mapping),
    fileName: order.fileName,
    fileHash,
    mapping: JSON.stringify({
      ...inspection.map,
      replace: order.replace,
      headers: headersDigest(inspection.headers),
      by: order.actor,
      ...(inspection.tables?.encodings ? { tables: inspection.tables.encodings } : {}),
      // What a shop's system sends says itself what its columns are.
      ...(order.onRefused ? { batch: true } : {}),
      ...(mapping.passedWithout ? { beside: true } : {}),
      ...(completes ? { completes } : {}),
    }),
    completes,
    replace: order.replace,
    importedAt: now.toISOString(),
    together,
  }
}

/** How an import is saved, and what happens in its transaction. */
function settingsOf(
  { platform, workspace, order, signal, tell }: Work,
  importId: string,
  now: Date,
  aside: boolean,
) {
  const { store, clock } = platform
  const { timeZone } = workspace.calendar
  const today = localDay(now, workspace.calendar)
  const home = homeOf(workspace)
  return {
    timeZone,
    today,
    dryRun: order.dryRun,
    signal,
    commits: async (session: Session) => {
      await leaveAudit(session, {
        actor: order.actor,
        action: 'import-applied',
        subject: importId,
        at: clock.now(),
      })
      if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
      tell({ phase: 'committing' })
    },
    aside,
    deletions: async (session: Session) => {
      const list = await deletionsOf(store, workspace.id)
      // the member becomes the pseudonym before rows under it come, or these would be somebody else
      if (await isDeletionUnderWay(store, workspace.id)) await pseudonymiseEngine(session, list, home, today)
      return list
    },
    home,
  }
}
