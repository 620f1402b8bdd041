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
  /** Some were held back for nothing: the split is not the planned one. */
  | { kind: 'check-split' }
  | { kind: 'hold-out' }
  | { kind: 'stop' }
  /** So many members, with this share held out, would show the effect that was asked for. */
  | { kind: 'more-members'; members: number; share: number; effect: number; had: number }
  /** Not even a hundred million would. */
  | { kind: 'larger-effect'; effect: number }
  | { kind: 'repeat' }
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
    undelivered: number
    issued: number
  },
): NextStep[] {
  const { definition, economics, afterwards, undelivered, issued } = found
  const buyers = measurement.outcomes.find(({ outcome }) => outcome === 'buyers')
  const steps: NextStep[] = []
  if (issued > 0 && undelivered / issued > 0.1) steps.push({ kind: 'deliver', messages: undelivered })
  switch (measurement.verdict) {
    case 'no-data-yet':
      steps.push({ kind: 'import-orders', day: measurement.windowLastDay })
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
      if (!measurement.windowEnded) steps.push({ kind: 'wait', day: measurement.windowLastDay })
      else steps.push(moreMembers(buyers!, definition))
      break
    case 'works': {
      if (economics?.netMinor.high != null && economics.netMinor.high < 0)
        steps.push({ kind: 'smaller-offer' })
      else if (measurement.windowEnded) steps.push({ kind: 'repeat' })
      else steps.push({ kind: 'wait', day: measurement.windowLastDay })
    }
  }
  if (afterwards?.state === 'pulled-forward')
    steps.push({ kind: 'later-coupon', orders: Math.round(afterwards.pulledForward!.value) })
  return steps.slice(0, 3)
}

function moreMembers(
  {
    heldOut,
    treated,
  }: { heldOut: { value: number | null; denominator: number }; treated: { denominator: number } },
  { effect, holdout }: CampaignDefinition,
): NextStep {
  const base = heldOut.value!
  const sureness = { alpha: alphas.atEnd, power: 0.8 }
  const had = treated.denominator + heldOut.denominator
  const members = base + effect > 1 ? null : audienceNeeded(base, effect, holdout, sureness)
  return members === null || members <= had
    ? { kind: 'larger-effect', effect }
    : { kind: 'more-members', members, share: holdout, effect, had }
}
