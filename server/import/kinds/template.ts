import { decimalsOf } from '../../messages/money.ts'
import type { Template } from '../columns/templates.ts'
import { type Kind, namedFieldsOf } from './kind.ts'

/** Every field of a kind, and an invented row: what each looks like, amounts with the currency's decimals. */
export const kindTemplate = (kind: Kind, currency: string): Template => ({
  fields: namedFieldsOf(kind).map(([field]) => field),
  rows: [
    Object.fromEntries(
      namedFieldsOf(kind).map(([field, { type, example }]) => [
        field,
        type === 'amount' ? Number(example).toFixed(decimalsOf(currency)) : example,
      ]),
    ),
  ],
})
