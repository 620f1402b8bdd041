import { type Language, phrase, say, sentence } from '../../messages/messages.ts'
import { peopleOfRows } from '../../identity/told.ts'
import { broughtNothing } from '../receipts/history.ts'
import { reasonsInWords } from '../refused/refused-file.ts'
import { countsOf } from '../receipts/told.ts'
import { tableNotes } from '../tables/told.ts'
import { kindNamed } from './catalogue.ts'
import type { KindReceipt } from './receipt.ts'

/** A receipt of a kind as the server tells it: reasons and the kind's own counts as sentences. */
export type ToldKindReceipt = Omit<KindReceipt, 'reasons' | 'tables'> & {
  readonly tables: readonly string[]
  readonly title: string
  /** All that it says was there already. */
  readonly nothingNew: boolean
  readonly reasons: readonly (KindReceipt['reasons'][number] & { readonly sentence: string })[]
  readonly facts: readonly string[]
}

/** Puts a receipt into words. Counts of nothing are not told. */
export function toldKind(receipt: KindReceipt, language: Language): ToldKindReceipt {
  const kind = kindNamed(receipt.kind)
  return {
    ...receipt,
    tables: tableNotes(language, receipt.tables, receipt.files),
    title: kind ? phrase(language, kind.title) : receipt.kind,
    reasons: reasonsInWords(language, receipt.reasons),
    nothingNew: broughtNothing(receipt),
    facts: [
      ...peopleOfRows(language, kind, receipt),
      ...(receipt.ofLedger ? [sentence(language, 'coupons-of-ledger', receipt.ofLedger)] : []),
      ...(receipt.passed ? [sentence(language, 'tags-passed', { rows: receipt.passed })] : []),
      ...(receipt.lists ?? []).flatMap((one) => {
        const words = kind?.sentences?.[one.sentence]
        return words ? [phrase(language, words, one.values)] : []
      }),
      ...Object.entries(kind?.sentences ?? {}).flatMap(([id, words]) => {
        const n = receipt.counts[id] ?? 0
        return n === 0 ? [] : [phrase(language, words, { ...receipt.counts, n })]
      }),
    ],
  }
}

/** What came of an import of a kind: the counts, why rows were refused and where they are. */
export const kindReceiptText = (receipt: ToldKindReceipt): string =>
  [
    say(receipt.dryRun ? 'would-import' : 'did-import', {
      file: receipt.fileName,
      read: receipt.read,
      counts: say('import-counts', countsOf(receipt)),
    }),
    ...receipt.tables,
    ...(receipt.nothingNew ? [say('nothing-new')] : []),
    say('kind-contents', {
      title: receipt.title,
      newEntries: receipt.newEntries,
      changedEntries: receipt.changedEntries,
      sameEntries: receipt.sameEntries,
    }),
    ...(receipt.duplicates > 0 ? [say('kind-duplicates', { rows: receipt.duplicates })] : []),
    ...(receipt.newMembers > 0 ? [say('kind-new-members', { members: receipt.newMembers })] : []),
    ...receipt.facts,
    ...receipt.reasons.map(({ sentence, rows }) => `  ${rows} × ${sentence}`),
    ...(receipt.refusedFile ? [say('refused-file', { file: receipt.refusedFile })] : []),
    ...(receipt.alreadyThere
      ? [receipt.importId === null ? say('same-file-dry') : say('same-file', { importId: receipt.importId })]
      : []),
  ].join('\n')
