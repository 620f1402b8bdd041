import { randomUUID } from 'node:crypto'

let newest = 0n

/**
 * A UUID of version 7 (RFC 9562): later ones of this process sort after earlier ones. Rows that are written together lie
 * together, where ids by chance alone would touch as many pages as there are rows.
 */
export function orderedId(): string {
  // 48 bits of milliseconds and 12 of a count within them, which runs ahead when more are asked for
  const now = BigInt(Date.now()) << 12n
  newest = now > newest ? now : newest + 1n
  const hex = newest.toString(16).padStart(15, '0')
  // the variant and 62 random bits, as any UUID ends; they are drawn for many at once
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(12)}${randomUUID().slice(18)}`
}
