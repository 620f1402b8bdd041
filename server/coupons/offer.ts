import { z } from 'zod'

const Minor = z.int().positive()

/** What a coupon takes off a basket. Money in minor units; percent may have two decimals. */
export const Offer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('amount'), amountMinor: Minor }),
  z.object({
    kind: z.literal('percent'),
    percent: z.number().positive().max(100).multipleOf(0.01),
    /** The most that it takes off. */
    capMinor: Minor.optional(),
  }),
])
export type Offer = z.infer<typeof Offer>

/**
 * The discount on a basket, in minor units: never above the cap and never above the basket. A
 * percentage is computed exactly and rounded once, half away from zero.
 */
export function discountOf(offer: Offer, basketMinor: number): number {
  if (offer.kind === 'amount') return Math.min(offer.amountMinor, basketMinor)
  const hundredths = BigInt(Math.round(offer.percent * 100))
  const exactTimesTenThousand = BigInt(basketMinor) * hundredths
  const rounded = Number((exactTimesTenThousand + 5_000n) / 10_000n)
  return Math.min(rounded, offer.capMinor ?? rounded, basketMinor)
}
