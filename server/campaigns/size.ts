import { z } from 'zod'
import {
  audienceNeeded,
  detectableRise,
  holdoutShares,
  membersNeeded,
  recommendedHoldout,
} from '../../analytics/lift/planner.ts'
import { alphas } from '../../analytics/lift/verdict.ts'

const Share = z.number().gt(0).lt(1)

/** How many members, how large an effect, how many held out: two of them give the third. Shares of 1. */
export const SizeQuestion = z.object({
  /** Of members without a coupon, those who buy in the window. */
  base: Share,
  /** The rise in buyers worth proving. */
  effect: Share.default(0.05),
  holdout: Share.max(0.99).default(holdoutShares.least),
  /** Eligible members, if there is an audience. */
  members: z.int().min(2).max(1_000_000_000).optional(),
  alpha: Share.default(alphas.atEnd),
  power: Share.default(0.8),
})

export interface Size {
  /** The question with what was not said filled in. */
  readonly asked: z.output<typeof SizeQuestion>
  /** Members, both arms together, of whom `holdout` shows `effect`; null: no audience does. */
  readonly membersNeeded: number | null
  /** The textbook's sum for each arm, not rounded; null when base + effect is above 1. */
  readonly textbook: { treated: number; heldOut: number } | null
  /** Of `members`: the rise that `holdout` shows. Null: none, or no members were given. */
  readonly detectable: number | null
  /** Of `members`: the smallest holdout that shows `effect`, and whether one of at most a half does. */
  readonly recommended: { share: number; detectable: number | null; proves: boolean } | null
}

/** The planner's answer to a question about sizes alone. */
export function sizeOf(question: z.output<typeof SizeQuestion>): Size {
  const { base, effect, holdout, members, alpha, power } = question
  const sureness = { alpha, power }
  const isPossible = base + effect <= 1
  const heldOut = members === undefined ? 0 : Math.floor(members * holdout)
  return {
    asked: question,
    membersNeeded: isPossible ? audienceNeeded(base, effect, holdout, sureness) : null,
    textbook: isPossible ? membersNeeded(base, base + effect, (1 - holdout) / holdout, sureness) : null,
    detectable:
      members === undefined ? null : detectableRise(base, { treated: members - heldOut, heldOut }, sureness),
    recommended: members === undefined ? null : recommendedHoldout(base, members, effect, sureness),
  }
}
