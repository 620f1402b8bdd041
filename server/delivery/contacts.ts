import { join, sql } from '../../analytics/sql/sql.ts'
import { z } from 'zod'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { TemplateValue } from './template.ts'

/** What is known of a member for a message. */
export interface Contact {
  readonly memberId: string
  readonly email: string | null
  /** E.164; null where it is not known whole. */
  readonly phone: string | null
  /** Of a WeChat official account; null where what is known is none. */
  readonly openid: string | null
  /** Of 企业微信, as a file of members gives it as openid. */
  readonly externalId: string | null
  readonly values: Partial<Record<TemplateValue, string>>
}

/** The columns of `members` that a contact is read from. */
export const contactColumns = sql`members.member_id, members.name, members.tier, members.points, members.region, members.email, members.phone, members.openid`

const toldColumns = [
  ['member.name', 'name'],
  ['member.tier', 'tier'],
  ['member.points', 'points'],
  ['member.region', 'region'],
] as const

/** Text that says something, without what surrounds it. */
function told(value: unknown): string | undefined {
  const text = value === null || value === undefined ? '' : String(value).trim()
  return text === '' ? undefined : text
}

/** A row of these columns as a contact; an address that is none counts as unknown. */
export function contactOf(row: Readonly<Record<string, unknown>>): Contact {
  const memberId = String(row.memberId)
  const values: Contact['values'] = { 'member.id': memberId }
  for (const [value, column] of toldColumns) {
    const text = told(row[column])
    if (text !== undefined) values[value] = text
  }
  const email = told(row.email)
  const phone = told(row.phone)
  const openid = told(row.openid)
  return {
    memberId,
    email: email !== undefined && isAddress(email) ? email : null,
    phone: phone !== undefined && /^\+\d{6,15}$/.test(phone) ? phone : null,
    openid: openid !== undefined && isOpenid(openid) ? openid : null,
    externalId: openid !== undefined && isExternalId(openid) ? openid : null,
    values,
  }
}

/** An openid of an official account begins with `o`; an external id of 企业微信 (`wm…`, `wo…`) is none. */
export const isOpenid = (text: string): boolean => /^o[A-Za-z0-9_-]{19,63}$/.test(text)

const isExternalId = (text: string) => /^w[mo][A-Za-z0-9_-]{8,62}$/.test(text)

const isAddress = (text: string) => z.email().safeParse(text).success

/** The contacts of members by their own ids; who is gone is missing. */
export async function contactsOf(
  { engine }: Workspace,
  memberIds: readonly string[],
): Promise<Map<string, Contact>> {
  if (memberIds.length === 0) return new Map()
  const rows = await engine.rows(
    sql`select ${contactColumns} from members where member_id in (${join([...memberIds])})`,
  )
  return new Map(rows.map(contactOf).map((contact) => [contact.memberId, contact]))
}
