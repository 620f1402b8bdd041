import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { definitionOf, openTestShop } from '../campaigns/campaign-shop.fixture.ts'
import { campaignById, createCampaign } from '../campaigns/campaigns.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { openPlatform } from '../platform.ts'
import { startDeliveries } from './worker.ts'

const child = fileURLToPath(new URL('send-until-killed.fixture.ts', import.meta.url))

test('kill -9 in the midst of sending: nobody has a second delivery id, nobody is left out', async () => {
  const got = new Map<string, Set<string>>()
  const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { memberId } = (JSON.parse(body) as { data: { memberId: string } }).data
      const ids = got.get(memberId) ?? new Set()
      got.set(memberId, ids.add(String(request.headers['webhook-id'])))
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
  const { port } = receiver.address() as AddressInfo
  const shop = await openTestShop(40)
  const { folder, clock } = shop
  try {
    const { campaignId } = await createCampaign(
      shop.desk,
      definitionOf({ holdout: 0, channel: { kind: 'webhook', url: `http://127.0.0.1:${port}/` } }),
    )
    const campaign = (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
    const outcome = await previewOf(shop.platform, shop.workspace, campaign)
    if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
    const { digest, confirmations, issued } = outcome.preview
    await launchCampaign(shop.desk, { campaignId, digest, confirm: confirmations })
    await shop.platform.close()
    // each start is a minute later, when the leases of the one before have run out
    const start = clock.instant.getTime()
    for (const [turn, last] of [5, 18, 31].entries()) {
      const at = new Date(start + turn * 61_000).toISOString()
      const sending = spawn(process.execPath, [child, folder, at, String(last)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      const how = await new Promise((ended) => sending.once('exit', (...ending) => ended(ending)))
      expect(how).toEqual([null, 'SIGKILL'])
    }
    clock.instant = new Date(start + 200_000)
    const platform = await openPlatform(folder, clock, { threads: 1 })
    const deliveries = startDeliveries(platform)
    await expect
      .poll(
        async () => {
          const rows = await platform.store.selectFrom('outbox').select('state').execute()
          return rows.filter(({ state }) => state === 'delivered').length
        },
        { timeout: 20_000 },
      )
      .toBe(issued)
    await deliveries.stop()
    expect(got.size).toBe(issued)
    expect([...got.values()].filter((ids) => ids.size !== 1)).toEqual([])
    await platform.close()
  } finally {
    receiver.closeAllConnections()
    receiver.close()
    rmSync(folder, { recursive: true })
  }
}, 60_000)
