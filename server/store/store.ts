import { Kysely } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { nodeSqlite, openStore } from './dialect.ts'
import * as workspaces from './migrations/0001-workspaces.ts'
import * as segments from './migrations/0003-segments.ts'
import * as coupons from './migrations/0004-coupons.ts'
import * as campaigns from './migrations/0005-campaigns.ts'
import * as orderBatches from './migrations/0007-order-batches.ts'
import * as batchKeys from './migrations/0010-batch-keys.ts'
import * as merges from './migrations/0012-merges.ts'
import * as deletions from './migrations/0008-deletions.ts'
import * as deletedValues from './migrations/0013-deleted-values.ts'
import * as tagGroups from './migrations/0015-tag-groups.ts'
import * as issuedCoupons from './migrations/0014-issued-coupons.ts'
import * as segmentsOut from './migrations/0016-segments-out.ts'
import * as offerTerms from './migrations/0017-offer-terms.ts'
import * as globalHoldout from './migrations/0018-global-holdout.ts'
import * as refusalsOfCampaigns from './migrations/0019-refusals-of-campaigns.ts'
import * as codePools from './migrations/0025-code-pools.ts'
import * as standingCampaigns from './migrations/0026-standing-campaigns.ts'
import * as campaignSegments from './migrations/0027-campaign-segments.ts'
import * as poolImports from './migrations/0028-pool-imports.ts'
import * as byHand from './migrations/0029-by-hand.ts'
import * as returnedMail from './migrations/0030-returned-mail.ts'
import * as wechatReceipts from './migrations/0031-wechat-receipts.ts'
import * as digest from './migrations/0032-digest.ts'
import * as plainMessages from './migrations/0033-messages-without-coupons.ts'
import * as clvDiscount from './migrations/0034-clv-discount.ts'
import * as deliveries from './migrations/0022-deliveries.ts'
import * as mail from './migrations/0023-mail.ts'
import * as leftOut from './migrations/0024-left-out.ts'
import * as accounts from './migrations/0002-accounts.ts'
import * as couponBatches from './migrations/0035-coupon-batches.ts'
import * as rfmRule from './migrations/0036-rfm-rule.ts'
import type { StoreSchema } from './schema.ts'

export type Store = Kysely<StoreSchema>

/** Each step by which a Store of any age gets the tables of now, oldest first by their names. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-workspaces': workspaces,
  '0002-accounts': accounts,
  '0003-segments': segments,
  '0004-coupons': coupons,
  '0005-campaigns': campaigns,
  '0007-order-batches': orderBatches,
  '0008-deletions': deletions,
  '0010-batch-keys': batchKeys,
  '0012-merges': merges,
  '0013-deleted-values': deletedValues,
  '0015-tag-groups': tagGroups,
  '0014-issued-coupons': issuedCoupons,
  '0016-segments-out': segmentsOut,
  '0017-offer-terms': offerTerms,
  '0018-global-holdout': globalHoldout,
  '0019-refusals-of-campaigns': refusalsOfCampaigns,
  '0025-code-pools': codePools,
  '0022-deliveries': deliveries,
  '0023-mail': mail,
  '0024-left-out': leftOut,
  '0026-standing-campaigns': standingCampaigns,
  '0027-campaign-segments': campaignSegments,
  '0028-pool-imports': poolImports,
  '0029-by-hand': byHand,
  '0030-returned-mail': returnedMail,
  '0031-wechat-receipts': wechatReceipts,
  '0032-digest': digest,
  '0033-messages-without-coupons': plainMessages,
  '0034-clv-discount': clvDiscount,
  '0035-coupon-batches': couponBatches,
  '0036-rfm-rule': rfmRule,
}

/** Their names, oldest first. */
export const knownMigrations: readonly string[] = Object.keys(migrations).toSorted()

/** The store was written by a later version, whose migrations this one does not know. */
export class StoreNewer extends Error {
  override name = 'StoreNewer'
}

/** Opens the Store (':memory:' for one that is gone when destroyed) and brings its tables up to date. */
export async function openMigratedStore(path: string): Promise<Store> {
  const database = openStore(path)
  const store = new Kysely<StoreSchema>({ dialect: nodeSqlite(database) })
  // A table that is made anew is dropped whole then, not row by row; who does it looks whether all references hold.
  database.exec('pragma foreign_keys = off')
  const { error } = await new Migrator({
    db: store,
    provider: { getMigrations: async () => migrations },
  }).migrateToLatest()
  if (error) {
    await store.destroy()
    if (/previously executed migration/.test(String(error))) throw new StoreNewer(path, { cause: error })
    throw error
  }
  database.exec('pragma foreign_keys = on')
  return store
}
