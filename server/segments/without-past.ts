import type { Words } from '../../analytics/schema/described.ts'
import { print } from '../../analytics/segments/print.ts'
import { askedOn } from '../../analytics/segments/references.ts'
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
