import { z } from 'zod'
import { Offer } from '../coupons/offer.ts'
import { OfferTerms } from '../coupons/terms.ts'
import { kindReasons } from '../import/kinds/catalogue.ts'
import { doubts } from '../import/members/doubts.ts'
import { type RowReason, rowReasons } from '../import/values/normalise.ts'
import { worded } from '../messages/messages.ts'

const Minor = z.int().nonnegative()
const Instant = z.iso.datetime()
const Id = z.string().trim().min(1).max(200)
const noText = { error: worded('no-text') }
/** Without what no text has: 0x00, or half of a sign of two. */
const isText = (value: string) => !value.includes('\0') && value.isWellFormed()
/** What another system calls an order, a member or a store. */
export const Named = Id.refine(isText, noText)
export const Code = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .meta({
    description: 'As the customer shows it: any case, with or without spaces and dashes.',
    examples: ['KX7QM-2RTWA-9FHE'],
  })

/** Sums of a thousand of them are exact. */
const mostMinor = 1_000_000_000_000

export const BasketLine = z
  .object({
    sku: z.string().max(200),
    product: z.string().max(200).optional(),
    category: z.string().max(200),
    quantity: z.number(),
    amountMinor: z.int().min(-mostMinor).max(mostMinor).meta({
      description:
        'The whole line, in minor units, before any coupon. Below 0: it is given back, which no coupon is for.',
    }),
  })
  .meta({ id: 'BasketLine' })

/** What is given beside a basket. */
const beside = {
  beside: Offer.optional().meta({
    description:
      'What to give beside the basket: free delivery, a gift, more points. Nothing is taken off for it.',
  }),
  worthMinor: Minor.optional().meta({ description: 'What is given beside the basket is worth.' }),
}

export const RedemptionBody = z
  .object({
    code: Code,
    orderId: Named.meta({ description: 'Your number of the order or receipt.', examples: ['R-2026-004711'] }),
    memberId: Named.optional().meta({
      description:
        'The member who buys, by the id in your imports. Needed when the coupon was issued to a member.',
      examples: ['M00042'],
    }),
    storeId: Named.optional().meta({ examples: ['Nanjing Road'] }),
    amountMinor: z
      .int()
      .positive()
      .meta({
        description:
          'The basket before this discount, in minor units of the workspace’s currency (fen, cents).',
        examples: [12_800],
      }),
    lines: z.array(BasketLine).max(1_000).optional().meta({
      description:
        'What is bought. Needed for coupons that are for some goods only: they take off a share of those lines. Together no more than amountMinor.',
    }),
    shippingMinor: Minor.optional().meta({
      description: 'The delivery fee, beside amountMinor; a coupon for free delivery is worth no more.',
    }),
    atMemberPrice: z.boolean().optional().meta({
      description: 'Whether amountMinor is at member prices; some coupons are not good on top of them.',
    }),
  })
  .refine(
    ({ amountMinor, lines }) => (lines ?? []).reduce((sum, line) => sum + line.amountMinor, 0) <= amountMinor,
    { path: ['lines'], error: worded('lines-over-amount') },
  )
  .meta({ id: 'RedemptionRequest', description: 'Fields that are not named here are ignored.' })

export const Redeemed = z
  .object({
    redemptionId: z.uuid(),
    code: z.string().meta({ description: 'Without separators.', examples: ['KX7QM2RTWA9FHE'] }),
    discountMinor: Minor.meta({
      description: 'Take this off the basket, in minor units. Never more than amountMinor.',
      examples: [2_000],
    }),
    ...beside,
  })
  .meta({ id: 'Redemption' })

export const CouponState = z
  .object({
    code: z.string(),
    state: z
      .enum(['open', 'used', 'revoked', 'not_yet_valid', 'expired', 'held'])
      .meta({ description: '`held`: every use that is left is set aside for a basket.' }),
    sentence: z.string().meta({
      description: 'The offer as the customer understands it, in the language asked for.',
    }),
    offer: Offer,
    minSpendMinor: Minor,
    terms: OfferTerms.meta({ description: 'What it is for, where, how often and beside what.' }),
    validFrom: Instant,
    validTo: Instant.meta({ description: 'The first instant at which it is over.' }),
    usesAllowed: z.int(),
    usesLeft: z.int(),
    needsMember: z
      .boolean()
      .meta({ description: 'Whether a redemption needs the memberId it was issued to.' }),
  })
  .meta({ id: 'Coupon' })

