import { z } from 'zod'
import { readTemplate } from '../delivery/template.ts'
import { misfit } from '../delivery/wechat-values.ts'
import { type MessageKey, worded } from '../messages/messages.ts'

const byHand = {
  words: z.string().trim().min(1).max(2_000),
  language: z.enum(['en', 'zh-CN']),
}

/** Where the coupons go: signed messages to the merchant's own address, mail, short or WeChat messages to members, lists for staff who call or write, or a list of codes to take out. */
export const Channel = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webhook'),
    url: z.url({ protocol: /^https?$/, error: worded('not-an-address') }).max(2000),
  }),
  z.strictObject({ kind: z.literal('csv') }),
  /** A mail to each member; subject, text and HTML may name values such as `{{ member.name }}`. */
  z.strictObject({
    kind: z.literal('mail'),
    subject: z.string().trim().min(1).max(200),
    text: z.string().trim().min(1).max(20_000),
    /** Without it the HTML is made of the text. */
    html: z.string().trim().min(1).max(100_000).optional(),
    /** What the offer's sentence, days and the unsubscribe line are written in. */
    language: z.enum(['en', 'zh-CN']),
  }),
  /** A short message by an approved template of the platform; its parameters may name values. */
  z.strictObject({
    kind: z.literal('sms'),
    templateCode: z
      .string()
      .trim()
      .regex(/^[A-Za-z0-9_]{1,50}$/, worded('not-a-template-code')),
    params: z.record(
      z.string().regex(/^[A-Za-z0-9_]{1,50}$/, worded('not-a-parameter-name')),
      z.string().trim().min(1).max(500),
    ),
    /** The template's text as it was approved, with `${code}` for its parameters: for the preview alone, the platform has its own. */
    text: z.string().trim().min(1).max(1000).optional(),
    language: z.enum(['en', 'zh-CN']),
  }),
  /** A template message of a WeChat official account; its data and its address may name values. */
  z.strictObject({
    kind: z.literal('wechat'),
    templateId: z
      .string()
      .trim()
      .regex(/^[A-Za-z0-9_-]{10,100}$/, worded('not-a-wechat-template')),
    /** By the names in the template, such as `thing1` of `{{thing1.DATA}}`. */
    data: z.record(
      z.string().regex(/^[A-Za-z0-9_]{1,50}$/, worded('not-a-parameter-name')),
      z.string().trim().min(1).max(500),
    ),
    /** Where a tap leads; values in it are percent-encoded. Without it, nowhere. */
    url: z
      .string()
      .trim()
      .max(1000)
      .regex(/^https?:\/\/[^\s/{}?#]+(?:[/?#]|$)/, worded('wechat-link'))
      .optional(),
    /** A page of a mini program of the same shop, linked with the account, where a tap leads before `url`; values in its path are percent-encoded. */
    miniProgram: z
      .strictObject({
        appId: z
          .string()
          .trim()
          .regex(/^wx[0-9a-f]{16}$/, worded('not-an-app-id')),
        path: z
          .string()
          .trim()
          .max(1000)
          .regex(/^[^\s/{}?#:]+(?:\/[^\s{}?#]+)*(?:[?#].*)?$/, worded('not-a-mini-program-page')),
      })
      .optional(),
    language: z.enum(['en', 'zh-CN']),
  }),
  /** A list for staff who call members; `words` is what they say, and may name values. */
  z.strictObject({ kind: z.literal('calls'), ...byHand }),
  /** A list for staff who write to members in 企业微信 themselves. */
  z.strictObject({ kind: z.literal('wecom'), ...byHand }),
])
export type Channel = z.output<typeof Channel>

interface ChannelProblem {
  readonly path: string[]
  readonly id: MessageKey
}

/** What is the matter with the words or the address of a channel that somebody hands in. */
export function channelProblems(channel: Channel): ChannelProblem[] {
  if (channel.kind === 'mail')
    return (['subject', 'text', 'html'] as const).flatMap((part) => {
      const text = channel[part]
      if (text === undefined) return []
      const outcome = readTemplate(text, part === 'html' ? 'html' : 'text')
      return outcome.kind === 'refused' ? [{ path: [part], id: outcome.problem }] : []
    })
  if (channel.kind === 'wechat') {
    const { data, url, miniProgram } = channel
    return [
      ...Object.entries(data).map(([name, text]) => ({ path: ['data', name], text })),
      ...(url === undefined ? [] : [{ path: ['url'], text: url }]),
      ...(miniProgram === undefined ? [] : [{ path: ['miniProgram', 'path'], text: miniProgram.path }]),
    ].flatMap(({ path, text }): ChannelProblem[] => {
      const outcome = readTemplate(text, 'text')
      if (outcome.kind === 'refused') return [{ path, id: outcome.problem }]
      const [part, name] = path
      if (part !== 'data' || outcome.template.uses.length > 0) return []
      const why = misfit(name!, text)
      return why === null
        ? []
        : [{ path, id: why === 'long' ? 'wechat-value-too-long' : 'wechat-value-signs' }]
    })
  }
  if (channel.kind === 'calls' || channel.kind === 'wecom') {
    const outcome = readTemplate(channel.words, 'text')
    return outcome.kind === 'refused' ? [{ path: ['words'], id: outcome.problem }] : []
  }
  if (channel.kind === 'sms')
    return Object.entries(channel.params).flatMap(([name, text]) => {
      const outcome = readTemplate(text, 'text')
      return outcome.kind === 'refused' ? [{ path: ['params', name], id: outcome.problem }] : []
    })
  // fetch sends nothing to such an address
  return channel.kind === 'webhook' && hasCredentials(new URL(channel.url))
    ? [{ path: ['url'], id: 'address-with-credentials' }]
    : []
}

/** Whether an address holds a name or password: fetch sends nothing to such an address. */
export const hasCredentials = ({ username, password }: URL) => username !== '' || password !== ''
