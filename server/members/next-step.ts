import type { ExclusionReason } from '../campaigns/audience.ts'

/** Starter segments that are a reason to send something, the most urgent first: what lapses goes before what waits. */
export const reasonsToSend = [
  'points-expiring',
  'birthday-week',
  'high-value-quiet',
  'second-order',
  'cycle-due',
  'rhythm-late',
  'stored-value-quiet',
  'points-quiet',
  'quiet-month',
  'long-gone',
  'never-bought',
  'join-anniversary',
] as const
export type ReasonToSend = (typeof reasonsToSend)[number]

/** Starter segments that say what kind of offer is wasted on a member. */
export const warnings = ['full-price', 'coupon-hunters', 'coupon-lapsed'] as const
export type Warning = (typeof warnings)[number]

/** Days after an order in which nothing is sent: the order came by itself. */
export const leaveAloneDays = 3
/** A coupon that is good for so many more days or fewer, today counted as 0, is worth a reminder. */
export const remindWithinDays = 3

export interface HeldCoupon {
  /** Null: a coupon of another system whose campaign no file names. */
  readonly campaign: string | null
  /** Null: of another system. */
  readonly campaignId: string | null
  /** Last local day on which it is good; null: a coupon of another system without one. */
  readonly lastDay: string | null
  /** Local days until then; 0: today. Null: without a last day. */
  readonly daysLeft: number | null
}

/** A standing campaign in which the member is on the way, or waits to come in. */
export interface UnderWay {
  readonly campaignId: string
  readonly campaign: string
  /** Local day of its next step; null: waits to come in. */
  readonly nextDay: string | null
}

/** What is known of a member when it is asked what to send next. */
export interface Situation {
  /** Why nothing may be sent to them at all. */
  readonly barred: ExclusionReason | null
  readonly consent: 'granted' | 'denied' | 'unknown'
  /** No phone, openid or e-mail is known. */
  readonly withoutAddress: boolean
  readonly underWay: readonly UnderWay[]
  /** Days from the last order to the day of the data; null: never bought. */
  readonly silentDays: number | null
  /** Unused and still good. */
  readonly coupons: readonly HeldCoupon[]
  /** Messages that count against the frequency cap, and the cap; null: there is none. */
  readonly messages: { readonly had: number; readonly most: number; readonly days: number } | null
  /** The starter segments that select the member. */
  readonly groups: readonly string[]
  /** Days to the next expected order by the rhythm rule, negative when overdue; null: not known. */
  readonly nextOrderIn: number | null
}

export type Note = 'ask-consent' | 'no-address' | Warning

export type NextStep =
  /** Send nothing now. */
  | { readonly kind: 'nothing'; readonly because: Because }
  /** The coupon that they hold lapses soon. */
  | { readonly kind: 'remind'; readonly coupon: HeldCoupon; readonly notes: readonly Note[] }
  /** What suits the starter segment in which they stand. */
  | { readonly kind: 'send'; readonly group: ReasonToSend; readonly notes: readonly Note[] }

export type Because =
  | { readonly id: 'barred'; readonly reason: ExclusionReason }
  | { readonly id: 'under-way'; readonly campaign: UnderWay }
  | { readonly id: 'just-bought'; readonly silentDays: number }
  | { readonly id: 'holds-coupon'; readonly coupon: HeldCoupon }
  | { readonly id: 'capped'; readonly had: number; readonly days: number }
  /** Nothing calls for it, and by their rhythm they are expected in so many days (0: today). */
  | { readonly id: 'in-rhythm'; readonly nextOrderIn: number }
  | { readonly id: 'no-reason' }

/**
 * One recommendation, by the first of these that holds:
 * nothing, when nothing may be sent (no consent, a tag such as "do not contact", held out of all campaigns …);
 * nothing, when a standing campaign already has them, or is about to: that with the earliest next step is named;
 * nothing, within three days after an order;
 * a reminder, when the first of their unused coupons to lapse does so within three days;
 * nothing, while they hold an unused coupon: a launch leaves out who holds one;
 * nothing, when the frequency cap is reached;
 * what suits the most urgent starter segment in which they stand (`reasonsToSend`);
 * nothing, else: with the next expected order where it is still to come.
 *
 * Notes say what stands in the way of it, or what would be wasted: consent that nobody asked for, no address, who buys
 * at full price, only with coupons, or let coupons lapse. It is advice from facts: whether it works, a holdout tells.
 */
export function nextStep(situation: Situation): NextStep {
  const { barred, underWay, silentDays, coupons, messages, groups, nextOrderIn } = situation
  const nothing = (because: Because): NextStep => ({ kind: 'nothing', because })
  if (barred !== null) return nothing({ id: 'barred', reason: barred })
  const campaign = underWay.toSorted(byDay(({ nextDay }) => nextDay))[0]
  if (campaign) return nothing({ id: 'under-way', campaign })
  if (silentDays !== null && silentDays <= leaveAloneDays) return nothing({ id: 'just-bought', silentDays })
  const coupon = coupons.toSorted(byDay(({ lastDay }) => lastDay))[0]
  const notes = notesOn(situation)
  if (coupon)
    return coupon.daysLeft !== null && coupon.daysLeft <= remindWithinDays
      ? { kind: 'remind', coupon, notes: notes.filter((note) => !isWarning(note)) }
      : nothing({ id: 'holds-coupon', coupon })
  if (messages && messages.had >= messages.most)
    return nothing({ id: 'capped', had: messages.had, days: messages.days })
  const group = reasonsToSend.find((one) => groups.includes(one))
  if (group) return { kind: 'send', group, notes }
  return nothing(
    nextOrderIn !== null && nextOrderIn >= 0 ? { id: 'in-rhythm', nextOrderIn } : { id: 'no-reason' },
  )
}

function notesOn({ consent, withoutAddress, groups }: Situation): Note[] {
  return [
    ...(consent === 'unknown' ? (['ask-consent'] as const) : []),
    ...(withoutAddress ? (['no-address'] as const) : []),
    ...warnings.filter((one) => groups.includes(one)),
  ]
}

const isWarning = (note: Note): boolean => warnings.some((one) => one === note)

/** ISO days in order, unknown ones last. */
const byDay =
  <T>(of: (one: T) => string | null) =>
  (one: T, other: T): number =>
    (of(one) ?? '9999-12-31').localeCompare(of(other) ?? '9999-12-31')
