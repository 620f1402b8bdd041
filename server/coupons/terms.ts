import { z } from 'zod'
import { worded } from '../messages/messages.ts'

const Names = z.array(z.string().trim().min(1).max(200)).min(1).max(200).optional()

/** Things that an offer is for, or not for: a line of a basket may be named by any of the first three. */
const Named = z
  .strictObject({ skus: Names, products: Names, categories: Names, stores: Names })
  .refine((named) => Object.values(named).some((names) => names !== undefined), worded('scope-names-nothing'))
export type Named = z.infer<typeof Named>

/** Under which terms an offer is good, beside its minimum spend and its days. Nothing told: once, for everything, with all others. */
export const OfferTerms = z.strictObject({
  /** Lines and stores that it is for; without it all. */
  only: Named.optional(),
  /** Lines and stores that it is not for. */
  except: Named.optional(),
  usesPerCoupon: z.int().min(1).max(1_000).default(1),
  /** Over all coupons of the campaign that a member has. */
  usesPerMember: z.int().min(1).max(1_000).optional(),
  /** Offers of two groups exclude each other; one without a group goes with all. */
  stackGroup: z.string().trim().min(1).max(40).nullable().default(null),
  /** Of several coupons on a basket lower ones are taken off first. */
  priority: z.int().min(0).max(100).default(0),
  /** Whether the basket may be at member prices. */
  withMemberPrice: z.boolean().default(true),
  /** The till refuses it once the campaign's budget is spent. */
  refuseWhenSpent: z.boolean().default(false),
})
export type OfferTerms = z.output<typeof OfferTerms>

/** What a coupon without terms of its own is issued under. */
export const plainTerms: OfferTerms = OfferTerms.parse({})

/** The uses that one member's coupon has. */
export const usesOf = ({ usesPerCoupon, usesPerMember }: OfferTerms): number =>
  Math.min(usesPerCoupon, usesPerMember ?? usesPerCoupon)
