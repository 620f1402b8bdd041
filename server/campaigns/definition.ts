import { z } from 'zod'
import { lastDay } from '../../analytics/calendar/day.ts'
import { worded } from '../messages/messages.ts'
import { addDays, type BusinessCalendar, daysBetween, startOfDay } from '../../analytics/calendar/calendar.ts'
import { holdoutShares } from '../../analytics/lift/planner.ts'
import { Offer } from '../coupons/offer.ts'

const Minor = z.int().nonnegative()

/** Where the coupons go: signed messages to the merchant's own address, or a list of codes to take out. */
const Channel = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webhook'),
    url: z.url({ protocol: /^https?$/, error: worded('not-an-address') }).max(2000),
  }),
  z.strictObject({ kind: z.literal('csv') }),
])

/** What a campaign is, as its file says it. Money in minor units, shares as fractions of 1. */
export const CampaignDefinition = z
  .strictObject({
    name: z.string().trim().min(1).max(120),
    /** A rule in the segment language. */
    segment: z.string().trim().min(1).max(10_000),
    offer: Offer,
    minSpendMinor: Minor.default(0),
    /** The coupon's last day is so many local days after the launch. */
    validDays: z.int().min(1).max(365).optional(),
    /** The coupon's last local day, instead of `validDays`. */
    validTo: z.iso.date().optional(),
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
  })
  .refine(({ validDays, validTo }) => (validDays === undefined) !== (validTo === undefined), {
    error: worded('one-validity'),
    path: ['validDays'],
  })

export type CampaignDefinition = z.output<typeof CampaignDefinition>

/** The most that an amount may be, in minor units: above any price, and a sum of many is counted exactly. */
const mostMinor = 1_000_000_000_000

/** A campaign that somebody hands in: what is stored already is read by its shape alone. */
export const NewCampaign = CampaignDefinition.superRefine((definition, context) => {
  const { offer, minSpendMinor, budgetMinor, messageCostMinor, channel } = definition
  const amounts = [
    { path: ['minSpendMinor'], amount: minSpendMinor },
    { path: ['budgetMinor'], amount: budgetMinor },
    { path: ['messageCostMinor'], amount: messageCostMinor },
    offer.kind === 'amount'
      ? { path: ['offer', 'amountMinor'], amount: offer.amountMinor }
      : { path: ['offer', 'capMinor'], amount: offer.capMinor },
  ]
  if (definition.validTo !== undefined && definition.validTo > lastDay)
    context.addIssue({ code: 'custom', path: ['validTo'], message: worded('day-out-of-range') })
  for (const { path, amount } of amounts)
    if (amount !== undefined && amount > mostMinor)
      context.addIssue({ code: 'custom', path, message: worded('amount-too-high') })
  // fetch sends nothing to such an address
  if (channel.kind === 'webhook' && hasCredentials(new URL(channel.url)))
    context.addIssue({
      code: 'custom',
      path: ['channel', 'url'],
      message: worded('address-with-credentials'),
    })
})

/** Whether an address holds a name or password: fetch sends nothing to such an address. */
export const hasCredentials = ({ username, password }: URL) => username !== '' || password !== ''

/** Days after the coupons' last day in which orders still count. */
const daysAfterValidity = 7

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
  { validDays, validTo }: CampaignDefinition,
  today: string,
  calendar: BusinessCalendar,
): Validity {
  const lastDay = validTo ?? addDays(today, validDays!)
  const windowLastDay = addDays(lastDay, daysAfterValidity)
  const endOf = (day: string) => startOfDay(addDays(day, 1), calendar).toISOString()
  return {
    firstDay: today,
    lastDay,
    windowLastDay,
    windowDays: daysBetween(today, windowLastDay),
    validTo: endOf(lastDay),
    windowTo: endOf(windowLastDay),
  }
}

/** Every coupon is for one use. */
export const usesAllowed = 1

/**
 * What `coupons` cost if each is used for all it gives; 'unbounded' for a percentage without a cap,
 * 'uncountable' when it is beyond what can be counted exactly.
 */
export function worstCost(
  { offer }: CampaignDefinition,
  coupons: number,
): number | 'unbounded' | 'uncountable' {
  const each = offer.kind === 'amount' ? offer.amountMinor : offer.capMinor
  if (each === undefined) return 'unbounded'
  const cost = each * usesAllowed * coupons
  return Number.isSafeInteger(cost) ? cost : 'uncountable'
}
