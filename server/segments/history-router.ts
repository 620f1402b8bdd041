import { z } from 'zod'
import { interrupted } from '../analytics/ask.ts'
import { refused } from '../messages/refused.ts'
import { type Context, readerProcedure, router } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { segmentHistory } from './history.ts'
import { causes, movedMembers, segmentMovement } from './movement.ts'
import { refusal } from './refusal.ts'

const Id = z.object({ id: z.uuid() })

export const segmentHistoryRouter = router({
  /** The sizes of a saved segment week by week; counts in the background what is not counted yet. Ask again until `done`. */
  sizes: readerProcedure.input(Id).query(({ ctx, input, signal }) => told(ctx, input.id, undefined, signal)),

  /** Stops counting; what is counted stays. */
  stop: readerProcedure.input(Id).mutation(({ ctx, input, signal }) => told(ctx, input.id, 'stop', signal)),

  /** Counts on. */
  continue: readerProcedure
    .input(Id)
    .mutation(({ ctx, input, signal }) => told(ctx, input.id, 'continue', signal)),

  /**
   * Who entered and who left in the last week, how many by each cause, and some of each by name; `not-yet` of a rule that
   * can't be asked of the past and of which no membership of a week ago was written down.
   */
  movement: readerProcedure
    .input(Id.extend({ limit: z.int().min(1).max(1000).default(5) }))
    .query(async ({ ctx, input, signal }) => {
      const { store } = ctx.platform
      const outcome = await interrupted(segmentMovement(store, ctx.workspace, input.id, input.limit, signal))
      switch (outcome.kind) {
        case 'moved':
          return { kind: outcome.kind, ...outcome.movement }
        case 'not-yet':
          return { kind: outcome.kind, ...outcome.notYet }
        case 'refused':
          throw refusal(outcome.errors)
        case 'no-such-segment':
          throw refused('NOT_FOUND', 'no-such-segment')
      }
    }),

  /** All who entered or left in the last week, by one cause or by any, page by page in the order of their ids. */
  moved: readerProcedure
    .input(
      Id.extend({
        entered: z.boolean(),
        cause: z.enum(causes).optional(),
        /** How many stand before the page. */
        cursor: z.int().min(0).nullish(),
        limit: z.int().min(1).max(1000).default(50),
      }),
    )
    .query(async ({ ctx, input, signal }) => {
      const { id, cursor, ...rest } = input
      const asked = { ...rest, after: cursor ?? 0 }
      const outcome = await interrupted(movedMembers(ctx.platform.store, ctx.workspace, id, asked, signal))
      switch (outcome.kind) {
        case 'page':
          return outcome.page
        case 'refused':
          throw refusal(outcome.errors)
        case 'no-such-segment':
          throw refused('NOT_FOUND', 'no-such-segment')
      }
    }),
})

async function told(
  ctx: Context & { workspace: Workspace },
  id: string,
  doing: 'stop' | 'continue' | undefined,
  signal: AbortSignal | undefined,
) {
  const outcome = await interrupted(segmentHistory(ctx.platform.store, ctx.workspace, id, doing, signal))
  switch (outcome.kind) {
    case 'history':
      return outcome.history
    case 'refused':
      throw refusal(outcome.errors)
    case 'no-such-segment':
      throw refused('NOT_FOUND', 'no-such-segment')
  }
}
