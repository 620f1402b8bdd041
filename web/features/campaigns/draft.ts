import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../../../server/router.ts'
import type { Format } from '../../ui/format.ts'
import {
  channelFieldsOf,
  type ChannelFields,
  channelFrom,
  type ChannelProblem,
  channelProblems,
  channelProblemsOf,
  channelToEstimate,
  noChannel,
} from './channel-draft.ts'
import {
  noStanding,
  type StandingFields,
  standingFieldsOf,
  standingFrom,
  type StandingProblem,
  standingProblemsOf,
} from './standing/standing-draft.ts'

/** A campaign as its file says it. */
export type Definition = inferRouterInputs<AppRouter>['campaigns']['create']
export type Preview = inferRouterOutputs<AppRouter>['campaigns']['preview']
export type Result = inferRouterOutputs<AppRouter>['campaigns']['show']
export type Effect = inferRouterOutputs<AppRouter>['campaigns']['effect']
export type DeadLetter = inferRouterOutputs<AppRouter>['campaigns']['deadLetters'][number]
export type Parts = inferRouterOutputs<AppRouter>['campaigns']['bySegment']
export type Together = inferRouterOutputs<AppRouter>['campaigns']['together']
export type Summary = inferRouterOutputs<AppRouter>['campaigns']['list'][number]

/** Whether two say the same: both are written key by key in one order. */
export const isSame = (one: Definition, other: Definition | null): boolean =>
  JSON.stringify(one) === JSON.stringify(other)

/** What a coupon gives. */
export type Offer = NonNullable<Definition['offer']>

/** What stands in the composer's fields: text as typed. */
export interface Draft extends StandingFields, ChannelFields {
  readonly name: string
  readonly segment: string
  readonly offerKind: OfferKind
  readonly amount: string
  readonly percent: string
  readonly cap: string
  /** Free delivery and gifts: what they are worth. */
  readonly worth: string
  readonly gift: string
  readonly times: string
  readonly pointsWorth: string
  readonly pointsCap: string
  readonly minSpend: string
  readonly only: Names
  readonly except: Names
  readonly uses: string
  readonly usesPerMember: string
  readonly stackGroup: string
  readonly priority: string
  readonly withMemberPrice: boolean
  readonly refuseWhenSpent: boolean
  readonly codes: CodeKind
  /** Name of the pool that the codes are taken from. */
  readonly pool: string
  /** The one code for all; empty: drawn by chance. */
  readonly sharedCode: string
  readonly sharedUses: string
  readonly budget: string
  /** The smallest rise in buyers worth proving, in percentage points. */
  readonly effect: string
  readonly holdout: number
  /** Somebody has picked the holdout; until then it follows the recommendation. */
  readonly holdoutPicked: boolean
  readonly validity: 'days' | 'day'
  readonly days: string
  readonly day: string
  /** The first day, beside `day`; empty: the launch. */
  readonly firstDay: string
  /** What a message costs; empty: nothing. */
  readonly messageCost: string
  /** What is left of net where costs are not imported, in percent; empty: unknown. */
  readonly margin: string
}

export const offerKinds = ['amount', 'percent', 'free_shipping', 'gift', 'points'] as const
export type OfferKind = (typeof offerKinds)[number]

export const codeKinds = ['generated', 'pool', 'shared'] as const
export type CodeKind = (typeof codeKinds)[number]

/** What an offer is for, or not for, by what names it. */
export const namings = ['categories', 'products', 'skus', 'stores'] as const
export type Names = Readonly<Record<(typeof namings)[number], readonly string[]>>
const noNames: Names = { categories: [], products: [], skus: [], stores: [] }

