import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Visitor } from '../accounts/test-visitor.ts'
import { makeApp } from '../app.ts'
import { openPlatform, type Platform } from '../platform.ts'

let folder: string
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-refusals-'))
  platform = await openPlatform(folder, { now: () => new Date('2026-11-22T01:00:00Z') }, { threads: 1 })
  await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' })
  app = await makeApp(platform)
})
afterEach(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

test('who is signed in by a cookie is refused in the language of the browser, each call in its own', async () => {
  const owner = new Visitor(app)
  const token = platform.accounts.newOwnerToken()
  expect((await owner.mutate('accounts.signInWithLink', { token })).status).toBe(200)
  const created = await owner.mutate('campaigns.create', {
    name: '唤醒',
    segment: 'everyone',
    offer: { kind: 'amount', amountMinor: 2000 },
    validDays: 14,
    channel: { kind: 'csv' },
  })
  const { campaignId } = created.data as { campaignId: string }
  owner.reads = 'zh-CN,zh;q=0.9,en;q=0.8'
  expect(await owner.query('campaigns.preview', { campaignId: 'none' })).toMatchObject({
    status: 404,
    message: '此工作区没有这个活动，请查看活动列表。',
  })
  expect((await owner.mutate('campaigns.takeCodes', { campaignId })).message).toBe(
    '活动尚未投放，没有券码。请先预览并投放。',
  )
  const malformed = await owner.mutate('campaigns.create', { name: '' })
  expect(malformed.status).toBe(400)
  expect(malformed.message).toMatch(/[一-鿿]/)
  expect(malformed.message).not.toMatch(/Invalid|expected/)
  owner.reads = 'en-GB'
  expect((await owner.mutate('campaigns.takeCodes', { campaignId })).message).toBe(
    'The campaign has not been launched, so it has no codes. Preview and launch it first.',
  )
})
