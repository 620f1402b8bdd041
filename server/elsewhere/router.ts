import { z } from 'zod'
import { sql } from '../../analytics/sql/sql.ts'
import { experimentArms } from '../import/kinds/experiments.ts'
import { refused } from '../messages/refused.ts'
import { readerProcedure, router } from '../trpc.ts'
import { campaignsOf } from './campaigns.ts'
import { differingCoupons } from './differing-coupons.ts'
import { differingPoints } from './differing-points.ts'
import { experimentResult } from './experiment.ts'
import { couponsElsewhereOf, mismatchedCoupons, reconciledCoupons } from './coupons.ts'

export const elsewhereRouter = router({
  /** What files tell of campaigns, coupons and tests of other systems, held against orders and our own ledger. */
  overview: readerProcedure.query(async ({ ctx, signal }) => {
    const { engine } = ctx.workspace
    const [campaigns, coupons, ours, arms] = await Promise.all([
      campaignsOf(engine, { signal }),
      reconciledCoupons(engine, { signal }),
      mismatchedCoupons(ctx.platform.store, ctx.workspace, { unmasked: ctx.role !== 'viewer' }, { signal }),
      experimentArms({ rows: (query) => engine.rows(query, { signal }) }, sql`true`),
    ])
    return { campaigns, coupons, ours, arms, currency: ctx.workspace.currency }
  }),

  /** What came of an imported test, each arm against the control. */
  experiment: readerProcedure
    .input(
      z.object({
        experiment: z.string().min(1).max(500),
        control: z.string().min(1).max(500).optional(),
        /** Planned sizes of the arms, in any unit; without them equal ones. */
        shares: z.record(z.string().max(500), z.number().positive()).optional(),
      }),
    )
    .query(async ({ ctx, input, signal }) => {
      const outcome = await experimentResult(ctx.workspace.engine, input, { signal })
      if (outcome.kind === 'found') return outcome.result
      if (outcome.kind === 'no-such-arm')
        throw refused('BAD_REQUEST', 'no-such-arm', { arms: { listed: outcome.arms } })
      throw refused('NOT_FOUND', 'no-such-experiment')
    }),

  /** Coupons of which files say something else than the orders or our own ledger, one by one. */
  differing: readerProcedure.query(({ ctx, signal }) =>
    differingCoupons(ctx.platform.store, ctx.workspace, { unmasked: ctx.role !== 'viewer' }, { signal }),
  ),

  /** Members whose points ledger says another balance than the files of members. */
  differingPoints: readerProcedure.query(({ ctx, signal }) =>
    differingPoints(ctx.workspace.engine, { signal }),
  ),

  /** Coupons that other systems issued to a member. */
  ofMember: readerProcedure
    .input(z.object({ memberId: z.string().min(1) }))
    .query(({ ctx, input, signal }) =>
      couponsElsewhereOf(
        ctx.platform.store,
        ctx.workspace,
        { memberId: input.memberId, unmasked: ctx.role !== 'viewer' },
        { signal },
      ),
    ),
})