export const emptyDraft: Draft = {
  ...noStanding,
  ...noChannel,
  name: '',
  segment: '',
  offerKind: 'amount',
  amount: '20',
  percent: '15',
  cap: '50',
  worth: '12',
  gift: '',
  times: '2',
  pointsWorth: '1',
  pointsCap: '50',
  minSpend: '100',
  only: noNames,
  except: noNames,
  uses: '1',
  usesPerMember: '',
  stackGroup: '',
  priority: '0',
  withMemberPrice: true,
  refuseWhenSpent: false,
  codes: 'generated',
  pool: '',
  sharedCode: '',
  sharedUses: '1000',
  budget: '',
  effect: '5',
  holdout: 0.1,
  holdoutPicked: false,
  validity: 'days',
  days: '14',
  day: '',
  firstDay: '',
  messageCost: '',
  margin: '',
}

/** Whether the campaign gives a coupon of its own; one that goes on by itself may begin with a message alone. */
export const hasOffer = ({ stands, begins }: Pick<Draft, 'stands' | 'begins'>): boolean =>
  !stands || begins === 'coupon'

/**
 * The holdout of a draft beside what is known of its audience: the recommended one until somebody picks
 * one, the usual one where no holdout proves anything.
 */
export const holdoutOf = (
  { holdout, holdoutPicked }: Pick<Draft, 'holdout' | 'holdoutPicked'>,
  recommended: { share: number; proves: boolean },
): number => (holdoutPicked ? holdout : recommended.proves ? recommended.share : emptyDraft.holdout)

/**
 * What a preview says to expect before the one draw that a campaign has: another draw, made for an estimate,
 * would show numbers that the launch does not keep. Where nobody is held out nothing is drawn.
 */
export function expectedOf({
  issued,
  holdout,
  plan,
  worstCostMinor,
}: Pick<Preview, 'issued' | 'holdout' | 'worstCostMinor'> & {
  plan: { planned: { members: number } | null }
}): { isDrawn: boolean; issued: number; worstCostMinor: Preview['worstCostMinor'] } {
  if (plan.planned === null) return { isDrawn: false, issued, worstCostMinor }
  const expected = issued + holdout - plan.planned.members
  const known = typeof worstCostMinor === 'number' && issued > 0
  return {
    isDrawn: true,
    issued: expected,
    worstCostMinor: known ? Math.round((worstCostMinor / issued) * expected) : worstCostMinor,
  }
}

export type Problem =
  | StandingProblem
  | ChannelProblem
  | 'name'
  | 'segment'
  | 'amount'
  | 'percent'
  | 'percentDecimals'
  | 'cap'
  | 'worth'
  | 'gift'
  | 'times'
  | 'pointsWorth'
  | 'pointsCap'
  | 'minSpend'
  | 'uses'
  | 'usesPerMember'
  | 'priority'
  | 'pool'
  | 'sharedCode'
  | 'sharedUses'
  | 'budget'
  | 'budgetToSpend'
  | 'days'
  | 'day'
  | 'firstDay'
  | 'effect'
  | 'messageCost'
  | 'margin'

/** The fields of each step; the last has none. */
export const steps = ['audience', 'offer', 'holdout', 'channel', 'review'] as const
export type StepName = (typeof steps)[number]
const fields: Record<StepName, readonly Problem[]> = {
  audience: ['name', 'segment', 'coolDown', 'mostPerDay', 'memberDays'],
  offer: [
    'amount',
    'percent',
    'percentDecimals',
    'cap',
    'worth',
    'gift',
    'times',
    'pointsWorth',
    'pointsCap',
    'minSpend',
    'uses',
    'usesPerMember',
    'priority',
    'pool',
    'sharedCode',
    'sharedUses',
    'budget',
    'budgetToSpend',
    'standingBudget',
    'standingCodes',
    'standingCap',
    'later',
  ],
  holdout: ['effect'],
  channel: [...channelProblems, 'days', 'day', 'firstDay', 'messageCost', 'margin', 'standingDay'],
  review: [],
}

/** What is still wrong in a step's fields. */
export const problemsOf = (step: StepName, draft: Draft, format: Format): Problem[] =>
  [...problems(draft, format)].filter((problem) => fields[step].includes(problem))

