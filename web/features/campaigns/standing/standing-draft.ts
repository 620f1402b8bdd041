import type { Format } from '../../../ui/format.ts'
import {
  channelFieldsOf,
  type ChannelFields,
  channelFrom,
  type ChannelProblem,
  channelProblemsOf,
  noChannel,
} from '../channel-draft.ts'
import type { Definition } from '../draft.ts'

type Step = NonNullable<NonNullable<Definition['standing']>['steps']>[number]
type Action = Step['action']

/** A later step as its fields have it. */
export interface StepFields {
  readonly afterDays: string
  readonly when: NonNullable<Step['when']>
  readonly kind: Action['kind']
  readonly offerKind: 'amount' | 'percent'
  readonly amount: string
  readonly percent: string
  readonly cap: string
  readonly minSpend: string
  readonly days: string
  readonly tag: string
  readonly url: string
  /** A coupon with words of its own, or with those of the campaign's own coupon. */
  readonly hasWords: boolean
  /** How a message, or a coupon with words of its own, goes out. */
  readonly channel: ChannelFields
  /** What a file says of the coupon that the fields can't: kept as it is while the kind stays a coupon. */
  readonly kept?: Extract<Action, { kind: 'coupon' }>
}

/** What stands in the composer's fields of a campaign that goes on by itself. */
export interface StandingFields {
  /** False: it is launched once, and the other fields say nothing. */
  readonly stands: boolean
  /** What the first step gives: the campaign's own coupon, or its message alone. */
  readonly begins: 'coupon' | 'message'
  readonly coolDown: string
  readonly mostPerDay: string
  /** Empty: until it is finished. */
  readonly lastDayIn: string
  readonly alsoThoseIn: boolean
  /** When members come in: whenever they begin to meet the rule, or on member days. */
  readonly comeIn: 'any-day' | 'monthly' | 'weekly'
  /** Dates of the month, with commas. */
  readonly monthDays: string
  /** 1: Monday. */
  readonly weekdays: readonly number[]
  readonly alsoHolders: boolean
  readonly alsoUnknownConsent: boolean
  readonly later: readonly StepFields[]
}

export const noStanding: StandingFields = {
  stands: false,
  begins: 'coupon',
  coolDown: '90',
  mostPerDay: '200',
  lastDayIn: '',
  alsoThoseIn: false,
  comeIn: 'any-day',
  monthDays: '8',
  weekdays: [3],
  alsoHolders: false,
  alsoUnknownConsent: false,
  later: [],
}

export const emptyStep: StepFields = {
  afterDays: '7',
  when: 'not-bought',
  kind: 'coupon',
  offerKind: 'amount',
  amount: '30',
  percent: '20',
  cap: '60',
  minSpend: '',
  days: '7',
  tag: '',
  url: '',
  hasWords: false,
  channel: noChannel,
}

const stronger = emptyStep
const coupon: StepFields = { ...emptyStep, amount: '10' }
const lapsed: StepFields = { ...emptyStep, kind: 'tag', tag: 'lapsed' }

/** Ways to begin: whose day it is, in the language of segments. */
export const templates = {
  birthday: { segment: 'birthday within next 3 days', fields: { coolDown: '300' } },
  quiet: {
    segment: 'days_since_order >= 30',
    fields: { coolDown: '90', later: [stronger, lapsed] },
  },
  lapsing: {
    segment: 'days_since_order >= 60',
    fields: {
      begins: 'message',
      coolDown: '180',
      later: [coupon, stronger, lapsed, { ...emptyStep, afterDays: '1', kind: 'webhook' }],
    },
  },
  long: {
    segment: 'days_since_order >= 90',
    fields: { coolDown: '180', later: [stronger, lapsed] },
  },
  second: {
    segment: 'orders = 1 and days_since_order >= 14',
    fields: { coolDown: '3650' },
  },
  missed: { segment: 'next_order_in < 0', fields: { coolDown: '60' } },
  coupon: {
    segment: 'coupons(state = "unused", expires_in <= 3) >= 1',
    fields: { coolDown: '30', alsoHolders: true },
  },
  points: {
    segment: 'points_expiring(expires within next 7 days) >= 100',
    fields: { coolDown: '30', alsoHolders: true },
  },
  memberDay: {
    segment: 'everyone',
    fields: { comeIn: 'monthly', coolDown: '1', mostPerDay: '100000', alsoHolders: true },
  },
} as const satisfies Record<string, { segment: string; fields: Partial<StandingFields> }>
export type TemplateName = keyof typeof templates
export const templateNames = Object.keys(templates) as TemplateName[]

