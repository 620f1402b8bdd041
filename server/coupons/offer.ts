import { z } from 'zod'

const Minor = z.int().positive()
const Percent = z.number().positive().max(100).multipleOf(0.01)

/**
 * What a coupon gives. Money in minor units; percentages and multipliers may have two decimals. An amount and a
 * percentage are taken off the basket; shipping, a gift and points are given beside it, at what they are worth.
 */
export const Offer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('amount'), amountMinor: Minor }),
  z.object({
    kind: z.literal('percent'),
    percent: Percent,
    /** The most that it takes off. */
    capMinor: Minor.optional(),
  }),
  z.object({
    kind: z.literal('free_shipping'),
    /** The highest delivery fee that is waived. */
    worthMinor: Minor,
  }),
  z.object({
    kind: z.literal('gift'),
    /** As the member knows it, such as “a mug”. */
    gift: z.string().trim().min(1).max(80),
    /** What it costs the shop, and what the best combination counts it for. */
    worthMinor: Minor,
  }),
  z.object({
    kind: z.literal('points'),
    /** How many times the usual points the purchase brings. */
    times: z.number().min(1.01).max(100).multipleOf(0.01),
    /** What the usual points of a purchase are worth, as a share of it. */
    worthPercent: Percent.default(1),
    /** The most that the additional points are worth. */
    capMinor: Minor.optional(),
  }),
])
export type Offer = z.infer<typeof Offer>

/** Gives something beside the basket, which stays what it costs. */
export const isBeside = (
  offer: Offer,
): offer is Extract<Offer, { kind: 'free_shipping' | 'gift' | 'points' }> =>
  offer.kind === 'free_shipping' || offer.kind === 'gift' || offer.kind === 'points'

/**
 * What is taken off a basket, in minor units: never above the cap and never above the basket, 0 for what is given
 * beside it. A percentage is computed exactly and rounded once, half away from zero.
 */
export function discountOf(offer: Offer, basketMinor: number): number {
  if (isBeside(offer)) return 0
  if (offer.kind === 'amount') return Math.min(offer.amountMinor, basketMinor)
  const rounded = shareOf(basketMinor, offer.percent)
  return Math.min(rounded, offer.capMinor ?? rounded, basketMinor)
}

/**
 * What is given beside a basket is worth, in minor units: a delivery fee as it is charged (unknown: as high as it may
 * be), a gift, the additional points of the basket.
 */
export function worthOf(offer: Offer, basketMinor: number, shippingMinor: number | null): number {
  switch (offer.kind) {
    case 'free_shipping':
      return Math.min(offer.worthMinor, shippingMinor ?? offer.worthMinor)
    case 'gift':
      return offer.worthMinor
    case 'points': {
      const hundredths = Math.round((offer.times - 1) * 100) * Math.round(offer.worthPercent * 100)
      const rounded = Number((BigInt(basketMinor) * BigInt(hundredths) + 500_000n) / 1_000_000n)
      return Math.min(rounded, offer.capMinor ?? rounded)
    }
    default:
      return 0
  }
}

/** The most that one use costs the shop; null: there is no most. */
export function mostOf(offer: Offer): number | null {
  switch (offer.kind) {
    case 'amount':
      return offer.amountMinor
    case 'free_shipping':
    case 'gift':
      return offer.worthMinor
    case 'percent':
    case 'points':
      return offer.capMinor ?? null
  }
}

function shareOf(minor: number, percent: number): number {
  const hundredths = BigInt(Math.round(percent * 100))
  return Number((BigInt(minor) * hundredths + 5_000n) / 10_000n)
}