function problems(draft: Draft, format: Format): Set<Problem> {
  const found = new Set<Problem>()
  const money = (text: string) => format.minorOf(text)
  const optional = (text: string) => text.trim() === '' || (money(text) ?? 0) > 0
  if (!draft.name.trim()) found.add('name')
  if (!draft.segment.trim()) found.add('segment')
  for (const problem of standingProblemsOf(draft, format)) found.add(problem)
  if (hasOffer(draft)) for (const problem of offerProblems(draft, format)) found.add(problem)
  if (!optional(draft.budget)) found.add('budget')
  if (draft.refuseWhenSpent && !draft.budget.trim()) found.add('budgetToSpend')
  for (const problem of channelProblemsOf(draft, hasOffer(draft))) found.add(problem)
  const effect = percentOf(draft.effect)
  if (effect === null || effect <= 0 || effect > 100) found.add('effect')
  if (money(draft.messageCost || '0') === null) found.add('messageCost')
  const margin = draft.margin.trim() ? percentOf(draft.margin) : 0
  if (margin === null || margin > 100) found.add('margin')
  return found
}

/** What is still wrong in what the coupon gives, its terms and days. */
function offerProblems(draft: Draft, format: Format): Set<Problem> {
  const found = new Set<Problem>()
  const money = (text: string) => format.minorOf(text)
  const optional = (text: string) => text.trim() === '' || (money(text) ?? 0) > 0
  if (draft.offerKind === 'amount' && !((money(draft.amount) ?? 0) > 0)) found.add('amount')
  if (draft.offerKind === 'percent') {
    const percent = percentOf(draft.percent)
    if (/^\d{1,3}\.\d{3,}$/.test(draft.percent.trim())) found.add('percentDecimals')
    else if (percent === null || percent <= 0 || percent > 100) found.add('percent')
    if (!optional(draft.cap)) found.add('cap')
  }
  const beside = draft.offerKind === 'free_shipping' || draft.offerKind === 'gift'
  if (beside && !((money(draft.worth) ?? 0) > 0)) found.add('worth')
  if (draft.offerKind === 'gift' && !draft.gift.trim()) found.add('gift')
  if (draft.offerKind === 'points') {
    const times = percentOf(draft.times)
    if (times === null || times <= 1 || times > 100) found.add('times')
    const worth = percentOf(draft.pointsWorth)
    if (worth === null || worth <= 0 || worth > 100) found.add('pointsWorth')
    if (!optional(draft.pointsCap)) found.add('pointsCap')
  }
  if (money(draft.minSpend || '0') === null) found.add('minSpend')
  if (draft.codes !== 'shared' && !isCount(draft.uses)) found.add('uses')
  if (draft.codes === 'pool' && draft.pool === '') found.add('pool')
  if (draft.codes === 'shared') {
    if (draft.sharedCode.trim() !== '' && !isSharedCode(draft.sharedCode)) found.add('sharedCode')
    if (!/^[1-9]\d{0,7}$|^100000000$/.test(draft.sharedUses.trim())) found.add('sharedUses')
  }
  if (draft.usesPerMember.trim() !== '' && !isCount(draft.usesPerMember)) found.add('usesPerMember')
  if (!/^(\d{1,2}|100)$/.test(draft.priority.trim() || '0')) found.add('priority')
  if (draft.validity === 'days' && !/^\d{1,3}$/.test(draft.days)) found.add('days')
  if (draft.validity === 'days' && (Number(draft.days) < 1 || Number(draft.days) > 365)) found.add('days')
  if (draft.validity === 'day' && !draft.day) found.add('day')
  if (draft.validity === 'day' && draft.firstDay && draft.day && draft.firstDay > draft.day)
    found.add('firstDay')
  return found
}

const percentOf = (text: string): number | null =>
  /^\d{1,3}(\.\d{1,2})?$/.test(text.trim()) ? Number(text) : null

/** A share as percent, without the digits that a float adds. */
const percentText = (share: number): string => String(Number((share * 100).toFixed(2)))

