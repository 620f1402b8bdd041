import { z } from 'zod'
import { readTemplate } from '../delivery/template.ts'
import { misfit } from '../delivery/wechat-values.ts'
import { type Said, worded } from '../messages/messages.ts'

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

interface ChannelProblem extends Said {
  readonly path: string[]
}

/** What a channel says, by the places in it; a list of codes and a webhook say nothing. */
function wordsOf(channel: Channel): { path: string[]; text: string; form: 'text' | 'html' }[] {
  const named = (of: string, texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([name, text]) => ({ path: [of, name], text, form: 'text' as const }))
  switch (channel.kind) {
    case 'mail':
      return (['subject', 'text', 'html'] as const).flatMap((part) => {
        const text = channel[part]
        return text === undefined ? [] : [{ path: [part], text, form: part === 'html' ? part : 'text' }]
      })
    case 'sms':
      return named('params', channel.params)
    case 'wechat':
      return [
        ...named('data', channel.data),
        ...(channel.url === undefined ? [] : [{ path: ['url'], text: channel.url, form: 'text' as const }]),
        ...(channel.miniProgram === undefined
          ? []
          : [{ path: ['miniProgram', 'path'], text: channel.miniProgram.path, form: 'text' as const }]),
      ]
    case 'calls':
    case 'wecom':
      return [{ path: ['words'], text: channel.words, form: 'text' }]
    case 'csv':
    case 'webhook':
      return []
  }
}

/** What is the matter with the words or the address of a channel that somebody hands in. */
export function channelProblems(channel: Channel): ChannelProblem[] {
  // fetch sends nothing to such an address
  if (channel.kind === 'webhook' && hasCredentials(new URL(channel.url)))
    return [{ path: ['url'], id: 'address-with-credentials' }]
  return wordsOf(channel).flatMap(({ path, text, form }): ChannelProblem[] => {
    const outcome = readTemplate(text, form)
    if (outcome.kind === 'refused') return [{ path, ...outcome.problem }]
    const [part, name] = path
    if (channel.kind !== 'wechat' || part !== 'data' || outcome.template.uses.length > 0) return []
    const why = misfit(name!, text)
    return why === null ? [] : [{ path, id: why === 'long' ? 'wechat-value-too-long' : 'wechat-value-signs' }]
  })
}

/** The places at which the words of a channel name the coupon; what is unreadable names nothing. */
export const namesCoupon = (channel: Channel): string[][] =>
  wordsOf(channel).flatMap(({ path, text, form }) => {
    const outcome = readTemplate(text, form)
    const isNamed =
      outcome.kind === 'read' && outcome.template.uses.some((value) => value.startsWith('coupon.'))
    return isNamed ? [path] : []
  })

/** Whether an address holds a name or password: fetch sends nothing to such an address. */
export const hasCredentials = ({ username, password }: URL) => username !== '' || password !== ''
