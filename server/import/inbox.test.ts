import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { zipped } from './containers/archive.fixture.ts'
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

test('locks, drafts, links and folders are left alone; a file that was written to just now waits', async () => {
  await using shop = await openTestShop()
  const inbox = openInbox(shop.platform, { polling: false, quiet: 15_000 })
  await inbox.look()
  const { folder } = inboxOf(shop.platform, shop.workspace)
  const names = ['~$book.xlsx', '.hidden.csv', 'a.csv.tmp', 'a.csv~', 'a.csv.filepart']
  const old = new Date(Date.now() - 60_000)
  const put = (name: string, when: Date) => {
    writeFileSync(join(folder, name), `${known}${name},m1,2026-01-02,10\n`)
    utimesSync(join(folder, name), when, when)
  }
  for (const name of names) put(name, old)
  mkdirSync(join(folder, 'sub'))
  put('sub/b.csv', old)
  symlinkSync(join(folder, 'sub', 'b.csv'), join(folder, 'link.csv'))
  put('slow.csv', new Date())
  put('whole.csv', old)
  await inbox.look()
  await inbox.look()
  expect(await orders(shop)).toEqual(['whole.csv'])
  put('slow.csv', old)
  await inbox.look()
  await inbox.look()
  expect(await orders(shop)).toEqual(['slow.csv', 'whole.csv'])
  expect(readdirSync(folder).toSorted()).toEqual([...names, 'done', 'link.csv', 'refused', 'sub'].toSorted())
  await inbox.stop()
})

test('an inbox that cannot be used says so and keeps no other from being read', async () => {
  await using shop = await openTestShop()
  const next = (await shop.platform.workspaces.create({ name: 'next', currency: 'GBP', timeZone: 'UTC' }))!
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  const { folder } = inboxOf(shop.platform, shop.workspace)
  rmSync(folder, { recursive: true })
  writeFileSync(folder, 'a file in the place of the folder')
  writeFileSync(join(inboxOf(shop.platform, next).folder, 'a.csv'), `${known}A,m1,2026-01-02,10\n`)
  await inbox.look()
  await inbox.look()
  expect(await next.engine.rows(sql`select order_id from orders`)).toEqual([{ orderId: 'A' }])
  expect(inboxState(shop.platform, next, 'en').trouble).toBeNull()
  const { trouble } = inboxState(shop.platform, shop.workspace, 'zh-CN')
  expect(trouble).toContain(folder)
  rmSync(folder)
  await inbox.look()
  expect(inboxState(shop.platform, shop.workspace, 'en')).toMatchObject({ trouble: null, refused: [] })
  await inbox.stop()
})

test('names as long as a file system takes them are imported, refused and moved like others, each for itself', async () => {
  await using shop = await openTestShop()
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  const { folder, done, refused } = inboxOf(shop.platform, shop.workspace)
  const long = '订'.repeat(82)
  for (const part of ['1', '2'])
    writeFileSync(join(folder, `${long}${part}.csv`), `${known}${part},m1,2026-01-02,10\n`)
  writeFileSync(join(folder, `${long}3.csv`), '')
  writeFileSync(join(folder, 'z.csv'), `${known}z,m1,2026-01-02,10\n`)
  await inbox.look()
  await inbox.look()
  expect(await orders(shop)).toEqual(['1', '2', 'z'])
  expect(readdirSync(folder).toSorted()).toEqual(['done', 'refused'])
  expect(readdirSync(done).filter((name) => name.endsWith('.csv'))).toHaveLength(3)
  expect(readdirSync(refused)).toHaveLength(2)
  const state = inboxState(shop.platform, shop.workspace, 'en')
  expect(state).toMatchObject({
    trouble: null,
    refused: [{ fileName: expect.stringMatching(/^订+~.*csv$/) }],
  })
  await inbox.stop()
})

test('a name that no file system takes has a folder of its own', () => {
  const of = (name: string, id: string) => inboxOf({ dataFolder: '/d' }, { id, name }).folder
  expect(of('My shop', '1')).toBe('/d/inbox/My shop')
  expect(of('a/b', '12345678-9')).toBe('/d/inbox/a_b-12345678')
  expect(of('..', '12345678-9')).toBe('/d/inbox/_-12345678')
  expect(existsSync('/d/inbox')).toBe(false)
})

