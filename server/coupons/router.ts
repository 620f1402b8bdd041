import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName } from '../settings/audit.ts'
import { deskProcedure, readerProcedure, router } from '../trpc.ts'
import { cancelRedemptions } from './cancellations.ts'
import { printedCode, readCode } from './code.ts'
import { couponTyped } from './coupons.ts'
import { hindrance } from './decision.ts'
import { couponsOfMember } from './member-coupons.ts'
import { memberHint } from './member-hint.ts'
import { offerSentences } from './offer-sentence.ts'
import { needsSeeing } from './purchase.ts'
import { saidRule } from './said-rule.ts'

const Code = z.string().trim().min(1, worded('code-empty')).max(100)

const DeskRedemption = z.object({
  /** New for each redemption, the same when its answer was lost and it is asked again. */
  key: z.uuid(),
  code: Code,
  amountMinor: z.int().positive(worded('basket-empty')),
  receipt: z.string().trim().min(1).max(100).optional(),
  /** The cashier has compared the person with the member that `look` showed. */
  memberConfirmed: z.boolean(),
  /** The cashier has seen that the amount is of what the coupon is for, at prices that it is good for. */
  scopeConfirmed: z.boolean().default(false),
})

export const couponsRouter = router({
  /**
   * What a code is worth, without using it. A mutation only so that the code travels in the body: what
   * is in an address ends up in logs and histories.
   */
  look: deskProcedure.input(z.object({ code: Code })).mutation(async ({ ctx, input }) => {
    const { store, clock } = ctx.platform
    const coupon = await couponTyped(store, ctx.workspace.id, input.code, clock.now())
    if (!coupon) return { kind: 'unknown', mistyped: readCode(input.code) === null } as const
    const { code } = coupon
    const hindered = hindrance(coupon, ctx.platform.clock.now())
    if (hindered) return hindered
    return {
      kind: 'coupon',
      code,
      printed: printedCode(code),
      sentence: offerSentences(await saidRule(ctx.workspace, ctx.platform.store, coupon)),
      minSpendMinor: coupon.minSpendMinor,
      /** What is bought has to be looked at: it is not for everything, everywhere, at all prices. */
      needsSeeing: needsSeeing(coupon.terms),
      /** Uses of each member are limited, so that somebody has to say who buys. */
      needsMember: coupon.memberId === null && coupon.terms.usesPerMember !== undefined,
      usesLeft: coupon.usesAllowed - coupon.used,
      member: coupon.memberId === null ? null : await memberHint(ctx.workspace, coupon.memberId),
    } as const
  }),

  /** Redeems at the desk, by the same rules and in the same ledger as the API. Refusals are values. */
  redeem: deskProcedure.input(DeskRedemption).mutation(({ ctx, input }) =>
    ctx.platform.redemptions.redeem({
      workspaceId: ctx.workspace.id,
      idempotencyKey: input.key,
      code: input.code,
      orderId: input.receipt ?? `desk ${input.key}`,
      storeId: null,
      presented: input.memberConfirmed ? { kind: 'confirmed' } : { kind: 'nobody' },
      amountMinor: input.amountMinor,
      scopeSeen: input.scopeConfirmed,
      body: input,
      actor: auditName(ctx.actor),
    }),
  ),

  /** What became of one member's coupons; codes are whole for those who may take codes out. */
  ofMember: readerProcedure.input(z.object({ memberId: z.string().min(1) })).query(({ ctx, input }) =>
    couponsOfMember(ctx.platform.store, ctx.workspace, {
      memberId: input.memberId,
      unmasked: ctx.role === 'owner' || ctx.role === 'marketer',
      at: ctx.platform.clock.now(),
    }),
  ),

  /** Takes a redemption back; repeating it changes nothing. */
  cancel: deskProcedure.input(z.object({ redemptionId: z.uuid() })).mutation(async ({ ctx, input }) => {
    const cancelled = await cancelRedemptions(
      ctx.platform.store,
      ctx.platform.clock,
      { workspaceId: ctx.workspace.id, redemptionId: input.redemptionId },
      auditName(ctx.actor),
    )
    if (!cancelled) throw refused('NOT_FOUND', 'no-such-redemption')
    return cancelled[0]!
  }),
})
