import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { inboxOf, openInbox } from '../inbox.ts'
import { openTestShop } from '../test-shop.ts'

test('a file of the inbox that changes nothing is told at its import, once however often it comes', async () => {
  await using shop = await openTestShop('CNY')
  const { platform, workspace } = shop
  const { folder, done } = inboxOf(platform, workspace)
  mkdirSync(folder, { recursive: true })
  const inbox = openInbox(platform, { polling: false })
  const list = createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'local' },
    workspace,
    role: 'owner',
    language: 'en',
  }).imports.list
  const good = Array.from({ length: 40 }, (_, n) => `A${n},m${n},2026-10-${10 + (n % 20)},10\n`).join('')
  const rows = `order_id,customer_id,order_date,amount\n${good}C,m3,someday,5\n`
  const put = async (name: string) => {
    writeFileSync(join(folder, name), rows)
    await inbox.look()
    await inbox.look()
  }
  await put('hourly.csv')
  expect(await list()).toMatchObject([{ fileName: 'hourly.csv', again: null }])
  await put('again.csv')
  await put('hourly.csv')
  await inbox.stop()
  expect(readdirSync(done).length).toBeGreaterThan(1)
  const [only, ...others] = await list()
  expect(others).toEqual([])
  expect(only).toMatchObject({
    fileName: 'hourly.csv',
    again: { times: 2, fileName: 'hourly.csv', unchanged: 40, refused: 1 },
    receipt: { imported: 40, refused: 1 },
  })
  const kept = join(platform.dataFolder, 'imports', `${only!.importId}-refused.csv`)
  expect(readFileSync(kept, 'utf8')).toContain('someday')
})
