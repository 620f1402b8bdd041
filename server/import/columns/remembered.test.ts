import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { takeOut } from '../apply.ts'
import type { Readable } from '../inspect.ts'
import { headerDigest } from '../reading/header-digest.ts'
import { forgetMapping, headersDigest, savedMappings } from './remembered.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'

const header = 'order,who,when,total,note,status\n'
const file = (shop: TestShop, name: string, rows: string) => shop.file(name, header + rows)
const given = {
  columns: { memberId: 'who', orderedAt: 'when', amount: 'total', product: null },
  dates: 'day-first',
  states: { fertig: 'paid' },
} as const

test('the next file with the same columns is read as the last one was confirmed', async () => {
  await using shop = await openTestShop('EUR', 'Europe/Berlin')
  const seen = async (path: string, map = {}) => {
    const { inspection } = (await shop.inspect(path, 'next.csv', map)) as Readable
    return inspection
  }
  const first = file(shop, 'first.csv', 'A,m1,3/4/2026,10,x,fertig\n')
  expect((await seen(first)).remembered).toBeNull()
  const receipt = receiptOf(await shop.import(first, { map: given }))

  const next = file(shop, 'next.csv', 'B,m2,5/6/2026,20,y,fertig\n')
  const inspection = await seen(next)
  expect(inspection.remembered).toMatchObject({ fileName: 'first.csv' })
  expect(inspection.questions).toEqual([])
  expect(inspection.map).toMatchObject({ dates: 'day-first', states: { fertig: 'paid' } })
  expect(receiptOf(await shop.import(next))).toMatchObject({ imported: 1, firstDay: '2026-06-05' })
  expect(await shop.workspace.engine.rows(sql`select distinct product from order_lines`)).toEqual([
    { product: null },
  ])
  // What is said of this file goes first.
  expect((await seen(next, { dates: 'month-first' })).map.dates).toBe('month-first')
  // Another header, an undone import: nothing is remembered.
  const other = shop.file('other.csv', 'order,who,when,total,note\nA,m1,3/4/2026,10,x\n')
  expect((await seen(other)).remembered).toBeNull()
  for (const { importId } of [
    receipt,
    ...(await shop.workspace.engine.rows(sql`select import_id from imports`)),
  ])
    await takeOut(shop.workspace.engine, String(importId), {
      timeZone: 'UTC',
      today: '2026-11-22',
      undoneAt: '2026-11-22T00:00:00Z',
      signal: new AbortController().signal,
    })
  expect((await seen(next)).remembered).toBeNull()
})

test('what is remembered is listed, newest first, and forgotten on demand; what it brought stays', async () => {
  await using shop = await openTestShop('EUR', 'Europe/Berlin')
  const { engine } = shop.workspace
  receiptOf(await shop.import(file(shop, 'first.csv', 'A,m1,3/4/2026,10,x,fertig\n'), { map: given }))
  receiptOf(await shop.import(file(shop, 'second.csv', 'B,m1,3/5/2026,10,x,fertig\n')))
  await shop.importMembers(shop.file('people.csv', 'member id,name,tier\nm1,Ann,gold\n'))
  // a shop's system says itself what it sends
  await shop.importMembers(
    shop.file('batch.jsonl', '{"member id":"m2","name":"Bob","tier":"","points":""}\n'),
    {
      onRefused: () => {},
    },
  )
  const [people, orders, ...more] = await savedMappings(engine)
  expect(more).toEqual([])
  expect(people).toMatchObject({ kind: 'members', fileName: 'people.csv', files: 1, dates: null })
  expect(people!.columns).toContainEqual({ field: 'tier', column: 'tier' })
  expect(orders).toMatchObject({ kind: 'orders', fileName: 'second.csv', files: 2, dates: 'day-first' })
  expect(orders!.columns).toContainEqual({ field: 'memberId', column: 'who' })
  expect(orders!.columns.map(({ field }) => field)).not.toContain('product')

  const by = { actor: 'somebody', at: new Date('2026-11-22T08:00:00Z') }
  expect(await forgetMapping(engine, { kind: 'members', headers: orders!.headers }, by)).toBe(false)
  expect(await forgetMapping(engine, { kind: 'orders', headers: orders!.headers }, by)).toBe(true)
  expect(await forgetMapping(engine, { kind: 'orders', headers: orders!.headers }, by)).toBe(false)
  expect((await savedMappings(engine)).map(({ kind }) => kind)).toEqual(['members'])
  const again = (await shop.inspect(
    file(shop, 'third.csv', 'C,m1,3/6/2026,10,x,fertig\n'),
    'third.csv',
    {},
  )) as Readable
  expect(again.inspection.remembered).toBeNull()
  expect(await engine.rows(sql`select count(*) as orders from orders`)).toEqual([{ orders: 2 }])
})

