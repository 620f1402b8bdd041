import { setImmediate } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

/** A pool of codes that were made elsewhere. */
export interface CodePool {
  readonly name: string
  readonly createdAt: string
  readonly codes: number
  /** Codes that nobody has yet. */
  readonly free: number
}

/**
 * The pools of a workspace, by name. Codes of a file that is not whole yet are in none of them, and a pool that has no
 * others is not there.
 */
export async function listPools(store: Kysely<StoreSchema>, workspaceId: string): Promise<CodePool[]> {
  const { rows } = await sql<CodePool>`
    with counted as (
      select code_pools.name, code_pools.created_at as "createdAt", ${codesIn} as codes, ${freeIn} as free
      from code_pools where code_pools.workspace_id = ${workspaceId}
    )
    select * from counted where codes > 0 order by name`.execute(store)
  return rows
}

/** How many codes of a pool nobody has yet; null: there is no such pool. */
export async function freeCodes(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  name: string,
): Promise<{ poolId: string; free: number } | null> {
  const { rows } = await sql<{ poolId: string; free: number }>`
    select code_pools.id as "poolId", ${freeIn} as free
    from code_pools where code_pools.workspace_id = ${workspaceId} and code_pools.name = ${name}
      and ${codesIn} > 0`.execute(store)
  return rows[0] ?? null
}

/** Counted by indexes alone: what is there, less what is on its way in. */
const onTheWay = sql<number>`(select coalesce(sum(pool_imports.codes), 0) from pool_imports
  where pool_imports.pool_id = code_pools.id and pool_imports.published_at is null)`
const codesIn = sql<number>`((select count(*) from pool_codes where pool_codes.pool_id = code_pools.id) - ${onTheWay})`
const freeIn = sql<number>`((select count(*) from pool_codes
  where pool_codes.pool_id = code_pools.id and pool_codes.launch_id is null) - ${onTheWay})`

/** Condition on a row of pool_codes: its file came in whole. */
const isThere = sql<boolean>`not exists (select 1 from pool_imports
  where pool_imports.id = pool_codes.import_id and pool_imports.published_at is null)`

/** Rows that are changed in one transaction: tills wait for it. */
const rowsAtOnce = 1_000

/** Forgets the codes of a pool that nobody has, and the pool when none is left; false: there is no such pool. */
export async function dropFreeCodes(store: Store, workspaceId: string, name: string): Promise<boolean> {
  const pool = await freeCodes(store, workspaceId, name)
  if (!pool) return false
  const { poolId } = pool
  for (;;) {
    const { numDeletedRows } = await store
      .deleteFrom('pool_codes')
      .where('seq', 'in', (from) =>
        from
          .selectFrom('pool_codes')
          .select('seq')
          .where('pool_id', '=', poolId)
          .where('launch_id', 'is', null)
          .where(isThere)
          .orderBy('seq')
          .limit(rowsAtOnce),
      )
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) break
    await setImmediate()
  }
  await dropEmptyPool(store, poolId)
  return true
}

/** Takes a pool away that has no code, used or not, and none on its way. */
export const dropEmptyPool = (store: Kysely<StoreSchema>, poolId: string) =>
  sql`delete from code_pools where id = ${poolId}
    and not exists (select 1 from pool_codes where pool_codes.pool_id = code_pools.id)
    and not exists (select 1 from pool_imports where pool_imports.pool_id = code_pools.id and published_at is null)`.execute(
    store,
  )

/** Sets codes of a pool aside for a launch, in the caller's transaction; answers how many there were. */
export async function takeForLaunch(
  tx: Kysely<StoreSchema>,
  { poolId, launchId, codes }: { poolId: string; launchId: string; codes: number },
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('pool_codes')
    .set({ launch_id: launchId })
    .where('seq', 'in', (from) =>
      from
        .selectFrom('pool_codes')
        .select('seq')
        .where('pool_id', '=', poolId)
        .where('launch_id', 'is', null)
        .where(isThere)
        .orderBy('seq')
        .limit(codes),
    )
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

/** Gives back what was set aside for a launch that is undone. */
export async function returnCodes(store: Store, launchId: string): Promise<void> {
  for (;;) {
    const { numUpdatedRows } = await store
      .updateTable('pool_codes')
      .set({ launch_id: null })
      .where('seq', 'in', (from) =>
        from
          .selectFrom('pool_codes')
          .select('seq')
          .where('launch_id', '=', launchId)
          .where('coupon_id', 'is', null)
          .limit(rowsAtOnce),
      )
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return
    await setImmediate()
  }
}

/** Gives each of these coupons a code that was set aside for its launch, in the caller's transaction, which issues them. */
export async function giveCodes(
  tx: Kysely<StoreSchema>,
  launchId: string,
  couponIds: readonly string[],
): Promise<Map<string, { code: string; key: string }>> {
  const codes = await tx
    .selectFrom('pool_codes')
    .select(['seq', 'code', 'key'])
    .where('launch_id', '=', launchId)
    .where('coupon_id', 'is', null)
    .orderBy('seq')
    .limit(couponIds.length)
    .execute()
  if (codes.length < couponIds.length)
    throw new Error(
      `${couponIds.length} codes were set aside for ${launchId}, and ${codes.length} are there.`,
    )
  await sql`update pool_codes set coupon_id = given.value ->> 1
    from json_each(${JSON.stringify(codes.map(({ seq }, index) => [seq, couponIds[index]]))}) as given
    where pool_codes.seq = given.value ->> 0`.execute(tx)
  return new Map(codes.map(({ code, key }, index) => [couponIds[index]!, { code, key }]))
}

/** Whether a chosen code is known already in this workspace. */
export async function isCodeTaken(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  key: string,
): Promise<boolean> {
  const { rows } = await sql<{ taken: number }>`select
    exists (select 1 from coupons where workspace_id = ${workspaceId} and (given_key = ${key} or code = ${key}))
    or exists (select 1 from pool_codes where workspace_id = ${workspaceId} and key = ${key}) as taken`.execute(
    store,
  )
  return rows[0]!.taken === 1
}
