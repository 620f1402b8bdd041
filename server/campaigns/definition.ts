import { z } from 'zod'
import type { Words } from '../../analytics/schema/described.ts'
import { lastDay } from '../../analytics/calendar/day.ts'
import { worded } from '../messages/messages.ts'
import { addDays, type BusinessCalendar, daysBetween, startOfDay } from '../../analytics/calendar/calendar.ts'
import { holdoutShares } from '../../analytics/lift/planner.ts'
import { mostOf, Offer } from '../coupons/offer.ts'
import { offerSentences } from '../coupons/offer-sentence.ts'
import { OfferTerms, plainTerms, usesOf } from '../coupons/terms.ts'
import { Channel, channelProblems } from './channel.ts'
import { daysAfterValidity } from './days-after-validity.ts'
import { givesCoupons, Standing, standingProblems } from './standing/definition.ts'

const Minor = z.int().nonnegative()

/** Codes of its coupons: drawn by chance, one code for all, or made elsewhere and imported. */
const Codes = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('generated') }),
  z.strictObject({
    kind: z.literal('pool'),
    /** Name of the pool. */
    pool: z.string().trim().min(1).max(80),
  }),
  z.strictObject({
    kind: z.literal('shared'),
    /** Chosen, such as AUTUMN26; without it one is drawn by chance. */
    code: z
      .string()
      .trim()
      .regex(/^[\p{L}\p{N}][\p{L}\p{N} -]{2,38}[\p{L}\p{N}]$/u, { error: worded('shared-code-letters') })
      .optional(),
    /** How often it is redeemed in all; `terms.usesPerMember`: by each member. */
    uses: z.int().min(1).max(100_000_000),
  }),
])

/** What a campaign is, as its file says it. Money in minor units, shares as fractions of 1. */
export const CampaignDefinition = z
  .strictObject({
    name: z.string().trim().min(1).max(120),
    /** A rule in the segment language. */
    segment: z.string().trim().min(1).max(10_000),
    /** Only a campaign that stands may have none: its first step is a message alone then. */
    offer: Offer.optional(),
    minSpendMinor: Minor.default(0),
    terms: OfferTerms.default(plainTerms),
    codes: Codes.default({ kind: 'generated' }),
    /** The coupon's last day is so many local days after the launch. */
    validDays: z.int().min(1).max(365).optional(),
    /** The coupon's last local day, instead of `validDays`. */
    validTo: z.iso.date().optional(),
    /** The coupon's first local day, beside `validTo`; without it, or when it is over, the launch. */
    validFrom: z.iso.date().optional(),
    /** Share of the eligible members who get no coupon, so that its effect can be seen; 0: effect unknown. */
    holdout: z.number().min(0).max(holdoutShares.most, worded('holdout-share')).default(holdoutShares.least),
    /** The smallest rise in the share of buyers worth proving: what the recommended holdout is made for. */
    effect: z.number().positive().max(1).default(0.05),
    channel: Channel,
    /** The most that the coupons may cost. */
    budgetMinor: z.int().positive().optional(),
    /** What one message costs: no part of the worst cost, but of what the campaign brings. */
    messageCostMinor: Minor.default(0),
    /** What is left of net after the goods, where the cost of an item is not imported. Without it margin is unknown there. */
    marginShare: z.number().min(0).max(1).optional(),
    /** It stands: members come in one by one, whenever they begin to meet the rule; without it, it is launched once. */
    standing: Standing.optional(),
  })
  .refine(({ offer, standing }) => offer !== undefined || standing !== undefined, {
    error: worded('once-without-offer'),
    path: ['offer'],
  })
  .refine(
    ({ offer, validDays, validTo }) =>
      offer === undefined || (validDays === undefined) !== (validTo === undefined),
    { error: worded('one-validity'), path: ['validDays'] },
  )
  .refine(
    ({ offer, validDays, validTo }) =>
      offer !== undefined || (validDays === undefined && validTo === undefined),
    { error: worded('validity-without-offer'), path: ['validDays'] },
  )
  .refine(
    ({ validFrom, validTo }) => validFrom === undefined || (validTo !== undefined && validFrom <= validTo),
    {
      error: worded('valid-from-without-to'),
      path: ['validFrom'],
    },
  )
  .refine(({ codes, terms }) => codes.kind !== 'shared' || terms.usesPerCoupon === 1, {
    error: worded('shared-code-uses'),
    path: ['terms', 'usesPerCoupon'],
  })
  .refine(({ terms, budgetMinor }) => !terms.refuseWhenSpent || budgetMinor !== undefined, {
    error: worded('refuses-without-budget'),
    path: ['terms', 'refuseWhenSpent'],
  })
  .refine(({ offer, standing, validDays }) => !standing || !offer || validDays !== undefined, {
    error: worded('standing-valid-days'),
    path: ['validDays'],
  })
  .refine(
    ({ offer, standing, budgetMinor }) =>
      !standing || budgetMinor !== undefined || !givesCoupons(offer, standing),
    {
      error: worded('standing-without-budget'),
      path: ['budgetMinor'],
    },
  )
  .refine(({ standing, codes }) => !standing || codes.kind === 'generated', {
    error: worded('standing-codes'),
    path: ['codes'],
  })

