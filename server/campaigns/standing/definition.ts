import { z } from 'zod'
import { lastDay } from '../../../analytics/calendar/day.ts'
import { mostOf, Offer } from '../../coupons/offer.ts'
import { OfferTerms, plainTerms, usesOf } from '../../coupons/terms.ts'
import { type Said, worded } from '../../messages/messages.ts'
import { Channel, channelProblems, namesCoupon } from '../channel.ts'
import { daysAfterValidity } from '../days-after-validity.ts'
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
  /** A message without a coupon. */
  z.strictObject({ kind: z.literal('message'), channel: Channel }),
  /** Puts a tag on. */
  z.strictObject({ kind: z.literal('tag'), tag: z.string().trim().min(1).max(60, worded('name-too-long')) }),
  /** Tells another system of the member. */
  z.strictObject({
    kind: z.literal('webhook'),
    url: z.url({ protocol: /^https?$/, error: worded('not-an-address') }).max(2000),
  }),
])

/** Steps after the first, which is the campaign's own coupon, or its message where it has no offer. */
export const StandingStep = z.strictObject({
  /** Local days after the step before. */
  afterDays: z.int().min(1).max(365),
  /**
   * Of members who have bought, or not, since they came in, or whose newest coupon of the way was not used; for the
   * others the way ends here.
   */
  when: z.enum(['always', 'not-bought', 'bought', 'coupon-not-used']).default('always'),
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

/** Whether any step gives a coupon. */
export const givesCoupons = (offer: Offer | undefined, { steps }: Standing): boolean =>
  offer !== undefined || steps.some(({ action }) => action.kind === 'coupon')

interface StandingProblem extends Said {
  readonly path: (string | number)[]
}

/** What is the matter with a campaign that stands, beside its shape, by the path in its definition. */
export function standingProblems({ standing, offer, channel }: StandingDefinition): StandingProblem[] {
  const { lastDay: last, steps } = standing
  return [
    ...(last !== undefined && last > lastDay
      ? [{ path: ['standing', 'lastDay'], id: 'day-out-of-range' as const }]
      : []),
    ...(offer === undefined ? messageProblems(channel, ['channel']) : []),
    ...steps.flatMap(({ when, action }, place): StandingProblem[] => {
      const path = ['standing', 'steps', place]
      const hasCouponBefore = givesCoupons(offer, { ...standing, steps: steps.slice(0, place) })
      const ofCondition: StandingProblem[] =
        when === 'coupon-not-used' && !hasCouponBefore
          ? [{ path: [...path, 'when'], id: 'step-without-coupon-before' }]
          : []
      return [...ofCondition, ...actionProblems(action, [...path, 'action'], { offer, channel })]
    }),
  ]
}

function actionProblems(
  action: StandingStep['action'],
  path: (string | number)[],
  first: Pick<StandingDefinition, 'offer' | 'channel'>,
): StandingProblem[] {
  const under = (...further: string[]) => [...path, ...further]
  const ofChannel = (channel: Channel, at: (string | number)[]) =>
    channelProblems(channel).map((one) => ({ ...one, path: [...at, ...one.path] }))
  switch (action.kind) {
    case 'tag':
      return []
    case 'webhook':
      return ofChannel(action, path)
    case 'message':
      return [
        ...ofChannel(action.channel, under('channel')),
        ...messageProblems(action.channel, under('channel')),
      ]
    case 'coupon': {
      const own = action.channel
      const hasNoWords = own === undefined && first.offer === undefined && first.channel.kind !== 'webhook'
      return [
        ...(mostOf(action.offer) === null
          ? [{ path: under('offer'), id: 'standing-unbounded' as const }]
          : []),
        ...(own ? ofChannel(own, under('channel')) : []),
        ...(hasNoWords ? [{ path: under('channel'), id: 'coupon-without-words' as const }] : []),
      ]
    }
  }
}

/** A message without a coupon goes to members, and names no coupon. */
const messageProblems = (channel: Channel, path: (string | number)[]): StandingProblem[] =>
  channel.kind === 'csv'
    ? [{ path, id: 'message-as-list' }]
    : namesCoupon(channel).map((part) => ({ path: [...path, ...part], id: 'message-names-coupon' }))

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

/** What is done at a step, 0 being the first: the campaign's own coupon or message. */
export type PlannedAction =
  | ({ readonly kind: 'coupon' } & StepCoupon)
  | { readonly kind: 'message' }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'webhook'; readonly url: string }

/** What reaches a member: consent, caps and all that keeps members out hold for it. */
export type SentAction = Extract<PlannedAction, { kind: 'coupon' | 'message' }>

export const isSent = (action: PlannedAction): action is SentAction =>
  action.kind === 'coupon' || action.kind === 'message'

/** The most that an action costs of the budget. */
export const worstOf = (action: PlannedAction): number => (action.kind === 'coupon' ? action.worstMinor : 0)

export interface PlannedStep {
  readonly afterDays: number
  readonly when: StandingStep['when']
  readonly action: PlannedAction
}

/** All steps of a campaign in order, the first being the campaign's own coupon or message. */
export function plannedSteps(definition: StandingDefinition): PlannedStep[] {
  return [
    { afterDays: 0, when: 'always', action: firstAction(definition) },
    ...definition.standing.steps.map(({ afterDays, when, action }) => ({
      afterDays,
      when,
      action: plannedAction(action),
    })),
  ]
}

export function firstAction({ offer, minSpendMinor, terms, validDays }: StandingDefinition): SentAction {
  return offer === undefined
    ? { kind: 'message' }
    : { kind: 'coupon', ...coupon({ offer, minSpendMinor, terms, validDays: validDays! }) }
}

function plannedAction(action: StandingStep['action']): PlannedAction {
  switch (action.kind) {
    case 'coupon': {
      const { offer, minSpendMinor, terms, validDays } = action
      return { kind: 'coupon', ...coupon({ offer, minSpendMinor, terms, validDays }) }
    }
    case 'message':
      return { kind: 'message' }
    case 'tag':
    case 'webhook':
      return action
  }
}

/** How the coupon or message of a step goes out; null: of a campaign that is launched once. */
export function channelOf(definition: CampaignDefinition, step: number | null): Channel {
  const action = step ? definition.standing?.steps[step - 1]?.action : undefined
  const own = action?.kind === 'coupon' || action?.kind === 'message' ? action.channel : undefined
  return own ?? definition.channel
}

/** The terms of a step's coupon; null: of a campaign that is launched once. */
export function termsOf(definition: CampaignDefinition, step: number | null): OfferTerms {
  const action = step ? definition.standing?.steps[step - 1]?.action : undefined
  return action?.kind === 'coupon' ? action.terms : definition.terms
}

/** Local days after coming in that are measured of each member: until the last coupon is over, and a week more. */
export const ownDaysOf = (definition: StandingDefinition): number =>
  longestWay(definition) + daysAfterValidity

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
