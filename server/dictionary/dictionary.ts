import type { DescribedColumn, DescribedTable } from '../../analytics/schema/described.ts'
import { exportedTables } from '../../analytics/schema/exported.ts'
import { csvRow } from '../csv/csv.ts'
import { decimalsOf } from '../messages/money.ts'
import { exportedStoreTables } from '../store/exported.ts'

/** Every table that an export holds, in its order. */
export const dictionaryTables: readonly DescribedTable[] = [...exportedTables, ...exportedStoreTables]

/** The dictionary as the file that goes along with an export: both languages, money with its currency. */
export const dictionaryCsv = (currency: string): string =>
  [
    `\uFEFF${csvRow(['table', 'column', 'type', 'unit', 'source', 'history', 'meaning_en', 'meaning_zh'])}`,
    ...dictionaryTables.flatMap(({ name, meaning, columns }) => [
      csvRow([name, null, null, null, null, null, meaning.en, meaning['zh-CN']]),
      ...columns.map((column) =>
        csvRow([
          name,
          column.name,
          column.type,
          unitOf(column, currency),
          column.origin,
          column.past,
          column.meaning.en,
          column.meaning['zh-CN'],
        ]),
      ),
    ]),
  ].join('')

/** `CNY 1/100`: minor units of a currency; other units by their name. */
const unitOf = ({ unit }: DescribedColumn, currency: string): string | null =>
  unit === 'minor' ? `${currency} 1/${10 ** decimalsOf(currency)}` : (unit ?? null)
