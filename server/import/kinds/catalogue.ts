import type { Words } from '../../../analytics/schema/described.ts'
import { fieldsOf, type Kind } from './kind.ts'
import { campaigns } from './campaigns.ts'
import { coupons } from './coupons.ts'
import { experiments } from './experiments.ts'
import { merges } from './merges.ts'
import { points } from './points.ts'
import { products } from './products.ts'
import { tags } from './tags.ts'
import { targets } from './targets.ts'

/** Every kind of file besides orders, refunds and members. A new one is a line here. */
export const kinds = [
  products,
  tags,
  points,
  coupons,
  campaigns,
  targets,
  experiments,
  merges,
] as const satisfies readonly Kind[]

export type KindName = (typeof kinds)[number]['name']
/** A field of any of the kinds. */
export type AnyKindField = {
  [K in (typeof kinds)[number] as K['name']]: keyof K['fields']
}[KindName]

/** All kinds alike, whatever their fields. */
export const allKinds: readonly Kind<KindName>[] = kinds as never

/** Every name of a field that a kind has. */
export const kindFieldNames = [
  ...new Set(allKinds.flatMap((kind) => Object.keys(kind.fields))),
] as AnyKindField[]

/** The kind of this name; undefined for orders, members and anything else. */
export const kindNamed = (name: string): Kind<KindName> | undefined =>
  allKinds.find((kind) => kind.name === name)

/** Reason for rows that lack a needed field. */
export const lacks = (kind: Kind, field: string): string => `${kind.name}.no-${field}`

/** The sentence of a reason that a kind brings; undefined for the reasons that all have. */
export function ownReason(reason: string): Words | undefined {
  const [kindName, id] = reason.split('.')
  const kind = kindNamed(kindName!)
  if (!kind || id === undefined) return undefined
  const check = kind.checks?.find((one) => one.reason === id)
  return check?.words ?? fieldsOf(kind).find(([field]) => `no-${field}` === id)?.[1].needed
}

/** Every reason that a kind brings, for who answers them in codes. */
export const kindReasons = allKinds.flatMap((kind) => [
  ...fieldsOf(kind).flatMap(([field, { needed }]) => (needed ? [lacks(kind, field)] : [])),
  ...(kind.checks ?? []).map(({ reason }) => `${kind.name}.${reason}`),
]) as `${KindName}.${string}`[]
