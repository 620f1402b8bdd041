import { name, sql } from '../../analytics/sql/sql.ts'
import { findAudience } from '../campaigns/audience.ts'
import { type CampaignDefinition, validityOf } from '../campaigns/definition.ts'
import { peopleOf } from '../identity/people.ts'
import type { Platform } from '../platform.ts'
import type { SegmentError } from '../segments/evaluation.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { addressOf } from './addressed.ts'
import { accountOf } from './channel-account.ts'
import { type Contact, contactColumns, contactOf, contactsOf } from './contacts.ts'
import { couponValues, plainValues } from './message-values.ts'
import { mailTemplate, type WrittenMail } from './mail-text.ts'
import { partsOf } from './reach.ts'
import { smsParams, smsTemplates } from './sms-sender.ts'
import { smsAccount } from './sms-settings.ts'
import { type WrittenSms, writtenSms } from './sms-text.ts'
import type { AddressedChannel } from './suppressions.ts'
import { goodTemplate, missingOf, type TemplateValue, templateValues, type Values } from './template.ts'
import { wechatTemplate, type WrittenWechat } from './wechat-sender.ts'
import { misfits } from './wechat-values.ts'

/** Reads like one of ours, and is nobody's. */
const exampleCode = 'ABCDE23456FGHE'

/** Members that are shown where none is named. */
const shownFirst = 3
/** Members without a value that are named, beside their count. */
const namedFirst = 20

type AddressedDefinition = CampaignDefinition & {
  channel: Extract<CampaignDefinition['channel'], { kind: AddressedChannel }>
}

/** What one member would read. */
export type Written =
  | { kind: 'mail'; mail: WrittenMail }
  | { kind: 'sms'; sms: WrittenSms }
  | { kind: 'wechat'; wechat: WrittenWechat; misfits: readonly string[] }
  | { kind: 'words'; words: string }

export interface PreviewedMember {
  readonly memberId: string
  readonly hasAddress: boolean
  /** Null: `missing` says what is unknown of them. */
  readonly written: Written | null
  readonly missing: readonly TemplateValue[]
}

export type MessagePreview =
  | {
      kind: 'written'
      members: readonly PreviewedMember[]
      /** Members whom a launch would write to, or hold out. */
      reached: number
      /** Of these, of whom a needed value is unknown: a launch is refused while there are any. `first` by id. */
      missing: readonly { value: TemplateValue; members: number; first: readonly string[] }[]
    }
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }
  | { kind: 'no-member'; memberId: string | null }

/** What members would read, with an example's code: those named, or the first of the segment. Nothing is sent or kept. */
export async function previewMessage(
  platform: Platform,
  workspace: Workspace,
  definition: AddressedDefinition,
  memberIds: readonly string[],
  signal?: AbortSignal,
): Promise<MessagePreview> {
  const { channel } = definition
  const found = await findAudience(
    platform,
    workspace,
    { segment: definition.segment, seed: 'preview', holdout: 0, channel },
    signal,
  )
  if (found.kind === 'segment-refused') return found
  const { evaluation, treated, missing } = found.audience
  const contacts: Contact[] = []
  if (memberIds.length === 0) {
    const rows = await workspace.engine.rows(sql`select ${contactColumns} from members
      where member_key in (select member_key from ${evaluation.memberKeys})
      order by ${name(addressColumn[channel.kind])} is null, member_id limit ${shownFirst}`)
    contacts.push(...rows.map(contactOf))
    if (contacts.length === 0) return { kind: 'no-member', memberId: null }
  } else {
    const { memberOf } = await peopleOf(workspace)
    const known = await contactsOf(workspace, memberIds.map(memberOf))
    for (const memberId of memberIds) {
      const contact = known.get(memberOf(memberId))
      if (!contact) return { kind: 'no-member', memberId }
      contacts.push(contact)
    }
  }
  const write = await writerOf(platform, workspace, definition)
  const parts = partsOf(channel)
  return {
    kind: 'written',
    members: contacts.map((contact) => {
      const values = { ...write.values, ...contact.values }
      const known = new Set(templateValues.filter((value) => value in values))
      return {
        memberId: contact.memberId,
        hasAddress: addressOf(contact, channel.kind) !== null,
        written: write.message(values),
        missing: [...new Set(parts.flatMap((part) => missingOf(part, known)))],
      }
    }),
    reached: treated.length,
    missing: await withNames(workspace, treated, missing),
  }
}

const addressColumn: Record<AddressedChannel, string> = {
  mail: 'email',
  sms: 'phone',
  calls: 'phone',
  wechat: 'openid',
  wecom: 'openid',
}

/** The first members of whom each value is unknown. */
async function withNames(
  workspace: Workspace,
  memberIds: readonly string[],
  missing: readonly { value: TemplateValue; members: number }[],
) {
  const first = new Map<TemplateValue, string[]>(missing.map(({ value }) => [value, []]))
  const isFull = () =>
    missing.every(({ value, members }) => first.get(value)!.length >= Math.min(members, namedFirst))
  for (let from = 0; from < memberIds.length && !isFull(); from += 1_000) {
    const contacts = await contactsOf(workspace, memberIds.slice(from, from + 1_000))
    for (const contact of [...contacts.values()].toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1)))
      for (const [value, names] of first)
        if (contact.values[value] === undefined && names.length < namedFirst) names.push(contact.memberId)
  }
  return missing.map((one) => ({ ...one, first: first.get(one.value)! }))
}

async function writerOf(
  { store }: Platform,
  workspace: Workspace,
  definition: AddressedDefinition,
): Promise<{ values: Values; message: (values: Values) => Written | null }> {
  const { channel, terms, offer, minSpendMinor } = definition
  const campaign = definition.name
  const values = {
    ...(offer === undefined
      ? plainValues(workspace, { campaign })
      : couponValues(
          channel.language,
          workspace,
          {
            campaign,
            code: exampleCode,
            offer,
            minSpendMinor,
            validTo: validityOf(definition, workspace.today(), workspace.calendar).validTo,
          },
          terms,
        )),
    unsubscribe: 'https://…/unsubscribe/…',
  }
  switch (channel.kind) {
    case 'mail': {
      const template = mailTemplate(channel)
      return {
        values,
        message(of) {
          const mail = template.write(of)
          return mail && { kind: 'mail', mail }
        },
      }
    }
    case 'sms': {
      const templates = smsTemplates(channel)
      const set = await accountOf(store, workspace.id, smsAccount)
      return {
        values,
        message(of) {
          const params = smsParams(templates, of)
          return params && { kind: 'sms', sms: writtenSms(channel, params, set?.settings ?? null) }
        },
      }
    }
    case 'wechat': {
      const template = wechatTemplate(channel)
      return {
        values,
        message(of) {
          const wechat = template.write(of)
          return wechat && { kind: 'wechat', wechat, misfits: misfits(wechat.data) }
        },
      }
    }
    case 'calls':
    case 'wecom': {
      const template = goodTemplate(channel.words, 'text')
      return {
        values,
        message(of) {
          const words = template.render(of)
          return words === null ? null : { kind: 'words', words }
        },
      }
    }
  }
}
