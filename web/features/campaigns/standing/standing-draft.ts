import type { Format } from '../../../ui/format.ts'
import type { Definition } from '../draft.ts'

type Step = NonNullable<NonNullable<Definition['standing']>['steps']>[number]
type Action = Step['action']

/** A later step as its fields have it. */
export interface StepFields {
  readonly afterDays: string
  readonly when: 'always' | 'not-bought' | 'bought'
  readonly kind: Action['kind']
  readonly offerKind: 'amount' | 'percent'
  readonly amount: string
  readonly percent: string
  readonly cap: string
  readonly minSpend: string
  readonly days: string
  readonly tag: string
  readonly url: string
  /** What a file says that the fields can't: kept as it is while the kind stays a coupon. */
  readonly kept?: Extract<Action, { kind: 'coupon' }>
}

/** What stands in the composer's fields of a campaign that goes on by itself. */
export interface StandingFields {
  /** False: it is launched once, and the other fields say nothing. */
  readonly stands: boolean
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
}

const stronger = emptyStep
const lapsed: StepFields = { ...emptyStep, kind: 'tag', tag: 'lapsed' }

/** Ways to begin: whose day it is, in the language of segments. */
export const templates = {
  birthday: { segment: 'birthday within next 3 days', fields: { coolDown: '300' } },
  quiet: {
    segment: 'days_since_order >= 30',
    fields: { coolDown: '90', later: [stronger, lapsed] },
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
  const capless =
    (draft.offerKind === 'percent' && !draft.cap.trim()) ||
    (draft.offerKind === 'points' && !draft.pointsCap.trim())
  return [
    ...(whole(draft.coolDown, 3650) ? [] : (['coolDown'] as const)),
    ...(whole(draft.mostPerDay, 100_000) ? [] : (['mostPerDay'] as const)),
    ...(draft.comeIn === 'any-day' || memberDaysFrom(draft) ? [] : (['memberDays'] as const)),
    ...(draft.budget.trim() ? [] : (['standingBudget'] as const)),
    ...(draft.codes === 'generated' ? [] : (['standingCodes'] as const)),
    ...(draft.validity === 'days' ? [] : (['standingDay'] as const)),
    ...(capless ? (['standingCap'] as const) : []),
    ...(draft.later.some((step) => wrongIn(step, format) !== null) ? (['later'] as const) : []),
  ]
}

/** Which field of a step is wrong; null: none. */
export function wrongIn(step: StepFields, format: Format): keyof StepFields | null {
  const isMoney = (text: string) => (format.minorOf(text) ?? 0) > 0
  if (!whole(step.afterDays, 365)) return 'afterDays'
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
export function standingFrom(draft: StandingFields, format: Format): Definition['standing'] {
  if (!draft.stands) return undefined
  return {
    coolDownDays: Number(draft.coolDown),
    mostPerDay: Number(draft.mostPerDay),
    ...(draft.lastDayIn ? { lastDay: draft.lastDayIn } : {}),
    alsoThoseIn: draft.alsoThoseIn,
    ...memberDaysOf(draft),
    alsoHolders: draft.alsoHolders,
    alsoUnknownConsent: draft.alsoUnknownConsent,
    steps: draft.later.map(({ afterDays, when, ...step }) => ({
      afterDays: Number(afterDays),
      when,
      action: actionFrom(step, format),
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

function actionFrom(step: Omit<StepFields, 'afterDays' | 'when'>, format: Format): Action {
  const money = (text: string) => format.minorOf(text)!
  if (step.kind === 'tag') return { kind: 'tag', tag: step.tag.trim() }
  if (step.kind === 'webhook') return { kind: 'webhook', url: step.url.trim() }
  const validDays = Number(step.days)
  if (step.kept) return { ...step.kept, validDays }
  return {
    kind: 'coupon',
    offer:
      step.offerKind === 'amount'
        ? { kind: 'amount', amountMinor: money(step.amount) }
        : { kind: 'percent', percent: percentOf(step.percent)!, capMinor: money(step.cap) },
    minSpendMinor: step.minSpend.trim() ? money(step.minSpend) : 0,
    validDays,
  }
}

/** The fields of a part that was saved. */
export function standingFieldsOf(standing: Definition['standing'], format: Format): StandingFields {
  if (!standing) return noStanding
  return {
    stands: true,
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
  const { offer, minSpendMinor = 0, validDays } = action
  const coupon = {
    ...common,
    days: String(validDays),
    minSpend: minSpendMinor > 0 ? format.decimal(minSpendMinor) : '',
  }
  const isPlain = action.channel === undefined && isPlainTerms(action.terms)
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
