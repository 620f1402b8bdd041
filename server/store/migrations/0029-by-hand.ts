import type { Kysely } from 'kysely'

/** Messages that people pass on by hand: when they stood on a list first, of which address, and what came of it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const column of ['handed_at', 'handed_to', 'result'])
    await db.schema.alterTable('outbox').addColumn(column, 'text').execute()
}
