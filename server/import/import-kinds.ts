import { both, type Words } from '../../analytics/schema/described.ts'
import type { FieldName } from './columns/fields.ts'
import { allKinds, type AnyKindField, kindNamed, type KindName } from './kinds/catalogue.ts'
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

const ownTitles: Readonly<Record<string, Words>> = {
  orders: both('Orders', '订单'),
  refunds: both('Refunds', '退款'),
  members: both('Members', '会员'),
}

/** What a kind is called. */
export const kindTitle = (kind: ImportKind): Words => kindNamed(kind)?.title ?? ownTitles[kind]!

/** What a kind is called, with the word that `--kind` takes for it. */
export const kindToSay = (kind: ImportKind): Words => {
  const title = kindTitle(kind)
  return both(`${title.en} (${kind})`, `${title['zh-CN']}（${kind}）`)
}
