import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { inboxOf, inboxState, openInbox } from './inbox.ts'
import { openTestShop, receiptOf, type TestShop } from './test-shop.ts'

const orders = async ({ workspace }: TestShop) =>
  (await workspace.engine.rows(sql`select order_id from orders order by order_id`)).map(
    ({ orderId }) => orderId,
  )
const known = 'order_id,customer_id,order_date,amount\n'

test('what is put into the inbox is imported once it is whole, and moved', async () => {
  await using shop = await openTestShop()
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  const { folder, done, refused } = inboxOf(shop.platform, shop.workspace)
  expect(folder).toBe(join(shop.platform.dataFolder, 'inbox', 'shop'))
  writeFileSync(join(folder, 'a.csv'), `${known}A,m1,2026-01-02,10\n`)
  writeFileSync(join(folder, 'copying.csv.part'), known)
  mkdirSync(join(folder, 'own'))
  await inbox.look()
  expect(await orders(shop)).toEqual([])
  // It grew since: somebody still writes it.
  writeFileSync(join(folder, 'a.csv'), `${known}A,m1,2026-01-02,10\nB,m2,2026-01-03,10\n`)
  await inbox.look()
  expect(await orders(shop)).toEqual([])
  await inbox.look()
  expect(await orders(shop)).toEqual(['A', 'B'])
  expect(readdirSync(folder).toSorted()).toEqual(['copying.csv.part', 'done', 'own', 'refused'])
  expect(readdirSync(done)).toEqual([expect.stringMatching(/ a\.csv$/)])
  expect(readdirSync(refused)).toEqual([])
  expect(
    await shop.platform.store
      .selectFrom('audit')
      .select(['actor', 'action'])
      .where('actor', '=', 'inbox')
      .execute(),
  ).toEqual([{ actor: 'inbox', action: 'import-applied' }])
  await inbox.stop()
})

test('what cannot be imported for sure is put aside with the reason, until its columns were confirmed once', async () => {
  await using shop = await openTestShop('EUR')
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  const { folder, done, refused } = inboxOf(shop.platform, shop.workspace)
  const unsure = 'beleg,order_id,wer,order_date,amount\n1,A,m1,3.4.2026,10\n'
  writeFileSync(join(folder, 'unsure.csv'), unsure)
  writeFileSync(join(folder, 'empty.txt'), '')
  await inbox.look()
  await inbox.look()
  expect(await orders(shop)).toEqual([])
  const state = inboxState(shop.platform, shop.workspace, 'en')
  expect(state.folder).toBe(folder)
  expect(state.refused.map(({ fileName, reason }) => [fileName, reason]).toSorted()).toEqual([
    ['empty.txt', 'empty.txt is empty. Export it again and try once more.'],
    ['unsure.csv', expect.stringContaining('no column that tells members apart') as string],
  ])
  expect(inboxState(shop.platform, shop.workspace, 'zh-CN').refused.map(({ reason }) => reason)).toContain(
    'empty.txt 是空文件，请重新导出后再试。',
  )

  receiptOf(
    await shop.import(shop.file('unsure.csv', unsure), {
      map: { columns: { memberId: 'wer' }, dates: 'day-first' },
    }),
  )
  const back = readdirSync(refused).find((name) => name.endsWith('unsure.csv'))!
  renameSync(join(refused, back), join(folder, 'next.csv'))
  writeFileSync(join(folder, 'next.csv'), `${unsure}2,B,m1,4.4.2026,10\n`)
  await inbox.look()
  await inbox.look()
  expect(await orders(shop)).toEqual(['A', 'B'])
  expect(readdirSync(done)).toHaveLength(1)
  await inbox.stop()
})

test('a name that no file system takes has a folder of its own', () => {
  const of = (name: string, id: string) => inboxOf({ dataFolder: '/d' }, { id, name }).folder
  expect(of('My shop', '1')).toBe('/d/inbox/My shop')
  expect(of('a/b', '12345678-9')).toBe('/d/inbox/a_b-12345678')
  expect(of('..', '12345678-9')).toBe('/d/inbox/_-12345678')
  expect(existsSync('/d/inbox')).toBe(false)
})
