import { sql } from '../../analytics/sql/sql.ts'
import type { CampaignDefinition } from '../campaigns/definition.ts'
import { validityOf } from '../campaigns/definition.ts'
import { peopleOf } from '../identity/people.ts'
import type { SegmentError } from '../segments/evaluation.ts'
import { evaluateSegment } from '../segments/evaluation.ts'
import type { Store } from '../store/store.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { contactColumns, contactOf, contactsOf } from './contacts.ts'
import { couponValues } from './coupon-values.ts'
import type { MailChannel } from './mail-sender.ts'
import { mailTemplate, type WrittenMail } from './mail-text.ts'
import { missingOf, type TemplateValue, templateValues } from './template.ts'

/** Reads like one of ours, and is nobody's. */
const exampleCode = 'ABCDE23456FGHE'

export type MailPreview =
  | {
      kind: 'written'
      memberId: string
      hasAddress: boolean
      mail: WrittenMail | null
      missing: readonly TemplateValue[]
    }
  | { kind: 'segment-refused'; errors: readonly SegmentError[] }
  | { kind: 'no-member' }

/** What one member would read, with an example's code: `memberId`, or the first of the segment. Nothing is sent. */
export async function previewMail(
  store: Store,
  workspace: Workspace,
  definition: CampaignDefinition & { channel: MailChannel },
  memberId: string | undefined,
): Promise<MailPreview> {
  let contact
  if (memberId === undefined) {
    const outcome = await evaluateSegment(store, workspace, { expression: definition.segment })
    if (outcome.kind === 'refused') return { kind: 'segment-refused', errors: outcome.errors }
    const [row] = await workspace.engine.rows(sql`select ${contactColumns} from members
      where member_key in (select member_key from ${outcome.evaluation.memberKeys})
      order by email is null, member_id limit 1`)
    contact = row && contactOf(row)
  } else {
    const member = (await peopleOf(workspace)).memberOf(memberId)
    contact = (await contactsOf(workspace, [member])).get(member)
  }
  if (!contact) return { kind: 'no-member' }
  const { channel, terms, offer, minSpendMinor } = definition
  const template = mailTemplate(channel)
  const { validTo } = validityOf(definition, workspace.today(), workspace.calendar)
  const values = {
    ...couponValues(channel.language, workspace, {
      campaign: definition.name,
      code: exampleCode,
      offer,
      minSpendMinor,
      terms,
      validTo,
    }),
    ...contact.values,
    unsubscribe: 'https://…/unsubscribe/…',
  }
  const known = new Set(templateValues.filter((name) => name in values))
  return {
    kind: 'written',
    memberId: contact.memberId,
    hasAddress: contact.email !== null,
    mail: template.write(values),
    missing: [...new Set(template.parts.flatMap((part) => missingOf(part, known)))],
  }
}
