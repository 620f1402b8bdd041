import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { sql } from '../analytics/sql/sql.ts'
import { createKey } from './api/keys.ts'
import { makeApp } from './app.ts'
import { addLaunch, couponFor } from './coupons/issued-coupons.fixture.ts'
import { openPlatform } from './platform.ts'

/** A disk of its own in memory, where this user may mount one; null elsewhere. */
function smallDisk(): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmSync(folder, { recursive: true })
    return null
  }
  onTestFinished(() => {
    execFileSync('umount', [folder])
    rmSync(folder, { recursive: true })
  })
  return folder
}

/** Writes until not a byte more fits. */
function fill(path: string): void {
  const file = openSync(path, 'a')
  for (const size of [1 << 20, 4096, 1])
    try {
      for (;;) writeSync(file, Buffer.alloc(size, 1))
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOSPC') throw error
    }
  closeSync(file)
}

test('a disk that fills under a running server refuses what writes with a sentence, loses nothing, and is forgotten once there is room', async ({
  skip,
}) => {
  const disk = smallDisk()
  if (disk === null) return skip()
  const clock = { now: () => new Date('2026-11-22T04:00:00Z') }
  const platform = await openPlatform(join(disk, 'data'), clock, { threads: 1 })
  const shop = (await platform.workspaces.create({ name: 'W', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  const app = await makeApp(platform)
  onTestFinished(async () => {
    await app.close()
    await platform.close()
  })
  const coupon = couponFor('m1')
  await addLaunch(platform.store, shop.id, [coupon])
  const { key } = await createKey(platform.store, clock, {
    workspaceId: shop.id,
    name: 'T',
    scopes: ['redemptions', 'orders'],
    actor: 'owner',
  })
  const post = async (url: string, token: string, body: object, idempotencyKey = url) => {
    const answer = await app.inject({
      method: 'POST',
      url,
      headers: {
        authorization: `Bearer ${token}`,
        'idempotency-key': idempotencyKey,
        'x-reveille-workspace': 'W',
      },
      payload: body,
    })
    return { status: answer.statusCode, said: answer.body }
  }
  const order = (orderId: string) => ({
    orders: [{ orderId, memberId: 'm1', orderedAt: '2026-11-20T23:30:00+08:00', amountMinor: 100 }],
  })
  const settings = {
    timeZone: 'Europe/Berlin',
    firstWeekday: 7,
    dormancy: { active: 31, cooling: 92, dormant: 180 },
    openedAtStart: true,
  }
  const writes = async () => [
    await post('/api/v1/redemptions', key, {
      code: coupon.code,
      orderId: 'R',
      memberId: 'm1',
      amountMinor: 9_000,
    }),
    await post('/api/v1/orders', key, order('B'), 'second'),
    await post('/trpc/settings.change', platform.ownerToken, settings),
    await post('/trpc/rights.deleteMember', platform.ownerToken, { memberId: 'm1', typed: 'm1' }),
  ]
  const kept = async () => [
    await shop.engine.rows(sql`select order_id, net_minor, local_day from orders order by 1`),
    await shop.engine.rows(sql`select member_id from members`),
    await shop.engine.rows(sql`select time_zone from workspace_state`),
    await platform.store.selectFrom('workspaces').selectAll().execute(),
    await platform.store.selectFrom('audit').selectAll().execute(),
    await platform.store.selectFrom('deletions').selectAll().execute(),
    await platform.store.selectFrom('ledger').selectAll().execute(),
  ]
  expect((await post('/api/v1/orders', key, order('A'))).status).toBe(200)
  const before = await kept()

  // the server's log has what the disk said
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => logged.mockRestore())
  fill(join(disk, 'ballast'))
  for (const { status, said } of await writes()) {
    expect([status, said]).toEqual([expect.toBeOneOf([500, 507]), expect.stringMatching(/disk .*is full/i)])
  }
  expect(await kept()).toEqual(before)

  expect(logged.mock.calls.length).toBeGreaterThanOrEqual(4)

  rmSync(join(disk, 'ballast'))
  expect((await writes()).map(({ status }) => status)).toEqual([201, 200, 200, 200])
  const [orders, members, zone] = await kept()
  expect(orders).toMatchObject([{ orderId: 'A' }, { orderId: 'B' }])
  expect(members).not.toContainEqual({ memberId: 'm1' })
  expect(zone).toEqual([{ timeZone: 'Europe/Berlin' }])
})
