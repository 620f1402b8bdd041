import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { campaignById, createCampaign } from '../campaigns/campaigns.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { openPlatform } from '../platform.ts'
import { changeDeliverySettings } from './settings.ts'
import { saveAccount } from './channel-account.ts'
import { smsAccount } from './sms-settings.ts'
import { openWechatServer, shopAccount, wechatTemplateId } from './wechat-server.fixture.ts'
import { wechatAccount } from './wechat-settings.ts'
import { startDeliveries } from './worker.ts'

const child = fileURLToPath(new URL('send-until-killed.fixture.ts', import.meta.url))

/** A receiver of a channel: what it got of each member, by their number or address. */
interface Receiver {
  readonly channel: object
  /** Delivery ids by address. */
  readonly got: ReadonlyMap<string, ReadonlySet<string>>
  setUp(shop: TestShop): Promise<void>
  close(): void
}

class Got extends Map<string, Set<string>> {
  add(address: string, id: string): void {
    this.set(address, (this.get(address) ?? new Set()).add(id))
  }
}

/** `take` reads address and delivery id from a request; the answer is `said`. */
async function httpReceiver(
  take: (got: Got, request: { url: string; headers: NodeJS.Dict<string | string[]>; body: string }) => void,
  said: string,
): Promise<{ got: Got; address: string; close(): void }> {
  const got = new Got()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      take(got, { url: request.url!, headers: request.headers, body })
      response.writeHead(200).end(said)
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    got,
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const receivers: Record<'webhook' | 'sms' | 'wechat', () => Promise<Receiver>> = {
  async webhook() {
    const server = await httpReceiver((got, { headers, body }) => {
      const { memberId } = (JSON.parse(body) as { data: { memberId: string } }).data
      got.add(memberId, String(headers['webhook-id']))
    }, '')
    return { ...server, channel: { kind: 'webhook', url: `${server.address}/` }, setUp: async () => {} }
  },
  async sms() {
    const server = await httpReceiver((got, { url }) => {
      const { searchParams } = new URL(url, 'http://x')
      got.add(searchParams.get('PhoneNumbers')!, searchParams.get('OutId')!)
    }, '{"Code":"OK"}')
    return {
      ...server,
      channel: {
        kind: 'sms',
        templateCode: 'SMS_1',
        params: { code: '{{ coupon.code }}' },
        language: 'zh-CN',
      },
      async setUp({ platform, workspace, clock }) {
        await workspace.engine.run(
          sql`update members set phone = '+8613800' || lpad(cast(member_key as varchar), 6, '0')`,
        )
        const settings = { endpoint: server.address, accessKeyId: 'key', signName: '好邻居', priceMinor: 5 }
        const doing = { actor: 'test', at: clock.now() }
        await saveAccount(platform.store, workspace.id, smsAccount, { settings, secret: 'a secret' }, doing)
      },
    }
  },
  async wechat() {
    const server = await openWechatServer()
    return {
      channel: {
        kind: 'wechat',
        templateId: wechatTemplateId,
        data: { thing1: '来店就用', character_string2: '{{ coupon.code }}', thing3: '好邻居' },
        language: 'zh-CN',
      },
      get got() {
        const got = new Got()
        for (const { touser, client_msg_id } of server.taken) got.add(touser, client_msg_id)
        return got
      },
      async setUp({ platform, workspace, clock }) {
        await workspace.engine.run(
          sql`update members set openid = 'oMEMBER' || lpad(cast(member_key as varchar), 21, '0')`,
        )
        const settings = { endpoint: server.endpoint, appId: shopAccount.appId }
        const doing = { actor: 'test', at: clock.now() }
        await saveAccount(
          platform.store,
          workspace.id,
          wechatAccount,
          { settings, secret: shopAccount.appSecret },
          doing,
        )
      },
      close: () => server.close(),
    }
  },
}

test.each(['webhook', 'sms', 'wechat'] as const)(
  'kill -9 in the midst of sending by %s: nobody has a second delivery id, nobody is left out',
  async (name) => {
    const receiver = await receivers[name]()
    const shop = await openTestShop(40)
    const { folder, clock } = shop
    try {
      await receiver.setUp(shop)
      const doing = { actor: 'test', at: clock.now() }
      const always = { quiet: null, cap: null, perMinute: {} }
      await changeDeliverySettings(shop.platform.store, shop.workspace.id, always, doing)
      const { campaignId } = await createCampaign(
        shop.desk,
        definitionOf({ holdout: 0, channel: receiver.channel }),
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
      const { got } = receiver
      expect(got.size).toBe(issued)
      expect([...got.values()].filter((ids) => ids.size !== 1)).toEqual([])
      await platform.close()
    } finally {
      receiver.close()
      rmSync(folder, { recursive: true })
    }
  },
  60_000,
)
