import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSharedStage, type Stage, workspaceOf } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

test('a receipt names three silent stores and counts the others; of coupons the columns that tell a row stand in sight', async () => {
  const watched = await stage.page()
  const { page, complaints, open } = watched
  await workspaceOf(watched, stage, 'of stores', { currency: 'GBP', timeZone: 'Europe/London' })
  const choose = async (name: string, content: string) => {
    await open('/data')
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose file' }).click(),
    ])
    await chooser.setFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) })
    await page.getByRole('button', { name: 'Import', exact: true }).waitFor()
  }
  // five stores stop in June; the sixth goes on
  const silent = [1, 2, 3, 4, 5].map((n) => `S${n},m${n},2026-06-0${n},10.00,Silent ${n}`)
  const open6 = Array.from({ length: 9 }, (_, n) => `O${n},m9,2026-10-0${n + 1},10.00,Open`)
  await choose(
    'orders.csv',
    `order_id,member_id,order_date,amount,store\n${[...silent, ...open6].join('\n')}\n`,
  )
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await page.getByRole('heading', { name: 'orders.csv is imported' }).waitFor()
  expect(await page.getByText('Its export may be missing.').count()).toBe(3)
  await page.getByText('2 more stores have had no orders for longer than usual.').waitFor()

  await choose('coupons.csv', 'coupon_code,member_id,order_number,used_at\nW1,m1,S1,2026-06-01\n')
  const column = (field: string) => page.getByRole('combobox', { name: field, exact: true }).inputValue()
  expect([await column('Coupon code'), await column('Member'), await column('Order')]).toEqual([
    'coupon_code',
    'member_id',
    'order_number',
  ])
  expect(await column('Campaign number')).toBe('')
  await page.getByText('Not in the file').waitFor()
  expect(await page.getByText(/more columns?$/).count()).toBe(0)
  expect(await serious(page)).toEqual([])
  expect(complaints).toEqual([])
  await page.context().close()
}, 120_000)
