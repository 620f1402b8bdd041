import { decimalText } from '../../messages/money.ts'
import type { SentRows } from '../orders/batch.ts'

/** An item of a batch that is not as the document has it, as refused rows show it. */
export interface MalformedItem {
  /** Its place among those sent, from 0. */
  readonly index: number
  /** What is wrong with it first; null: the item as a whole. */
  readonly field: string | null
  /** What it says, by the columns of the batch: a row of each of its lines. */
  readonly rows: readonly Readonly<Record<string, string>>[]
}

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}

/** The rows of an item whatever it is, each value as it was sent; whole numbers of minor units in `decimals` digits, as in the rows of others. */
export function rowsAsSent(
  item: unknown,
  { map, sentAs, lineColumns = [] }: Pick<SentRows, 'map' | 'sentAs' | 'lineColumns'>,
  decimals: number,
): MalformedItem['rows'] {
  const columns = Object.values(map.columns ?? {}).filter((column) => typeof column === 'string')
  const cell = (fields: Fields, column: string): string => {
    const name = sentAs[column] ?? column
    const value = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (value === undefined || value === null) return ''
    if (name.endsWith('Minor') && Number.isSafeInteger(value)) return decimalText(value as number, decimals)
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(';')
    return typeof value === 'string' ? value.toWellFormed().replaceAll('\0', ' ') : JSON.stringify(value)
  }
  const whole = fieldsOf(item)
  const lines = lineColumns.length > 0 && Array.isArray(whole.lines) ? whole.lines : []
  const row = (of: (column: string) => Fields) =>
    Object.fromEntries(columns.map((column) => [column, cell(of(column), column)]))
  return lines.length === 0
    ? [row(() => whole)]
    : lines.map((line) => row((column) => (lineColumns.includes(column) ? fieldsOf(line) : whole)))
}
