import { expect, test } from 'vitest'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { foldedUnder, type Listed } from './history.ts'
import { openTestShop, receiptOf } from '../test-shop.ts'
import { undoImport } from '../undo.ts'

/**
 * Imports from the oldest on, each as `kind/columns:refused`, behind it `+` where it brought something, `x` where it was
 * undone at once, `X` where it brought something and was undone when all were there.
 */
const under = (text: string) => {
  const imports = text.split(' ').map((one, at): Listed => {
    const [, kind, headers, refused, mark] = /^(\w+)\/(\w+):(\d+)([+xX]?)$/.exec(one)!
    return {
      importId: String(at),
      kind: kind!,
      headers: headers!,
      importedAt: `2026-10-${10 + at}`,
      undoneAt: mark === 'x' ? `2026-10-${10 + at}T12:00` : mark === 'X' ? '2026-11-01' : null,
      report: { read: 9, imported: mark === '+' || mark === 'X' ? 1 : 0, refused: Number(refused) },
    }
  })
  return Object.fromEntries(foldedUnder(imports.toReversed()))
}

test('files one after the other that brought nothing new are listed under the newest of them', () => {
  expect(under('orders/a:0+ orders/a:0 orders/a:0 orders/a:0')).toEqual({ 1: '3', 2: '3' })
  expect(under('orders/a:0 orders/a:0+ orders/a:0 orders/a:0')).toEqual({ 2: '3' })
  expect(under('orders/a:0 members/b:0 orders/a:0 members/b:0+')).toEqual({ 0: '2' })
  expect(under('orders/a:0 orders/b:0 refunds/a:0')).toEqual({})
  expect(under('orders/a:0 orders/a:0 orders/a:2 orders/a:2 orders/a:0')).toEqual({ 0: '1', 2: '3' })
  expect(under('orders/a:0 orders/a:0x orders/a:0')).toEqual({ 0: '2' })
  // what the first had brought stands by the two after it
  expect(under('orders/a:0X orders/a:0 orders/a:0')).toEqual({})
  expect(under('members/a:0X orders/a:0 orders/a:0')).toEqual({ 1: '2' })
})

test('other reasons of as many refused rows are no news told before', () => {
  const one = (importId: string, reason: string): Listed => ({
    importId,
    kind: 'orders',
    headers: 'a',
    importedAt: '2026-10-10',
    undoneAt: null,
    report: { read: 9, imported: 0, refused: 1, reasons: [{ reason, field: null, rows: 1 }] },
  })
  expect(foldedUnder([one('new', 'bad-date'), one('old', 'bad-amount')]).size).toBe(0)
  expect(foldedUnder([one('new', 'bad-date'), one('old', 'bad-date')]).size).toBe(1)
})

test.each([
  { newOrders: 1 },
  { corrected: 1 },
  { fewerLines: 1 },
  { newMembers: 1 },
  { changedMembers: 1 },
  { newEntries: 1 },
  { changedEntries: 1 },
  { months: [{ month: '2026-10-01' }] },
  { read: 0 },
])('a report with %j is one with news', (more) => {
  const one = (importId: string): Listed => ({
    importId,
    kind: 'orders',
    headers: 'a',
    importedAt: '2026-10-10',
    undoneAt: null,
    report: { read: 9, imported: 0, refused: 0, ...more },
  })
  expect(foldedUnder([one('new'), one('old')]).size).toBe(0)
})

test('a daily export with the same orders is one line of the history, whose files can all be undone', async () => {
  await using shop = await openTestShop('CNY')
  const rows = Array.from({ length: 20 }, (_, n) => `A${n},m${n},2026-10-${10 + n},10`)
  const day = async (n: number, more: readonly string[] = []) => {
    // other bytes each day: the rows in another order
    const text = [...rows.slice(n), ...rows.slice(0, n), ...more].join('\n')
    const file = shop.file(`day-${n}.csv`, `order_id,customer_id,order_date,amount\n${text}\n`)
    return receiptOf(await shop.import(file)).importId!
  }
  const list = () =>
    createCallerFactory(appRouter)({
      platform: shop.platform,
      actor: { kind: 'local' },
      workspace: shop.workspace,
      role: 'owner',
      language: 'en',
    }).imports.list()
  const ids = []
  for (const n of [0, 1, 2, 3]) ids.push(await day(n))
  const [, second, third, fourth] = ids
  expect((await list()).map(({ fileName, under }) => [fileName, under])).toEqual([
    ['day-3.csv', null],
    ['day-2.csv', fourth],
    ['day-1.csv', fourth],
    ['day-0.csv', null],
  ])
  expect((await list()).map(({ receipt }) => receipt?.nothingNew)).toEqual([true, true, true, false])
  const fifth = await day(4, ['B,m1,2026-10-30,5'])
  const sixth = await day(5, ['B,m1,2026-10-30,5'])
  await undoImport(shop.platform, shop.workspace, { importId: third!, actor: 'local' })
  expect((await list()).map(({ importId, under }) => [importId, under])).toEqual([
    [sixth, null],
    [fifth, null],
    [fourth, null],
    [third, null],
    [second, fourth],
    [ids[0], null],
  ])
})
