import type { Matched } from '../import/apply.ts'
import type { MatchedRows } from '../import/kinds/apply.ts'
import { type Language, sentence } from '../messages/messages.ts'

/** What a receipt says of how its rows were matched to people, beside the counts. Receipts of before have nothing. */
export function peopleOfOrders(
  language: Language,
  receipt: { readonly matched?: Matched; readonly hiddenRows?: number },
): string[] {
  const { matched, hiddenRows = 0 } = receipt
  const lines: string[] = []
  if (matched) {
    const { byId, byPhone, byOpenid, byEmail } = matched
    lines.push(sentence(language, 'people-matched', { byId, byPhone, byOpenid, byEmail }))
    if (matched.newPeople > 0) lines.push(sentence(language, 'people-new', { people: matched.newPeople }))
    if (matched.conflicts > 0) lines.push(sentence(language, 'people-conflicts', { rows: matched.conflicts }))
  }
  if (hiddenRows > 0) lines.push(sentence(language, 'people-hidden', { rows: hiddenRows }))
  return lines
}

/** The same of a file of a further kind. */
export function peopleOfRows(language: Language, matched: MatchedRows | undefined): string[] {
  if (!matched) return []
  const { newPeople, conflicts, ...by } = matched
  return [
    sentence(language, 'people-matched', by),
    ...(newPeople > 0 ? [sentence(language, 'people-new-rows', { people: newPeople })] : []),
    ...(conflicts > 0 ? [sentence(language, 'people-conflicts', { rows: conflicts })] : []),
  ]
}

/** The same of a file of members: orders that found their member, rows that several may be. */
export function peopleOfMembers(
  language: Language,
  receipt: { readonly ordersMatched?: number; readonly conflictingRows?: number; readonly dryRun: boolean },
): string[] {
  const { ordersMatched = 0, conflictingRows = 0, dryRun } = receipt
  return [
    ...(ordersMatched > 0
      ? [sentence(language, dryRun ? 'people-would-move' : 'people-moved', { orders: ordersMatched })]
      : []),
    ...(conflictingRows > 0 ? [sentence(language, 'people-conflicts', { rows: conflictingRows })] : []),
  ]
}
