import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { Receipt } from '../receipts/receipt.ts'
import { refusedReasons } from '../refused/refused.ts'
import type { Staged } from '../reading/staging.ts'
import type { AppliedKind } from './apply.ts'
import type { KindName } from './catalogue.ts'
import { personValues } from '../columns/fields.ts'
import { columnsOf, type Kind, memberColumns, tellsPeople } from './kind.ts'

/** What an import of a kind did, as it is printed. `read = imported + unchanged + refused`. */
export interface KindReceipt
  extends
    Pick<
      Receipt,
      | 'importId'
      | 'fileName'
      | 'tables'
      | 'files'
      | 'read'
      | 'unchanged'
      | 'refused'
      | 'duplicates'
      | 'members'
      | 'refusedFile'
      | 'reasons'
      | 'alreadyThere'
      | 'dryRun'
      | 'milliseconds'
      | 'readingMilliseconds'
    >,
    Omit<AppliedKind, 'sameAs'> {
  readonly kind: KindName
  /** Rows of a file of something else that say nothing of this kind, not among those that were read. */
  readonly passed?: number
  /** Of a file of coupons that was just imported: how many of its codes are ours, and how many of these differ from our ledger. */
  readonly ofLedger?: { readonly ours: number; readonly differing: number }
}

/** The part of the receipt that the file alone decides. */
export interface KindFacts extends Pick<
  KindReceipt,
  'read' | 'passed' | 'refused' | 'duplicates' | 'members' | 'reasons'
> {
  readonly accepted: number
}

const contentOf = (kind: Kind): Sql[] => [
  ...columnsOf(kind),
  ...(tellsPeople(kind) ? personValues.map((value) => name(value)) : []),
]

/** SQL: whom a staged row tells, a member by another text than a value. */
const numberOrValues = (number: Sql): Sql =>
  sql`coalesce(${number}, nullif(concat_ws(chr(31), ${join(personValues.map((value) => sql`${`${value}:`} || ${name(value)}`))}), ''))`

/** Counts what was staged of a file of a kind. */
export async function kindFacts(
  kind: Kind,
  { engine, refused, files, lines, read, passed }: Staged,
): Promise<KindFacts> {
  const options = { timeoutMs: 60 * 60 * 1000 }
  const [rows] = await engine.rows(
    sql`select count(*) as accepted, count(distinct content) as different from (
      select row_number, bit_xor(hash(${join(contentOf(kind))})) as content from ${lines} as row group by row_number)`,
    options,
  )
  const named = memberColumns(kind).map(
    (column): Sql =>
      sql`select ${tellsPeople(kind) ? numberOrValues(column) : column} as id from ${lines} as row`,
  )
  const [people] =
    named.length === 0
      ? [{ members: 0 }]
      : await engine.rows(
          sql`select count(distinct id) as members from (${join(named, sql` union `)})`,
          options,
        )
  const reasons = await refusedReasons({ engine, refused, files })
  return {
    read,
    ...(passed > 0 ? { passed } : {}),
    refused: reasons.reduce((sum, one) => sum + one.rows, 0),
    duplicates: Number(rows!.accepted) - Number(rows!.different),
    members: Number(people!.members),
    reasons,
    accepted: Number(rows!.accepted),
  }
}
