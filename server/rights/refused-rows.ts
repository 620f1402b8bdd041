import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { sql } from '../../analytics/sql/sql.ts'
import { csvRow } from '../csv/csv.ts'
import { columnsOfPlace } from '../import/refused/refused-columns.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Deletion } from './deletions.ts'
import { findDeleted, homeOf } from './find-deleted.ts'

/** Of a file of refused rows (where they stood and why they were refused, then the cells as they stood), those that name one of the texts as a whole word, or a phone among them however it is written; none where there is no file. */
export function refusedRowsNaming(path: string, texts: readonly string[]): string[][] {
  if (!existsSync(path)) return []
  const [headers = [], ...rows] = cellsOf(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  return rows.filter(naming(texts, columnsOfPlace(headers)))
}

/** Takes what the file had out of the refused rows that name one of the texts; where they stood and why they were refused stays. */
export function forgetRefusedRows(path: string, texts: readonly string[]): void {
  if (existsSync(path)) forget(path, (before) => naming(texts, before))
}

/**
 * The same of the rows that name somebody whom the deletion list alone knows by now: in a file that is older than the
 * member, as after a restore.
 */
export async function forgetDeletedIn(path: string, known: Known): Promise<void> {
  if (!existsSync(path)) return
  const [headers = [], ...rows] = cellsOf(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  const before = columnsOfPlace(headers)
  const found = await rowsKnown(
    rows.map((row) => row.slice(before)),
    known,
  )
  if (found.size > 0) forget(path, () => (_, place) => found.has(place))
}

/** Those of some texts that somebody who was deleted is known by. */
export type Known = (texts: readonly string[]) => Promise<ReadonlySet<string>>

/** What a deletion list knows; null where it knows nobody. */
export const knownTo = (workspace: Workspace, list: readonly Deletion[]): Known | null =>
  list.length === 0
    ? null
    : (texts) =>
        workspace.engine.transaction(async (session) => {
          const among = sql`(select unnest(from_json(${JSON.stringify(texts)}, '["VARCHAR"]')) as member_id)`
          await findDeleted(session, list, among, homeOf(workspace))
          const rows = await session.rows(sql`select member_id from deleted_ids`)
          return new Set(rows.map(({ memberId }) => String(memberId)))
        })

/** The places of the rows of which a cell is known. */
export async function rowsKnown(rows: readonly (readonly string[])[], known: Known): Promise<Set<number>> {
  const texts = new Set(rows.flatMap((row) => row.map(bare)))
  texts.delete('')
  const all = [...texts]
  const found = new Set<string>()
  for (let from = 0; from < all.length; from += textsAtOnce)
    for (const text of await known(all.slice(from, from + textsAtOnce))) found.add(text)
  return new Set(rows.flatMap((row, place) => (row.some((cell) => found.has(bare(cell))) ? [place] : [])))
}

const textsAtOnce = 20_000

/** An id, a phone or an e-mail without what files put around it or spreadsheets make of it. */
export const bare = (cell: string): string =>
  cell
    .normalize('NFKC')
    .trim()
    .replace(/^="(.*)"$/, '$1')
    .replace(/^'+/, '')
    .replace(/^(\+?\d+)\.0$/, '$1')
    .replace(
      /^([1-9])(?:\.(\d*[1-9]))?e\+0([0-5])$/,
      (written, first: string, more: string | undefined, zeros) =>
        (more ?? '').length > Number(zeros)
          ? written
          : `${first}${more ?? ''}`.padEnd(Number(zeros) + 1, '0'),
    )

/** `naming` is told how many columns stand before the rows' own. */
function forget(
  path: string,
  naming: (before: number) => (row: readonly string[], place: number) => boolean,
): void {
  const [headers = [], ...rows] = cellsOf(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  const before = columnsOfPlace(headers)
  const names = naming(before)
  const kept = rows.map((row, place) =>
    names(row, place) ? row.map((cell, at) => (at < before ? cell : '')) : row,
  )
  if (kept.every((row, place) => row === rows[place])) return
  const draft = `${path}.partial`
  const text = [headers, ...kept].map((row) => csvRow(row)).join('')
  writeFileSync(draft, `\uFEFF${text}`, { mode: 0o600, flush: true })
  renameSync(draft, path)
}

function naming(texts: readonly string[], before: number) {
  const wanted = texts.filter((text) => text !== '')
  const word = (text: string) =>
    `(?<![\\p{L}\\p{N}_-])${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![\\p{L}\\p{N}_-])`
  const words = new RegExp(wanted.map(word).join('|'), 'u')
  const mails = wanted.filter((text) => text.includes('@'))
  const mail = mails.length === 0 ? null : new RegExp(mails.map(word).join('|'), 'iu')
  const phones = texts.filter((text) => /^\+?\d{8,}$/.test(text)).map((text) => text.replace('+', ''))
  const isPhone = (cell: string) => {
    if (!/^[\s\d+()（）.='"-]+$/.test(cell)) return false
    const digits = cell.replace(/\.0$/, '').replace(/\D/g, '').replace(/^0+/, '')
    return digits.length >= 8 && phones.some((phone) => phone.endsWith(digits))
  }
  const names = (cell: string) => words.test(cell) || mail?.test(cell) === true || isPhone(cell)
  return (row: readonly string[]) =>
    wanted.length > 0 && row.slice(before).some((cell) => names(cell) || names(cell.normalize('NFKC')))
}

/** The cells of a file that `csvRow` wrote. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    row.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (row.length > 1) rows.push(row)
    row = []
  }
  return rows
}
