import { z } from 'zod'
import { readTemplate } from '../delivery/template.ts'
import { worded } from '../messages/messages.ts'

/** Where the coupons go: signed messages to the merchant's own address, mail or short messages to members, or a list of codes to take out. */
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
    language: z.enum(['en', 'zh-CN']),
  }),
])
export type Channel = z.output<typeof Channel>

/** What is the matter with the words or the address of a channel that somebody hands in. */
export function channelProblems(channel: Channel): { path: string[]; id: Parameters<typeof worded>[0] }[] {
  if (channel.kind === 'mail')
    return (['subject', 'text', 'html'] as const).flatMap((part) => {
      const text = channel[part]
      if (text === undefined) return []
      const outcome = readTemplate(text, part === 'html' ? 'html' : 'text')
      return outcome.kind === 'refused' ? [{ path: [part], id: outcome.problem }] : []
    })
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
