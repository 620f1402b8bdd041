import { csvRow } from '../../csv/csv.ts'
import { decimalsOf } from '../../messages/money.ts'
import { type Kind, namedFieldsOf } from './kind.ts'

/** The template's row: what each field looks like, amounts with the currency's decimals. */
function example(kind: Kind, currency: string): [string, string][] {
  return namedFieldsOf(kind).map(([field, { type, example: said }]) => [
    field,
    type === 'amount' ? Number(said).toFixed(decimalsOf(currency)) : said,
  ])
}

/** A CSV file with every field of a kind, named as in `--map`, and an invented row to be overwritten. */
export const kindTemplate = (kind: Kind, currency: string): string =>
  `\uFEFF${csvRow(namedFieldsOf(kind).map(([field]) => field))}${csvRow(example(kind, currency).map(([, value]) => value))}`

/** The same row as JSON Lines: fields are keys. */
export const kindJsonLines = (kind: Kind, currency: string): string =>
  `${JSON.stringify(Object.fromEntries(example(kind, currency)))}\n`