export const Cancelled = z
  .object({
    redemptionId: z.uuid(),
    code: z.string(),
    orderId: z.string(),
    discountMinor: Minor.meta({ description: 'The discount that was taken back.' }),
    cancelledAt: Instant,
    restored: z.boolean().meta({
      description: 'Whether the use can be redeemed again; false when the coupon had expired or was revoked.',
    }),
  })
  .meta({ id: 'Cancellation' })

export const CancelledOrder = z
  .object({ orderId: z.string(), cancelled: z.array(Cancelled) })
  .meta({ id: 'OrderCancellation' })

/**
 * A value that may be left out, which most shop systems write as null; read, it is not there in both cases. The last
 * step checks nothing new: without it the document has no shape of what is read.
 */
export const leftOut = <Shape extends z.ZodType>(shape: Shape) =>
  shape
    .nullish()
    .transform((value): z.output<Shape> | undefined => value ?? undefined)
    .pipe(
      shape.optional() as unknown as z.ZodType<
        z.output<Shape> | undefined,
        Awaited<z.output<Shape>> | undefined
      >,
    )

export const Text = z.string().trim().max(500).refine(isText, noText)
export const Money = z
  .int()
  .min(-mostMinor)
  .max(mostMinor)
  .meta({ description: 'In minor units of the workspace’s currency (fen, cents).', examples: [12_800] })
export const Moment = z.iso
  .datetime({ offset: true })
  .meta({ description: 'With its zone.', examples: ['2026-11-15T20:31:00+08:00'] })

const Phone = z
  .string()
  .trim()
  .max(50)
  .refine(isText, noText)
  .meta({ description: 'As it is written or as E.164.', examples: ['+8613800000000'] })
const Openid = Text.meta({
  description: 'WeChat id: openid or unionid, the same kind wherever you send it.',
})
const Email = z
  .string()
  .trim()
  .max(320)
  .refine(isText, noText)
  .meta({ description: 'Upper and lower case are the same.' })

const mostOrders = 5_000
const mostMembers = 10_000

/** How batches take what does not fit. */
export const itemByItem =
  'Fields that are not named here are ignored; `null` is a field left out. An item that is not as described is refused by itself, by its place in `refusedRows`, and the others are taken; a body that holds no list of items, or too many, is refused as a whole.'

export const SentOrder = z
  .object({
    orderId: Named.meta({ description: 'Your number of the order; the same number is the same order.' }),
    memberId: leftOut(Named).meta({
      description:
        'The member who bought. Without it phone, openid and email tell who it was; without any of them the order is a guest’s.',
    }),
    phone: leftOut(Phone),
    openid: leftOut(Openid),
    email: leftOut(Email),
    orderedAt: Moment,
    state: leftOut(z.enum(['paid', 'unpaid', 'closed'])).meta({ description: 'paid unless told.' }),
    currency: leftOut(z.string().trim().max(10).refine(isText, noText)).meta({
      description: 'Of the amounts; an order in another currency than the workspace’s is refused.',
      examples: ['CNY'],
    }),
    store: leftOut(Text),
    channel: leftOut(Text),
    region: leftOut(Text),
    amountMinor: leftOut(Money).meta({
      description: 'The whole order as charged, tax and shipping included. Without it: the sum of the lines.',
    }),
    refundedMinor: leftOut(Minor.max(1_000_000_000_000)).meta({
      description: 'What was given back of it so far.',
    }),
    refundedAt: leftOut(Moment),
    lines: leftOut(
      z
        .array(
          z.object({
            sku: leftOut(Text),
            product: leftOut(Text),
            category: leftOut(Text),
            quantity: leftOut(z.number().min(-1_000_000).max(1_000_000)),
            amountMinor: Money.meta({
              description: 'The line as charged, after discounts; negative: given back.',
            }),
          }),
        )
        .max(1_000),
    ),
  })
  .refine(({ amountMinor, lines }) => amountMinor !== undefined || (lines?.length ?? 0) > 0, {
    error: worded('order-amount'),
    path: ['amountMinor'],
  })
  .meta({ id: 'Order' })

