import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { nodeSqlite, openStore } from './dialect.ts'
import * as workspaces from './migrations/0001-workspaces.ts'
import * as coupons from './migrations/0004-coupons.ts'
import * as campaigns from './migrations/0005-campaigns.ts'
import * as accounts from './migrations/0002-accounts.ts'
import type { StoreSchema } from './schema.ts'

export type Store = Kysely<StoreSchema>

const migrations = {
  '0001-workspaces': workspaces,
  '0002-accounts': accounts,
  '0004-coupons': coupons,
  '0005-campaigns': campaigns,
}

/** Opens the Store (':memory:' for one that is gone when destroyed) and brings its tables up to date. */
export async function openMigratedStore(path: string): Promise<Store> {
  const store = new Kysely<StoreSchema>({ dialect: nodeSqlite(openStore(path)) })
  const { error } = await new Migrator({
    db: store,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest()
  if (error) {
    await store.destroy()
    throw error
  }
  return store
}
