import { z } from 'zod'
import { join, sql } from '../../analytics/sql/sql.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { calledName } from '../accounts/users.ts'
import { worded } from '../messages/messages.ts'
import { isTimeZone } from '../../analytics/calendar/calendar.ts'
import { ownerProcedure, readerProcedure, router } from '../trpc.ts'
import { auditName } from './audit.ts'
import { changeSettings, settingsOf } from './settings.ts'

const Days = z.int().min(1).max(3650)
const Cut = z.int().min(0).max(999_999_999_999)

const Settings = z.object({
  timeZone: z.string().refine(isTimeZone, worded('not-a-time-zone')),
  firstWeekday: z.int().min(1).max(7),
  dormancy: z
    .object({ active: Days, cooling: Days, dormant: Days })
    .refine(({ active, cooling, dormant }) => active < cooling && cooling < dormant, worded('status-order')),
  openedAtStart: z.boolean(),
  /** Without it it stays as it is. */
  mostOffPercent: z
    .number()
    .min(1, worded('most-off-range'))
    .max(100, worded('most-off-range'))
    .multipleOf(0.01, worded('most-off-range'))
    .optional(),
  /** Without it it stays as it is. */
  clvDiscountPercent: z
    .number()
    .min(0, worded('clv-discount-range'))
    .max(99, worded('clv-discount-range'))
    .multipleOf(0.01, worded('clv-discount-range'))
    .optional(),
})

/** Four whole numbers, each above the one before; null: by fifths. */
const Cuts = z
  .tuple([Cut, Cut, Cut, Cut])
  .refine((cuts) => cuts.every((cut, i) => i === 0 || cut > cuts[i - 1]!), worded('rfm-cuts'))
  .nullable()

const Rfm = z.strictObject({
  windowDays: z.int().min(1).max(36500).nullable(),
  recency: Cuts,
  frequency: Cuts,
  money: Cuts,
})

/** Actions whose subject is an import. */
const ofImports = ['import-applied', 'import-undone']

/** The names of the files of imports, as they are kept now: a deletion takes a person out of them. */
async function fileNamesOf(
  { engine }: Workspace,
  importIds: readonly string[],
): Promise<Map<string, string>> {
  if (importIds.length === 0) return new Map()
  const rows = await engine.rows(
    sql`select import_id, file_name from imports where import_id in (${join([...new Set(importIds)])})`,
  )
  return new Map(rows.map(({ importId, fileName }) => [String(importId), String(fileName)]))
}

export const settingsRouter = router({
  get: readerProcedure.query(async ({ ctx: { platform, workspace } }) => ({
    ...(await settingsOf(platform.store, workspace)),
    currency: workspace.currency,
  })),

  /** Answers when everything that depends on it has been recomputed. */
  change: ownerProcedure
    .input(Settings)
    .mutation(({ ctx, input }) => changeSettings(ctx.platform, ctx.workspace, input, auditName(ctx.actor))),

  /** Sets what buyers are scored by, and nothing else. Answers when every score is asked anew. */
  changeRfm: ownerProcedure
    .input(Rfm)
    .mutation(async ({ ctx, input }) =>
      changeSettings(
        ctx.platform,
        ctx.workspace,
        { ...(await settingsOf(ctx.platform.store, ctx.workspace)), rfm: input },
        auditName(ctx.actor),
      ),
    ),

  /** The newest 100 entries: who did what. `name` is null for the command line, the inbox and keys. */
  audit: ownerProcedure.query(async ({ ctx }) => {
    const entries = await ctx.platform.store
      .selectFrom('audit')
      .leftJoin('users', 'users.id', 'audit.actor')
      .leftJoin('campaigns', (join) =>
        join
          .onRef('campaigns.id', '=', 'audit.subject')
          .onRef('campaigns.workspace_id', '=', 'audit.workspace_id'),
      )
      .select([
        'audit.id',
        'audit.actor',
        'audit.action',
        'audit.subject',
        'audit.at',
        'users.name',
        'users.username',
        'campaigns.name as campaign',
      ])
      .where('audit.workspace_id', '=', ctx.workspace.id)
      .orderBy('audit.at', 'desc')
      .limit(100)
      .execute()
    const files = await fileNamesOf(
      ctx.workspace,
      entries.flatMap(({ action, subject }) => (ofImports.includes(action) ? [subject] : [])),
    )
    return entries.map(({ name, username, ...entry }) => ({
      ...entry,
      fileName: ofImports.includes(entry.action) ? (files.get(entry.subject) ?? null) : null,
      name: name === null ? null : calledName({ name, username }, ctx.language),
    }))
  }),
})
