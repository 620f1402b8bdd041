import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { csvRow } from '../csv/csv.ts'

/** Of a file of refused rows (line, column, reason, then the cells as they stood), those that name one of the texts as a whole word, or a phone among them however it is written; none where there is no file. */
export function refusedRowsNaming(path: string, texts: readonly string[]): string[][] {
  return existsSync(path) ? cellsOf(readFileSync(path, 'utf8')).slice(1).filter(naming(texts)) : []
}

/** Takes what the file had out of the refused rows that name one of the texts; line, column and reason stay. */
export function forgetRefusedRows(path: string, texts: readonly string[]): void {
  if (refusedRowsNaming(path, texts).length === 0) return
  const names = naming(texts)
  const rows = cellsOf(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  const draft = `${path}.partial`
  writeFileSync(
    draft,
    `\uFEFF${rows.map((row) => csvRow(names(row) ? row.map((cell, at) => (at < 3 ? cell : '')) : row)).join('')}`,
    { mode: 0o600, flush: true },
  )
  renameSync(draft, path)
}

function naming(texts: readonly string[]) {
  const wanted = texts
    .filter((text) => text !== '')
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  const words = new RegExp(`(?<![\\p{L}\\p{N}_-])(?:${wanted.join('|')})(?![\\p{L}\\p{N}_-])`, 'u')
  const phones = texts.filter((text) => /^\+?\d{8,}$/.test(text)).map((text) => text.replace('+', ''))
  const isPhone = (cell: string) => {
    if (!/^[\s\d+()（）.='"-]+$/.test(cell)) return false
    const digits = cell.replace(/\.0$/, '').replace(/\D/g, '').replace(/^0+/, '')
    return digits.length >= 8 && phones.some((phone) => phone.endsWith(digits))
  }
  return (row: readonly string[]) =>
    wanted.length > 0 && row.slice(3).some((cell) => words.test(cell) || isPhone(cell))
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
