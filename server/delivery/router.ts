import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { NewCampaign } from '../campaigns/definition.ts'
import { sentence, worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { refusal } from '../segments/refusal.ts'
import { auditName } from '../settings/audit.ts'
import { marketerProcedure, ownerProcedure, readerProcedure, router } from '../trpc.ts'
import { sendSms } from './aliyun-sms.ts'
import { openMailer } from './mail.ts'
import { previewMail } from './mail-preview.ts'
import { MailSettings, mailSettingsOf, saveMailSettings } from './mail-settings.ts'
import { changeDeliverySettings, DeliverySettings, deliverySettingsOf } from './settings.ts'
import { saveSmsSettings, SmsSettings, smsSettingsOf } from './sms-settings.ts'
import { repliesToken } from './suppressions.ts'
import { isOpenid } from './contacts.ts'
import { sendWechat } from './wechat.ts'
import { saveWechatSettings, WechatSettings, wechatSettingsOf } from './wechat-settings.ts'

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

  /** How short messages go out, without the secret, and where replies are to be pushed; null: not set up. */
  sms: ownerProcedure.query(async ({ ctx }) => {
    const { store } = ctx.platform
    const set = await smsSettingsOf(store, ctx.workspace.id)
    if (!set) return null
    return { ...set.settings, repliesPath: `/sms-replies/${await repliesToken(store, ctx.workspace.id)}` }
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

  /** What one member would read of a campaign by mail: the one named, or the first of the segment. */
  previewMail: marketerProcedure
    .input(z.object({ definition: NewCampaign, memberId: z.string().min(1).max(200).optional() }))
    .query(async ({ ctx, input: { definition, memberId } }) => {
      const { channel } = definition
      if (channel.kind !== 'mail') throw refused('BAD_REQUEST', 'not-a-mail-campaign')
      const outcome = await previewMail(
        ctx.platform.store,
        ctx.workspace,
        { ...definition, channel },
        memberId,
      )
      switch (outcome.kind) {
        case 'segment-refused':
          throw refusal(outcome.errors)
        case 'no-member':
          throw memberId === undefined
            ? refused('PRECONDITION_FAILED', 'nobody-in-segment')
            : refused('NOT_FOUND', 'no-such-member')
        case 'written':
          return outcome
      }
    }),
})
