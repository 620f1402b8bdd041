import { csvRow } from '../../csv/csv.ts'
import { decimalsOf } from '../../messages/money.ts'
import { fieldsOf, type Kind } from './kind.ts'

/** What has a column of its own. */
const inTemplate = (kind: Kind) => fieldsOf(kind).filter(([, { type }]) => type !== 'rest')

/** The template's row: what each field looks like, amounts with the currency's decimals. */
function example(kind: Kind, currency: string): [string, string][] {
  return inTemplate(kind).map(([field, { type, example: said }]) => [
    field,
    type === 'amount' ? Number(said).toFixed(decimalsOf(currency)) : said,
  ])
}

/** A CSV file with every field of a kind, named as in `--map`, and an invented row to be overwritten. */
export const kindTemplate = (kind: Kind, currency: string): string =>
  `\uFEFF${csvRow(inTemplate(kind).map(([field]) => field))}${csvRow(example(kind, currency).map(([, value]) => value))}`

/** The same row as JSON Lines: fields are keys. */
export const kindJsonLines = (kind: Kind, currency: string): string =>
  `${JSON.stringify(Object.fromEntries(example(kind, currency)))}\n`
