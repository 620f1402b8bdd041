import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import type { ChannelAccount } from './channel-account.ts'
import { Host, isPrivate, loopback, Security } from './server-address.ts'

/** How mail goes out of a workspace; the password is kept apart. */
export const MailSettings = z
  .strictObject({
    host: Host,
    port: z.int().min(1).max(65_535),
    security: Security,
    /** Empty: the server asks for none. */
    user: z.string().trim().max(320),
    sender: z.email(worded('not-an-email')).max(320),
    senderName: z
      .string()
      .trim()
      .max(120)
      .regex(/^[^\r\n]*$/),
    /** What Reveille is reached by from outside: what unsubscribe links begin with. */
    publicUrl: z.url({ protocol: /^https?$/, error: worded('not-an-address') }).max(500),
  })
  .refine(isPrivate, {
    error: worded('mail-needs-tls'),
    path: ['security'],
  })
  .refine(
    ({ publicUrl }) => {
      if (!URL.canParse(publicUrl)) return true
      const { protocol, hostname } = new URL(publicUrl)
      return protocol === 'https:' || loopback.has(hostname)
    },
    { error: worded('public-url-needs-https'), path: ['publicUrl'] },
  )
export type MailSettings = z.output<typeof MailSettings>

export const mailAccount: ChannelAccount<typeof MailSettings> = {
  channel: 'mail',
  Settings: MailSettings,
  isSame: (before, now) => before.host === now.host && before.user === now.user,
  needsSecret: ({ user }) => user !== '',
}
