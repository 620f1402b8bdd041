import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import type { ChannelAccount } from './channel-account.ts'
import { HttpsAddress } from './server-address.ts'

/** How short messages go out of a workspace, by Alibaba Cloud; the key's secret is kept apart. */
export const SmsSettings = z.strictObject({
  endpoint: HttpsAddress(worded('endpoint-needs-https')).default('https://dysmsapi.aliyuncs.com'),
  accessKeyId: z.string().trim().min(1).max(200),
  /** The signature that stands before each message, as it was approved. */
  signName: z.string().trim().min(1).max(100),
  /** What one message costs: campaigns that say nothing else count with it. */
  priceMinor: z.int().nonnegative().max(1_000_000),
})
export type SmsSettings = z.output<typeof SmsSettings>

export const smsAccount: ChannelAccount<typeof SmsSettings> = {
  channel: 'sms',
  Settings: SmsSettings,
  isSame: (before, now) => before.endpoint === now.endpoint && before.accessKeyId === now.accessKeyId,
  needsSecret: () => true,
}
