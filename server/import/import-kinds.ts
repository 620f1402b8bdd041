import type { FieldName } from './fields.ts'
import { allKinds, type AnyKindField, type KindName } from './kinds/catalogue.ts'
import type { MemberField } from './members/fields.ts'
import type { RefundField } from './refunds/fields.ts'

/** What a file holds. */
export type ImportKind = 'orders' | 'refunds' | 'members' | KindName
export const importKinds: readonly ImportKind[] = [
  'orders',
  'refunds',
  'members',
  ...allKinds.map(({ name }) => name),
]

/** A field of any kind of file. */
export type AnyField = FieldName | RefundField | MemberField | AnyKindField
