import { z } from 'zod'
import { NewCampaign } from '../campaigns/definition.ts'
import { saidIn } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { refusal } from '../segments/refusal.ts'
import { auditName } from '../settings/audit.ts'
import { marketerProcedure, ownerProcedure, readerProcedure, router } from '../trpc.ts'
import { accountProcedures } from './account-router.ts'
import { handStateOf, takeHandList } from './hand-list.ts'
import { takeResults } from './hand-results.ts'
import { previewMessage } from './message-preview.ts'
import { changeDeliverySettings, DeliverySettings, deliverySettingsOf } from './settings.ts'

const ByCampaign = z.object({ campaignId: z.string().min(1).max(100) })
/** Rows that are answered one by one, beside their count. */
const mostNamed = 1_000

export const deliveryRouter = router({
  /** When and how fast messages of all campaigns go out. */
  settings: readerProcedure.query(({ ctx }) => deliverySettingsOf(ctx.platform.store, ctx.workspace.id)),

  /** Sets all of it; it holds from the next message on. */
  change: ownerProcedure.input(DeliverySettings).mutation(async ({ ctx, input }) => {
    await changeDeliverySettings(ctx.platform.store, ctx.workspace.id, input, {
      actor: auditName(ctx.actor),
      at: ctx.platform.clock.now(),
    })
    return input
  }),

  ...accountProcedures,

  /** Where a campaign's deliveries by hand stand; null: none of it goes out by hand. */
  handState: readerProcedure.input(ByCampaign).query(({ ctx, input }) => handStateOf(ctx, input.campaignId)),

  /** The deliveries that are still to be made by hand, as a list and as CSV text; phones whole for an owner. A mutation: it notes what stood on the list. */
  takeHandList: marketerProcedure.input(ByCampaign).mutation(async ({ ctx, input }) => {
    const outcome = await takeHandList(
      { platform: ctx.platform, workspace: ctx.workspace, actor: auditName(ctx.actor) },
      input.campaignId,
      { unmasked: ctx.role === 'owner', language: ctx.language },
    )
    switch (outcome.kind) {
      case 'listed': {
        const { deliveries, csv, dropped } = outcome
        return { deliveries, csv, dropped }
      }
      case 'not-found':
        throw refused('NOT_FOUND', 'no-such-campaign')
      case 'not-by-hand':
        throw refused('PRECONDITION_FAILED', 'hand-none')
      case 'wrong-state':
        throw refused('PRECONDITION_FAILED', 'hand-not-running', { status: outcome.status })
    }
  }),

  /** Takes the results of such a list, CSV or a workbook in base64; says of each refused row why. */
  takeHandResults: marketerProcedure
    .input(ByCampaign.extend({ name: z.string().min(1).max(300), content: z.base64().max(27_000_000) }))
    .mutation(async ({ ctx, input }) => {
      const outcome = await takeResults(
        { platform: ctx.platform, workspace: ctx.workspace, actor: auditName(ctx.actor) },
        input.campaignId,
        { name: input.name, bytes: Buffer.from(input.content, 'base64') },
      )
      if (outcome.kind === 'not-found') throw refused('NOT_FOUND', 'no-such-campaign')
      if (outcome.kind === 'unreadable') throw refused('BAD_REQUEST', outcome.said.id, outcome.said.values)
      const { refused: rows, notInLedger, ...taken } = outcome.taken
      return {
        ...taken,
        notInLedger: notInLedger.slice(0, mostNamed),
        notInLedgerCount: notInLedger.length,
        refused: rows.length,
        named: rows.slice(0, mostNamed).map(({ line, said }) => ({ line, said: saidIn(ctx.language, said) })),
      }
    }),

  /** What members would read of a campaign: those named, or the first of the segment; and of whom a needed value is unknown. */
  preview: marketerProcedure
    .input(
      z.object({
        definition: NewCampaign,
        memberIds: z.array(z.string().min(1).max(200)).max(20).default([]),
      }),
    )
    .query(async ({ ctx, input: { definition, memberIds }, signal }) => {
      const { channel } = definition
      if (channel.kind === 'csv' || channel.kind === 'webhook')
        throw refused('BAD_REQUEST', 'nothing-to-preview')
      const outcome = await previewMessage(
        ctx.platform,
        ctx.workspace,
        { ...definition, channel },
        memberIds,
        signal,
      )
      switch (outcome.kind) {
        case 'segment-refused':
          throw refusal(outcome.errors)
        case 'no-member':
          throw outcome.memberId === null
            ? refused('PRECONDITION_FAILED', 'nobody-in-segment')
            : refused('NOT_FOUND', 'no-such-member-named', { memberId: outcome.memberId })
        case 'written':
          return outcome
      }
    }),
})
