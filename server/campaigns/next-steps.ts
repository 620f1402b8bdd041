import { audienceNeeded } from '../../analytics/lift/planner.ts'
import { alphas } from '../../analytics/lift/verdict.ts'
import type { Afterwards } from './afterwards.ts'
import type { CampaignDefinition } from './definition.ts'
import type { Economics } from './economics.ts'
import type { Measurement } from './measurement.ts'

/** What to try next, with what it is about; words are made of it where it is shown. */
export type NextStep =
  /** The window is running; looking early is paid for by a wider interval. */
  | { kind: 'wait'; day: string }
  | { kind: 'import-orders'; day: string }
  /** Of a campaign that stands: no further coupon goes out, and so many wait. */
  | { kind: 'budget-spent'; waiting: number }
  /** Of a campaign that stands: nobody's own days are over yet. */
  | { kind: 'wait-for-entries'; days: number }
  /** Of one: so many members in all whose days are over would show the effect that was asked for. */
  | { kind: 'more-entries'; members: number; effect: number; had: number }
  /** Some were held back for nothing: the split is not the planned one. */
  | { kind: 'check-split' }
  | { kind: 'hold-out' }
  | { kind: 'stop' }
  /** So many members, with this share held out, would show the effect that was asked for. */
  | { kind: 'more-members'; members: number; share: number; effect: number; had: number }
  /** Not even a hundred million would. */
  | { kind: 'larger-effect'; effect: number }
  | { kind: 'repeat' }
  /** It stands and works. */
  | { kind: 'go-on' }
  /** It brings buyers, but not money: the coupon gives more than it brings. */
  | { kind: 'smaller-offer' }
  | { kind: 'later-coupon'; orders: number }
  | { kind: 'deliver'; messages: number }

/** At most three, the most important first. */
export function nextSteps(
  measurement: Measurement,
  found: {
    definition: CampaignDefinition
    economics: Economics | null
    afterwards: Afterwards | null
    /** Messages that did not arrive; of a cancelled campaign, those that its cancelling stopped are none. */
    undelivered: number
    issued: number
    isCancelled: boolean
    /** Of a campaign that stands and whose budget is spent, how many wait; null: there is room for more. */
    waitingForBudget: number | null
  },
): NextStep[] {
  const { definition, economics, afterwards, undelivered, issued, isCancelled, waitingForBudget } = found
  // nobody comes in any more who could be waited for
  const isClosed = isCancelled || waitingForBudget !== null
  const buyers = measurement.outcomes.find(({ outcome }) => outcome === 'buyers')
  const steps: NextStep[] = []
  if (issued > 0 && undelivered / issued > 0.1) steps.push({ kind: 'deliver', messages: undelivered })
  if (waitingForBudget !== null) steps.push({ kind: 'budget-spent', waiting: waitingForBudget })
  switch (measurement.verdict) {
    case 'no-data-yet':
      if (measurement.entries) {
        if (!isClosed) steps.push({ kind: 'wait-for-entries', days: measurement.entries.ownDays })
      } else steps.push({ kind: 'import-orders', day: measurement.windowLastDay! })
      break
    case 'unknown':
      steps.push({ kind: 'hold-out' })
      break
    case 'withheld':
      steps.push({ kind: 'check-split' })
      break
    case 'hurts':
      steps.push({ kind: 'stop' })
      break
    case 'not-proven-yet':
      if (measurement.windowEnded) steps.push(moreMembers(buyers!, definition))
      else if (measurement.entries) {
        if (!isClosed) steps.push(moreEntries(buyers!, definition))
      } else steps.push({ kind: 'wait', day: measurement.windowLastDay! })
      break
    case 'works': {
      if (economics?.netMinor.high != null && economics.netMinor.high < 0)
        steps.push({ kind: 'smaller-offer' })
      else if (measurement.entries) steps.push({ kind: isClosed ? 'repeat' : 'go-on' })
      else if (measurement.windowEnded) steps.push({ kind: 'repeat' })
      else steps.push({ kind: 'wait', day: measurement.windowLastDay! })
    }
  }
  if (afterwards?.state === 'pulled-forward')
    steps.push({ kind: 'later-coupon', orders: Math.round(afterwards.pulledForward!.value) })
  return steps.slice(0, 3)
}

interface Arms {
  readonly heldOut: { readonly value: number | null; readonly denominator: number }
  readonly treated: { readonly denominator: number }
}

const moreMembers = (buyers: Arms, definition: CampaignDefinition): NextStep => {
  const { members, had } = needed(buyers, definition, { alpha: alphas.atEnd })
  const { holdout: share, effect } = definition
  return members === null || members <= had
    ? { kind: 'larger-effect', effect }
    : { kind: 'more-members', members, share, effect, had }
}

const moreEntries = (buyers: Arms, definition: CampaignDefinition): NextStep => {
  const { members, had } = needed(buyers, definition, { alpha: alphas.before, growing: true })
  const { effect } = definition
  return members === null || members <= had
    ? { kind: 'larger-effect', effect }
    : { kind: 'more-entries', members, effect, had }
}

function needed(
  { heldOut, treated }: Arms,
  { effect, holdout }: CampaignDefinition,
  look: { alpha: number; growing?: boolean },
): { members: number | null; had: number } {
  const base = heldOut.value!
  return {
    members: base + effect > 1 ? null : audienceNeeded(base, effect, holdout, { ...look, power: 0.8 }),
    had: treated.denominator + heldOut.denominator,
  }
}
