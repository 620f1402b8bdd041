import { auditName } from '../settings/audit.ts'
import { ownerProcedure, readerProcedure, router } from '../trpc.ts'
import { changeDeliverySettings, DeliverySettings, deliverySettingsOf } from './settings.ts'

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
})
