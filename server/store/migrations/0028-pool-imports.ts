import { type Kysely, sql } from 'kysely'

/** Files of codes come in by parts, and are there once they are whole. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('pool_imports')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('workspace_id', 'text', (c) => c.notNull())
    .addColumn('pool_id', 'text', (c) => c.notNull())
    .addColumn('parts', 'integer', (c) => c.notNull())
    .addColumn('rest', 'text', (c) => c.notNull())
    .addColumn('code_column', 'text')
    .addColumn('next_line', 'integer', (c) => c.notNull())
    .addColumn('codes', 'integer', (c) => c.notNull())
    .addColumn('touched_at', 'text', (c) => c.notNull())
    .addColumn('published_at', 'text')
    .execute()
  await sql`create index pool_imports_waiting on pool_imports (pool_id) where published_at is null`.execute(
    db,
  )
  // Null: came before there were imports of pools, and is there.
  await db.schema.alterTable('pool_codes').addColumn('import_id', 'text').execute()
  await db.schema.alterTable('pool_codes').addColumn('line', 'integer').execute()
  await sql`create index pool_codes_by_pool on pool_codes (pool_id)`.execute(db)
  await sql`create index pool_codes_by_import on pool_codes (import_id) where import_id is not null`.execute(
    db,
  )
}
