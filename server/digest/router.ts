import { z } from 'zod'
import { AskedDay } from '../../analytics/calendar/day.ts'
import { interrupted } from '../analytics/ask.ts'
import { accountOf } from '../delivery/channel-account.ts'
import { mailAccount } from '../delivery/mail-settings.ts'
import { saidIn } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { outboxOf } from '../segments/schedules/run.ts'
import { auditName } from '../settings/audit.ts'
import { ownerProcedure, readerProcedure, router } from '../trpc.ts'
import { composeDigest } from './compose.ts'
import { digestFigures } from './figures.ts'
import {
  addRecipient,
  changeDigest,
  DigestSettings,
  digestSettingsOf,
  endRecipient,
  mostRecipients,
  NewRecipient,
  recipientsOf,
} from './settings.ts'

export const digestRouter = router({
  /** The digest as it would be composed on a local day (default: today): its figures and the letter in the caller's language. */
  compose: readerProcedure
    .input(z.strictObject({ day: AskedDay.optional() }).default({}))
    .query(async ({ ctx, input, signal }) => {
      const { platform, workspace, language, role } = ctx
      const figures = await interrupted(
        digestFigures(platform, workspace, { day: input.day, language }, signal),
      )
      const set = await accountOf(platform.store, workspace.id, mailAccount)
      const letter = composeDigest(figures, {
        language,
        role: role === 'owner' || role === 'marketer' ? role : 'viewer',
        shop: workspace.name,
        currency: workspace.currency,
        base: set?.settings.publicUrl.replace(/\/+$/, '') ?? null,
        unsubscribeUrl: null,
      })
      return { figures, letter }
    }),

  /** When it goes out, to whom, what became of the newest ones, and the folder of its files. */
  settings: ownerProcedure.query(async ({ ctx }) => {
    const { store } = ctx.platform
    const recipients = await recipientsOf(store, ctx.workspace.id)
    return {
      settings: await digestSettingsOf(store, ctx.workspace.id),
      mailIsSetUp: (await accountOf(store, ctx.workspace.id, mailAccount)) !== null,
      folder: outboxOf(ctx.platform, ctx.workspace),
      recipients: recipients.map(({ newest, ...one }) => ({
        ...one,
        newest: newest && {
          ...newest,
          failure: newest.failure && saidIn(ctx.language, newest.failure),
        },
      })),
    }
  }),

  change: ownerProcedure.input(DigestSettings).mutation(async ({ ctx, input }) => {
    const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
    await changeDigest(ctx.platform.store, ctx.workspace, input, doing)
    return digestSettingsOf(ctx.platform.store, ctx.workspace.id)
  }),

  addRecipient: ownerProcedure.input(NewRecipient).mutation(async ({ ctx, input }) => {
    const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
    const outcome = await addRecipient(ctx.platform.store, ctx.workspace.id, input, doing)
    switch (outcome.kind) {
      case 'added':
        return { id: outcome.id }
      case 'known':
        throw refused('CONFLICT', 'digest.recipient-known')
      case 'too-many':
        throw refused('CONFLICT', 'digest.recipients-too-many', { most: mostRecipients })
    }
  }),

  removeRecipient: ownerProcedure.input(z.strictObject({ id: z.uuid() })).mutation(async ({ ctx, input }) => {
    const doing = { by: auditName(ctx.actor), at: ctx.platform.clock.now() }
    if (!(await endRecipient(ctx.platform.store, ctx.workspace.id, input.id, doing)))
      throw refused('NOT_FOUND', 'digest.no-such-recipient')
  }),
})
