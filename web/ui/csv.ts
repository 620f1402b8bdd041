import type { Column } from './data-table.tsx'

const formulaStart = /^[=+\-@\t\r]/
const plainNumber = /^-?\d+(\.\d+)?$/

/** A cell that a spreadsheet shows and never runs. */
export function csvCell(value: string | number | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value)
  const safe = formulaStart.test(text) && !plainNumber.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The table's values as CSV: minor units, plain ratios, ISO days, empty for unknown. */
export function csvOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const valued = columns.filter((column) => column.value)
  return [
    valued.map((column) => csvCell(column.csvHeader ?? column.key)),
    ...rows.map((row) => valued.map((column) => csvCell(column.value?.(row)))),
  ]
    .map((cells) => cells.join(','))
    .join('\r\n')
}

/** With one byte-order mark, whether the text came with one or without. */
export const withMark = (text: string): string => (text.startsWith('\uFEFF') ? text : `\uFEFF${text}`)

/** Hands a file to the browser. CSV gets a byte-order mark, or Excel reads Chinese as Latin. */
export function download(name: string, content: string | Blob, type = 'text/plain') {
  const blob =
    typeof content === 'string'
      ? new Blob([type === 'text/csv' ? withMark(content) : content], { type: `${type};charset=utf-8` })
      : content
  const address = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
