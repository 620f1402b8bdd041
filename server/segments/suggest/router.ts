import { interrupted } from '../../analytics/ask.ts'
import { readerProcedure, router } from '../../trpc.ts'
import { suggestedSegments } from './suggest.ts'

export const segmentSuggestionsRouter = router({
  /** Segments that part members by how likely they are to return, learned in the background. Ask again while `learning`. */
  found: readerProcedure.query(({ ctx, signal }) =>
    interrupted(suggestedSegments(ctx.platform.store, ctx.workspace, undefined, signal)),
  ),

  /** Ends the learning for all who wait. */
  stop: readerProcedure.mutation(({ ctx, signal }) =>
    interrupted(suggestedSegments(ctx.platform.store, ctx.workspace, 'stop', signal)),
  ),

  /** Begins anew what was stopped. */
  begin: readerProcedure.mutation(({ ctx, signal }) =>
    interrupted(suggestedSegments(ctx.platform.store, ctx.workspace, 'begin', signal)),
  ),
})
