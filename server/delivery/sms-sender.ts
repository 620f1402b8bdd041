import type { CampaignDefinition } from '../campaigns/definition.ts'
import type { People } from '../identity/people.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { openAddress } from './addressed.ts'
import { sendSms } from './aliyun-sms.ts'
import type { Sender } from './attempt.ts'
import { accountOf } from './channel-account.ts'
import { messageValues } from './message-values.ts'
import type { OutboxMessage } from './outbox.ts'
import { smsAccount } from './sms-settings.ts'
import { suppressionKey } from './suppressions.ts'
import { goodTemplate, type MessageTemplate, type Values } from './template.ts'

export type SmsChannel = Extract<CampaignDefinition['channel'], { kind: 'sms' }>

/** The values of a template of the platform, by their names in it. */
export const smsTemplates = ({ params }: SmsChannel): [name: string, template: MessageTemplate][] =>
  Object.entries(params).map(([name, text]) => [name, goodTemplate(text, 'text')])

/** The parameters of one message; null when a value that is needed is unknown. */
export function smsParams(
  templates: readonly [name: string, template: MessageTemplate][],
  values: Values,
): Record<string, string> | null {
  const params: Record<string, string> = {}
  for (const [name, template] of templates) {
    const text = template.render(values)
    if (text === null) return null
    params[name] = text
  }
  return params
}

/** Sends the short messages of a campaign. The number is read when a message goes out; the outbox holds none. */
export async function smsSender(
  { store, clock }: Platform,
  workspace: Workspace,
  people: People,
  { channel, terms }: { channel: SmsChannel; terms: CampaignDefinition['terms'] },
): Promise<{ send: Sender; close(): void }> {
  const set = await accountOf(store, workspace.id, smsAccount)
  if (!set) return { send: async () => ({ kind: 'failed', why: { id: 'sms-not-set-up' } }), close: () => {} }
  const { settings, secret } = set
  const key = await suppressionKey(store, workspace.id)
  const templates = smsTemplates(channel)
  const send: Sender = async ({ id, memberId, body }, stop) => {
    const open = await openAddress(store, workspace, people, { memberId, channel: 'sms', key })
    if (open.kind === 'dropped') return open
    const told = JSON.parse(body) as OutboxMessage
    const params = smsParams(templates, {
      ...messageValues(channel.language, workspace, told, terms),
      ...open.contact.values,
    })
    if (!params) return { kind: 'dead', why: { id: 'message-value-missing' } }
    const outcome = await sendSms(
      { accessKeyId: settings.accessKeyId, accessKeySecret: secret },
      {
        endpoint: settings.endpoint,
        signName: settings.signName,
        templateCode: channel.templateCode,
        params,
        phone: open.address,
        deliveryId: id,
        at: clock.now(),
      },
      stop,
    )
    return outcome.kind === 'dead' && outcome.bounced
      ? { ...outcome, suppress: { channel: 'sms', digest: open.digest, reason: 'bounced' } }
      : outcome
  }
  return { send, close: () => {} }
}
