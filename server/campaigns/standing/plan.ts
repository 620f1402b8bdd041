import {
  audienceNeeded,
  detectableRise,
  holdoutShares,
  recommendedHoldout,
} from '../../../analytics/lift/planner.ts'
import { alphas } from '../../../analytics/lift/verdict.ts'
import { type Share, shareOf } from '../planning.ts'
import type { Simulation } from './simulate.ts'

/** What a holdout of those who come in can prove, and when. */
export interface ProvingOption {
  readonly share: number
  /** The rise in buyers that it shows after a year, as a difference of shares; null: none. */
  readonly afterYear: number | null
  /** Weeks until it shows the effect worth proving; null: never, or not within a year, as long as a holdout is recommended for. */
  readonly weeks: number | null
}

/** What a campaign that stands can prove as members come in, by those who came in when it was simulated. */
export interface ProvingPlan {
  /** Members who came in for the first time, a week. */
  readonly membersPerWeek: number
  /** Days that count of each member: until the last coupon of the way is over, and a week more. */
  readonly ownDays: number
  /** Of those whose days are over, who bought in them, without any coupon; value null: nobody's are. */
  readonly baseline: Share
  /** The rise in buyers worth proving. */
  readonly effect: number
  /** The smallest holdout that shows it within a year; `proves` false: none does, and a tenth is held out. */
  readonly recommended: { readonly share: number; readonly proves: boolean }
  /** By share, among them the recommended one and the one asked for. */
  readonly options: readonly ProvingOption[]
}

const offeredShares = [0.1, 0.2, 0.3, 0.5]
/** Where nothing is known of the rate, the one at which chance hides most. */
const leastFavourable = 0.5
const weeksOfYear = 52

/**
 * Members come in one by one and are looked at all the time, so that verdicts come from the always-valid interval. Who
 * comes in counts once their days are over. Null when nobody came in.
 */
export function provingPlan(
  { from, to, firsts, firstsSeen, firstsBought, ownDays }: SimulatedEntries,
  { holdout, effect }: { holdout: number; effect: number },
): ProvingPlan | null {
  const weeks = (Date.parse(to) - Date.parse(from)) / (7 * 86_400_000) + 1 / 7
  const membersPerWeek = firsts / weeks
  if (firsts === 0) return null
  const baseline = shareOf(firstsBought, firstsSeen)
  const base = baseline.value ?? leastFavourable
  const sureness = { alpha: alphas.before, power: 0.8, growing: true }
  const countedAfterYear = Math.max(0, Math.floor(membersPerWeek * (weeksOfYear - ownDays / 7)))
  const best = recommendedHoldout(base, countedAfterYear, effect, sureness)
  const recommended = best.proves
    ? { share: best.share, proves: true }
    : { share: holdoutShares.least, proves: false }
  const shares = [...new Set([...offeredShares, recommended.share, ...(holdout > 0 ? [holdout] : [])])]
  return {
    membersPerWeek,
    ownDays,
    baseline,
    effect,
    recommended,
    options: shares
      .toSorted((one, other) => one - other)
      .map((share) => {
        const heldOut = Math.floor(countedAfterYear * share)
        const needed = base + effect > 1 ? null : audienceNeeded(base, effect, share, sureness)
        const after = needed === null ? null : Math.ceil(needed / membersPerWeek + ownDays / 7)
        return {
          share,
          afterYear: detectableRise(base, { treated: countedAfterYear - heldOut, heldOut }, sureness),
          weeks: after !== null && after <= weeksOfYear ? after : null,
        }
      }),
  }
}

type SimulatedEntries = Pick<Simulation, 'from' | 'to' | 'firsts' | 'firstsSeen' | 'firstsBought' | 'ownDays'>
