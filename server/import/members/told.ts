import { say } from '../../messages/messages.ts'
import { countsOf } from '../receipts/told.ts'
import type { MembersReceipt } from './receipt.ts'

/** A receipt of members as the server tells it: reasons as sentences. */
export type ToldMembersReceipt = Omit<MembersReceipt, 'reasons' | 'tables'> & {
  readonly tables: readonly string[]
  readonly reasons: readonly (MembersReceipt['reasons'][number] & { readonly sentence: string })[]
  readonly people: readonly string[]
  /** All that it says was there already. */
  readonly nothingNew: boolean
}

/** What came of an import of members: the counts, why rows were refused and where they are. */
export const membersReceiptText = (receipt: ToldMembersReceipt): string =>
  [
    say(receipt.dryRun ? 'would-import' : 'did-import', {
      file: receipt.fileName,
      read: receipt.read,
      counts: say('import-counts', countsOf(receipt)),
    }),
    ...receipt.tables,
    ...(receipt.nothingNew ? [say('nothing-new')] : []),
    say('members-contents', {
      newMembers: receipt.newMembers,
      changedMembers: receipt.changedMembers,
      unchangedMembers: receipt.unchangedMembers,
      neverBought: receipt.neverBought,
    }),
    ...receipt.people,
    ...(receipt.repeatedRows > 0 ? [say('members-repeated', { rows: receipt.repeatedRows })] : []),
    ...(receipt.maskedPhones > 0 ? [say('members-masked', { rows: receipt.maskedPhones })] : []),
    ...(receipt.sharedPhones > 0 ? [say('members-shared', { members: receipt.sharedPhones })] : []),
    ...(receipt.consentKept > 0 ? [say('members-consent-kept', { members: receipt.consentKept })] : []),
    ...receipt.reasons.map(({ sentence, rows }) => `  ${rows} × ${sentence}`),
    ...(receipt.refusedFile ? [say('refused-file', { file: receipt.refusedFile })] : []),
    ...(receipt.alreadyThere ? [say('same-file', { importId: receipt.importId! })] : []),
  ].join('\n')
