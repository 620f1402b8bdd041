import type { Kysely } from 'kysely'

/** By what a workspace scores recency, frequency and money; null: by fifths of all buyers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('workspaces').addColumn('rfm_rule', 'text').execute()
}
