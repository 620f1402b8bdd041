import { QueryTimedOut } from '../../analytics/engine/engine.ts'
import { memberKeyOf } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** What a cashier compares with the person in front of them, masked: enough to confirm, not to learn. */
export interface MemberHint {
  /** The end of the member's id, as it is on a card. */
  id: string
  /** 王**; null: not known. */
  name: string | null
  /** 138****2201; null: not known. */
  phone: string | null
}

const patienceMs = 1_500

/** The hint of a member. Name and phone are null too when the engine is too busy to say within 1.5 s. */
export async function memberHint(workspace: Workspace, memberId: string): Promise<MemberHint> {
  const [member] = await workspace.engine
    .rows(sql`select name, phone from members where member_key in ${memberKeyOf(memberId)}`, {
      timeoutMs: patienceMs,
    })
    .catch((error: unknown) => {
      if (error instanceof QueryTimedOut) return [] // a customer waits: the id alone must do
      throw error
    })
  return {
    id: endOf(memberId),
    name: typeof member?.name === 'string' ? maskedName(member.name) : null,
    phone: typeof member?.phone === 'string' ? maskedPhone(member.phone) : null,
  }
}

/** The last three signs, and never more than half. */
const endOf = (id: string) => {
  const signs = Array.from(id)
  return `…${signs.slice(signs.length - Math.min(3, Math.floor(signs.length / 2))).join('')}`
}

const maskedName = (name: string) => `${Array.from(name.trim())[0] ?? ''}**`

/** 138****2201; of a short number the last two digits. */
export function maskedPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '').replace(/^86(?=1\d{10}$)/, '')
  return digits.length < 9 ? `****${digits.slice(-2)}` : `${digits.slice(0, 3)}****${digits.slice(-4)}`
}
