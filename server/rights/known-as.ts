import type { Session } from '../../analytics/engine/engine.ts'
import { memberNames } from '../../analytics/relations/member-names.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { claimsNow, opaqueIdOf, valuesTelling } from '../identity/match.ts'
import { identityRule } from '../identity/rule.ts'
import type { Home } from '../import/members/phones.ts'
import { textsOfId } from './find-deleted.ts'

/** All that a member who is deleted was known as. */
export interface KnownAs {
  /** Ids, the member's own first; also of members whose number is this one's phone, openid or e-mail. */
  readonly ids: readonly string[]
  /** What tells them and nobody else (`kind:value`), and opaque ids of it that name no member of their own. */
  readonly values: readonly string[]
}

/**
 * What goes with a member whose ids are `ids`, the own first: the values that tell them alone, their numbers where
 * those are phones, e-mails or openids, and whoever is a member by such a value as the number, which is the same person.
 */
export async function knownAs(
  session: Pick<Session, 'rows'>,
  ids: readonly [string, ...string[]],
  home: Home,
): Promise<KnownAs> {
  const rule = await identityRule(session)
  const own = sql`(select unnest(from_json(${JSON.stringify(ids)}, '["VARCHAR"]')) as member_id)`
  const shaped = sql`(
    select text from (select unnest(${textsOfId(home)}) as text, member_id from ${own} as own) as texts
    where text is not null and text <> member_id
      and (not starts_with(text, 'openid:') or regexp_full_match(member_id, 'o[A-Za-z0-9_-]{20,}'))
      and text not in (select kind || ':' || value from ${claimsNow} as claim where owner <> ${ids[0]}))`
  const rows = await session.rows(sql`${valuesTelling(rule, ids[0])}
    union select text from ${shaped} as shaped
    union select ${opaqueIdOf(rule, sql`text`)} from ${shaped} as shaped`)
  const told = rows.map(({ told: text }) => String(text))
  const values: Sql = sql`from_json(${JSON.stringify(told)}, '["VARCHAR"]')`
  const others = await session.rows(sql`
    select distinct all_names.named
    from (select member_id from members where list_has_any(${textsOfId(home)}, ${values})) as same
    join ${memberNames} as names on names.named = same.member_id
    join ${memberNames} as all_names on all_names.member_key = names.member_key`)
  const all = [...new Set([...ids, ...others.map(({ named }) => String(named))])]
  const members = new Set(
    (
      await session.rows(sql`select member_id from members
        where member_id in (select unnest(from_json(${JSON.stringify(all)}, '["VARCHAR"]')))`)
    ).map(({ memberId }) => String(memberId)),
  )
  const claimed = new Set(told)
  const listed = all.filter((id) => id === ids[0] || members.has(id) || !claimed.has(id))
  return { ids: listed, values: told.filter((text) => !listed.includes(text)) }
}