export type CampaignDefinition = z.output<typeof CampaignDefinition>

/** The most that an amount may be, in minor units: above any price, and a sum of many is counted exactly. */
const mostMinor = 1_000_000_000_000

/** A campaign that somebody hands in: what is stored already is read by its shape alone. */
export const NewCampaign = CampaignDefinition.superRefine((definition, context) => {
  const { offer, minSpendMinor, budgetMinor, messageCostMinor, channel, standing } = definition
  const amounts = [
    { path: ['minSpendMinor'], amount: minSpendMinor },
    { path: ['budgetMinor'], amount: budgetMinor },
    ...(['amountMinor', 'worthMinor', 'capMinor'] as const).map((field) => ({
      path: ['offer', field],
      amount: (offer as Record<string, unknown> | undefined)?.[field] as number | undefined,
    })),
    { path: ['messageCostMinor'], amount: messageCostMinor },
  ]
  if (definition.validTo !== undefined && definition.validTo > lastDay)
    context.addIssue({ code: 'custom', path: ['validTo'], message: worded('day-out-of-range') })
  for (const { path, amount } of amounts)
    if (amount !== undefined && amount > mostMinor)
      context.addIssue({ code: 'custom', path, message: worded('amount-too-high') })
  for (const { path, id, values } of channelProblems(channel))
    context.addIssue({ code: 'custom', path: ['channel', ...path], message: worded(id), params: values })
  for (const { path, id, values } of standing ? standingProblems({ ...definition, standing }) : [])
    context.addIssue({ code: 'custom', path, message: worded(id), params: values })
  if (standing && offer && mostOf(offer) === null)
    context.addIssue({ code: 'custom', path: ['offer'], message: worded('standing-unbounded') })
})

/** The offer of a campaign that is launched once, or of a first step that gives a coupon. */
export function offerOf({ offer, name }: Pick<CampaignDefinition, 'offer' | 'name'>): Offer {
  if (!offer) throw new Error(`The first step of ${name} gives no coupon.`)
  return offer
}

export interface Validity {
  /** Local days, inclusive. */
  readonly firstDay: string
  readonly lastDay: string
  /** Last local day of the measurement window. */
  readonly windowLastDay: string
  /** The window's days after the launch day. */
  readonly windowDays: number
  /** First instant at which the coupons are over. */
  readonly validTo: string
  /** First instant after the window. */
  readonly windowTo: string
}

/** When the coupons of a launch on `today` are valid and how long its effect is measured. */
export function validityOf(
  { validDays, validTo, validFrom }: CampaignDefinition,
  today: string,
  calendar: BusinessCalendar,
): Validity {
  const lastDay = validTo ?? addDays(today, validDays!)
  const windowLastDay = addDays(lastDay, daysAfterValidity)
  const endOf = (day: string) => startOfDay(addDays(day, 1), calendar).toISOString()
  return {
    firstDay: validFrom !== undefined && validFrom > today ? validFrom : today,
    lastDay,
    windowLastDay,
    windowDays: daysBetween(today, windowLastDay),
    validTo: endOf(lastDay),
    windowTo: endOf(windowLastDay),
  }
}

/** Uses that a launch to so many members issues. */
export const usesIssued = ({ codes, terms }: CampaignDefinition, members: number): number =>
  codes.kind === 'shared' ? codes.uses : usesOf(terms) * members

/**
 * What `coupons` cost if each is used for all it gives; 'unbounded' for a percentage or points without a cap,
 * 'uncountable' when it is beyond what can be counted exactly. Coupons that are refused once the budget is spent
 * cost no more than it.
 */
export function worstCost(
  definition: CampaignDefinition,
  coupons: number,
): number | 'unbounded' | 'uncountable' {
  const { terms, budgetMinor } = definition
  const each = mostOf(offerOf(definition))
  if (each === null) return 'unbounded'
  const cost = each * usesIssued(definition, coupons)
  if (terms.refuseWhenSpent && budgetMinor !== undefined) return Math.min(cost, budgetMinor)
  return Number.isSafeInteger(cost) ? cost : 'uncountable'
}

/** Of a definition what its sentence says. */
export const SaidDefinition = z.object({
  offer: Offer,
  minSpendMinor: Minor.default(0),
  terms: OfferTerms.default(plainTerms),
  validDays: z.int().min(1).max(365).optional(),
  validTo: z.iso.date().optional(),
  validFrom: z.iso.date().optional(),
  budgetMinor: z.int().positive().optional(),
  codes: Codes.optional(),
})

/** The offer of a definition in one sentence, as its members will read it. */
export function sentencesOf(said: z.output<typeof SaidDefinition>, currency: string): Words {
  const { validDays, validTo, validFrom, codes, ...rule } = said
  return offerSentences({
    ...rule,
    ...(codes?.kind === 'shared' ? { sharedUses: codes.uses } : {}),
    currency,
    good:
      validTo !== undefined
        ? { kind: 'through', first: validFrom, last: validTo }
        : validDays !== undefined
          ? { kind: 'days', days: validDays }
          : undefined,
  })
}
