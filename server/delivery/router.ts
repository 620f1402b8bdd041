import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { NewCampaign } from '../campaigns/definition.ts'
import { saidIn, sentence, worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { refusal } from '../segments/refusal.ts'
import { auditName } from '../settings/audit.ts'
import { marketerProcedure, ownerProcedure, readerProcedure, router } from '../trpc.ts'
import { sendSms } from './aliyun-sms.ts'
import { handStateOf, takeHandList } from './hand-list.ts'
import { takeResults } from './hand-results.ts'
import { openMailer } from './mail.ts'
import { previewMessage } from './message-preview.ts'
import { MailSettings, mailSettingsOf, saveMailSettings } from './mail-settings.ts'
import { changeDeliverySettings, DeliverySettings, deliverySettingsOf } from './settings.ts'
import { saveSmsSettings, SmsSettings, smsSettingsOf } from './sms-settings.ts'
import { pushToken, type SmsPush } from './suppressions.ts'
import { isOpenid } from './contacts.ts'
import { sendWechat } from './wechat.ts'
import { saveWechatSettings, WechatSettings, wechatSettingsOf } from './wechat-settings.ts'

const ByCampaign = z.object({ campaignId: z.string().min(1).max(100) })
/** Rows that are answered one by one, beside their count. */
const mostNamed = 1_000

/** A test message that is not taken by then is given up. */
const testMs = 30_000

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

  /** How mail goes out, without the password; null: not set up. */
  mail: ownerProcedure.query(async ({ ctx }) => {
    const set = await mailSettingsOf(ctx.platform.store, ctx.workspace.id)
    return set && { ...set.settings, hasPassword: set.password !== '' }
  }),

  /** Sets it. Without a password the one that is kept stays, for the same user of the same server. */
  setMail: ownerProcedure
    .input(z.strictObject({ settings: MailSettings, password: z.string().min(1).max(1000).optional() }))
    .mutation(async ({ ctx, input: { settings, password } }) => {
      const doing = { actor: auditName(ctx.actor), at: ctx.platform.clock.now() }
      const { store } = ctx.platform
      const outcome = await saveMailSettings(store, ctx.workspace.id, settings, password ?? null, doing)
      if (outcome.kind === 'password-needed') throw refused('BAD_REQUEST', 'mail-password-needed')
      return { saved: true as const }
    }),

  /** Sends one message to an address, at once and whatever the hour; answers when the server has taken it. */
  testMail: ownerProcedure
    .input(z.strictObject({ to: z.email(worded('not-an-email')).max(320) }))
    .mutation(async ({ ctx, input: { to } }) => {
      const set = await mailSettingsOf(ctx.platform.store, ctx.workspace.id)
      if (!set) throw refused('PRECONDITION_FAILED', 'mail-set-up-first')
      const shop = ctx.workspace.name
      const text = sentence(ctx.language, 'mail-test-text', { shop })
      const mailer = openMailer(set)
      const outcome = await mailer.send(
        {
          deliveryId: `test_${randomUUID()}`,
          to,
          subject: sentence(ctx.language, 'mail-test-subject', { shop }),
          text,
          html: `<p>${text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</p>`,
          unsubscribeUrl: null,
        },
        AbortSignal.timeout(testMs),
      )
      mailer.close()
      if (outcome.kind === 'delivered') return { sent: true as const }
      const why =
        outcome.kind === 'stopped'
          ? ({ id: 'receiver-silent', values: { seconds: testMs / 1000 } } as const)
          : outcome.why
      throw refused('BAD_GATEWAY', 'mail-test-failed', { why })
    }),

  /** How short messages go out, without the secret, and where replies and receipts are to be pushed; null: not set up. */
  sms: ownerProcedure.query(async ({ ctx }) => {
    const { store } = ctx.platform
    const set = await smsSettingsOf(store, ctx.workspace.id)
    if (!set) return null
    const path = async (push: SmsPush) => `/${push}/${await pushToken(store, ctx.workspace.id, push)}`
    return {
      ...set.settings,
      repliesPath: await path('sms-replies'),
      reportsPath: await path('sms-reports'),
    }
  }),

  /** Sets it. Without a secret the one that is kept stays, for the same key. */
  setSms: ownerProcedure
    .input(z.strictObject({ settings: SmsSettings, accessKeySecret: z.string().min(1).max(1000).optional() }))
    .mutation(async ({ ctx, input: { settings, accessKeySecret } }) => {
      const doing = { actor: auditName(ctx.actor), at: ctx.platform.clock.now() }
      const { store } = ctx.platform
      const outcome = await saveSmsSettings(store, ctx.workspace.id, settings, accessKeySecret ?? null, doing)
      if (outcome.kind === 'secret-needed') throw refused('BAD_REQUEST', 'sms-secret-needed')
      return { saved: true as const }
    }),

  /** Sends one short message to a phone, at once and whatever the hour; it costs what each costs. */
  testSms: ownerProcedure
    .input(
      z.strictObject({
        phone: z
          .string()
          .trim()
          .regex(/^\+\d{6,15}$/, worded('not-a-whole-phone')),
        templateCode: z.string().trim().min(1).max(50),
        params: z.record(z.string().max(50), z.string().max(500)).default({}),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const set = await smsSettingsOf(ctx.platform.store, ctx.workspace.id)
      if (!set) throw refused('PRECONDITION_FAILED', 'sms-set-up-first')
      const { endpoint, signName, accessKeyId } = set.settings
      const outcome = await sendSms(
        { accessKeyId, accessKeySecret: set.accessKeySecret },
        { ...input, endpoint, signName, deliveryId: `test_${randomUUID()}`, at: ctx.platform.clock.now() },
        AbortSignal.timeout(testMs),
      )
      if (outcome.kind === 'delivered') return { sent: true as const }
      const why =
        outcome.kind === 'stopped'
          ? ({ id: 'receiver-silent', values: { seconds: testMs / 1000 } } as const)
          : outcome.why
      throw refused('BAD_GATEWAY', 'sms-test-failed', { why })
    }),

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

  /** Takes the results of such a list, the text of its file; says of each refused row why. */
  takeHandResults: marketerProcedure
    .input(ByCampaign.extend({ text: z.string().max(20_000_000) }))
    .mutation(async ({ ctx, input }) => {
      const outcome = await takeResults(
        { platform: ctx.platform, workspace: ctx.workspace, actor: auditName(ctx.actor) },
        input.campaignId,
        input.text,
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

  /** The WeChat official account, without the secret; null: not set up. */
  wechat: ownerProcedure.query(
    async ({ ctx }) => (await wechatSettingsOf(ctx.platform.store, ctx.workspace.id))?.settings ?? null,
  ),

  /** Sets it. Without a secret the one that is kept stays, for the same account. */
  setWechat: ownerProcedure
    .input(z.strictObject({ settings: WechatSettings, appSecret: z.string().min(1).max(1000).optional() }))
    .mutation(async ({ ctx, input: { settings, appSecret } }) => {
      const doing = { actor: auditName(ctx.actor), at: ctx.platform.clock.now() }
      const { store } = ctx.platform
      const outcome = await saveWechatSettings(store, ctx.workspace.id, settings, appSecret ?? null, doing)
      if (outcome.kind === 'secret-needed') throw refused('BAD_REQUEST', 'wechat-secret-needed')
      return { saved: true as const }
    }),

  /** Sends one template message to an openid, at once and whatever the hour. */
  testWechat: ownerProcedure
    .input(
      z.strictObject({
        openid: z.string().trim().refine(isOpenid, worded('not-an-openid')),
        templateId: z.string().trim().min(1).max(100),
        data: z.record(z.string().max(50), z.string().max(500)).default({}),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { store, clock } = ctx.platform
      const set = await wechatSettingsOf(store, ctx.workspace.id)
      if (!set) throw refused('PRECONDITION_FAILED', 'wechat-set-up-first')
      const outcome = await sendWechat(
        { ...set.settings, appSecret: set.appSecret },
        { ...input, url: null, deliveryId: `test_${randomUUID()}` },
        { at: clock.now(), stop: AbortSignal.timeout(testMs) },
      )
      if (outcome.kind === 'delivered') return { sent: true as const }
      const why =
        outcome.kind === 'stopped'
          ? ({ id: 'receiver-silent', values: { seconds: testMs / 1000 } } as const)
          : outcome.why
      throw refused('BAD_GATEWAY', 'wechat-test-failed', { why })
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
