import { memberNames } from '../../analytics/relations/member-names.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** The ids of the member whom an id names, the member's own first; empty when it names nobody. */
export async function idsOfMember({ engine }: Workspace, id: string): Promise<string[]> {
  const rows = await engine.rows(sql`select names.named from ${memberNames} as names
    join ${memberNames} as asked on asked.member_key = names.member_key
    where asked.named = ${id} order by names.identity_key <> names.member_key, names.named`)
  return rows.map(({ named }) => String(named))
}

/** Whether two ids name one member. */
export async function areOneMember({ engine }: Workspace, one: string, other: string): Promise<boolean> {
  const [found] = await engine.rows(sql`select count(*) as ids from ${memberNames} as names
    join ${memberNames} as others on others.member_key = names.member_key
    where names.named = ${one} and others.named = ${other}`)
  return Number(found!.ids) > 0
}

/** Who is who in a workspace: what the Store keeps for an id is the current member's. */
export interface People {
  /** The member's own id; of an id that is not merged that id itself. */
  memberOf(id: string): string
  /** All ids of an id's member, as the Store may have kept any of them. */
  idsOf(id: string): readonly string[]
  /** Of an id's member some identity has said no: to what people set here, `denied`, or to what was imported. */
  mayNotBeContacted(id: string, denied: ReadonlySet<string>): boolean
}

/** The merges of this moment; what they do to consent too. Drain before. */
export async function peopleOf({ engine }: Workspace): Promise<People> {
  const rows = await engine.rows(sql`select member_aliases.alias, member_aliases.member_id, members.consent
    from member_aliases left join members on members.member_id = member_aliases.member_id`)
  const members = new Map(rows.map(({ alias, memberId }) => [String(alias), String(memberId)]))
  const refusing = new Set(
    rows.flatMap(({ memberId, consent }) => (consent === 'denied' ? [String(memberId)] : [])),
  )
  const memberOf = (id: string) => members.get(id) ?? id
  const deniedMembers = new WeakMap<ReadonlySet<string>, Set<string>>()
  const ids = Map.groupBy(members.keys(), memberOf)
  return {
    memberOf,
    idsOf(id) {
      const member = memberOf(id)
      return [...new Set([member, ...(ids.get(member) ?? [])])]
    },
    mayNotBeContacted(id, denied) {
      if (members.size === 0) return denied.has(id)
      const of = deniedMembers.get(denied) ?? new Set([...denied].map(memberOf))
      deniedMembers.set(denied, of)
      return of.has(memberOf(id)) || refusing.has(memberOf(id))
    },
  }
}
