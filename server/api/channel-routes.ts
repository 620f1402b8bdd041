import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { accountOf, type ChannelAccount, saveAccount } from '../delivery/channel-account.ts'
import { mailAccount } from '../delivery/mail-settings.ts'
import { returnsAccount } from '../delivery/returned/returns-settings.ts'
import { changeDeliverySettings, DeliverySettings, deliverySettingsOf } from '../delivery/settings.ts'
import { smsAccount } from '../delivery/sms-settings.ts'
import { wechatAccount } from '../delivery/wechat-settings.ts'
import type { Platform } from '../platform.ts'
import { always, malformed, noPage, problem } from './answers.ts'
import { problems, sendProblem } from './problem.ts'

const security = z.enum(['tls', 'starttls', 'none'])
const hasSecret = z.boolean().meta({ description: 'Whether a secret is kept. It is never told.' })

/** As they are told: settings that may be shown, and whether a secret is kept. */
const Channels = z
  .object({
    sending: DeliverySettings.meta({
      description: 'Quiet hours by the clocks of the shop, frequency cap, rates.',
    }),
    mail: z
      .object({
        host: z.string(),
        port: z.int(),
        security,
        user: z.string(),
        sender: z.string(),
        senderName: z.string(),
        publicUrl: z.string(),
        hasSecret,
      })
      .nullable(),
    returns: z
      .object({ host: z.string(), port: z.int(), security, user: z.string(), folder: z.string(), hasSecret })
      .nullable()
      .meta({ description: 'The mailbox to which mail comes back.' }),
    sms: z
      .object({
        endpoint: z.string(),
        accessKeyId: z.string(),
        signName: z.string(),
        priceMinor: z.int(),
        hasSecret,
      })
      .nullable(),
    wechat: z.object({ endpoint: z.string(), appId: z.string(), hasSecret }).nullable(),
  })
  .meta({ id: 'Channels', description: 'Null: a channel that is not set up.' })

const Saved = z.object({ saved: z.literal(true) })
const secretNeeded = problem(
  '`secret_needed`: the account or its server is another than the one whose secret is kept. `malformed`: `detail` says what is wrong where.',
)

/** How messages go out: what an owner sets in Settings, for programs that set a shop up. */
export const channelRoutes: FastifyPluginAsyncZod<{ platform: Platform }> = async (app, { platform }) => {
  const { store, clock } = platform
  const common = { ...noPage, config: { scope: 'channels' as const } }
  const doing = ({ keyHolder }: FastifyRequest) => ({ actor: `key:${keyHolder!.keyId}`, at: clock.now() })

  app.get(
    '/channels',
    {
      ...common,
      schema: {
        tags: ['Channels'],
        operationId: 'readChannels',
        summary: 'How messages go out, without secrets',
        response: { 200: Channels, ...always },
      },
    },
    async (request, reply) => {
      const { workspaceId } = request.keyHolder!
      const told = async <Schema extends z.ZodType<object>>(account: ChannelAccount<Schema>) => {
        const set = await accountOf(store, workspaceId, account)
        return set && { ...set.settings, hasSecret: set.secret !== '' }
      }
      return reply
        .code(200)
        .header('cache-control', 'no-store')
        .send({
          sending: await deliverySettingsOf(store, workspaceId),
          mail: await told(mailAccount),
          returns: await told(returnsAccount),
          sms: await told(smsAccount),
          wechat: await told(wechatAccount),
        })
    },
  )

  app.put(
    '/channels/sending',
    {
      ...common,
      schema: {
        tags: ['Channels'],
        operationId: 'setSending',
        summary: 'Set quiet hours, frequency cap and rates',
        description: 'All of them; they hold from the next message on.',
        body: DeliverySettings,
        response: { 200: Saved, 422: malformed, ...always },
      },
    },
    async (request, reply) => {
      await changeDeliverySettings(store, request.keyHolder!.workspaceId, request.body, doing(request))
      return reply.code(200).send({ saved: true })
    },
  )

  const set = async <Schema extends z.ZodType>(
    request: FastifyRequest,
    reply: FastifyReply,
    account: ChannelAccount<Schema>,
    { settings, secret }: { settings: z.output<Schema>; secret?: string | undefined },
  ) => {
    const given = { settings, secret: secret ?? null }
    const { workspaceId } = request.keyHolder!
    const outcome = await saveAccount(store, workspaceId, account, given, doing(request))
    if (outcome.kind === 'secret-needed') return sendProblem(reply, problems.secretNeeded)
    return reply.code(200).send({ saved: true })
  }
  const schemaOf = <Schema extends z.ZodType>(
    operationId: string,
    summary: string,
    { Settings }: ChannelAccount<Schema>,
  ) => ({
    tags: ['Channels'],
    operationId,
    summary,
    description: 'Without `secret` the one that is kept stays, for the same account.',
    body: z.strictObject({ settings: Settings, secret: z.string().min(1).max(1000).optional() }),
    response: { 200: Saved, 422: secretNeeded, ...always },
  })

  app.put(
    '/channels/mail',
    { ...common, schema: schemaOf('setMailChannel', 'Set up the mail server', mailAccount) },
    (request, reply) => set(request, reply, mailAccount, request.body),
  )
  app.put(
    '/channels/returns',
    {
      ...common,
      schema: schemaOf('setReturnsMailbox', 'Set up the mailbox of returned mail', returnsAccount),
    },
    (request, reply) => set(request, reply, returnsAccount, request.body),
  )
  app.put(
    '/channels/sms',
    { ...common, schema: schemaOf('setSmsChannel', 'Set up short messages', smsAccount) },
    (request, reply) => set(request, reply, smsAccount, request.body),
  )
  app.put(
    '/channels/wechat',
    { ...common, schema: schemaOf('setWechatChannel', 'Set up the WeChat official account', wechatAccount) },
    (request, reply) => set(request, reply, wechatAccount, request.body),
  )
}
