import { z } from 'zod'
import { sentence, worded } from '../../messages/messages.ts'
import { refused } from '../../messages/refused.ts'
import { auditName } from '../../settings/audit.ts'
import { marketerProcedure, router } from '../../trpc.ts'
import { SegmentFile } from '../files/segment-file.ts'
import { outboxOf, runSchedule } from './run.ts'
import { addSchedule, listSchedules, mostSchedules, removeSchedule, type ScheduleRun } from './schedules.ts'

const Id = z.object({ id: z.uuid() })

export const segmentSchedulesRouter = router({
  /** The schedules of a segment, or of all, with their newest runs, and the folder that they write into. */
  list: marketerProcedure.input(z.object({ id: z.uuid().optional() })).query(async ({ ctx, input }) => {
    const schedules = await listSchedules(ctx.platform.store, ctx.workspace, input.id)
    return {
      folder: outboxOf(ctx.platform, ctx.workspace),
      schedules: schedules.map((one) => ({ ...one, runs: one.runs.map((run) => told(ctx.language, run)) })),
    }
  }),

  /** Has a file of a saved segment written every day, or on a day of the week, at a time of the shop's zone. */
  add: marketerProcedure
    .input(
      Id.extend({
        file: SegmentFile,
        /** ISO weekday; null: every day. */
        weekday: z.int().min(1).max(7).nullable().default(null),
        time: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, worded('not-a-time')),
        keep: z.int().min(1).max(365).default(14),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
      const { id: segmentId, keep: kept, ...rest } = input
      const asked = { ...rest, segmentId, kept, language: ctx.language }
      const outcome = await addSchedule(ctx.platform.store, ctx.workspace, asked, doing)
      switch (outcome.kind) {
        case 'added':
          return { ...outcome, folder: outboxOf(ctx.platform, ctx.workspace) }
        case 'no-such-segment':
          throw refused('NOT_FOUND', 'no-such-segment')
        case 'too-many':
          throw refused('CONFLICT', 'schedules-too-many', { most: mostSchedules })
      }
    }),

  /** Ends a schedule; what it wrote stays. */
  remove: marketerProcedure.input(Id).mutation(async ({ ctx, input }) => {
    const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
    if (!(await removeSchedule(ctx.platform.store, ctx.workspace, input.id, doing)))
      throw refused('NOT_FOUND', 'no-such-schedule')
  }),

  /** Writes the file now, as it would when due. */
  run: marketerProcedure.input(Id).mutation(async ({ ctx, input }) => {
    // who goes away leaves it to be written: it is the schedule's, not the caller's
    const stop = new AbortController().signal
    const run = await runSchedule(ctx.platform, ctx.workspace, input.id, stop)
    if (!run) throw refused('NOT_FOUND', 'no-such-schedule')
    return { ...told(ctx.language, run), folder: outboxOf(ctx.platform, ctx.workspace) }
  }),
})

const told = (language: Parameters<typeof sentence>[0], { failure, ...run }: ScheduleRun) => ({
  ...run,
  failure: failure && sentence(language, failure.id, failure.values),
})
