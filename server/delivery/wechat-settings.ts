import { z } from 'zod'
import { worded } from '../messages/messages.ts'
import type { ChannelAccount } from './channel-account.ts'
import { HttpsAddress } from './server-address.ts'

/** The official account by which a workspace writes to members; its secret is kept apart. */
export const WechatSettings = z.strictObject({
  endpoint: HttpsAddress(worded('wechat-needs-https')).default('https://api.weixin.qq.com'),
  appId: z
    .string()
    .trim()
    .regex(/^wx[0-9a-f]{16}$/, worded('not-an-app-id')),
})
export type WechatSettings = z.output<typeof WechatSettings>

export const wechatAccount: ChannelAccount<typeof WechatSettings> = {
  channel: 'wechat',
  Settings: WechatSettings,
  isSame: (before, now) => before.endpoint === now.endpoint && before.appId === now.appId,
  needsSecret: () => true,
}
