import { type Sql, sql } from '../../../analytics/sql/sql.ts'

/**
 * What stands before the id of a row of a refunds file. Values of files are read without blanks around them, so
 * that no order id can begin with one.
 */
export const notePrefix = ' refund:'

/** Whether an order id is that of a row of a refunds file: a credit note, never an order. */
export const isNote = (orderId: Sql): Sql => sql`starts_with(${orderId}, ${notePrefix})`
