import type { DeletedRows } from '../../rights/engine-pseudonyms.ts'
import { localOfUtcSql } from '../../../analytics/calendar/calendar.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import type { Tied } from '../../identity/ties.ts'
import { type Applied, manyRows, type Matched } from '../apply.ts'
import type { FileRead } from '../reading/file-begins.ts'
import type { FeedGap } from '../feed-gaps.ts'
import type { ChangedMonth } from '../orders/months.ts'
import type { DoubtfulRefunds } from './refund-doubts.ts'
import type { RefundCheck } from '../platforms/refund-check.ts'
import { refusedReasons } from '../refused/refused.ts'
import type { CountedReason } from '../refused/refused-file.ts'
import type { GivenBack } from '../refunds/receipt.ts'
import type { Staged } from '../reading/staging.ts'
import type { JoinedTables } from '../tables/joined.ts'

/** What an import did, as it is printed. `read = imported + unchanged + refused`. */
export interface Receipt {
  /** Null after a dry run. When the very file was there already and changes nothing: the import that brought it. */
  readonly importId: string | null
  readonly fileName: string
  /** What the file was joined of; null or not there: it was one table. */
  readonly tables?: JoinedTables | null
  /** Of several files that were read as one: what each is called, with its rows. */
  readonly files?: readonly FileRead[]
  readonly read: number
  /** Rows of new and of restated orders, identical ones included. */
  readonly imported: number
  readonly unchanged: number
  readonly refused: number
  /** Accepted rows that are identical to an earlier row of the file; they are kept. */
  readonly duplicates: number
  /** Distinct members on accepted rows. */
  readonly members: number
  /** Distinct qualifying orders among the file's, guests included. */
  readonly orders: number
  /** Exact minus kept amounts, in minor units. */
  readonly roundingMinor: number
  readonly refusedFile: string | null
  /** Accepted rows without a member. */
  readonly guestRows: number
  /** Rows with a phone, number or e-mail of which a part is hidden: nobody is told by it. */
  readonly hiddenRows: number
  /** Rows with a word in a member's place that only says that there is nobody, such as 0; not there where there are none. */
  readonly nobodyRows?: { readonly rows: number; readonly word: string }
  /** Of `orders`, those without a member. */
  readonly guestOrders: number
  /** What the file's orders come to, after the refunds that came with them; not there in reports from before it was counted. */
  readonly netMinor?: number
  /** Orders of the file that count for nothing: not paid yet, closed, or paid and nothing left of it. */
  readonly unpaidOrders: number
  readonly closedOrders: number
  readonly emptyOrders: number
  readonly corrected: number
  readonly newOrders: number
  readonly fewerLines: number
  /** Restated orders that lack lines now which they had; not there where there are none. */
  readonly lostLines?: number
  /** Refused rows that may belong to orders that came in; not there where there are none, or every order of the file has one row. */
  readonly looseRows?: number
  /** Of several files read as one: orders that a later one tells otherwise than an earlier one; not there in reports from before it was counted. */
  readonly superseded?: number
  /** Rows that name several products and became a line of each, whose own amounts nobody knows; not there where there are none. */
  readonly splitRows?: number
  readonly months: readonly ChangedMonth[]
  readonly matched?: Matched
  /** Rows that tie two members; not there where none does. */
  readonly tied?: Tied
  /** Rows of members who were deleted; not there where there are none. */
  readonly deleted?: DeletedRows
  /** Of a file of refunds: what became of them; null for orders. */
  readonly givenBack: GivenBack | null
  /** Orders of the file whose refunds files of refunds tell too; not there in reports from before it was counted. */
  readonly toldTwice?: number
  /** Whether refunds were taken off the file's amounts already, and what says so; null where no row has one. */
  readonly refundCheck: RefundCheck | null
  /** Refunds whose state leaves something open; not there where there are none. */
  readonly refundDoubts?: readonly DoubtfulRefunds[]
  /** Local days of the first and last accepted row. */
  readonly firstDay: string | null
  readonly lastDay: string | null
  readonly reasons: readonly CountedReason[]
  /** The same file had been imported and changes nothing. */
  readonly alreadyThere: boolean
  readonly dryRun: boolean
  readonly milliseconds: number
  /** Of these, splitting, normalising and judging; the rest is saving. */
  readonly readingMilliseconds: number
}

/** The receipt with what is true of the workspace after the import. */
export interface FinalReceipt extends Receipt {
  /** Stores whose orders seem to have stopped coming in. */
  readonly gaps: readonly FeedGap[]
}

/** The part of the receipt that the file alone decides. */
export type FileFacts = Omit<
  Receipt,
  | 'importId'
  | 'fileName'
  | 'tables'
  | 'files'
  | 'refusedFile'
  | 'dryRun'
  | 'milliseconds'
  | 'readingMilliseconds'
  | 'alreadyThere'
  | 'superseded'
  | 'looseRows'
  | keyof Applied
>

/** Counts what was staged. `minorDigits` as in the normalisation. */
export async function fileFacts(
  { engine, refused, files, rows, splitRows, read, refundCheck, refundDoubts = [] }: Staged,
  minorDigits: number,
  timeZone: string,
  signal: AbortSignal,
): Promise<FileFacts> {
  const options = { timeoutMs: 60 * 60 * 1000, signal, aside: read > manyRows }
  const [facts] = await engine.rows(
    sql`select count(*) as accepted, count(distinct member_id) as members,
      count(*) filter (where member_id is null) as guest_rows, count(*) filter (where hidden) as hidden_rows,
      count(nobody_word) as nobody_rows, min(nobody_word) as nobody_word,
      cast(coalesce(sum(remainder_micro), 0) as bigint) as remainder_micro,
      cast(${localOfUtcSql(sql`min(ordered_at)`, timeZone)} as date) as first_day,
      cast(${localOfUtcSql(sql`max(ordered_at)`, timeZone)} as date) as last_day
      from ${rows} as line`,
    options,
  )
  const [distinct] = await engine.rows(
    sql`select count(*) as n from (select content_hash from ${rows} as line group by all)`,
    options,
  )
  const reasons = await refusedReasons({ engine, refused, files })
  const accepted = Number(facts!.accepted)
  return {
    read,
    refused: reasons.reduce((sum, { rows }) => sum + rows, 0),
    duplicates: accepted - Number(distinct!.n),
    members: Number(facts!.members),
    refundCheck,
    ...(refundDoubts.length > 0 ? { refundDoubts } : {}),
    roundingMinor: Number(facts!.remainderMicro) / 10 ** (6 - minorDigits),
    guestRows: Number(facts!.guestRows),
    hiddenRows: Number(facts!.hiddenRows),
    ...(facts!.nobodyRows === 0
      ? {}
      : { nobodyRows: { rows: Number(facts!.nobodyRows), word: String(facts!.nobodyWord) } }),
    firstDay: facts!.firstDay as string | null,
    lastDay: facts!.lastDay as string | null,
    ...(splitRows > 0 ? { splitRows } : {}),
    reasons,
  }
}
