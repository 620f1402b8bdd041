import type { CampaignDefinition } from '../campaigns/definition.ts'
import type { People } from '../identity/people.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { openAddress } from './addressed.ts'
import type { Sender } from './attempt.ts'
import { accountOf } from './channel-account.ts'
import { messageValues } from './message-values.ts'
import type { OutboxMessage } from './outbox.ts'
import { suppressionKey } from './suppressions.ts'
import { goodTemplate, type MessageTemplate, type Values } from './template.ts'
import { sendWechat, type WechatMessage } from './wechat.ts'
import { wechatAccount } from './wechat-settings.ts'
import { misfits } from './wechat-values.ts'

export type WechatChannel = Extract<CampaignDefinition['channel'], { kind: 'wechat' }>

/** What one member reads: the template's values, and where a tap leads. */
export type WrittenWechat = Pick<WechatMessage, 'data' | 'url' | 'miniProgram'>

/** A message that can be written to anybody. */
export interface WechatTemplate {
  readonly parts: readonly MessageTemplate[]
  /** Null when a value that it needs is unknown. */
  write(values: Values): WrittenWechat | null
}

/** Reads a message whose parts are known to be good. In its addresses values are percent-encoded. */
export function wechatTemplate({ data, url, miniProgram }: WechatChannel): WechatTemplate {
  const fields = Object.entries(data).map(([name, text]) => [name, goodTemplate(text, 'text')] as const)
  const link = url === undefined ? null : goodTemplate(url, 'text')
  const page = miniProgram === undefined ? null : goodTemplate(miniProgram.path, 'text')
  return {
    parts: [...fields.map(([, template]) => template), ...(link ? [link] : []), ...(page ? [page] : [])],
    write(values) {
      const written: Record<string, string> = {}
      for (const [name, template] of fields) {
        const text = template.render(values)
        if (text === null) return null
        written[name] = text
      }
      const encoded = Object.entries(values).map(([name, value]) => [name, encodeURIComponent(value)])
      const to = (address: MessageTemplate | null) =>
        address ? address.render(Object.fromEntries(encoded) as Values) : null
      const path = to(page)
      const whole = {
        data: written,
        url: to(link),
        miniProgram: path === null ? null : { appId: miniProgram!.appId, path },
      }
      return (link && whole.url === null) || (page && path === null) ? null : whole
    },
  }
}

/** Sends the template messages of a campaign. The openid is read when a message goes out; the outbox holds none. */
export async function wechatSender(
  { store, clock }: Platform,
  workspace: Workspace,
  people: People,
  { channel, terms }: { channel: WechatChannel; terms: CampaignDefinition['terms'] },
): Promise<{ send: Sender; close(): void }> {
  const set = await accountOf(store, workspace.id, wechatAccount)
  if (!set)
    return { send: async () => ({ kind: 'failed', why: { id: 'wechat-not-set-up' } }), close: () => {} }
  const account = { ...set.settings, appSecret: set.secret }
  const key = await suppressionKey(store, workspace.id)
  const template = wechatTemplate(channel)
  const send: Sender = async ({ id, memberId, body }, stop) => {
    const open = await openAddress(store, workspace, people, { memberId, channel: 'wechat', key })
    if (open.kind === 'dropped') return open
    const told = JSON.parse(body) as OutboxMessage
    const written = template.write({
      ...messageValues(channel.language, workspace, told, terms),
      ...open.contact.values,
    })
    if (!written) return { kind: 'dead', why: { id: 'message-value-missing' } }
    const names = misfits(written.data)
    if (names.length > 0)
      return { kind: 'dead', why: { id: 'wechat-misfit', values: { names: names.join(', ') } } }
    const outcome = await sendWechat(
      account,
      { openid: open.address, templateId: channel.templateId, deliveryId: id, ...written },
      { at: clock.now(), stop },
    )
    if (outcome.kind === 'delivered') return { ...outcome, to: open.digest }
    if (outcome.kind !== 'dead' || !(outcome.bounced || outcome.unsubscribed)) return outcome
    const reason = outcome.unsubscribed ? 'unsubscribed' : 'bounced'
    return { ...outcome, suppress: { channel: 'wechat', digest: open.digest, reason } }
  }
  return { send, close: () => {} }
}
