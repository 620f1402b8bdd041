import { z } from 'zod'
import { lastDay } from '../../../analytics/calendar/day.ts'
import { mostOf, Offer } from '../../coupons/offer.ts'
import { OfferTerms, plainTerms, usesOf } from '../../coupons/terms.ts'
import { type MessageKey, worded } from '../../messages/messages.ts'
import { Channel, channelProblems } from '../channel.ts'
import type { CampaignDefinition } from '../definition.ts'
import { MemberDays } from './member-days.ts'

/** What a later step does with a member. */
const Action = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('coupon'),
    offer: Offer,
    minSpendMinor: z.int().nonnegative().default(0),
    terms: OfferTerms.default(plainTerms),
    /** The coupon's last day is so many local days after the step. */
    validDays: z.int().min(1).max(365),
    /** Its own words; without it, those of the campaign. */
    channel: Channel.optional(),
  }),
  /** Puts a tag on. */
  z.strictObject({ kind: z.literal('tag'), tag: z.string().trim().min(1).max(60, worded('name-too-long')) }),
  /** Tells another system of the member. */
  z.strictObject({
    kind: z.literal('webhook'),
    url: z.url({ protocol: /^https?$/, error: worded('not-an-address') }).max(2000),
  }),
])

/** Steps after the campaign's own coupon, which is the first. */
export const StandingStep = z.strictObject({
  /** Local days after the step before. */
  afterDays: z.int().min(1).max(365),
  /** Of members who have bought, or not, since they came in; for the others the way ends here. */
  when: z.enum(['always', 'not-bought', 'bought']).default('always'),
  action: Action,
})
export type StandingStep = z.output<typeof StandingStep>

/** How members come into a campaign that stands: its rule is the trigger, whoever begins to meet it comes in. */
export const Standing = z.strictObject({
  /** A member comes in again so many local days after the last time at the earliest. */
  coolDownDays: z.int().min(1).max(3650),
  /** Members a day who come in, and at each later step; the others wait for the next days, oldest first. */
  mostPerDay: z.int().min(1).max(100_000),
  /** The last local day on which anybody comes in; without it, until it is finished. */
  lastDay: z.iso.date().optional(),
  /** Whoever meets the rule already on the first day comes in too. */
  alsoThoseIn: z.boolean().default(false),
  /** Whoever holds a coupon comes in too. */
  alsoHolders: z.boolean().default(false),
  /** Whoever nobody asked comes in too; that is confirmed when it goes live. */
  alsoUnknownConsent: z.boolean().default(false),
  /** Members come in on these days alone, all who meet the rule then; without it, whenever they begin to. */
  memberDays: MemberDays.optional(),
  steps: z.array(StandingStep).max(20).default([]),
})
export type Standing = z.output<typeof Standing>

/** A campaign that stands. */
export type StandingDefinition = CampaignDefinition & { readonly standing: Standing }

/** What is the matter with a campaign that stands, beside its shape. */
export function standingProblems(standing: Standing): { path: (string | number)[]; id: MessageKey }[] {
  const { lastDay: last, steps } = standing
  return [
    ...(last !== undefined && last > lastDay ? [{ path: ['lastDay'], id: 'day-out-of-range' as const }] : []),
    ...steps.flatMap(({ action }, place) => {
      const path = ['steps', place, 'action']
      const channel = action.kind === 'tag' ? undefined : action.kind === 'webhook' ? action : action.channel
      const ofChannel =
        channel === undefined
          ? []
          : channelProblems(channel).map((one) => ({
              path: [...path, ...(action.kind === 'coupon' ? ['channel'] : []), ...one.path],
              id: one.id,
            }))
      return action.kind === 'coupon' && mostOf(action.offer) === null
        ? [{ path: [...path, 'offer'], id: 'standing-unbounded' as const }, ...ofChannel]
        : ofChannel
    }),
  ]
}

/** A coupon as a step issues it. */
export interface StepCoupon {
  readonly offer: Offer
  readonly minSpendMinor: number
  readonly terms: OfferTerms
  readonly validDays: number
  /** What it costs when each use takes all it gives. */
  readonly worstMinor: number
}

const coupon = (of: Omit<StepCoupon, 'worstMinor'>): StepCoupon => ({
  ...of,
  worstMinor: mostOf(of.offer)! * usesOf(of.terms),
})

/** What is done at a step, 0 being the campaign's own coupon. */
export type PlannedAction =
  | ({ readonly kind: 'coupon' } & StepCoupon)
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'webhook'; readonly url: string }

/** All steps of a campaign in order, the campaign's own coupon first. */
export function plannedSteps(
  definition: StandingDefinition,
): { afterDays: number; when: StandingStep['when']; action: PlannedAction }[] {
  const { offer, minSpendMinor, terms, validDays, standing } = definition
  return [
    {
      afterDays: 0,
      when: 'always',
      action: { kind: 'coupon', ...coupon({ offer, minSpendMinor, terms, validDays: validDays! }) },
    },
    ...standing.steps.map(({ afterDays, when, action }) => ({
      afterDays,
      when,
      action:
        action.kind === 'coupon'
          ? {
              kind: 'coupon' as const,
              ...coupon({
                offer: action.offer,
                minSpendMinor: action.minSpendMinor,
                terms: action.terms,
                validDays: action.validDays,
              }),
            }
          : action,
    })),
  ]
}

/** How the coupon of a step goes out; null: of a campaign that is launched once. */
export function channelOf(definition: CampaignDefinition, step: number | null): Channel {
  const action = step ? definition.standing?.steps[step - 1]?.action : undefined
  return (action?.kind === 'coupon' ? action.channel : undefined) ?? definition.channel
}

/** The terms of a step's coupon; null: of a campaign that is launched once. */
export function termsOf(definition: CampaignDefinition, step: number | null): OfferTerms {
  const action = step ? definition.standing?.steps[step - 1]?.action : undefined
  return action?.kind === 'coupon' ? action.terms : definition.terms
}

/** Local days from coming in until the last coupon of the way is over, if nobody has to wait. */
export const longestWay = (definition: StandingDefinition): number => {
  let day = 0
  let last = 0
  for (const { afterDays, action } of plannedSteps(definition)) {
    day += afterDays
    last = Math.max(last, action.kind === 'coupon' ? day + action.validDays : day)
  }
  return last
}
