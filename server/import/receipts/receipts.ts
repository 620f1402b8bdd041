import { decimalsOf } from '../../messages/money.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import type { Applied } from '../apply.ts'
import type { AppliedKind } from '../kinds/apply.ts'
import { kindNamed } from '../kinds/catalogue.ts'
import { kindFacts, type KindReceipt } from '../kinds/receipt.ts'
import type { AppliedMembers } from '../members/apply.ts'
import { type MemberFacts, memberFacts, type MembersReceipt } from '../members/receipt.ts'
import { type FileFacts, fileFacts, type Receipt } from './receipt.ts'
import type { Readable } from '../inspect.ts'
import { headerOf } from '../refused/refused-file.ts'
import type { Staged } from '../reading/staging.ts'

/** What a receipt says of the import itself. */
type About = Pick<
  Receipt,
  | 'importId'
  | 'fileName'
  | 'tables'
  | 'files'
  | 'refusedFile'
  | 'alreadyThere'
  | 'dryRun'
  | 'milliseconds'
  | 'readingMilliseconds'
>

/** Receipts of what an import of each kind of file did. */
interface Receipts {
  orders(applied: Applied): Receipt
  members(applied: AppliedMembers): MembersReceipt
  kind(applied: AppliedKind): KindReceipt
}

/**
 * What the file alone decides of its receipt, counted while the staging engine is open, and receipts of it: with what is to
 * be said of the import, where `sameAs` is the import that had brought the file before. `malformed` rows of a batch were
 * refused before the file was made.
 */
export async function receiptsOf(
  { currency, calendar }: Workspace,
  readable: Readable,
  staged: Staged,
  malformed: number,
  signal: AbortSignal,
): Promise<{
  readonly facts: { readonly read: number; readonly refused: number }
  with(about: (sameAs: string | null) => About): Receipts
}> {
  const kindName = readable.mapping.kind
  const kind = kindNamed(kindName)
  const whole = <Facts extends Pick<Receipt, 'read' | 'refused' | 'reasons'>>(facts: Facts): Facts => ({
    ...facts,
    read: facts.read + malformed,
    refused: facts.refused + malformed,
    reasons: [
      ...facts.reasons.map((one) => {
        const header = headerOf(readable, one.field)
        return header === null ? one : { ...one, header }
      }),
      ...(malformed > 0 ? [{ reason: 'malformed', field: null, rows: malformed }] : []),
    ],
  })
  const ofKind = kind && whole(await kindFacts(kind, staged))
  const facts =
    ofKind ??
    (kindName === 'members'
      ? whole(await memberFacts(staged))
      : whole(await fileFacts(staged, decimalsOf(currency), calendar.timeZone, signal)))
  return {
    facts,
    with: (about) => ({
      orders: ({ sameAs, people, ...applied }) => ({
        ...about(sameAs),
        ...(facts as FileFacts),
        ...applied,
        unchanged: applied.unchanged + staged.repeated,
        ...(staged.superseded > 0 ? { superseded: staged.superseded } : {}),
        ...(staged.loose > 0 && staged.severalRows ? { looseRows: staged.loose } : {}),
        ...(people === undefined ? {} : { members: people }),
        ...(applied.matched ? { members: applied.matched.people, guestRows: applied.matched.nobody } : {}),
      }),
      members: ({ sameAs, ...applied }) => ({
        ...about(sameAs),
        ...(facts as MemberFacts),
        ...applied,
        ...namedMembers(facts, applied),
      }),
      kind: ({ sameAs, ...applied }) => {
        const { accepted, ...ofFile } = ofKind!
        return {
          ...about(sameAs),
          kind: kind!.name,
          ...ofFile,
          ...applied,
          unchanged: accepted - applied.imported,
        }
      },
    }),
  }
}

/** How many members the rows of a file are, now that it is known who they are. */
function namedMembers(
  { read, refused }: { readonly read: number; readonly refused: number },
  { newMembers, changedMembers, unchangedMembers, conflictingRows }: Omit<AppliedMembers, 'sameAs'>,
) {
  const members = newMembers + changedMembers + unchangedMembers
  return { members, repeatedRows: read - refused - conflictingRows - members }
}
