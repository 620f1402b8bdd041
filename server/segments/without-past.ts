import type { Words } from '../../analytics/schema/described.ts'
import { print } from '../../analytics/segments/print.ts'
import { askedOn } from '../../analytics/segments/references.ts'
import { sql } from '../../analytics/sql/sql.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { clausesWithoutHistory, type ResolvedRule } from './prepare.ts'

/**
 * Conditions of a rule that a past day can't be asked, because only today's value of what they ask about is known: each
 * once, as text in both languages, those of the segments that it names too. None: the rule can be asked of any day.
 */
export function conditionsWithoutPast(
  { expression, segments }: Pick<ResolvedRule, 'expression' | 'segments'>,
  day: string,
): Words[] {
  const found = askedOn(expression, day, segments).flatMap(({ part }) =>
    clausesWithoutHistory(part, segments),
  )
  const byText = new Map(found.map((clause) => [print(clause), print(clause, 'zh-CN')]))
  return [...byText].map(([en, chinese]) => ({ en, 'zh-CN': chinese }))
}

/** How many members a saved segment had on each day on which memberships were written down, as it was known then. */
export async function sizesWrittenDown(
  { engine }: Workspace,
  segmentId: string,
): Promise<{ day: string; members: number }[]> {
  const rows =
    await engine.rows(sql`select taken_day, count(kept.member_key) as members from segment_takings as taking
    left join segment_memberships as kept on kept.segment_id = taking.segment_id and kept.from_day <= taking.taken_day
      and (kept.until_day is null or kept.until_day > taking.taken_day)
    where taking.segment_id = ${segmentId} group by taken_day order by taken_day`)
  return rows.map(({ takenDay, members }) => ({ day: String(takenDay), members: Number(members) }))
}
