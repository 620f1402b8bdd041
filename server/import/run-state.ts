import type { Language } from '../messages/messages.ts'
import type { ImportKind } from './import-kinds.ts'
import type { KindReceipt } from './kinds/receipt.ts'
import type { MalformedItem } from './refused/malformed-items.ts'
import type { MapOverrides } from './columns/mapping.ts'
import type { DoubtfulValue } from './members/doubts.ts'
import type { MembersReceipt } from './members/receipt.ts'
import type { FinalReceipt } from './receipts/receipt.ts'
import type { Refusal } from './refusal.ts'
import type { JudgedRow } from './refused/refused.ts'
import type { GivenFile, SaidEncodings } from './tables/joined.ts'

/** What to import, and how. */
export interface ImportOrder {
  readonly path: string
  readonly fileName: string
  /** Where several files are given, which `fileName` names: all of them, tables that belong together. */
  readonly together?: readonly GivenFile[] | undefined
  /** Which of the parts that these become; the first unless told. */
  readonly part?: string | undefined
  /** What it holds, where that is known before it is read. */
  readonly kind?: ImportKind | undefined
  /** What tables are written in that leave it open. */
  readonly encodings?: SaidEncodings | undefined
  readonly map: MapOverrides
  readonly dryRun: boolean
  readonly replace: boolean
  readonly language: Language
  /** Who imports, for the audit. */
  readonly actor: string
  /** Rows of a batch that were refused before there was a file to read. */
  readonly malformed?: number
  /** Of a batch: which of its items stands on a line (null: none does), and those that never became rows, in their order. */
  readonly items?: {
    readonly indexOf: (line: number) => number | null
    readonly malformed: readonly MalformedItem[]
  }
  /** Told the refused rows in the order of the file, also where nothing is left to import. */
  readonly onRefused?: (rows: readonly JudgedRow[]) => void
  /** Told what of accepted rows of members is doubtful. */
  readonly onDoubtful?: (values: readonly DoubtfulValue[]) => void
}

/** Where an import stands; once it commits nothing stops it. Times in seconds; `secondsLeft` is null while it can't be told. */
export interface RunState {
  readonly runId: string
  readonly fileName: string
  /** What the file holds; null: not known before it is read. */
  readonly kind: ImportKind | null
  /** The runs that were begun together, in their order; empty: it is alone. */
  readonly set: readonly string[]
  /** `waiting`: for those of its set that come before it. */
  readonly phase:
    | 'waiting'
    | 'reading'
    | 'saving'
    | 'committing'
    | 'done'
    | 'refused'
    | 'cancelled'
    | 'failed'
  readonly bytes: number
  readonly bytesRead: number
  readonly rows: number
  readonly rowsPerSecond: number
  readonly secondsLeft: number | null
  readonly receipt: FinalReceipt | null
  /** Of a file of members, in place of `receipt`. */
  readonly membersReceipt: MembersReceipt | null
  /** Of a file of a further kind, likewise. */
  readonly kindReceipt: KindReceipt | null
  readonly refusal: Refusal | null
}

export const hasEnded = ({ phase }: RunState): boolean =>
  !['waiting', 'reading', 'saving', 'committing'].includes(phase)
