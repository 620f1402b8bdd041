import type { People } from '../identity/people.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { SendOutcome } from './attempt.ts'
import { type Contact, contactsOf } from './contacts.ts'
import { addressDigest, type AddressedChannel, suppressionOf } from './suppressions.ts'

/** Where a channel reaches a member; null: nowhere. */
export const addressOf = (
  { email, phone, openid, externalId }: Contact,
  channel: AddressedChannel,
): string | null => ({ mail: email, sms: phone, wechat: openid, calls: phone, wecom: externalId })[channel]

/** Where a message goes at this moment, with what is known of the member; or why it goes nowhere. */
export async function openAddress(
  store: Store,
  workspace: Workspace,
  people: People,
  of: { memberId: string; channel: AddressedChannel; key: Buffer },
): Promise<
  | { kind: 'open'; contact: Contact; address: string; digest: string }
  | Extract<SendOutcome, { kind: 'dropped' }>
> {
  const member = people.memberOf(of.memberId)
  const contact = (await contactsOf(workspace, [member])).get(member)
  const address = contact ? addressOf(contact, of.channel) : null
  if (!contact || address === null) return { kind: 'dropped', why: { id: 'message-no-address' } }
  const digest = addressDigest(of.key, of.channel, address)
  const reason = await suppressionOf(store, workspace.id, of.channel, digest, [of.memberId, member])
  if (reason) return { kind: 'dropped', why: { id: 'message-suppressed', values: { reason } } }
  return { kind: 'open', contact, address, digest }
}
