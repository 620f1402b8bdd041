import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { join, sql } from '../../../analytics/sql/sql.ts'
import type { Platform } from '../../platform.ts'
import { deletionsOf } from '../../rights/deletions.ts'
import { forgetDeletedIn, knownTo } from '../../rights/refused-rows.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { identityOf } from '../columns/identity.ts'
import type { Readable } from '../inspect.ts'
import { brokenReasons } from '../reading/records.ts'
import { type JudgedRow, refusedRows } from './refused.ts'
import { markedImports, markOf } from './refused-columns.ts'
import { headerOf, type RefusedRow, writeRefused } from './refused-file.ts'
import type { ImportOrder } from '../run-state.ts'
import type { Staged } from '../reading/staging.ts'

/** What the name of refused rows ends with until their import is there. */
const unsaved = '.unsaved'

/** Where the refused rows of an import are kept. */
export function refusedFileOf({ dataFolder }: Platform, importId: string): string {
  const folder = joinPath(dataFolder, 'imports')
  mkdirSync(folder, { recursive: true })
  return joinPath(folder, `${importId}-refused.csv`)
}

/**
 * Of imports and undoings that were killed while they ended: the refused rows of imports that are there are kept,
 * others go. To be called before anybody is served.
 */
export async function settleRefused(platform: Platform): Promise<void> {
  const folder = joinPath(platform.dataFolder, 'imports')
  const kept = existsSync(folder) ? readdirSync(folder) : []
  if (kept.length === 0) return
  const there = new Set<string>()
  for (const { id } of await platform.workspaces.list()) {
    const workspace = (await platform.workspaces.byId(id))!
    for (const { importId } of await workspace.engine.rows(
      sql`select import_id from imports where undone_at is null`,
    ))
      there.add(refusedFileOf(platform, String(importId)))
  }
  for (const name of kept) {
    const path = joinPath(folder, name)
    const whole = name.endsWith(unsaved) ? path.slice(0, -unsaved.length) : path
    if (!there.has(whole)) rmSync(path)
    else if (whole !== path) renameSync(path, whole)
  }
}

/** The refused rows of an import that is not there yet, or of a check, as a file. */
export interface RefusedDraft {
  /** Where they are once the import is there; `sameAs` is the import that had brought the file before. Of a check: where they are. */
  pathFor(sameAs: string | null): string
  /** The import is there: its refused rows are where they are kept, without whom was deleted meanwhile. */
  keep(sameAs: string | null): Promise<void>
  drop(): void
}

/** Writes the refused rows of what was staged. Without whom the deletion list knows. */
export async function draftRefused(
  platform: Platform,
  workspace: Workspace,
  readable: Readable,
  staged: Staged,
  { dryRun, language, items }: Pick<ImportOrder, 'dryRun' | 'language' | 'items'>,
  { importId, folder, signal }: { importId: string; folder: string; signal: AbortSignal },
): Promise<RefusedDraft> {
  const deleted = await deletionsOf(platform.store, workspace.id)
  const draft = dryRun
    ? joinPath(folder, `${importId}-refused.csv`)
    : `${refusedFileOf(platform, importId)}${unsaved}`
  const pathFor = (sameAs: string | null) => (dryRun ? draft : refusedFileOf(platform, sameAs ?? importId))
  const drop = () => rmSync(draft, { force: true })
  try {
    await writeRefused(draft, readable, rowsToWrite(staged, readable, items, signal), language, signal, {
      known: knownTo(workspace, deleted),
      files: staged.files,
      ofItems: items !== undefined,
      marks: await marksOfRest(readable, staged, dryRun),
    })
  } catch (error) {
    drop()
    throw error
  }
  return {
    pathFor,
    async keep(sameAs) {
      if (!dryRun) renameSync(draft, pathFor(sameAs))
      // who was deleted meanwhile is taken out of it too
      const list = await deletionsOf(platform.store, workspace.id)
      const known = list.length === deleted.length ? null : knownTo(workspace, list)
      if (known) await forgetDeletedIn(pathFor(sameAs), known)
    },
    drop,
  }
}

/**
 * The marks of refused rows some of which may belong to orders that came in: of those that can't be split too, since a
 * number that stands in one may have been cut off, and is another order's then; and of a file without ids, whose rows
 * count on from equal ones. A check of a mended file is no import that they complete.
 */
async function marksOfRest(
  { inspection, mapping }: Readable,
  staged: Staged,
  dryRun: boolean,
): Promise<readonly string[]> {
  const before = markedImports(inspection.headers)
  if (before.length > 0 && dryRun) return before
  const mayComplete =
    before.length > 0 ||
    staged.loose > 0 ||
    identityOf(mapping) === 'row' ||
    (mapping.kind === 'orders' && (await isAnyBroken(staged)))
  return mayComplete ? [markOf(staged.hash), ...before] : []
}

async function isAnyBroken({ engine, refused }: Staged): Promise<boolean> {
  const [found] = await engine.rows(
    sql`select exists (select 1 from ${refused} as row where reason in (${join([...brokenReasons])})) as is_so`,
  )
  return found!.isSo === true
}

/** The first row of the file that is refused for itself. */
export async function firstRefused(staged: Staged, signal: AbortSignal): Promise<JudgedRow | undefined> {
  for await (const rows of refusedRows(staged, signal)) {
    const first = rows.find(({ reason }) => reason !== 'order-refused')
    if (first) return first
  }
  return undefined
}

/** The refused rows as they are written; those of a batch in the order of its items, with those that never became rows. */
async function* rowsToWrite(
  staged: Staged,
  readable: Readable,
  items: ImportOrder['items'],
  signal: AbortSignal,
): AsyncGenerator<RefusedRow[]> {
  const waiting = (items?.malformed ?? []).flatMap(({ index, field, rows }) =>
    rows.map((row) => ({
      line: 0,
      item: index,
      reason: 'malformed' as const,
      value: null,
      header: field,
      cells: readable.inspection.headers.map((header) => row[header] ?? ''),
    })),
  )
  let at = 0
  const before = (item: number) => {
    const from = at
    while (at < waiting.length && waiting[at]!.item < item) at++
    return waiting.slice(from, at)
  }
  for await (const rows of refusedRows(staged, signal))
    yield rows.flatMap(({ line, reason, field, value }): RefusedRow[] => {
      const row = { line, reason, value, header: headerOf(readable, field) }
      if (!items) return [row]
      const item = items.indexOf(line) ?? 0
      return [...before(item), { ...row, item }]
    })
  yield before(Number.POSITIVE_INFINITY)
}
