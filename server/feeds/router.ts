import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { readerProcedure, router } from '../trpc.ts'
import { feedsOf } from './health.ts'

export const feedsRouter = router({
  /** Since when the shop and each store are silent, and whether that is a feed gap; today unless a day is named. */
  health: readerProcedure
    .input(z.object({ asOf: AskedDay.optional() }).default({}))
    .query(({ ctx, input, signal }) => feedsOf(ctx.platform.store, ctx.workspace, input.asOf, signal)),
})
