import type { Kysely } from 'kysely'

/** Groups and rules of tags, and who changed what of a tag, when and why. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('tag_groups')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('exclusive', 'integer', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('tag_groups_key', ['workspace_id', 'name'])
    .execute()
  await db.schema.alterTable('tags').addColumn('tag_group', 'text').execute()
  await db.schema
    .alterTable('tags')
    .addColumn('group_set', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await db.schema.alterTable('tags').addColumn('merged_into', 'text').execute()
  await db.schema
    .createTable('tag_rules')
    .addColumn('tag_id', 'text', (c) => c.primaryKey().references('tags.id'))
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('expression', 'text', (c) => c.notNull())
    .addColumn('proposal', 'text')
    .addColumn('set_by', 'text', (c) => c.notNull())
    .addColumn('set_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('tag_changes')
    .addColumn('seq', 'integer', (c) => c.primaryKey().autoIncrement())
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('tag_id', 'text', (c) => c.notNull().references('tags.id'))
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('detail', 'text')
    .addColumn('reason', 'text', (c) => c.notNull())
    .addColumn('members', 'integer', (c) => c.notNull())
    .addColumn('changed_by', 'text', (c) => c.notNull())
    .addColumn('changed_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('tag_changes_by_tag').on('tag_changes').columns(['tag_id']).execute()
  await db.schema
    .createTable('tag_change_members')
    .addColumn('workspace_id', 'text', (c) => c.notNull().references('workspaces.id'))
    .addColumn('change_seq', 'integer', (c) => c.notNull().references('tag_changes.seq'))
    .addColumn('member_id', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('tag_change_members_key', ['change_seq', 'member_id'])
    .execute()
  await db.schema
    .createIndex('tag_change_members_by_member')
    .on('tag_change_members')
    .columns(['workspace_id', 'member_id'])
    .execute()
}