/**
 * The fields of a way to begin, its tag in the language of the screen. A member day is for whomever was written already:
 * its own audience stands in for none, and for that of another way.
 */
export function begunWith(
  name: TemplateName,
  written: string,
  lapsedTag: string,
): Partial<StandingFields> & { segment: string } {
  const { segment, fields } = templates[name]
  const { later = [], ...own }: Partial<StandingFields> = fields
  const isOwnAudience =
    written.trim() !== '' && templateNames.every((other) => templates[other].segment !== written.trim())
  return {
    comeIn: 'any-day',
    begins: 'coupon',
    ...own,
    segment: name === 'memberDay' && isOwnAudience ? written : segment,
    ...('later' in fields
      ? { later: later.map((step) => (step === lapsed ? { ...step, tag: lapsedTag } : step)) }
      : {}),
  }
}

export type StandingProblem =
  | 'coolDown'
  | 'mostPerDay'
  | 'memberDays'
  | 'standingBudget'
  | 'standingCodes'
  | 'standingDay'
  | 'standingCap'
  | 'later'

const whole = (text: string, most: number) =>
  /^\d{1,6}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= most
const percentOf = (text: string): number | null =>
  /^\d{1,3}(\.\d{1,2})?$/.test(text.trim()) ? Number(text) : null

/** What is wrong with the fields of a campaign that stands, and with those that it asks more of. */
export function standingProblemsOf(
  draft: StandingFields & {
    readonly channel: ChannelFields['channel']
    readonly budget: string
    readonly codes: string
    readonly validity: string
    readonly offerKind: string
    readonly cap: string
    readonly pointsCap: string
  },
  format: Format,
): StandingProblem[] {
  if (!draft.stands) return []
  const isCoupon = draft.begins === 'coupon'
  const capless =
    isCoupon &&
    ((draft.offerKind === 'percent' && !draft.cap.trim()) ||
      (draft.offerKind === 'points' && !draft.pointsCap.trim()))
  return [
    ...(whole(draft.coolDown, 3650) ? [] : (['coolDown'] as const)),
    ...(whole(draft.mostPerDay, 100_000) ? [] : (['mostPerDay'] as const)),
    ...(draft.comeIn === 'any-day' || memberDaysFrom(draft) ? [] : (['memberDays'] as const)),
    ...(draft.budget.trim() || !givesCoupons(draft) ? [] : (['standingBudget'] as const)),
    ...(draft.codes === 'generated' || !isCoupon ? [] : (['standingCodes'] as const)),
    ...(draft.validity === 'days' || !isCoupon ? [] : (['standingDay'] as const)),
    ...(capless ? (['standingCap'] as const) : []),
    ...(draft.later.some((_, place) => wrongIn(draft, place, format) !== null) ? (['later'] as const) : []),
  ]
}

/** Whether any step gives a coupon. */
export const givesCoupons = ({ begins, later }: Pick<StandingFields, 'begins' | 'later'>): boolean =>
  begins === 'coupon' || later.some(({ kind }) => kind === 'coupon')

/** Whether a step before the later one at a place gives a coupon. */
export const hasCouponBefore = ({ begins, later }: Pick<StandingFields, 'begins' | 'later'>, place: number) =>
  givesCoupons({ begins, later: later.slice(0, place) })

/** Whether a step has words of its own to say: those of a first message name no coupon. */
export const hasOwnWords = (
  { begins, channel }: Pick<StandingFields, 'begins'> & { channel: ChannelFields['channel'] },
  { kind, hasWords }: StepFields,
): boolean =>
  kind === 'message' || (kind === 'coupon' && (hasWords || (begins === 'message' && channel !== 'webhook')))

type StepWrong = keyof StepFields | ChannelProblem

