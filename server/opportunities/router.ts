import { z } from 'zod'
import { interrupted } from '../analytics/ask.ts'
import { QuestionFilters } from '../analytics/filters.ts'
import { refusal } from '../segments/refusal.ts'
import { readerProcedure, router } from '../trpc.ts'
import { keyFigures } from './key-figures.ts'
import { findOpportunities } from './opportunities.ts'

const Question = z.strictObject({ filters: QuestionFilters.default({}) }).default({ filters: {} })

export const opportunitiesRouter = router({
  /** Up to five groups of members worth writing to now, ranked by money at stake. */
  thisWeek: readerProcedure.input(Question).query(async ({ ctx, input, signal }) => {
    const outcome = await interrupted(
      findOpportunities(ctx.platform.store, ctx.workspace, input.filters, signal),
    )
    if (outcome.kind === 'refused') throw refusal(outcome.errors)
    return outcome
  }),

  /** The home page's four figures with what they were before. */
  keyFigures: readerProcedure
    .input(Question)
    .query(({ ctx, input, signal }) => keyFigures(ctx, input.filters, signal)),
})
