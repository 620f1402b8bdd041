import { sql } from '../../../analytics/sql/sql.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'

/** Whether the workspace has a fact about an import: its file, whether it is undone. */
export async function importById(workspace: Workspace, importId: string) {
  const [row] = await workspace.engine.rows(
    sql`select import_id, kind, file_name, undone_at, cast(json_extract_string(report, '$.read') as bigint) as read
      from imports where import_id = ${importId}`,
  )
  return row ?? null
}

/** An import as the history lists it. */
export interface Listed {
  readonly importId: string
  readonly kind: string
  /** Instants as ISO text; null: it stands. */
  readonly importedAt: string
  readonly undoneAt: string | null
  /** Of its columns (`headersDigest`); null where none was noted. */
  readonly headers: string | null
  /** Its report, of whichever kind. */
  readonly report: Readonly<Record<string, unknown>>
}

/**
 * Of imports, newest first, those that are listed under a newer one: files of one kind with the same columns that
 * came one after the other, all of which brought nothing new and had rows refused for the same reasons. By import the
 * newest of its row of files. An import of other columns between them parts nothing; one with news does, as do other
 * refused rows, which are somebody's to look at. Where an older file of the kind was taken out since, what it had brought
 * may stand by these: they are listed for themselves.
 */
export function foldedUnder(imports: readonly Listed[]): ReadonlyMap<string, string> {
  const under = new Map<string, string>()
  const newest = new Map<string, Listed>()
  const takenOut = imports.filter((one) => one.undoneAt !== null && !broughtNothing(one.report))
  const mayCarry = ({ kind, importedAt }: Listed) =>
    takenOut.some(
      (gone) => gone.kind === kind && gone.importedAt <= importedAt && gone.undoneAt! >= importedAt,
    )
  for (const one of imports) {
    if (one.undoneAt !== null) continue
    const source = `${one.kind} ${one.headers}`
    const head = newest.get(source)
    if (!broughtNothing(one.report) || mayCarry(one)) newest.delete(source)
    else if (head && refusedOf(head) === refusedOf(one)) under.set(one.importId, head.importId)
    else newest.set(source, one)
  }
  return under
}

/** How many rows were refused for which reasons. */
const refusedOf = ({ report }: Listed): string => JSON.stringify([report.refused, report.reasons])

/** What a report counts of news, in the words of the receipts of all kinds. */
const news = [
  'imported',
  'newOrders',
  'corrected',
  'fewerLines',
  'newMembers',
  'changedMembers',
  'newEntries',
  'changedEntries',
]

/** Whether a file left everything as it was, by its report of whichever kind: rows that were read, and none that was not there already. */
export function broughtNothing(report: object): boolean {
  const told = report as Listed['report']
  return (
    told.imported === 0 &&
    Number(told.read ?? 0) > 0 &&
    news.every((what) => Number(told[what] ?? 0) === 0) &&
    (!Array.isArray(told.months) || told.months.length === 0)
  )
}
