/**
 * A cell that a spreadsheet shows and never runs: text that begins like a formula gets an apostrophe,
 * plain numbers stay; quotes, commas and line ends are quoted. Null is an empty cell.
 */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  const text = String(value)
  const isNumber = typeof value === 'number' || /^[+-]?\d+(\.\d+)?$/.test(text)
  const safe = /^[=+\-@\t\r]/.test(text) && !isNumber ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export const csvRow = (cells: readonly (string | number | null)[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`
