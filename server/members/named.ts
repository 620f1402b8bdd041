import { memberKeyOf } from '../../analytics/relations/member-names.ts'
import { join, sql } from '../../analytics/sql/sql.ts'
import { keptForms } from '../import/members/phones.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/**
 * The id of the member whom a text names: by an id of theirs, else by the whole phone, e-mail or openid that nobody
 * else has. Null where nobody or more than one has it.
 */
export async function memberNamed({ engine }: Workspace, text: string): Promise<string | null> {
  const [byId] = await engine.rows(
    sql`select member_id from members where member_key in ${memberKeyOf(text)}`,
  )
  if (byId) return String(byId.memberId)
  const typed = text.trim()
  const found = await engine.rows(sql`select member_id from members
    where phone in (${join(keptForms(typed))}) and not contains(phone, '*')
      or email = ${typed.toLowerCase()} or openid = ${typed} limit 2`)
  return found.length === 1 ? String(found[0]!.memberId) : null
}