test('of several columns of money the one that was the amount stays it, and no other becomes one beside it', async () => {
  await using shop = await openTestShop('EUR', 'UTC')
  // the total stands on the first row of an order alone
  const header = 'order_id,customer_id,order_date,total,subtotal,item,unit price\n'
  const rows = 'A,m1,2026-01-02,30,30,tea,10\nA,m1,2026-01-02,,,pot,20\nB,m2,2026-01-03,5,5,tea,5\n'
  const first = receiptOf(await shop.import(shop.file('first.csv', header + rows)))
  expect(first).toMatchObject({ imported: 3, orders: 2, netMinor: 3500 })
  const lines = () => shop.workspace.engine.rows(sql`select product, net_minor from order_lines order by all`)
  const before = await lines()
  const next = shop.file('next.csv', `${header}${rows}C,m1,2026-01-04,7,7,tea,7\n`)
  expect(receiptOf(await shop.import(next))).toMatchObject({ imported: 1, unchanged: 3 })
  expect(await lines()).toEqual([...before, { product: 'tea', netMinor: 700 }].toSorted(byProductAndNet))
})

const byProductAndNet = (a: Record<string, unknown>, b: Record<string, unknown>) =>
  String(a['product']).localeCompare(String(b['product'])) || Number(a['netMinor']) - Number(b['netMinor'])

test('the zone of times that name none is the file’s own, and remembered with its columns', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const header = 'order_id,customer_id,order_date,amount\n'
  const late = 'A,m1,2026-01-31 20:00:00,10\nB,m1,2026-01-31 20:00:00+08:00,10\n'
  const days = () => shop.workspace.engine.rows(sql`select order_id, local_day from orders order by order_id`)
  const inUtc = receiptOf(
    await shop.import(shop.file('utc.csv', header + late), { map: { timeZone: 'UTC' } }),
  )
  // Eight in the evening in London is the next month in Shanghai; a time that names its zone keeps it.
  expect(inUtc).toMatchObject({ imported: 2 })
  expect(await days()).toEqual([
    { orderId: 'A', localDay: '2026-02-01' },
    { orderId: 'B', localDay: '2026-01-31' },
  ])
  const next = shop.file('next.csv', `${header}C,m1,2026-01-31 20:00:00,10\n`)
  const seen = (await shop.inspect(next, 'next.csv', {})) as Readable
  expect(seen.inspection.map.timeZone).toBe('UTC')
  receiptOf(await shop.import(next))
  expect((await days()).at(-1)).toEqual({ orderId: 'C', localDay: '2026-02-01' })
  // Said of this file, it goes first.
  const own = shop.file('own.csv', `${header}D,m1,2026-01-31 20:00:00,10\n`)
  receiptOf(await shop.import(own, { map: { timeZone: 'Asia/Shanghai' } }))
  expect((await days()).at(-1)).toEqual({ orderId: 'D', localDay: '2026-01-31' })
})

test('the same columns in another order are read as they were, also of imports that kept their order', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const { engine } = shop.workspace
  const names = ['订单号', '会员号', '下单时间', '实付金额', '应付']
  const map = { columns: { amount: '应付' } }
  receiptOf(await shop.import(shop.file('a.csv', `${names.join()}\nA,m1,2026-01-02,9,10\n`), { map }))
  const amountOf = async (name: string, text: string) => {
    const seen = (await shop.inspect(shop.file(name, text), name, {})) as Readable
    return [seen.inspection.remembered?.fileName, seen.inspection.map.columns.amount]
  }
  const turned = '应付,实付金额,会员号,订单号,下单时间\n20,18,m1,B,2026-01-03\n'
  expect(await amountOf('b.csv', turned)).toEqual(['a.csv', '应付'])
  const same = `${names.join()}\nC,m1,2026-01-02,9,10\n`
  await engine.run(
    sql`update imports set mapping = json_merge_patch(mapping, ${JSON.stringify({ headers: headerDigest(names) })})`,
  )
  expect(await amountOf('c.csv', same)).toEqual(['a.csv', '应付'])
  // where names repeat a column is told by its place
  expect(headersDigest(['a', 'b', 'a'])).not.toBe(headersDigest(['a', 'a', 'b']))
})
