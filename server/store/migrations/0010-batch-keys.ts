import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'

/** Idempotency keys are kept as digests: a shop's system may have put a member's number into one. */
export async function up(db: Kysely<{ order_batches: { key: string } }>): Promise<void> {
  for (const { key } of await db.selectFrom('order_batches').select('key').distinct().execute())
    await db
      .updateTable('order_batches')
      .set({ key: createHash('sha256').update(key).digest('base64url') })
      .where('key', '=', key)
      .execute()
}