export const OrdersBody = z
  .object({
    orders: z.array(SentOrder).min(1).max(mostOrders),
  })
  .meta({
    id: 'OrdersRequest',
    description: `${itemByItem} An order that stands twice in a batch is taken as it stands first.`,
  })

/** What of a batch of orders has to be right for any of them to be read. */
export const OrdersFrame = z.object({ orders: z.array(z.unknown()).min(1).max(mostOrders) })

export const Days = z.iso.date()
export const SentMember = z
  .object({
    memberId: Named.meta({
      description: 'Your number of the member, as orders name it.',
      examples: ['M00042'],
    }),
    name: leftOut(Text),
    phone: leftOut(Phone),
    openid: leftOut(Openid),
    email: leftOut(Email),
    gender: leftOut(z.enum(['female', 'male', 'unknown'])),
    birthday: leftOut(Days).meta({ examples: ['1990-01-31'] }),
    joinedAt: leftOut(z.union([Days, Moment])).meta({
      description: 'A day, or an instant with its zone.',
      examples: ['2026-01-31'],
    }),
    region: leftOut(Text),
    channel: leftOut(Text),
    tier: leftOut(Text),
    points: leftOut(z.int().min(-1_000_000_000_000).max(1_000_000_000_000)),
    storedValueMinor: leftOut(Money),
    consent: leftOut(z.enum(['granted', 'denied', 'unknown'])).meta({
      description: 'Whether the member may be contacted. What people set in Reveille goes before it.',
    }),
    consentAt: leftOut(z.union([Days, Moment])).meta({ description: 'When consent was given or refused.' }),
  })
  .meta({ id: 'Member', description: 'What is left out stays as it is.' })

export const MembersBody = z
  .object({ members: z.array(SentMember).min(1).max(mostMembers) })
  .meta({ id: 'MembersRequest', description: itemByItem })

/** What of a batch of members has to be right for any of them to be read. */
export const MembersFrame = z.object({ members: z.array(z.unknown()).min(1).max(mostMembers) })

export const RefusedItems = z
  .array(
    z.object({
      index: z.int().meta({ description: 'Place among what was sent, from 0.' }),
      field: z
        .string()
        .nullable()
        .meta({ description: 'The field that is to blame, if one is.', examples: ['lines/0/amountMinor'] }),
      value: z
        .string()
        .nullable()
        .meta({
          description:
            'What was sent there, as it is or as JSON, of a long one the beginning; null: nothing, or no field is to blame.',
          examples: ['2026-13-01'],
        }),
      code: z.enum([...rowReasons, ...kindReasons] satisfies RowReason[]).meta({
        description: '`malformed`: no item as this document has it; the others are told apart in the data.',
      }),
      reason: z.string().meta({
        description: 'For people, in the language asked for: what is wrong and what to do.',
      }),
    }),
  )
  .meta({ id: 'RefusedItems', description: 'What was not taken, and why; the rest was.' })

const Warnings = z
  .array(
    z.object({
      index: z.int().meta({ description: 'Place among what was sent, from 0.' }),
      field: z.string().meta({ examples: ['email'] }),
      value: z
        .string()
        .nullable()
        .meta({ description: 'What was sent there.', examples: ['not mail'] }),
      code: z.enum(doubts).meta({
        description:
          '`unread-email`: no whole address, it was left out. `unfit-phone`: no whole number, it is shown and nobody is found by it.',
      }),
      reason: z.string().meta({ description: 'For people, in the language asked for.' }),
    }),
  )
  .meta({ id: 'Warnings', description: 'Of members that were taken: what of them is not as it should be.' })

export const BatchTaken = z
  .object({
    importId: z
      .string()
      .nullable()
      .meta({ description: 'The import that brought them; the history on the Data page can undo it.' }),
    read: z.int().meta({
      description:
        'Rows: members, events, order lines, or orders without lines. read = imported + unchanged + refused.',
    }),
    imported: z.int(),
    unchanged: z.int(),
    refused: z.int(),
    refusedRows: RefusedItems,
    warnings: Warnings,
  })
  .meta({ id: 'BatchTaken' })

export const IdempotencyHeaders = z.object({
  'idempotency-key': Id.meta({
    description:
      'New for every request, the same when you ask again because the answer was lost: the same key and body get the first answer again, byte for byte.',
    examples: ['2f1c7c1e-6a0e-4a51-9f0b-8f4f5b9f0c11'],
  }),
})
