import { sql, type Transaction } from 'kysely'
import type { StoreSchema } from './schema.ts'
import type { Store } from './store.ts'

/**
 * A transaction that does not wait for the disk: the next one that does takes it there. What follows it is never on the
 * disk without it, so a loss of power leaves all up to some transaction. For rows that mean nothing before a later,
 * waiting transaction says so, as the coupons of a launch before it is published.
 */
export const writtenBehind = <T>(
  store: Store,
  work: (tx: Transaction<StoreSchema>) => Promise<T>,
): Promise<T> =>
  store.connection().execute(async (connection) => {
    await sql`pragma synchronous = normal`.execute(connection)
    try {
      return await connection.transaction().execute(work)
    } finally {
      await sql`pragma synchronous = full`.execute(connection)
    }
  })
