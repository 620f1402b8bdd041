import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName } from '../settings/audit.ts'
import { deskProcedure, router } from '../trpc.ts'
import { cancelRedemptions } from './cancellations.ts'
import { areDistinct, printedCode } from './code.ts'
import { readCoupons } from './coupons.ts'
import { customerOf } from './customer.ts'
import type { Presented } from './decision.ts'
import { memberHint } from './member-hint.ts'
import { needsSeeing, purchaseOf } from './purchase.ts'
import { quoteOf } from './quote.ts'

const Code = z.string().trim().min(1, worded('code-empty')).max(100)
const Receipt = z.string().trim().min(1).max(100)

const Basket = z.object({
  amountMinor: z.int().positive(worded('basket-empty')),
  /** Who buys, as `customer` found them. */
  memberId: z.string().min(1).max(200).optional(),
  /** The cashier has compared the person with the member that a code's look showed. */
  memberConfirmed: z.boolean().default(false),
  /** The cashier has seen that the amount is of what the coupons are for, at prices that they are good for. */
  scopeConfirmed: z.boolean().default(false),
  receipt: Receipt.optional(),
})

const Ending = z.object({ key: z.uuid(), reservationId: z.uuid() })

const presentedBy = ({ memberId, memberConfirmed }: z.output<typeof Basket>): Presented =>
  memberId !== undefined
    ? { kind: 'member', memberId }
    : memberConfirmed
      ? { kind: 'confirmed' }
      : { kind: 'nobody' }

/** Several coupons at the desk, by the same rules and in the same ledger as the API. Refusals are values. */
export const deskRouter = router({
  /** Who a customer is by the whole number of a card or phone, masked. A mutation so that it travels in the body. */
  customer: deskProcedure
    .input(z.object({ typed: z.string().trim().min(1).max(100) }))
    .mutation(async ({ ctx, input }) => {
      const customer = await customerOf(ctx.workspace, input.typed)
      return customer.kind === 'member'
        ? { ...customer, hint: await memberHint(ctx.workspace, customer.memberId) }
        : customer
    }),

  /** What a basket costs with the customer's coupons and the codes that are shown; `only`: with no others than these. */
  quote: deskProcedure
    .input(
      Basket.extend({
        codes: z.array(Code).max(50).default([]),
        only: z.array(Code).max(50).optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { platform, workspace } = ctx
      const quote = await quoteOf(platform, workspace, {
        memberId: input.memberId ?? null,
        confirmed: input.memberConfirmed,
        codes: input.codes,
        only: input.only ?? null,
        orderId: input.receipt ?? null,
        purchase: purchaseOf(input.amountMinor, { scopeSeen: input.scopeConfirmed }),
        memberPricePercent: null,
        points: null,
        language: ctx.language,
      })
      const codes = quote.coupons.map(({ code }) => ({ workspaceId: workspace.id, code }))
      const coupons = await readCoupons(platform.store, { typed: codes }, platform.clock.now())
      return {
        ...quote,
        coupons: quote.coupons.map((one) => {
          const terms = coupons.of(workspace.id, one.code)?.terms
          return {
            ...one,
            printed: printedCode(one.code),
            /** What is bought has to be looked at. */
            needsSeeing: terms !== undefined && needsSeeing(terms),
          }
        }),
      }
    }),

  /** Sets coupons aside for a basket, all or none. */
  reserve: deskProcedure
    .input(
      Basket.extend({
        key: z.uuid(),
        codes: z.array(Code).min(1).max(20).refine(areDistinct, worded('codes-twice')),
        seconds: z.int().min(30).max(86_400).default(900),
      }),
    )
    .mutation(({ ctx, input }) =>
      ctx.platform.redemptions.reserve({
        workspaceId: ctx.workspace.id,
        idempotencyKey: input.key,
        codes: input.codes,
        orderId: input.receipt ?? `desk ${input.key}`,
        storeId: null,
        presented: presentedBy(input),
        amountMinor: input.amountMinor,
        scopeSeen: input.scopeConfirmed,
        seconds: input.seconds,
        body: input,
        actor: auditName(ctx.actor),
      }),
    ),

  /** Redeems what was set aside. */
  confirm: deskProcedure.input(Ending).mutation(({ ctx, input: { key, reservationId } }) =>
    ctx.platform.redemptions.confirm({
      workspaceId: ctx.workspace.id,
      idempotencyKey: key,
      reservationId,
      body: { reservationId },
      actor: auditName(ctx.actor),
    }),
  ),

  /** Lets go what was set aside. */
  release: deskProcedure.input(Ending).mutation(({ ctx, input: { key, reservationId } }) =>
    ctx.platform.redemptions.release({
      workspaceId: ctx.workspace.id,
      idempotencyKey: key,
      reservationId,
      body: { reservationId },
      actor: auditName(ctx.actor),
    }),
  ),

  /** Takes everything back that a receipt redeemed; repeating it changes nothing. */
  takeBack: deskProcedure.input(z.object({ receipt: Receipt })).mutation(async ({ ctx, input }) => {
    const cancelled = await cancelRedemptions(
      ctx.platform.store,
      ctx.platform.clock,
      { workspaceId: ctx.workspace.id, orderId: input.receipt },
      auditName(ctx.actor),
    )
    if (!cancelled) throw refused('NOT_FOUND', 'no-such-receipt', { receipt: input.receipt })
    return cancelled.map(({ code, ...one }) => ({ ...one, printed: printedCode(code) }))
  }),
})
