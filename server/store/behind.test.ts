import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addShop } from '../coupons/issued-coupons.fixture.ts'
import { writtenBehind } from './behind.ts'
import { openMigratedStore, type Store } from './store.ts'

/** What SQLite calls its ways with the disk. */
const [atCheckpoints, atEachCommit] = [1, 2]

let store: Store
beforeEach(async () => {
  store = await openMigratedStore(':memory:')
})
afterEach(() => store.destroy())

async function waitingOf(on: Pick<Store, 'getExecutor'>): Promise<number> {
  const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(on)
  return rows[0]!.synchronous
}

test('only what is written behind does not wait for the disk, however it ends and whatever is asked meanwhile', async () => {
  expect(await waitingOf(store)).toBe(atEachCommit)
  for (const shop of ['first', 'second']) {
    const behind = writtenBehind(store, async (tx) => {
      await addShop(tx as unknown as Store, shop)
      return waitingOf(tx)
    })
    const beside = store.transaction().execute(waitingOf)
    expect(await behind).toBe(atCheckpoints)
    expect(await beside).toBe(atEachCommit)
  }
  const failed = writtenBehind(store, async (tx) => {
    await addShop(tx as unknown as Store, 'third')
    throw new Error('broken off')
  })
  await expect(failed).rejects.toThrow('broken off')
  expect(await store.transaction().execute(waitingOf)).toBe(atEachCommit)
  expect(await store.selectFrom('workspaces').select('id').execute()).toHaveLength(2)
})
