/** A row of a file of comma-separated values. */
export interface CsvRow {
  /** The line on which it begins, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * The rows of a text that a spreadsheet wrote, separated by commas, semicolons or tabs, as its first line has them; quoted
 * cells may hold any of them and line ends. Cells are trimmed, empty rows left out.
 */
export function readCsv(text: string): CsvRow[] {
  const content = text.replace(/^\uFEFF/, '')
  const firstLine = content.slice(0, content.search(/[\r\n]|$/))
  const separator = ['\t', ';', ','].find((each) => firstLine.includes(each)) ?? ','
  const rows: CsvRow[] = []
  let line = 1
  let row: { line: number; cells: string[] } = { line, cells: [] }
  let cell = ''
  let quoted = false
  const endCell = () => {
    row.cells.push(cell.trim())
    cell = ''
  }
  const endRow = () => {
    endCell()
    if (row.cells.some((each) => each !== '')) rows.push(row)
    row = { line, cells: [] }
  }
  for (let at = 0; at < content.length; at++) {
    const sign = content[at]!
    if (sign === '\n') line++
    if (quoted) {
      if (sign !== '"') cell += sign
      else if (content[at + 1] === '"') {
        cell += '"'
        at++
      } else quoted = false
    } else if (sign === '"' && cell.trim() === '') {
      cell = ''
      quoted = true
    } else if (sign === separator) endCell()
    else if (sign === '\n') endRow()
    else if (sign === '\r') {
      if (content[at + 1] !== '\n') {
        line++
        endRow()
      }
    } else cell += sign
  }
  endRow()
  return rows
}
