import { decimalText } from '../../messages/money.ts'
import type { SentRows } from '../orders/batch.ts'
import { type Kind, type KindField, namedFieldsOf } from './kind.ts'

/** One row of a kind as a shop's system sends it: by the names of `sentAs`. */
export type SentEvent = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** What a field is called in a batch: as in a file, money in minor units by a name that says so. */
export const sentAs = (field: string, { type }: KindField): string =>
  type === 'amount' ? `${field}Minor` : field

/** The events of a batch as rows of a file of their kind. Days and instants without a zone are those of `timeZone`. */
export function eventRows(
  kind: Kind,
  events: readonly SentEvent[],
  { decimals, timeZone }: { decimals: number; timeZone: string },
): SentRows {
  const fields = namedFieldsOf(kind)
  const written = (field: KindField, value: SentEvent[string]): string => {
    if (value === undefined) return ''
    if (typeof value === 'object') return value.join(';')
    return field.type === 'amount' ? decimalText(Number(value), decimals) : String(value)
  }
  return {
    map: {
      kind: kind.name as never,
      // Every column stands in every row, so that one mapping reads any batch.
      columns: Object.fromEntries(fields.map(([name]) => [name, name])) as never,
      dates: 'year-first',
      decimalMark: '.',
      timeZone,
    },
    rows: events.map((event) =>
      Object.fromEntries(fields.map(([name, field]) => [name, written(field, event[sentAs(name, field)])])),
    ),
    indexOf: (row) => row,
    sentAs: Object.fromEntries(fields.map(([name, field]) => [name, sentAs(name, field)])),
  }
}
