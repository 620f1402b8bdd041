import { z } from 'zod'
import { worded } from '../../messages/messages.ts'
import type { ChannelAccount } from '../channel-account.ts'
import { Host, isPrivate, Security } from '../server-address.ts'

/** The mailbox to which mail comes back: that of the sender's address. Its password is kept apart. */
export const ReturnsSettings = z
  .strictObject({
    host: Host,
    port: z.int().min(1).max(65_535),
    security: Security,
    user: z.string().trim().min(1).max(320),
    folder: z.string().trim().min(1).max(200).default('INBOX'),
  })
  .refine(isPrivate, { error: worded('mail-needs-tls'), path: ['security'] })
export type ReturnsSettings = z.output<typeof ReturnsSettings>

export const returnsAccount: ChannelAccount<typeof ReturnsSettings> = {
  channel: 'returns',
  Settings: ReturnsSettings,
  isSame: (before, now) => before.host === now.host && before.user === now.user,
  needsSecret: () => true,
}
