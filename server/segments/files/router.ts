import { z } from 'zod'
import { AskedDay } from '../../../analytics/calendar/day.ts'
import { limits } from '../../../analytics/segments/ast.ts'
import { interrupted } from '../../analytics/ask.ts'
import { auditName } from '../../settings/audit.ts'
import { marketerProcedure, router } from '../../trpc.ts'
import { refusal } from '../refusal.ts'
import { prepareFile } from './prepared.ts'
import { SegmentFile } from './segment-file.ts'

export const segmentFilesRouter = router({
  /**
   * Writes the members of a rule into a file: all of them, call lists by store, or send lists of 企业微信, and answers a
   * ticket for `GET /export/prepared/TICKET` with who is in it and who was left out for which reason. The language is
   * that of the headers. Phones are whole for an owner alone.
   */
  prepare: marketerProcedure
    .input(
      z.object({
        expression: z.string().max(limits.characters),
        asOf: AskedDay.optional(),
        file: SegmentFile,
      }),
    )
    .mutation(async ({ ctx, input, signal }) => {
      const { platform, workspace, role, actor, language } = ctx
      const asked = { ...input, unmasked: role === 'owner', language, actor: auditName(actor) }
      const stop = signal ?? new AbortController().signal
      const outcome = await interrupted(prepareFile(platform, workspace, asked, stop))
      if (outcome.kind === 'refused') throw refusal(outcome.errors)
      return outcome
    }),
})
