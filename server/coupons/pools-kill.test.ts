import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { campaignById, createCampaign } from '../campaigns/campaigns.ts'
import { recoverLaunches } from '../campaigns/launch-steps.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { recoverImports } from './pool-imports.ts'
import { importPool } from './pools.fixture.ts'
import { freeCodes, listPools } from './pools.ts'

/** Runs a script in a process of its own on the shop's folder; answers whether it killed itself. */
async function killed(shop: TestShop, script: string, ...args: string[]): Promise<boolean> {
  await shop.platform.close()
  const note = join(shop.folder, 'reached')
  rmSync(note, { force: true })
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL(script, import.meta.url)), shop.folder, ...args],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const ended = await new Promise((resolve) => child.once('exit', (...how) => resolve(how)))
  expect(ended).toEqual(existsSync(note) ? [null, 'SIGKILL'] : [0, null])
  return existsSync(note)
}

const free = async ({ platform, workspace }: TestShop) =>
  (await freeCodes(platform.store, workspace.id, 'Youzan'))?.free ?? 0

test('kill -9 in the midst of an import leaves all of its codes or none, and none is lost', async () => {
  let shop = await openTestShop(1)
  try {
    const codes = 3_500
    let transaction = 1
    for (; ; transaction++) {
      const wasKilled = await killed(shop, 'import-until-killed.fixture.ts', `${codes}`, `${transaction}`)
      shop = await shop.reopen()
      const { store } = shop.platform
      await recoverImports(store)
      expect(await free(shop)).toBe(wasKilled ? 0 : codes)
      expect(await store.selectFrom('pool_codes').select('seq').execute()).toHaveLength(wasKilled ? 0 : codes)
      expect(await listPools(store, shop.workspace.id)).toHaveLength(wasKilled ? 0 : 1)
      if (!wasKilled) break
    }
    expect(transaction).toBeGreaterThan(8) // it was broken off before each of its writes
    const { store, clock } = shop.platform
    const desk = { store, clock, workspaceId: shop.workspace.id }
    expect(await importPool(desk, 'Youzan', 'yz-1\nyz-3500')).toMatchObject({ added: 1 })
  } finally {
    await shop.close()
  }
})

test('kill -9 while codes of a pool are issued gives none twice and loses none', async () => {
  let shop = await openTestShop(5_500)
  const fixture = '../campaigns/launch-until-killed.fixture.ts'
  try {
    let known = 0
    let write = 1
    for (; ; write++) {
      const { store, clock } = shop.platform
      const text = Array.from({ length: 5_000 }, (_, n) => `yz-${known + n}`).join('\n')
      if ((await free(shop)) < 5_000) {
        await importPool({ store, clock, workspaceId: shop.workspace.id }, 'Youzan', text)
        known += 5_000
      }
      const { campaignId } = await createCampaign(
        shop.desk,
        definitionOf({ name: `killed at ${write}`, codes: { kind: 'pool', pool: 'Youzan' } }),
      )
      const wasKilled = await killed(shop, fixture, campaignId, `${write}`)
      shop = await shop.reopen()
      await recoverLaunches(shop.platform)
      const issued = await shop.platform.store
        .selectFrom('coupons')
        .leftJoin('pool_codes', 'pool_codes.coupon_id', 'coupons.id')
        .select(['coupons.campaign_id', 'coupons.given_key', 'pool_codes.key'])
        .execute()
      // every coupon has a code of the pool, none two coupons, and every other code is free
      expect(issued.every(({ given_key, key }) => given_key !== null && given_key === key)).toBe(true)
      expect(new Set(issued.map(({ key }) => key)).size).toBe(issued.length)
      expect(await free(shop)).toBe(known - issued.length)
      // launching again begins anew or reports what was finished
      const campaign = (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
      const outcome = await previewOf(shop.platform, shop.workspace, campaign)
      if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
      const launched = await launchCampaign(shop.desk, {
        campaignId,
        digest: outcome.preview.digest,
        confirm: ['unknown-consent'],
      })
      if (launched.kind !== 'launched') throw new Error(launched.kind)
      expect(await free(shop)).toBe(
        known -
          issued.filter(({ campaign_id }) => campaign_id !== campaignId).length -
          launched.report.issued,
      )
      // so that its coupons exclude nobody from the next
      await shop.platform.store.updateTable('campaigns').set({ state: 'cancelled' }).execute()
      if (!wasKilled) break
    }
    expect(write).toBeGreaterThan(6)
  } finally {
    await shop.close()
  }
}, 300_000)