test('a zip in the inbox is taken apart; what can’t be taken of it is told, and the rest is in', async () => {
  await using shop = await openTestShop()
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  const { folder, refused, done } = inboxOf(shop.platform, shop.workspace)
  const parts = {
    'orders.csv': `${known}A,m1,2026-01-02,10\n`,
    'tags.csv': 'customer,tag\nm1,tea\n',
    'points.csv': 'entry_id,customer,time,change\n1,m1,2026-01-05,5\n2,"m1,2026-01-06,5\n',
  }
  writeFileSync(join(folder, 'all.zip'), zipped(parts))
  await inbox.look()
  await inbox.look()
  expect(await orders(shop)).toEqual(['A'])
  const imports = sql`select kind, file_name from imports order by import_seq`
  expect(await shop.workspace.engine.rows(imports)).toEqual([
    { kind: 'orders', fileName: 'all.zip/orders.csv' },
    { kind: 'tags', fileName: 'all.zip/tags.csv' },
  ])
  expect(readdirSync(done)).toEqual([])
  for (const language of ['en', 'zh-CN'] as const) {
    const [told] = inboxState(shop.platform, shop.workspace, language).refused
    expect(told).toMatchObject({ fileName: 'all.zip' })
    for (const name of ['all.zip/orders.csv', 'all.zip/tags.csv', 'all.zip/points.csv'])
      expect(told!.reason).toContain(name)
  }
  // mended and put there again, it is done, and nothing counts twice
  for (const name of readdirSync(refused)) rmSync(join(refused, name))
  writeFileSync(
    join(folder, 'all.zip'),
    zipped({ ...parts, 'points.csv': parts['points.csv'].replace('"', '') }),
  )
  await inbox.look()
  await inbox.look()
  expect(readdirSync(refused)).toEqual([])
  expect(readdirSync(done)).toEqual([expect.stringMatching(/ all\.zip$/)])
  expect((await shop.workspace.engine.rows(imports)).map(({ kind }) => kind)).toEqual([
    'orders',
    'tags',
    'points',
  ])
  await inbox.stop()
})

test('a file that is taken away, replaced or written on while it is read is not lost, and none is moved unread', async () => {
  await using shop = await openTestShop()
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  const { folder, done, refused } = inboxOf(shop.platform, shop.workspace)
  const { engine } = shop.workspace
  const row = (id: string) => `${id},m1,2026-01-02,10\n`
  /** Does something to the folder when the first question after it is asked of the engine: within the reading of a file. */
  const meanwhile = (act: () => void) => {
    const spy = vi.spyOn(engine, 'rows').mockImplementationOnce((...asked) => {
      act()
      spy.mockRestore()
      return engine.rows(...asked)
    })
  }
  writeFileSync(join(folder, 'gone.csv'), `${known}${row('A')}`)
  await inbox.look()
  meanwhile(() => rmSync(join(folder, 'gone.csv')))
  await inbox.look()
  expect(inboxState(shop.platform, shop.workspace, 'en')).toMatchObject({ trouble: null, refused: [] })
  expect(readdirSync(refused)).toEqual([])

  // a zip is taken apart before its import begins: what is put in its place meanwhile is another file
  const zip = (id: string) =>
    zipped({ 'orders.csv': `${known}${row(id)}`, 'tags.csv': `customer,tag\n${id},tea\n` })
  writeFileSync(join(folder, 'all.zip'), zip('B'))
  await inbox.look()
  meanwhile(() => {
    writeFileSync(join(folder, 'next'), zip('C'))
    renameSync(join(folder, 'next'), join(folder, 'all.zip'))
  })
  await inbox.look()
  expect(readdirSync(done)).toEqual([])
  await inbox.look()
  await inbox.look()
  expect(await orders(shop)).toContain('C')
  expect(readdirSync(done)).toHaveLength(1)

  // whoever still holds it open writes into what was moved away
  writeFileSync(join(folder, 'slow.csv'), `${known}${row('D')}`)
  writeFileSync(join(folder, 'begun.csv'), 'order_id\n')
  const [slow, begun] = ['slow.csv', 'begun.csv'].map((name) => openSync(join(folder, name), 'a'))
  await inbox.look()
  await inbox.look()
  expect(readdirSync(folder).toSorted()).toEqual(['done', 'refused'])
  writeSync(slow!, row('E'))
  for (const file of [slow!, begun!]) closeSync(file)
  writeFileSync(
    join(
      refused,
      readdirSync(refused).find((name) => name.endsWith('begun.csv'))!,
    ),
    `${known}${row('F')}`,
  )
  for (let n = 0; n < 3; n++) await inbox.look()
  expect(await orders(shop)).toEqual(expect.arrayContaining(['D', 'E', 'F']))
  expect(readdirSync(refused)).toEqual([])
  expect(readdirSync(folder).toSorted()).toEqual(['done', 'refused'])
  await inbox.stop()
})

test('an empty file waits for its content far longer than one that has some', async () => {
  await using shop = await openTestShop()
  const inbox = openInbox(shop.platform, { polling: false, quiet: 15_000 })
  await inbox.look()
  const { folder, refused } = inboxOf(shop.platform, shop.workspace)
  const put = (text: string, secondsAgo: number) => {
    const when = new Date(Date.now() - secondsAgo * 1000)
    writeFileSync(join(folder, 'a.csv'), text)
    utimesSync(join(folder, 'a.csv'), when, when)
  }
  const lookTwice = async () => {
    await inbox.look()
    await inbox.look()
  }
  put('', 300)
  await lookTwice()
  expect(readdirSync(folder)).toContain('a.csv')
  put(`${known}A,m1,2026-01-02,10\n`, 20)
  await lookTwice()
  expect(await orders(shop)).toEqual(['A'])
  put('', 660)
  await lookTwice()
  expect(readdirSync(refused)).toHaveLength(2)
  await inbox.stop()
})
