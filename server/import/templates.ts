import { csvRow } from '../csv/csv.ts'
import type { ImportKind } from './import-kinds.ts'
import { allKinds } from './kinds/catalogue.ts'
import { kindTemplate } from './kinds/template.ts'
import { membersTemplate } from './members/template.ts'
import { refundsTemplate } from './refunds/template.ts'
import { ordersTemplate } from './template.ts'

/** A file to fill in: every field of its kind, named as in `--map`, and invented rows to be overwritten. */
export interface Template {
  readonly fields: readonly string[]
  readonly rows: readonly Readonly<Record<string, string | number | null>>[]
}

/** The template of every kind of file, amounts in a currency. */
export const templates = Object.fromEntries([
  ['orders', ordersTemplate],
  ['refunds', refundsTemplate],
  ['members', membersTemplate],
  ...allKinds.map((kind) => [kind.name, (currency: string) => kindTemplate(kind, currency)] as const),
]) as Readonly<Record<ImportKind, (currency: string) => Template>>

/** What a template is written as: fields are headers, or keys. */
export const templateEndings = ['csv', 'jsonl'] as const
export const writtenAs: Readonly<Record<(typeof templateEndings)[number], (template: Template) => string>> = {
  csv: ({ fields, rows }) =>
    `\uFEFF${csvRow(fields)}${rows.map((row) => csvRow(fields.map((field) => row[field] ?? null))).join('')}`,
  jsonl: ({ fields, rows }) =>
    rows
      .map(
        (row) =>
          `${JSON.stringify(Object.fromEntries(fields.map((field) => [field, row[field] ?? null])))}\n`,
      )
      .join(''),
}
