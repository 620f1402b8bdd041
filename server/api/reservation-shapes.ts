import { z } from 'zod'
import { areDistinct } from '../coupons/code.ts'
import { Offer } from '../coupons/offer.ts'
import { worded } from '../messages/messages.ts'
import { BasketLine, Code, Named } from './shapes.ts'

const Minor = z.int().nonnegative()
const Instant = z.iso.datetime()

const basket = {
  memberId: Named.optional().meta({ description: 'The member who buys, by the id in your imports.' }),
  storeId: Named.optional(),
  amountMinor: z.int().positive().optional().meta({
    description: 'The basket before any coupon, in minor units. Without it: the sum of lines.',
  }),
  lines: z.array(BasketLine).max(1_000).optional().meta({
    description: 'What is bought. Needed for coupons that are for some goods only.',
  }),
  shippingMinor: Minor.optional().meta({ description: 'The delivery fee, beside the amount.' }),
  atMemberPrice: z
    .boolean()
    .optional()
    .meta({ description: 'Whether the amounts are member prices already.' }),
}

export const QuoteBody = z
  .object({
    ...basket,
    codes: z.array(Code).max(50).optional().meta({
      description: 'Codes that the customer shows, beside the coupons that were issued to the member.',
    }),
    orderId: Named.optional().meta({
      description:
        'With it, what this order has taken already is in the way of coupons that exclude each other.',
    }),
    memberPricePercent: z.number().positive().max(100).multipleOf(0.01).optional().meta({
      description:
        'What the member’s tier takes off, if the amounts are usual prices. It is weighed against the coupons.',
    }),
    points: z
      .object({
        worthMinor: z.int().positive(),
        stackGroup: z.string().trim().min(1).max(40).optional().meta({
          description: 'Points that do not go with coupons of another kind.',
        }),
      })
      .optional()
      .meta({ description: 'What points that could be spent are worth.' }),
  })
  .meta({ id: 'QuoteRequest', description: 'Fields that are not named here are ignored.' })

const Step = z.object({
  kind: z.enum(['coupon', 'member-price', 'points']),
  code: z.string().nullable().meta({ description: 'Of a coupon.' }),
  discountMinor: Minor,
  worthMinor: Minor.meta({ description: 'What it gives beside the basket is worth.' }),
  leftMinor: Minor.meta({ description: 'What is to be paid after it.' }),
})

const Reason = z.enum([
  'unknown',
  'used',
  'expired',
  'not_yet_valid',
  'revoked',
  'held',
  'wrong_member',
  'blocked',
  'out_of_scope',
  'min_spend',
  'stacking',
  'budget',
  'needless',
])

const Together = z.object({
  steps: z.array(Step).meta({ description: 'In the order in which they are taken off; they add up.' }),
  codes: z.array(z.string()).meta({ description: 'What to reserve or redeem.' }),
  discountMinor: Minor,
  payableMinor: Minor,
  worthMinor: Minor.meta({ description: 'What is given beside the basket is worth.' }),
})

export const Quote = z
  .object({
    amountMinor: Minor,
    best: Together.extend({
      said: z.string().meta({ description: 'The arithmetic in one sentence, in the language asked for.' }),
    }),
    against: z.array(Together).meta({
      description:
        'Sets that exclude the best one and come to more (payableMinor − worthMinor), cheapest first.',
    }),
    coupons: z.array(
      z.object({
        code: z.string(),
        sentence: z.string().nullable().meta({ description: 'The offer; null: there is no such coupon.' }),
        applies: z.boolean().meta({ description: 'By itself it would be granted on this basket.' }),
        used: z.boolean().meta({ description: 'It is of the best combination.' }),
        aloneMinor: Minor.nullable().meta({
          description: 'What it takes off alone; null: it does not apply.',
        }),
        reason: Reason.nullable().meta({
          description:
            'Why it is not of the best combination. `stacking`: it excludes what is better; `needless`: beside the others it takes nothing more off.',
        }),
        missingMinor: Minor.nullable().meta({ description: 'With `min_spend`: how much more to spend.' }),
      }),
    ),
  })
  .meta({ id: 'Quote' })

export const ReservationBody = z
  .object({
    ...basket,
    orderId: Named,
    codes: z
      .array(Code)
      .min(1)
      .max(20)
      .refine(areDistinct, { error: worded('codes-twice') }),
    seconds: z.int().min(30).max(86_400).optional().meta({
      description: 'How long they are set aside; 900 unless told.',
    }),
  })
  .meta({ id: 'ReservationRequest', description: 'Fields that are not named here are ignored.' })

const Use = z.object({
  redemptionId: z.uuid(),
  code: z.string(),
  discountMinor: Minor,
  beside: Offer.optional().meta({ description: 'What to give beside the basket.' }),
  worthMinor: Minor.optional(),
})

export const Reserved = z
  .object({
    reservationId: z.uuid(),
    expiresAt: Instant.meta({ description: 'The first instant at which it does not hold any more.' }),
    discountMinor: Minor,
    payableMinor: Minor,
    uses: z.array(Use).meta({ description: 'In the order in which they are taken off.' }),
  })
  .meta({ id: 'Reservation' })

export const Confirmed = z
  .object({ reservationId: z.uuid(), redemptions: z.array(Use) })
  .meta({ id: 'ConfirmedReservation' })

export const Released = z
  .object({ reservationId: z.uuid(), released: z.literal(true) })
  .meta({ id: 'ReleasedReservation' })

export const Wallet = z
  .object({
    memberId: z.string(),
    coupons: z.array(
      z.object({
        code: z.string(),
        campaign: z.string(),
        state: z.enum(['open', 'not_yet_valid', 'held']),
        sentence: z.string(),
        offer: Offer,
        minSpendMinor: Minor,
        validFrom: Instant,
        validTo: Instant,
        usesLeft: z.int(),
      }),
    ),
  })
  .meta({ id: 'Wallet' })
