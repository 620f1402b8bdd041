import type { Matched } from '../import/apply.ts'
import { type FileBegin, placeIn } from '../import/reading/file-begins.ts'
import type { MatchedRows } from '../import/kinds/apply.ts'
import { type DoubtfulRows, doubtsInWords } from '../import/members/doubts.ts'
import type { Kind } from '../import/kinds/kind.ts'
import type { DeletedRows } from '../rights/engine-pseudonyms.ts'
import { type Language, sentence } from '../messages/messages.ts'
import type { Tied } from './ties.ts'

/** What became of rows that name members who were deleted; nothing where there are none. */
const deletedRows = (
  language: Language,
  { deleted, files = [] }: { readonly deleted?: DeletedRows; readonly files?: readonly FileBegin[] },
  what: 'orders' | 'members' | 'gone' | 'others',
): string[] =>
  deleted
    ? [
        sentence(language, 'people-deleted', {
          rows: deleted.rows,
          lines: {
            listed: deleted.lines.map((one) => {
              const { file, line } = placeIn(files, one)
              return file === null ? String(line) : sentence(language, 'place', { file, line })
            }),
          },
          placed: files.length > 0 ? 'yes' : 'no',
          more: Math.max(0, deleted.rows - deleted.lines.length),
          what,
        }),
      ]
    : []

/** That rows tie members whom nobody has said to be one or two. */
const tiedRows = (language: Language, tied: Tied | undefined): string[] =>
  tied ? [sentence(language, 'people-tied', { pairs: tied.pairs, rows: tied.rows })] : []

/** What a receipt says of how its rows were matched to people, beside the counts. Receipts of before have nothing. */
export function peopleOfOrders(
  language: Language,
  receipt: {
    readonly matched?: Matched
    readonly tied?: Tied
    readonly hiddenRows?: number
    readonly nobodyRows?: { readonly rows: number; readonly word: string }
    readonly deleted?: DeletedRows
    readonly files?: readonly FileBegin[]
  },
): string[] {
  const { matched, hiddenRows = 0 } = receipt
  const lines: string[] = []
  if (matched) {
    const { byId, byPhone, byOpenid, byEmail } = matched
    lines.push(sentence(language, 'people-matched', { byId, byPhone, byOpenid, byEmail }))
    if (matched.newPeople > 0) lines.push(sentence(language, 'people-new', { people: matched.newPeople }))
    if (matched.conflicts > 0) lines.push(sentence(language, 'people-conflicts', { rows: matched.conflicts }))
  }
  lines.push(...tiedRows(language, receipt.tied))
  if (hiddenRows > 0) lines.push(sentence(language, 'people-hidden', { rows: hiddenRows }))
  if (receipt.nobodyRows) lines.push(sentence(language, 'people-nobody', receipt.nobodyRows))
  return [...lines, ...deletedRows(language, receipt, 'orders')]
}

/** The same of a file of a further kind. */
export function peopleOfRows(
  language: Language,
  kind: Kind | undefined,
  {
    matched,
    tied,
    deleted,
    files,
  }: {
    readonly matched?: MatchedRows
    readonly tied?: Tied
    readonly deleted?: DeletedRows
    readonly files?: readonly FileBegin[]
  },
): string[] {
  const { newPeople = 0, conflicts = 0, ...by } = matched ?? {}
  return [
    ...(matched ? [sentence(language, 'people-matched', by)] : []),
    ...(newPeople > 0 ? [sentence(language, 'people-new-rows', { people: newPeople })] : []),
    ...(conflicts > 0 ? [sentence(language, 'people-conflicts', { rows: conflicts })] : []),
    ...tiedRows(language, tied),
    ...deletedRows(
      language,
      { ...(deleted ? { deleted } : {}), ...(files ? { files } : {}) },
      kind?.ofDeleted === 'gone' ? 'gone' : 'others',
    ),
  ]
}

/** The same of a file of members: orders that found their member, rows that several may be, values that tell nobody. */
export function peopleOfMembers(
  language: Language,
  receipt: {
    readonly ordersMatched?: number
    readonly conflictingRows?: number
    readonly tied?: Tied
    readonly deleted?: DeletedRows
    readonly files?: readonly FileBegin[]
    readonly dryRun: boolean
    readonly doubts?: readonly DoubtfulRows[]
  },
): string[] {
  const { ordersMatched = 0, conflictingRows = 0, dryRun } = receipt
  return [
    ...(ordersMatched > 0
      ? [sentence(language, dryRun ? 'people-would-move' : 'people-moved', { orders: ordersMatched })]
      : []),
    ...(conflictingRows > 0 ? [sentence(language, 'people-conflicts', { rows: conflictingRows })] : []),
    ...tiedRows(language, receipt.tied),
    ...doubtsInWords(language, receipt.doubts, receipt.files),
    ...deletedRows(language, receipt, 'members'),
  ]
}
