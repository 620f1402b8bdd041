import type { CampaignDefinition } from '../campaigns/definition.ts'
import type { People } from '../identity/people.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { openAddress } from './addressed.ts'
import type { Sender } from './attempt.ts'
import { accountOf } from './channel-account.ts'
import { openMailer } from './mail.ts'
import { mailAccount, type MailSettings } from './mail-settings.ts'
import { mailTemplate } from './mail-text.ts'
import { messageValues } from './message-values.ts'
import type { OutboxMessage } from './outbox.ts'
import { suppressionKey, unsubscribeToken } from './suppressions.ts'

export type MailChannel = Extract<CampaignDefinition['channel'], { kind: 'mail' }>

/** Where an unsubscribe link of these settings leads. */
export const unsubscribeUrl = ({ publicUrl }: MailSettings, token: string) =>
  `${publicUrl.replace(/\/+$/, '')}/unsubscribe/${token}`

/**
 * Writes and sends the mails of a campaign. Address and name are read when a message goes out, so that the outbox
 * holds neither. Not sent: to whom has unsubscribed or bounced since, and whose address is gone.
 */
export async function mailSender(
  { store }: Platform,
  workspace: Workspace,
  people: People,
  { channel, terms }: { channel: MailChannel; terms: CampaignDefinition['terms'] },
): Promise<{ send: Sender; close(): void }> {
  const set = await accountOf(store, workspace.id, mailAccount)
  if (!set) return { send: async () => ({ kind: 'failed', why: { id: 'mail-not-set-up' } }), close: () => {} }
  const mailer = openMailer(set)
  const key = await suppressionKey(store, workspace.id)
  const template = mailTemplate(channel)
  const send: Sender = async ({ id, memberId, body }, stop) => {
    const open = await openAddress(store, workspace, people, { memberId, channel: 'mail', key })
    if (open.kind === 'dropped') return open
    const { contact, address, digest } = open
    const url = unsubscribeUrl(
      set.settings,
      unsubscribeToken(key, { workspaceId: workspace.id, deliveryId: id, digest }),
    )
    const told = JSON.parse(body) as OutboxMessage
    const written = template.write({
      ...messageValues(channel.language, workspace, told, terms),
      ...contact.values,
      unsubscribe: url,
    })
    if (!written) return { kind: 'dead', why: { id: 'message-value-missing' } }
    const outcome = await mailer.send({ deliveryId: id, to: address, ...written, unsubscribeUrl: url }, stop)
    if (outcome.kind === 'delivered') return { ...outcome, to: digest }
    if (outcome.kind === 'dead' && outcome.bounced)
      return { ...outcome, suppress: { channel: 'mail', digest, reason: 'bounced' } }
    return outcome
  }
  return { send, close: () => mailer.close() }
}
