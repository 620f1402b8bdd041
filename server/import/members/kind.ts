import { fields, plainHeader } from '../fields.ts'
import type { MapOverrides, Sample } from '../mapping.ts'
import { recognised } from '../platforms.ts'
import { presetNames } from '../presets.ts'
import { holdsRefunds } from '../refunds/kind.ts'
import { type ImportKind, memberFields } from './fields.ts'
import { recognisedMembers } from './presets.ts'

/**
 * What a file holds: as was said, as its platform is known for, else by its headers alone. A file that
 * tells members apart, says something else of them and names no order, no time and amount of one, is of members.
 */
export function kindOf(sample: Sample, said: MapOverrides): ImportKind {
  const { headers, records } = sample
  if (said.kind) return said.kind
  if (said.preset) return (presetNames as readonly string[]).includes(said.preset) ? 'orders' : 'members'
  if (holdsRefunds(sample)) return 'refunds'
  if (recognised(headers, records) !== null) return 'orders'
  if (recognisedMembers(headers) !== null) return 'members'
  const plain = new Set(headers.map(plainHeader))
  const has = (aliases: readonly string[]) => aliases.some((alias) => plain.has(alias))
  const { orderId, orderedAt, paidAt, amount, unitPrice } = fields
  const ofOrders =
    has(orderId.aliases) ||
    ((has(orderedAt.aliases) || has(paidAt.aliases)) && (has(amount.aliases) || has(unitPrice.aliases)))
  if (ofOrders) return 'orders'
  const { memberId, phone, name, gender, birthday, joinedAt, tier, points, storedValue, consent } =
    memberFields
  const attributes = [phone, name, gender, birthday, joinedAt, tier, points, storedValue, consent].filter(
    ({ aliases }) => has(aliases),
  )
  return (has(memberId.aliases) && attributes.length > 0) || (has(phone.aliases) && attributes.length > 1)
    ? 'members'
    : 'orders'
}