/** Which field of a later step is wrong; null: none. */
export function wrongIn(
  draft: Pick<StandingFields, 'begins' | 'later'> & { channel: ChannelFields['channel'] },
  place: number,
  format: Format,
): StepWrong | null {
  const step = draft.later[place]!
  if (!whole(step.afterDays, 365)) return 'afterDays'
  if (step.when === 'coupon-not-used' && !hasCouponBefore(draft, place)) return 'when'
  const [ofWords] = hasOwnWords(draft, step) ? channelProblemsOf(step.channel, step.kind === 'coupon') : []
  return wrongInAction(step, format) ?? ofWords ?? null
}

function wrongInAction(step: StepFields, format: Format): keyof StepFields | null {
  const isMoney = (text: string) => (format.minorOf(text) ?? 0) > 0
  if (step.kind === 'message') return null
  if (step.kind === 'tag') return step.tag.trim() && step.tag.trim().length <= 60 ? null : 'tag'
  if (step.kind === 'webhook') return /^https?:\/\/\S+$/.test(step.url.trim()) ? null : 'url'
  if (!whole(step.days, 365)) return 'days'
  if (step.kept) return null
  if (step.minSpend.trim() && format.minorOf(step.minSpend) === null) return 'minSpend'
  if (step.offerKind === 'amount') return isMoney(step.amount) ? null : 'amount'
  const percent = percentOf(step.percent)
  if (percent === null || percent <= 0 || percent > 100) return 'percent'
  return isMoney(step.cap) ? null : 'cap'
}

/** The part of a definition that the fields make; undefined: it is launched once. */
export function standingFrom(
  draft: StandingFields & { channel: ChannelFields['channel'] },
  format: Format,
): Definition['standing'] {
  if (!draft.stands) return undefined
  return {
    coolDownDays: Number(draft.coolDown),
    mostPerDay: Number(draft.mostPerDay),
    ...(draft.lastDayIn ? { lastDay: draft.lastDayIn } : {}),
    alsoThoseIn: draft.alsoThoseIn,
    ...memberDaysOf(draft),
    alsoHolders: draft.alsoHolders,
    alsoUnknownConsent: draft.alsoUnknownConsent,
    steps: draft.later.map((step) => ({
      afterDays: Number(step.afterDays),
      when: step.when,
      action: actionFrom(step, hasOwnWords(draft, step), format),
    })),
  }
}

type MemberDays = NonNullable<NonNullable<Definition['standing']>['memberDays']>

/** The member days that the fields name; null: none, or none that there are. */
export function memberDaysFrom({
  comeIn,
  monthDays,
  weekdays,
}: Pick<StandingFields, 'comeIn' | 'monthDays' | 'weekdays'>): MemberDays | null {
  if (comeIn === 'weekly')
    return weekdays.length >= 1 && weekdays.length <= 6
      ? { kind: 'weekly', weekdays: weekdays.toSorted() }
      : null
  const days = monthDays
    .split(/[\s,，、;；]+/)
    .filter(Boolean)
    .map(Number)
  const isDay = (day: number) => Number.isInteger(day) && day >= 1 && day <= 31
  return comeIn === 'monthly' && days.length > 0 && days.every(isDay)
    ? { kind: 'monthly', days: [...new Set(days)].toSorted((one, other) => one - other) }
    : null
}

const memberDaysOf = (draft: StandingFields): { memberDays?: MemberDays } => {
  const memberDays = memberDaysFrom(draft)
  return memberDays ? { memberDays } : {}
}

function actionFrom(step: StepFields, ownWords: boolean, format: Format): Action {
  const money = (text: string) => format.minorOf(text)!
  if (step.kind === 'tag') return { kind: 'tag', tag: step.tag.trim() }
  if (step.kind === 'webhook') return { kind: 'webhook', url: step.url.trim() }
  if (step.kind === 'message') return { kind: 'message', channel: channelFrom(step.channel) }
  const validDays = Number(step.days)
  const channel = ownWords ? { channel: channelFrom(step.channel) } : {}
  if (step.kept) {
    const { channel: _, ...kept } = step.kept
    return { ...kept, validDays, ...channel }
  }
  return {
    kind: 'coupon',
    offer:
      step.offerKind === 'amount'
        ? { kind: 'amount', amountMinor: money(step.amount) }
        : { kind: 'percent', percent: percentOf(step.percent)!, capMinor: money(step.cap) },
    minSpendMinor: step.minSpend.trim() ? money(step.minSpend) : 0,
    validDays,
    ...channel,
  }
}

