import { z } from 'zod'
import { AskedDay } from '../../../analytics/calendar/day.ts'
import { limits } from '../../../analytics/segments/ast.ts'
import { interrupted } from '../../analytics/ask.ts'
import { sentence, worded } from '../../messages/messages.ts'
import { refused } from '../../messages/refused.ts'
import { readerProcedure, router } from '../../trpc.ts'
import { problemsSaid } from '../refusal.ts'
import { segmentDifferences } from './differences.ts'
import { mostSets, segmentOverlap } from './overlap.ts'
import { differenceSaid, findingOf, howCompared, sideNames } from './said.ts'
import type { OneRefused } from './together.ts'

const Expression = z.string().max(limits.characters)

export const segmentCompareRouter = router({
  /** How the members of up to six rules overlap: every region with its size and the rule that selects it. */
  overlap: readerProcedure
    .input(
      z.object({
        expressions: z
          .array(Expression)
          .min(1, worded('compare-too-many'))
          .max(mostSets, worded('compare-too-many')),
        asOf: AskedDay.optional(),
      }),
    )
    .query(async ({ ctx, input, signal }) => {
      const began = performance.now()
      const outcome = await interrupted(segmentOverlap(ctx.platform.store, ctx.workspace, input, signal))
      if (outcome.kind === 'refused') throw oneRefused(outcome)
      const { sets, regions, none, ...of } = outcome.overlap
      return { ...of, milliseconds: Math.round(performance.now() - began), sets, regions, none }
    }),

  /**
   * What tells the members of rule `a` from those of `b`, what does most first, each in plain words; `b` is everyone
   * unless it is given, and then a is compared with all others.
   */
  differences: readerProcedure
    .input(
      z.object({
        a: Expression,
        b: Expression.default('everyone'),
        asOf: AskedDay.optional(),
        limit: z.int().min(1).max(500).default(20),
      }),
    )
    .query(async ({ ctx, input, signal }) => {
      const { language, workspace } = ctx
      const began = performance.now()
      const outcome = await interrupted(segmentDifferences(ctx.platform.store, workspace, input, signal))
      if (outcome.kind === 'refused') throw oneRefused(outcome)
      const milliseconds = Math.round(performance.now() - began)
      if (outcome.kind !== 'compared')
        return { ...outcome, milliseconds, why: sentence(language, `compare-${outcome.kind}`) }
      const { differences: compared } = outcome
      return {
        kind: 'compared' as const,
        ...compared,
        milliseconds,
        names: sideNames(compared, language),
        finding: findingOf(compared, language),
        compared: howCompared(compared, language),
        differences: compared.differences.map((one) => ({
          ...one,
          sentence: differenceSaid(one, compared, workspace, language),
        })),
      }
    }),
})

const oneRefused = ({ index, errors }: OneRefused) =>
  refused('BAD_REQUEST', 'compared-refused', { nth: index + 1, problems: problemsSaid(errors) })
