import type { Kysely } from 'kysely'

/** By how many percent a year money that comes later is worth less, of a workspace. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('workspaces')
    .addColumn('clv_discount_percent', 'real', (c) => c.notNull().defaultTo(0))
    .execute()
}
