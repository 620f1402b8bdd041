import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '../../../server/router.ts'
import type { Format } from '../../ui/format.ts'

/** A campaign as its file says it. */
export type Definition = inferRouterInputs<AppRouter>['campaigns']['create']
export type Preview = inferRouterOutputs<AppRouter>['campaigns']['preview']
export type Result = inferRouterOutputs<AppRouter>['campaigns']['show']
export type Effect = inferRouterOutputs<AppRouter>['campaigns']['effect']
export type Parts = inferRouterOutputs<AppRouter>['campaigns']['bySegment']
export type Summary = inferRouterOutputs<AppRouter>['campaigns']['list'][number]

/** What stands in the composer's fields: text as typed. */
export interface Draft {
  readonly name: string
  readonly segment: string
  readonly offerKind: 'amount' | 'percent'
  readonly amount: string
  readonly percent: string
  readonly cap: string
  readonly minSpend: string
  readonly budget: string
  readonly holdout: number
  /** Somebody has picked the holdout; until then it follows the recommendation. */
  readonly holdoutPicked: boolean
  readonly channel: 'csv' | 'webhook'
  readonly url: string
  readonly validity: 'days' | 'day'
  readonly days: string
  readonly day: string
}

export const emptyDraft: Draft = {
  name: '',
  segment: '',
  offerKind: 'amount',
  amount: '20',
  percent: '15',
  cap: '50',
  minSpend: '100',
  budget: '',
  holdout: 0.1,
  holdoutPicked: false,
  channel: 'csv',
  url: '',
  validity: 'days',
  days: '14',
  day: '',
}

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

/** The smallest rise that the composer recommends a holdout for. */
export const effect = 0.05

export type Problem =
  | 'name'
  | 'segment'
  | 'amount'
  | 'percent'
  | 'percentDecimals'
  | 'cap'
  | 'minSpend'
  | 'budget'
  | 'days'
  | 'day'
  | 'url'

/** The fields of each step; the last has none. */
export const steps = ['audience', 'offer', 'holdout', 'channel', 'review'] as const
export type StepName = (typeof steps)[number]
const fields: Record<StepName, readonly Problem[]> = {
  audience: ['name', 'segment'],
  offer: ['amount', 'percent', 'percentDecimals', 'cap', 'minSpend', 'budget'],
  holdout: [],
  channel: ['url', 'days', 'day'],
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
  if (draft.offerKind === 'amount' && !((money(draft.amount) ?? 0) > 0)) found.add('amount')
  if (draft.offerKind === 'percent') {
    const percent = percentOf(draft.percent)
    if (/^\d{1,3}\.\d{3,}$/.test(draft.percent.trim())) found.add('percentDecimals')
    else if (percent === null || percent <= 0 || percent > 100) found.add('percent')
    if (!optional(draft.cap)) found.add('cap')
  }
  if (money(draft.minSpend || '0') === null) found.add('minSpend')
  if (!optional(draft.budget)) found.add('budget')
  if (draft.validity === 'days' && !/^\d{1,3}$/.test(draft.days)) found.add('days')
  if (draft.validity === 'days' && (Number(draft.days) < 1 || Number(draft.days) > 365)) found.add('days')
  if (draft.validity === 'day' && !draft.day) found.add('day')
  if (draft.channel === 'webhook' && !isAddress(draft.url)) found.add('url')
  return found
}

const percentOf = (text: string): number | null =>
  /^\d{1,3}(\.\d{1,2})?$/.test(text.trim()) ? Number(text) : null

function isAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol)
  } catch {
    return false
  }
}

/**
 * The definition that the fields make; null while something is wrong. For an estimate name and address
 * don't matter: they may be missing, and typing them asks for no new figures.
 */
export function definitionFrom(draft: Draft, format: Format, forEstimate = false): Definition | null {
  const wrong = problems(draft, format)
  if (forEstimate) for (const later of ['name', 'url'] as const) wrong.delete(later)
  if (wrong.size > 0) return null
  const money = (text: string) => format.minorOf(text)!
  return {
    name: forEstimate ? '–' : draft.name.trim(),
    segment: draft.segment.trim(),
    offer:
      draft.offerKind === 'amount'
        ? { kind: 'amount', amountMinor: money(draft.amount) }
        : {
            kind: 'percent',
            percent: percentOf(draft.percent)!,
            ...(draft.cap.trim() ? { capMinor: money(draft.cap) } : {}),
          },
    minSpendMinor: money(draft.minSpend || '0'),
    ...(draft.validity === 'days' ? { validDays: Number(draft.days) } : { validTo: draft.day }),
    holdout: draft.holdout,
    effect,
    channel:
      draft.channel === 'webhook' && !forEstimate
        ? { kind: 'webhook', url: draft.url.trim() }
        : { kind: 'csv' },
    ...(draft.budget.trim() ? { budgetMinor: money(draft.budget) } : {}),
  }
}

/** The fields of a draft that was saved. */
export function draftOf(definition: Definition, format: Format): Draft {
  const { offer, channel } = definition
  const text = (minor: number | undefined) => (minor === undefined ? '' : format.decimal(minor))
  return {
    ...emptyDraft,
    name: definition.name,
    segment: definition.segment,
    offerKind: offer.kind,
    ...(offer.kind === 'amount'
      ? { amount: text(offer.amountMinor) }
      : { percent: String(offer.percent), cap: text(offer.capMinor) }),
    minSpend: text(definition.minSpendMinor),
    budget: text(definition.budgetMinor),
    holdout: definition.holdout ?? emptyDraft.holdout,
    holdoutPicked: true,
    channel: channel.kind,
    url: channel.kind === 'webhook' ? channel.url : '',
    validity: definition.validTo === undefined ? 'days' : 'day',
    days: definition.validDays === undefined ? emptyDraft.days : String(definition.validDays),
    day: definition.validTo ?? '',
  }
}