const isSharedCode = (text: string) => /^[\p{L}\p{N}][\p{L}\p{N} -]{2,38}[\p{L}\p{N}]$/u.test(text.trim())

const isCount = (text: string) => /^[1-9]\d{0,2}$|^1000$/.test(text.trim())

/**
 * The definition that the fields make; null while something is wrong. For an estimate name and address
 * don't matter: they may be missing, and typing them asks for no new figures; of a campaign without a coupon of its own
 * there is none.
 */
export function definitionFrom(draft: Draft, format: Format, forEstimate = false): Definition | null {
  const wrong = problems(draft, format)
  if (forEstimate) for (const later of ['name', ...channelProblems] as const) wrong.delete(later)
  // whom the rule means now is asked as of a launch
  if (forEstimate) for (const later of standingProblemsOf(draft, format)) wrong.delete(later)
  if (wrong.size > 0) return null
  const money = (text: string) => format.minorOf(text)!
  const isMessage = !hasOffer(draft)
  if (forEstimate && isMessage) return null
  const standing = forEstimate ? undefined : standingFrom(draft, format)
  return {
    name: forEstimate ? '–' : draft.name.trim(),
    segment: draft.segment.trim(),
    ...(isMessage
      ? {}
      : {
          offer: offerFrom(draft, money),
          minSpendMinor: money(draft.minSpend || '0'),
          terms: termsFrom(draft),
          codes: codesFrom(draft),
          ...(draft.validity === 'days'
            ? { validDays: Number(draft.days) }
            : { validTo: draft.day, ...(draft.firstDay ? { validFrom: draft.firstDay } : {}) }),
        }),
    holdout: draft.holdout,
    effect: percentOf(draft.effect)! / 100,
    channel: forEstimate ? channelToEstimate(draft) : channelFrom(draft),
    ...(draft.budget.trim() ? { budgetMinor: money(draft.budget) } : {}),
    messageCostMinor: money(draft.messageCost || '0'),
    ...(draft.margin.trim() ? { marginShare: percentOf(draft.margin)! / 100 } : {}),
    ...(standing ? { standing } : {}),
  }
}

function offerFrom(draft: Draft, money: (text: string) => number): Offer {
  const cap = (text: string) => (text.trim() ? { capMinor: money(text) } : {})
  switch (draft.offerKind) {
    case 'amount':
      return { kind: 'amount', amountMinor: money(draft.amount) }
    case 'percent':
      return { kind: 'percent', percent: percentOf(draft.percent)!, ...cap(draft.cap) }
    case 'free_shipping':
      return { kind: 'free_shipping', worthMinor: money(draft.worth) }
    case 'gift':
      return { kind: 'gift', gift: draft.gift.trim(), worthMinor: money(draft.worth) }
    case 'points':
      return {
        kind: 'points',
        times: percentOf(draft.times)!,
        worthPercent: percentOf(draft.pointsWorth)!,
        ...cap(draft.pointsCap),
      }
  }
}

function codesFrom({ codes, pool, sharedCode, sharedUses }: Draft): NonNullable<Definition['codes']> {
  switch (codes) {
    case 'generated':
      return { kind: 'generated' }
    case 'pool':
      return { kind: 'pool', pool }
    case 'shared':
      return {
        kind: 'shared',
        ...(sharedCode.trim() ? { code: sharedCode.trim() } : {}),
        uses: Number(sharedUses),
      }
  }
}

/**
 * By which a campaign that stands is simulated while its channel may still be missing: whoever comes in is the same, but
 * for who has no address there. Null while something before it is wrong.
 */
export function provingDefinition(draft: Draft, format: Format): Definition | null {
  const isWritten = channelProblemsOf(draft, hasOffer(draft)).length === 0
  const standIn = { ...noChannel, channel: 'webhook' as const, url: 'https://channel.invalid' }
  return definitionFrom({ ...draft, name: '–', holdout: 0, ...(isWritten ? {} : standIn) }, format)
}

