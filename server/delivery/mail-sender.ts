import { lastDayOf } from '../coupons/said-rule.ts'
import type { CampaignDefinition } from '../campaigns/definition.ts'
import { printedCode } from '../coupons/code.ts'
import { dayText, offerSentence } from '../coupons/offer-sentence.ts'
import type { People } from '../identity/people.ts'
import type { Language } from '../messages/messages.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Sender } from './attempt.ts'
import { type Contact, contactsOf } from './contacts.ts'
import { openMailer } from './mail.ts'
import { type MailSettings, mailSettingsOf } from './mail-settings.ts'
import { mailTemplate } from './mail-text.ts'
import type { CouponMessage } from './outbox.ts'
import { addressDigest, suppressionKey, suppressionOf, unsubscribeToken } from './suppressions.ts'
import type { Values } from './template.ts'

export type MailChannel = Extract<CampaignDefinition['channel'], { kind: 'mail' }>

/** Where an unsubscribe link of these settings leads. */
const unsubscribeUrl = ({ publicUrl }: MailSettings, token: string) =>
  `${publicUrl.replace(/\/+$/, '')}/unsubscribe/${token}`

/** What a coupon's message may say, beside what is known of the member. */
export function couponValues(
  language: Language,
  workspace: Workspace,
  coupon: Pick<CouponMessage, 'campaign' | 'code' | 'offer' | 'minSpendMinor' | 'validTo'> & {
    terms: CampaignDefinition['terms']
  },
): Values {
  const last = lastDayOf(coupon.validTo, workspace)
  return {
    'coupon.code': printedCode(coupon.code),
    'coupon.offer': offerSentence(language, {
      offer: coupon.offer,
      minSpendMinor: coupon.minSpendMinor,
      terms: coupon.terms,
      currency: workspace.currency,
      good: { kind: 'through', last },
    }),
    'coupon.last_day': dayText(language, last),
    'campaign.name': coupon.campaign,
    'shop.name': workspace.name,
  }
}

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
  const set = await mailSettingsOf(store, workspace.id)
  if (!set) return { send: async () => ({ kind: 'failed', why: { id: 'mail-not-set-up' } }), close: () => {} }
  const mailer = openMailer(set)
  const key = await suppressionKey(store, workspace.id)
  const template = mailTemplate(channel)
  const send: Sender = async ({ id, memberId, body }, stop) => {
    const member = people.memberOf(memberId)
    const contact: Contact | undefined = (await contactsOf(workspace, [member])).get(member)
    if (!contact?.email) return { kind: 'dropped', why: { id: 'message-no-address' } }
    const digest = addressDigest(key, 'mail', contact.email)
    const reason = await suppressionOf(store, workspace.id, 'mail', digest, [memberId, member])
    if (reason) return { kind: 'dropped', why: { id: 'message-suppressed', values: { reason } } }
    const url = unsubscribeUrl(
      set.settings,
      unsubscribeToken(key, { workspaceId: workspace.id, deliveryId: id, digest }),
    )
    const told = JSON.parse(body) as CouponMessage
    const written = template.write({
      ...couponValues(channel.language, workspace, { ...told, terms }),
      ...contact.values,
      unsubscribe: url,
    })
    if (!written) return { kind: 'dead', why: { id: 'message-value-missing' } }
    const outcome = await mailer.send(
      { deliveryId: id, to: contact.email, ...written, unsubscribeUrl: url },
      stop,
    )
    if (outcome.kind === 'dead' && outcome.bounced)
      return { ...outcome, suppress: { channel: 'mail', digest, reason: 'bounced' } }
    return outcome
  }
  return { send, close: () => mailer.close() }
}
