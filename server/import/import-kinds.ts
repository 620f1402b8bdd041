import type { FieldName } from './fields.ts'
import { allKinds, type AnyKindField, type KindName } from './kinds/catalogue.ts'
import type { MemberField } from './members/fields.ts'

/** What a file holds. */
export type ImportKind = 'orders' | 'members' | KindName
export const importKinds: readonly ImportKind[] = ['orders', 'members', ...allKinds.map(({ name }) => name)]

/** A field of any kind of file. */
export type AnyField = FieldName | MemberField | AnyKindField
