import type { Connection, QueryOptions } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import { type Language, sentence } from '../../messages/messages.ts'
import { type FileBegin, placeIn, saidPlace } from '../reading/file-begins.ts'
import type { Mapping } from '../columns/mapping.ts'

/**
 * What the refund of an accepted row of orders leaves open: that something was given back and not how much, so that the
 * row counts in full; and an amount that was only asked for, or rejected, so that it is not taken off.
 */
const refundDoubts = ['unsized', 'not-given'] as const

/** How many rows of a file have a doubt, and the line of the first. */
export interface DoubtfulRefunds {
  readonly doubt: (typeof refundDoubts)[number]
  readonly rows: number
  readonly line: number
}

/**
 * What of the accepted rows' refunds is doubtful, from their column `refund_doubt`. Beside the total of an order what is
 * given back is the order's: a row of it that has the amount says it for all.
 */
export async function doubtfulRefunds(
  engine: Connection,
  accepted: Sql,
  { columns, refunds }: Mapping,
  options: QueryOptions,
): Promise<DoubtfulRefunds[]> {
  const saidElsewhere =
    columns.orderTotal !== undefined && columns.orderId !== undefined && !refunds.byRow
      ? sql`and not (refund_doubt = 'unsized'
          and order_id in (select order_id from ${accepted} as other where order_refund_minor > 0))`
      : sql``
  const found = await engine.rows(
    sql`select refund_doubt, count(*) as rows, min(row_number) as line from ${accepted} as line
      where refund_doubt is not null ${saidElsewhere} group by refund_doubt`,
    options,
  )
  return refundDoubts.flatMap((doubt) =>
    found
      .filter(({ refundDoubt }) => refundDoubt === doubt)
      .map(({ rows, line }) => ({ doubt, rows: Number(rows), line: Number(line) })),
  )
}

/** What a receipt says of doubtful refunds; `files`: those that were read as one. */
export const refundDoubtsInWords = (
  language: Language,
  found: readonly DoubtfulRefunds[] = [],
  files: readonly FileBegin[] = [],
): string[] =>
  found.map(({ doubt, rows, line }) =>
    sentence(language, `refund-doubts.${doubt}`, { rows, place: saidPlace(placeIn(files, line)) }),
  )
