import { csvRow } from '../../csv/csv.ts'
import { type Language, phrase } from '../../messages/messages.ts'
import { type ImportKind, importKinds } from '../import-kinds.ts'
import { allKinds, kindNamed } from '../kinds/catalogue.ts'
import { namedFieldsOf } from '../kinds/kind.ts'
import { kindTemplate } from '../kinds/template.ts'
import { membersTemplate } from '../members/template.ts'
import { refundsTemplate } from '../refunds/template.ts'
import { ordersTemplate } from './template.ts'
import { chineseHeaders, chineseWords } from './template-words.ts'

/** A file to fill in: every field of its kind, named as in `--map`, and invented rows to be overwritten. */
export interface Template {
  readonly fields: readonly string[]
  readonly rows: readonly Readonly<Record<string, string | number | null>>[]
  /** What the fields are called as headers; not there: by their names. */
  readonly headers?: Readonly<Record<string, string>>
}

/** The template of every kind of file in English, amounts in a currency. */
const templates = Object.fromEntries([
  ['orders', ordersTemplate],
  ['refunds', refundsTemplate],
  ['members', membersTemplate],
  ...allKinds.map((kind) => [kind.name, (currency: string) => kindTemplate(kind, currency)] as const),
]) as Readonly<Record<ImportKind, (currency: string) => Template>>

const headersInChinese = (name: ImportKind): Readonly<Record<string, string>> => {
  const kind = kindNamed(name)
  return kind
    ? Object.fromEntries(namedFieldsOf(kind).map(([field, { label }]) => [field, phrase('zh-CN', label)]))
    : chineseHeaders[name as keyof typeof chineseHeaders]
}

/** The template of a kind of file in a language, amounts in a currency. Keys of JSON Lines are the same in all. */
export function templateOf(kind: ImportKind, currency: string, language: Language): Template {
  const template = templates[kind](currency)
  if (language === 'en') return template
  return {
    ...template,
    headers: headersInChinese(kind),
    rows: template.rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([field, value]) => [
          field,
          typeof value === 'string' && Object.hasOwn(chineseWords, value) ? chineseWords[value]! : value,
        ]),
      ),
    ),
  }
}

/** What a template is written as: fields are headers, or keys. */
export const templateEndings = ['csv', 'jsonl'] as const
export const writtenAs: Readonly<Record<(typeof templateEndings)[number], (template: Template) => string>> = {
  csv: ({ fields, rows, headers }) =>
    `\uFEFF${csvRow(fields.map((field) => headers?.[field] ?? field))}${rows.map((row) => csvRow(fields.map((field) => row[field] ?? null))).join('')}`,
  jsonl: ({ fields, rows }) =>
    rows
      .map(
        (row) =>
          `${JSON.stringify(Object.fromEntries(fields.map((field) => [field, row[field] ?? null])))}\n`,
      )
      .join(''),
}

const chineseNames = importKinds.map((kind) => {
  const headers = headersInChinese(kind)
  return { kind, fieldOf: new Map(Object.entries(headers).map(([field, header]) => [header, field])) }
})

/**
 * The kind and the columns of a Chinese template, of which others may have been taken out as long as more than half is
 * left: fewer are words of any shop. Null for any other file; English names are told wherever they stand.
 */
export function chineseColumns(
  headers: readonly string[],
): { readonly kind: ImportKind; readonly columns: Readonly<Record<string, string>> } | null {
  if (new Set(headers).size < headers.length) return null
  const found = chineseNames.find(
    ({ fieldOf }) => 2 * headers.length > fieldOf.size && headers.every((header) => fieldOf.has(header)),
  )
  return (
    (found && {
      kind: found.kind,
      columns: Object.fromEntries(headers.map((header) => [found.fieldOf.get(header)!, header])),
    }) ??
    null
  )
}

/** A cell as it is whatever a spreadsheet makes of its dates and numbers. */
function plainCell(cell: string | number | null): string {
  const text = String(cell ?? '')
    .trim()
    .toLowerCase()
  const numbers = (text.match(/\d+/g) ?? [])
    .map(Number)
    .join(' ')
    .replace(/( 0)+$/, '')
  return `${text.replace(/[\d\s\-/:.,+¥￥$]/g, '')} ${numbers}`
}

/**
 * Whether a record is one of the template's own rows, which somebody forgot to take out: every cell that is told says what
 * stands there, whatever the currency; of phones, which spreadsheets cut off, only whether there is one. At least half of
 * the template's fields have a column, and others say nothing. `columns`: positions by field.
 */
export function templateRow(
  kind: ImportKind,
  columns: Readonly<Record<string, number | undefined>>,
): (record: readonly string[]) => boolean {
  // of two decimals, of none, of three
  const samples = ['CNY', 'JPY', 'KWD'].flatMap((currency) =>
    (['en', 'zh-CN'] as const).flatMap((language) => templateOf(kind, currency, language).rows),
  )
  const { fields } = templateOf(kind, 'CNY', 'en')
  const told = fields.filter((field) => columns[field] !== undefined)
  if (2 * told.length < fields.length) return () => false
  const compared = Object.keys(columns).filter(
    (field) => columns[field] !== undefined && field !== 'currency',
  )
  const said = (field: string, value: string | number | null) =>
    field === 'phone' ? String(`${value ?? ''}`.trim() !== '') : plainCell(value)
  const rows = samples.map((row) => compared.map((field) => said(field, row[field] ?? null)))
  return (record) =>
    rows.some((row) =>
      row.every((cell, i) => cell === said(compared[i]!, record[columns[compared[i]!]!] ?? null)),
    )
}
