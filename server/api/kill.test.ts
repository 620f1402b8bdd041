import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { campaignLedger } from '../coupons/counts.ts'
import { addLaunch, couponFor } from '../coupons/issued-coupons.fixture.ts'
import { openPlatform } from '../platform.ts'
import { createKey } from './keys.ts'

const now = new Date('2026-11-22T04:00:00Z')
const clock = { now: () => now }

it('killed under load: what was answered is kept, what was not happens once when asked again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-kill-'))
  let server: Awaited<ReturnType<typeof serve>> | undefined
  onTestFinished(async () => {
    await server?.kill()
    rmSync(folder, { recursive: true })
  })

  const coupons = Array.from({ length: 100 }, (_, n) => couponFor(`m${n}`, { usesAllowed: 3 }))
  const before = await openPlatform(folder, clock, { threads: 1 })
  const shop = (await before.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  const { campaignId } = await addLaunch(before.store, shop.id, coupons)
  const { key } = await createKey(before.store, clock, {
    workspaceId: shop.id,
    name: 'Till',
    scopes: ['redemptions'],
    actor: 'owner',
  })
  await before.close()

  // 600 wishes for 300 uses: many must be refused.
  const wishes = Array.from({ length: 600 }, (_, n) => n)
  const ask = async (address: string, wish: number) => {
    const answer = await fetch(`${address}/api/v1/redemptions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': `wish ${wish}`,
      },
      body: JSON.stringify({
        code: coupons[wish % coupons.length]!.code,
        orderId: `R-${wish}`,
        memberId: `m${wish % coupons.length}`,
        amountMinor: 1_000,
      }),
    })
    return `${answer.status} ${await answer.text()}`
  }

  const askAll = async (address: string, onAnswer: (wish: number, answer: string) => void) => {
    const queue = [...wishes]
    const till = async () => {
      for (let wish = queue.shift(); wish !== undefined; wish = queue.shift()) {
        const answer = await ask(address, wish).catch(() => null)
        if (answer === null) return // the server is gone
        onAnswer(wish, answer)
      }
    }
    await Promise.all(Array.from({ length: 32 }, till))
  }

  server = await serve(folder)
  const { kill } = server
  const first = new Map<number, string>()
  await askAll(server.address, (wish, answer) => {
    first.set(wish, answer)
    if (first.size === 200) void kill()
  })
  expect(first.size).toBeGreaterThanOrEqual(200)
  expect(first.size).toBeLessThan(wishes.length)

  server = await serve(folder)
  const second = new Map<number, string>()
  await askAll(server.address, (wish, answer) => second.set(wish, answer))
  await server.kill()
  for (const [wish, answer] of first) expect(second.get(wish)).toBe(answer)

  const after = await openPlatform(folder, clock, { threads: 1 })
  const redeemed = await after.store
    .selectFrom('ledger')
    .where('kind', '=', 'redeemed')
    .select(['order_id', 'redemption_id'])
    .execute()
  const counted = await campaignLedger(after.store, shop.id, campaignId, now)
  await after.close()
  const granted = [...second].filter(([, answer]) => answer.startsWith('201'))
  expect(redeemed.map(({ order_id, redemption_id }) => `${order_id} ${redemption_id}`).toSorted()).toEqual(
    granted
      .map(
        ([wish, answer]) =>
          `R-${wish} ${(JSON.parse(answer.slice(4)) as { redemptionId: string }).redemptionId}`,
      )
      .toSorted(),
  )
  // Twice as many wishes as uses: every use is taken, none twice.
  expect(counted).toMatchObject({
    issued: 300,
    redeemed: 300,
    open: 0,
    expired: 0,
    revoked: 0,
    redeemers: 100,
  })
})

async function serve(folder: string): Promise<{ address: string; kill(): Promise<void> }> {
  const script = fileURLToPath(new URL('served.fixture.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [script, folder, now.toISOString()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [said] = (await Promise.race([once(child.stdout!, 'data'), exited])) as [Buffer]
  return {
    address: String(said).trim(),
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
