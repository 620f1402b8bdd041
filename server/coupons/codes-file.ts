import type { Said } from '../messages/messages.ts'
import { givenKey, longestGiven } from './code.ts'

/** A line of a file that brought no code, and why. */
export interface RefusedCode {
  readonly line: number
  readonly said: Said
}

export interface ReadCode {
  readonly line: number
  readonly code: string
  readonly key: string
}

/** Where the codes of a file stand: what separates its cells, and which cell of a line, from 0, is the code. */
export interface CodeColumn {
  readonly separator: string
  readonly column: number
}

/** What a column of codes may be called, without blanks and in lower case. */
const titles = new Set(
  `code codes couponcode couponno couponnumber vouchercode voucherno promocode redemptioncode
  券码 优惠券码 券号 优惠码 核销码 卡券码 卡券编号 优惠券编号 兑换码 卡密 卡号`
    .split(/\s+/)
    .filter(Boolean),
)

/**
 * Tells from a file's first line where its codes stand: one code a line, or a table with a column that is called a code.
 * `titled`: that line holds titles and no code.
 */
export function codeColumn(
  first: string,
): (CodeColumn & { kind: 'column'; titled: boolean }) | { kind: 'unclear'; said: Said } {
  const separator = ['\t', ';', ','].find((each) => first.includes(each)) ?? ','
  const cells = cellsOf(first, separator)
  const column = cells.findIndex((cell) => titles.has(cell.toLowerCase().replace(/[\s_-]/g, '')))
  if (column === -1 && cells.length > 1)
    return { kind: 'unclear', said: { id: 'pool-file-columns', values: { columns: cells.join(', ') } } }
  return { kind: 'column', separator, column: Math.max(column, 0), titled: column !== -1 }
}

/**
 * Reads lines of a file of codes, the first of which has the number `from`. What cannot be a code is refused line by
 * line: empty ones, too long ones, numbers that a spreadsheet has rounded.
 */
export function readCodes(
  lines: readonly string[],
  from: number,
  { separator, column }: CodeColumn,
): { codes: ReadCode[]; refused: RefusedCode[] } {
  const codes: ReadCode[] = []
  const refused: RefusedCode[] = []
  for (const [index, row] of lines.entries()) {
    const line = from + index
    const code = cellsOf(row, separator)[column] ?? ''
    const key = givenKey(code)
    const refuse = (said: Said) => refused.push({ line, said })
    if (key === null) refuse({ id: 'pool-code-empty', values: { line } })
    else if (code.length > longestGiven)
      refuse({ id: 'pool-code-long', values: { line, most: longestGiven, code: code.slice(0, 20) } })
    else if (/^\d(\.\d+)?E\+\d+$/.test(key)) refuse({ id: 'pool-code-rounded', values: { line, code } })
    else codes.push({ line, code, key })
  }
  return { codes, refused }
}

/** The cells of a line; quotes around one go, also those with which spreadsheets keep a number a text (="0012"). */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    const sign = line[at]!
    if (quoted && sign === '"' && line[at + 1] === '"') cell += line[at++]
    else if (sign === '"') quoted = !quoted
    else if (!quoted && sign === separator) {
      cells.push(cell)
      cell = ''
    } else cell += sign
  }
  return [...cells, cell].map((each) => each.trim().replace(/^[='’]+/, ''))
}
