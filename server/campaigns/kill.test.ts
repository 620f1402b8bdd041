import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { openPlatform } from '../platform.ts'
import { definitionOf, openTestShop } from './campaign-shop.fixture.ts'
import { campaignById, createCampaign } from './campaigns.ts'
import { launchCampaign } from './launch.ts'
import { recoverLaunches } from './launch-steps.ts'
import { previewOf } from './preview.ts'
import { campaignResult } from './result.ts'

const child = fileURLToPath(new URL('launch-until-killed.fixture.ts', import.meta.url))
const members = 6000

/** Runs a launch in a process of its own and kills it at the n-th write; answers where that was. */
async function killedAt(folder: string, campaignId: string, write: number): Promise<string | null> {
  const note = join(folder, 'reached')
  rmSync(note, { force: true })
  const process: ChildProcess = spawn(
    globalThis.process.execPath,
    [child, folder, campaignId, String(write)],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    process.once('exit', (...how) => resolve(how)),
  )
  expect([code, signal]).toEqual(existsSync(note) ? [null, 'SIGKILL'] : [0, null])
  return existsSync(note) ? readFileSync(note, 'utf8') : null
}

test('kill -9 in the midst of a launch leaves all or nothing', async () => {
  let shop = await openTestShop(members)
  const { folder, clock } = shop
  const steps = new Set<string | null>()
  try {
    for (const write of [3, 5, 7, 10]) {
      const { campaignId } = await createCampaign(shop.desk, definitionOf({ name: `killed at ${write}` }))
      const campaign = (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
      const outcome = await previewOf(shop.platform, shop.workspace, campaign)
      if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
      const { issued, holdout } = outcome.preview
      await shop.platform.close()
      const reached = await killedAt(folder, campaignId, write)
      steps.add(reached)

      const platform = await openPlatform(folder, clock, { threads: 1 })
      await recoverLaunches(platform)
      const workspace = (await platform.workspaces.byName('shop'))!
      shop = { ...shop, platform, workspace, desk: { platform, workspace, actor: 'test' } }
      const seen = (await campaignResult(platform, workspace, campaignId))!
      const all = { issued, treated: issued, heldOut: holdout, status: 'running' }
      const nothing = { issued: 0, treated: 0, heldOut: 0, status: 'draft' }
      expect(seen).toMatchObject(
        reached === 'begin' || reached === 'freeze' || reached === 'frozen' ? nothing : all,
      )
      const { preview } = await again()
      const launched = await launchCampaign(shop.desk, {
        campaignId,
        digest: preview?.digest ?? 'launched already',
        confirm: ['unknown-consent'],
      })
      expect(launched).toMatchObject({ kind: 'launched', report: { issued, holdout } })
      const { n } = await platform.store
        .selectFrom('ledger')
        .select((rows) => rows.fn.countAll<number>().as('n'))
        .where('campaign_id', '=', campaignId)
        .executeTakeFirstOrThrow()
      expect(n).toBe(issued)
      // so that its coupons exclude nobody from the next
      await platform.store.updateTable('campaigns').set({ state: 'cancelled' }).execute()

      async function again() {
        const now = await previewOf(platform, workspace, campaign)
        return now.kind === 'previewed' ? now : { preview: null }
      }
    }
    expect(steps).toEqual(new Set(['freeze', 'frozen', 'issue', 'publish']))
  } finally {
    await shop.platform.close()
    rmSync(folder, { recursive: true })
  }
})
