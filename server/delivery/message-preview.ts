import { sql } from '../../analytics/sql/sql.ts'
import { type Audience, type ExclusionReason, findAudience } from '../campaigns/audience.ts'
import { type CampaignDefinition, validityOf } from '../campaigns/definition.ts'
import { peopleOf } from '../identity/people.ts'
import type { Platform } from '../platform.ts'
import type { SegmentError } from '../segments/evaluation.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { accountOf } from './channel-account.ts'
import { type Contact, contactsOf } from './contacts.ts'
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

/** `consent-unknown`: of a campaign that stands and does not take in those whom nobody asked. */
export type WhyNot = ExclusionReason | 'not-in-segment' | 'consent-unknown'

export interface PreviewedMember {
  readonly memberId: string
  /** Why a launch would not write to them; null: it would. */
  readonly whyNot: WhyNot | null
  /** Null: `missing` says what is unknown of them. */
  readonly written: Written | null
  readonly missing: readonly TemplateValue[]
}

export type MessagePreview =
  | {
      kind: 'written'
      members: readonly PreviewedMember[]
      /** Members whom it would write to, or hold out, as things stand now; of a campaign that stands, of those who meet the rule today. */
      reached: number
      /** The other members of the segment. */
      excluded: readonly { reason: WhyNot; members: number }[]
      /** Of these, of whom a needed value is unknown: a launch is refused while there are any. `first` by id. */
      missing: readonly { value: TemplateValue; members: number; first: readonly string[] }[]
    }
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }
  | { kind: 'no-member'; memberId: string | null }

/** What members would read, with an example's code: those named, or the first whom it would reach. Nothing is sent or kept. */
export async function previewMessage(
  platform: Platform,
  workspace: Workspace,
  definition: AddressedDefinition,
  memberIds: readonly string[],
  signal?: AbortSignal,
): Promise<MessagePreview> {
  const { channel, standing, offer } = definition
  const found = await findAudience(
    platform,
    workspace,
    {
      segment: definition.segment,
      seed: 'preview',
      holdout: 0,
      channel,
      // a campaign that stands may give more to who holds a coupon, and writes to them where it gives none
      holders: standing && (standing.alsoHolders || offer === undefined) ? 'none' : 'all',
    },
    signal,
  )
  if (found.kind === 'segment-refused') return found
  const { audience } = found
  if (memberIds.length === 0 && audience.evaluation.members === 0)
    return { kind: 'no-member', memberId: null }
  const unasked =
    standing && !standing.alsoUnknownConsent ? await unaskedOf(workspace, audience) : new Set<string>()
  const reached = audience.treated.filter((memberId) => !unasked.has(memberId))
  const { memberOf } = await peopleOf(workspace)
  const asked = memberIds.length === 0 ? reached.slice(0, shownFirst) : memberIds.map(memberOf)
  const known = await contactsOf(workspace, asked)
  const contacts: Contact[] = []
  for (const [place, id] of asked.entries()) {
    const contact = known.get(id)
    if (!contact) return { kind: 'no-member', memberId: memberIds[place] ?? id }
    contacts.push(contact)
  }
  const among = new Set(reached)
  const reasons = new Map(audience.leftOut.map(({ memberId, reason }) => [memberId, reason]))
  const whyNot = (memberId: string): WhyNot | null =>
    among.has(memberId)
      ? null
      : (reasons.get(memberId) ?? (unasked.has(memberId) ? 'consent-unknown' : 'not-in-segment'))
  const write = await writerOf(platform, workspace, definition)
  const parts = partsOf(channel)
  return {
    kind: 'written',
    members: contacts.map((contact) => {
      const values = { ...write.values, ...contact.values }
      const known = new Set(templateValues.filter((value) => value in values))
      return {
        memberId: contact.memberId,
        whyNot: whyNot(contact.memberId),
        written: write.message(values),
        missing: [...new Set(parts.flatMap((part) => missingOf(part, known)))],
      }
    }),
    reached: reached.length,
    excluded: [
      ...audience.excluded,
      ...(unasked.size > 0 ? [{ reason: 'consent-unknown' as const, members: unasked.size }] : []),
    ],
    missing: await withNames(workspace, audience.treated, audience.missing),
  }
}

/** Whom nobody asked whether they may be written to, among those who would get it otherwise. */
async function unaskedOf({ engine }: Workspace, { evaluation, treated }: Audience): Promise<Set<string>> {
  const rows = await engine.rows(sql`select member_id from members
    where consent = 'unknown' and member_key in (select member_key from ${evaluation.memberKeys})`)
  const unknown = new Set(rows.map(({ memberId }) => String(memberId)))
  return new Set(treated.filter((memberId) => unknown.has(memberId)))
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