/** Whether any step sends a message without a coupon. */
export const sendsPlainMessages = ({ offer, standing }: Pick<Definition, 'offer' | 'standing'>): boolean =>
  standing !== undefined &&
  (offer === undefined || (standing.steps ?? []).some(({ action }) => action.kind === 'message'))

/** What a campaign's first message is previewed by; null: it is not complete yet. */
export const messageOf = (definition: Definition | null): Definition | null =>
  definition?.standing ? { ...definition, standing: { ...definition.standing, steps: [] } } : definition

/** What the message of a later step is previewed by; null: it says nothing. */
export function stepMessageOf(definition: Definition, place: number): Definition | null {
  const { offer: _offer, validDays: _days, validTo: _to, terms: _terms, ...first } = messageOf(definition)!
  const action = definition.standing?.steps?.[place]?.action
  if (action?.kind === 'message') return { ...first, channel: action.channel }
  if (action?.kind !== 'coupon' || !action.channel) return null
  const { offer, minSpendMinor, terms, validDays, channel } = action
  return { ...first, offer, minSpendMinor, terms, validDays, channel }
}

/** The fields of a part that was saved. */
export function standingFieldsOf({ standing, offer }: Definition, format: Format): StandingFields {
  if (!standing) return noStanding
  return {
    stands: true,
    begins: offer ? 'coupon' : 'message',
    coolDown: String(standing.coolDownDays),
    mostPerDay: String(standing.mostPerDay),
    lastDayIn: standing.lastDay ?? '',
    alsoThoseIn: standing.alsoThoseIn ?? false,
    comeIn: standing.memberDays?.kind ?? 'any-day',
    monthDays:
      standing.memberDays?.kind === 'monthly' ? standing.memberDays.days.join(', ') : noStanding.monthDays,
    weekdays: standing.memberDays?.kind === 'weekly' ? standing.memberDays.weekdays : noStanding.weekdays,
    alsoHolders: standing.alsoHolders ?? false,
    alsoUnknownConsent: standing.alsoUnknownConsent ?? false,
    later: (standing.steps ?? []).map((step) => fieldsOf(step, format)),
  }
}

function fieldsOf({ afterDays, when = 'always', action }: Step, format: Format): StepFields {
  const common = { ...emptyStep, afterDays: String(afterDays), when, kind: action.kind }
  if (action.kind === 'tag') return { ...common, tag: action.tag }
  if (action.kind === 'webhook') return { ...common, url: action.url }
  if (action.kind === 'message') return { ...common, channel: channelFieldsOf(action.channel) }
  const { offer, minSpendMinor = 0, validDays, channel } = action
  const coupon = {
    ...common,
    ...(channel ? { hasWords: true, channel: channelFieldsOf(channel) } : {}),
    days: String(validDays),
    minSpend: minSpendMinor > 0 ? format.decimal(minSpendMinor) : '',
  }
  const isPlain = isPlainTerms(action.terms)
  if (isPlain && offer.kind === 'amount') return { ...coupon, amount: format.decimal(offer.amountMinor) }
  if (isPlain && offer.kind === 'percent' && offer.capMinor !== undefined)
    return {
      ...coupon,
      offerKind: 'percent',
      percent: String(offer.percent),
      cap: format.decimal(offer.capMinor),
    }
  return { ...coupon, kept: action }
}

const isPlainTerms = (terms: Extract<Action, { kind: 'coupon' }>['terms']): boolean =>
  terms === undefined ||
  (terms.only === undefined &&
    terms.except === undefined &&
    (terms.usesPerCoupon ?? 1) === 1 &&
    terms.usesPerMember === undefined &&
    (terms.stackGroup ?? null) === null &&
    (terms.priority ?? 0) === 0 &&
    (terms.withMemberPrice ?? true) &&
    !terms.refuseWhenSpent)