/** As the server writes them: in its order, what is not limited left out. */
function termsFrom(draft: Draft): NonNullable<Definition['terms']> {
  return {
    ...(hasNames(draft.only) ? { only: namesFrom(draft.only) } : {}),
    ...(hasNames(draft.except) ? { except: namesFrom(draft.except) } : {}),
    usesPerCoupon: draft.codes === 'shared' ? 1 : Number(draft.uses),
    ...(draft.usesPerMember.trim() ? { usesPerMember: Number(draft.usesPerMember) } : {}),
    stackGroup: draft.stackGroup.trim() || null,
    priority: Number(draft.priority || '0'),
    withMemberPrice: draft.withMemberPrice,
    refuseWhenSpent: draft.refuseWhenSpent,
  }
}

/** Whether anything is named. */
export const hasNames = (names: Names): boolean => namings.some((naming) => names[naming].length > 0)

const namesFrom = ({ skus, products, categories, stores }: Names) => ({
  ...(skus.length > 0 ? { skus: [...skus] } : {}),
  ...(products.length > 0 ? { products: [...products] } : {}),
  ...(categories.length > 0 ? { categories: [...categories] } : {}),
  ...(stores.length > 0 ? { stores: [...stores] } : {}),
})

/** The fields of a draft that was saved. */
export function draftOf(definition: Definition, format: Format): Draft {
  const { offer, channel, terms, codes } = definition
  const text = (minor: number | undefined) => (minor === undefined ? '' : format.decimal(minor))
  return {
    ...emptyDraft,
    ...standingFieldsOf(definition, format),
    name: definition.name,
    segment: definition.segment,
    ...(offer ? { offerKind: offer.kind, ...fieldsOf(offer, text) } : {}),
    only: { ...noNames, ...terms?.only },
    except: { ...noNames, ...terms?.except },
    uses: String(terms?.usesPerCoupon ?? 1),
    usesPerMember: terms?.usesPerMember === undefined ? '' : String(terms.usesPerMember),
    stackGroup: terms?.stackGroup ?? '',
    priority: String(terms?.priority ?? 0),
    withMemberPrice: terms?.withMemberPrice ?? true,
    refuseWhenSpent: terms?.refuseWhenSpent ?? false,
    codes: codes?.kind ?? 'generated',
    ...(codes?.kind === 'pool' ? { pool: codes.pool } : {}),
    ...(codes?.kind === 'shared' ? { sharedCode: codes.code ?? '', sharedUses: String(codes.uses) } : {}),
    minSpend: offer ? text(definition.minSpendMinor) : emptyDraft.minSpend,
    budget: text(definition.budgetMinor),
    effect: percentText(definition.effect ?? 0.05),
    holdout: definition.holdout ?? emptyDraft.holdout,
    messageCost: definition.messageCostMinor ? text(definition.messageCostMinor) : '',
    margin: definition.marginShare === undefined ? '' : percentText(definition.marginShare),
    holdoutPicked: true,
    ...channelFieldsOf(channel),
    validity: definition.validTo === undefined ? 'days' : 'day',
    days: definition.validDays === undefined ? emptyDraft.days : String(definition.validDays),
    day: definition.validTo ?? '',
    firstDay: definition.validFrom ?? '',
  }
}

function fieldsOf(offer: Offer, text: (minor: number | undefined) => string): Partial<Draft> {
  switch (offer.kind) {
    case 'amount':
      return { amount: text(offer.amountMinor) }
    case 'percent':
      return { percent: String(offer.percent), cap: text(offer.capMinor) }
    case 'free_shipping':
      return { worth: text(offer.worthMinor) }
    case 'gift':
      return { gift: offer.gift, worth: text(offer.worthMinor) }
    case 'points':
      return {
        times: String(offer.times),
        pointsWorth: String(offer.worthPercent ?? 1),
        pointsCap: text(offer.capMinor),
      }
  }
}
