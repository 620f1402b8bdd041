import { memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** Whom a cashier means by what a customer says: a card's number, whole, or a phone, whole. */
export type Customer =
  | { kind: 'member'; memberId: string }
  | { kind: 'nobody' }
  /** Several members have this phone. */
  | { kind: 'several' }

const shortestPhone = 7

/** Finds a customer by the whole number of a card or phone; parts of either find nobody. */
export async function customerOf({ engine }: Workspace, typed: string): Promise<Customer> {
  const named = typed.trim()
  const digits = named.replace(/\D/g, '').replace(/^(00)?86(?=1\d{10}$)/, '')
  const [byNumber] = await engine.rows(sql`select members.member_id from ${memberNames} as names
    join members on members.member_key = names.member_key where names.named = ${named} limit 1`)
  if (byNumber) return { kind: 'member', memberId: String(byNumber.memberId) }
  if (digits.length < shortestPhone || /[^\d\s()+-]/.test(named)) return { kind: 'nobody' }
  const byPhone =
    await engine.rows(sql`select distinct coalesce(aliases.member_id, members.member_id) as member_id
    from members left join member_aliases as aliases on aliases.alias = members.member_id
    where regexp_replace(regexp_replace(members.phone, '\\D', '', 'g'), '^86(1\\d{10})$', '\\1') = ${digits} limit 2`)
  if (byPhone.length > 1) return { kind: 'several' }
  const [only] = byPhone
  return only ? { kind: 'member', memberId: String(only.memberId) } : { kind: 'nobody' }
}
