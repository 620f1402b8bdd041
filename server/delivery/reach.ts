import type { CampaignDefinition } from '../campaigns/definition.ts'
import type { People } from '../identity/people.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Contact } from './contacts.ts'
import { addressOf } from './addressed.ts'
import { mailTemplate } from './mail-text.ts'
import { smsTemplates } from './sms-sender.ts'
import { type AddressedChannel, suppressedIn } from './suppressions.ts'
import {
  goodTemplate,
  type MessageTemplate,
  missingOf,
  type TemplateValue,
  templateValues,
} from './template.ts'
import { wechatTemplate } from './wechat-sender.ts'

/** Why a channel does not reach a member. */
export type UnreachedReason = 'no-address' | 'unsubscribed' | 'bounced'

/** Whom a campaign's channel reaches, and what its words need to know of them. */
export interface Reach {
  /** Null: it reaches the member. */
  whyNot(contact: Contact): UnreachedReason | null
  /** The values that are needed and unknown of the member. */
  missing(contact: Contact): readonly TemplateValue[]
}

/** What a channel that reaches members by itself says, by its parts. */
export function partsOf(
  channel: Extract<CampaignDefinition['channel'], { kind: AddressedChannel }>,
): readonly MessageTemplate[] {
  switch (channel.kind) {
    case 'mail':
      return mailTemplate(channel).parts
    case 'sms':
      return smsTemplates(channel).map(([, template]) => template)
    case 'wechat':
      return wechatTemplate(channel).parts
    case 'calls':
    case 'wecom':
      return [goodTemplate(channel.words, 'text')]
  }
}

/** For all members at this moment. A channel that takes the coupons on to the members itself reaches everybody. */
export async function reachOf(
  store: Store,
  workspace: Workspace,
  channel: CampaignDefinition['channel'],
  people: People,
): Promise<Reach> {
  if (channel.kind === 'csv' || channel.kind === 'webhook') return { whyNot: () => null, missing: () => [] }
  const { kind } = channel
  const suppressed = await suppressedIn(store, workspace.id, kind, people.memberOf)
  const parts = partsOf(channel)
  const alwaysKnown = templateValues.filter((name) => !name.startsWith('member.'))
  const byKnown = new Map<string, readonly TemplateValue[]>()
  return {
    whyNot(contact) {
      const address = addressOf(contact, kind)
      return address === null ? 'no-address' : suppressed.whyNot(contact.memberId, address)
    },
    missing({ values }) {
      const names = Object.keys(values).toSorted().join()
      const before = byKnown.get(names)
      if (before) return before
      const known = new Set([...alwaysKnown, ...(Object.keys(values) as TemplateValue[])])
      const missing = [...new Set(parts.flatMap((part) => missingOf(part, known)))]
      byKnown.set(names, missing)
      return missing
    },
  }
}
