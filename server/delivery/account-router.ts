import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type MessageKey, sentence, worded } from '../messages/messages.ts'
import { refused } from '../messages/refused.ts'
import { auditName } from '../settings/audit.ts'
import { type Actor, type Context, ownerProcedure } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { sendSms } from './aliyun-sms.ts'
import type { SendOutcome } from './attempt.ts'
import { type ChannelAccount, accountOf, saveAccount } from './channel-account.ts'
import { isOpenid } from './contacts.ts'
import { errorText } from './errors.ts'
import { openMailer } from './mail.ts'
import { mailAccount } from './mail-settings.ts'
import { readReturns, returnsState } from './returned/reader.ts'
import { returnsAccount } from './returned/returns-settings.ts'
import { smsAccount } from './sms-settings.ts'
import { type Push, pushToken, suppressionKey, wechatToken } from './suppressions.ts'
import { sendWechat } from './wechat.ts'
import { wechatAccount } from './wechat-settings.ts'

/** A test message that is not taken by then is given up. */
const testMs = 30_000

/** A mailbox that is not read by then is read on in the next minute. */
const readMs = 60_000

/** A channel's settings, with the secret where it is new. */
const Given = <Schema extends z.ZodType>({ Settings }: ChannelAccount<Schema>) =>
  z.strictObject({ settings: Settings, secret: z.string().min(1).max(1000).optional() })

/** Sets a channel up. Without a secret the one that is kept stays, for the same account; else `needed` is said. */
async function setAccount<Schema extends z.ZodType>(
  ctx: Context & { workspace: Workspace; actor: Actor },
  account: ChannelAccount<Schema>,
  { settings, secret }: { settings: z.output<Schema>; secret?: string | undefined },
  needed: MessageKey,
): Promise<{ saved: true }> {
  const doing = { actor: auditName(ctx.actor), at: ctx.platform.clock.now() }
  const given = { settings, secret: secret ?? null }
  const outcome = await saveAccount(ctx.platform.store, ctx.workspace.id, account, given, doing)
  if (outcome.kind === 'secret-needed') throw refused('BAD_REQUEST', needed)
  return { saved: true }
}

/** What came of a test message, or its refusal in the words of `failed`. */
function testSent(outcome: SendOutcome, failed: MessageKey): { sent: true } {
  if (outcome.kind === 'delivered') return { sent: true }
  const why =
    outcome.kind === 'stopped'
      ? ({ id: 'receiver-silent', values: { seconds: testMs / 1000 } } as const)
      : outcome.why
  throw refused('BAD_GATEWAY', failed, { why })
}

/** What an owner sets up to reach members by, and tries. */
export const accountProcedures = {
  /** How mail goes out, without the password; null: not set up. */
  mail: ownerProcedure.query(async ({ ctx }) => {
    const set = await accountOf(ctx.platform.store, ctx.workspace.id, mailAccount)
    return set && { ...set.settings, hasPassword: set.secret !== '' }
  }),

  setMail: ownerProcedure
    .input(Given(mailAccount))
    .mutation(({ ctx, input }) => setAccount(ctx, mailAccount, input, 'mail-password-needed')),

  /** Sends one message to an address, at once and whatever the hour; answers when the server has taken it. */
  testMail: ownerProcedure
    .input(z.strictObject({ to: z.email(worded('not-an-email')).max(320) }))
    .mutation(async ({ ctx, input: { to } }) => {
      const set = await accountOf(ctx.platform.store, ctx.workspace.id, mailAccount)
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
      return testSent(outcome, 'mail-test-failed')
    }),

  /** The mailbox to which mail comes back, without its password, and what was read there; null: not set up. */
  returns: ownerProcedure.query(async ({ ctx }) => {
    const { store, clock } = ctx.platform
    const set = await accountOf(store, ctx.workspace.id, returnsAccount)
    if (!set) return null
    const { error, ...state } = await returnsState(store, ctx.workspace.id, clock.now())
    return { ...set.settings, ...state, error: errorText(ctx.language, error) }
  }),

  setReturns: ownerProcedure
    .input(Given(returnsAccount))
    .mutation(({ ctx, input }) => setAccount(ctx, returnsAccount, input, 'mail-password-needed')),

  /** Reads the mailbox at once, as is done each minute; answers what was new. */
  readReturns: ownerProcedure.mutation(async ({ ctx }) => {
    const outcome = await readReturns(ctx.platform, ctx.workspace.id, AbortSignal.timeout(readMs))
    switch (outcome.kind) {
      case 'read':
        return outcome.reading
      case 'not-set-up':
        throw refused('PRECONDITION_FAILED', 'returns-set-up-first')
      case 'failed':
        throw refused('BAD_GATEWAY', outcome.why.id, outcome.why.values)
      case 'stopped':
        throw refused('GATEWAY_TIMEOUT', 'receiver-silent', { seconds: readMs / 1000 })
    }
  }),

  /** How short messages go out, without the secret, and where replies and receipts are to be pushed; null: not set up. */
  sms: ownerProcedure.query(async ({ ctx }) => {
    const { store } = ctx.platform
    const set = await accountOf(store, ctx.workspace.id, smsAccount)
    if (!set) return null
    const path = async (push: Push) => `/${push}/${await pushToken(store, ctx.workspace.id, push)}`
    return {
      ...set.settings,
      repliesPath: await path('sms-replies'),
      reportsPath: await path('sms-reports'),
    }
  }),

  setSms: ownerProcedure
    .input(Given(smsAccount))
    .mutation(({ ctx, input }) => setAccount(ctx, smsAccount, input, 'sms-secret-needed')),

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
      const set = await accountOf(ctx.platform.store, ctx.workspace.id, smsAccount)
      if (!set) throw refused('PRECONDITION_FAILED', 'sms-set-up-first')
      const { endpoint, signName, accessKeyId } = set.settings
      const outcome = await sendSms(
        { accessKeyId, accessKeySecret: set.secret },
        { ...input, endpoint, signName, deliveryId: `test_${randomUUID()}`, at: ctx.platform.clock.now() },
        AbortSignal.timeout(testMs),
      )
      return testSent(outcome, 'sms-test-failed')
    }),

  /** The WeChat official account, without the secret, and where it is to push events with which token; null: not set up. */
  wechat: ownerProcedure.query(async ({ ctx }) => {
    const { store } = ctx.platform
    const set = await accountOf(store, ctx.workspace.id, wechatAccount)
    if (!set) return null
    return {
      ...set.settings,
      eventsPath: `/wechat-events/${await pushToken(store, ctx.workspace.id, 'wechat-events')}`,
      eventsToken: wechatToken(await suppressionKey(store, ctx.workspace.id)),
    }
  }),

  setWechat: ownerProcedure
    .input(Given(wechatAccount))
    .mutation(({ ctx, input }) => setAccount(ctx, wechatAccount, input, 'wechat-secret-needed')),

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
      const set = await accountOf(store, ctx.workspace.id, wechatAccount)
      if (!set) throw refused('PRECONDITION_FAILED', 'wechat-set-up-first')
      const outcome = await sendWechat(
        { ...set.settings, appSecret: set.secret },
        { ...input, url: null, miniProgram: null, deliveryId: `test_${randomUUID()}` },
        { at: clock.now(), stop: AbortSignal.timeout(testMs) },
      )
      return testSent(outcome, 'wechat-test-failed')
    }),
}
