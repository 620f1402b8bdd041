import { afterAll, beforeAll, expect, test } from 'vitest'
import { zipped } from '../../server/import/containers/archive.fixture.ts'
import { openSharedStage, type Stage, workspaceOf } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

const csv = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
const orders = csv(
  'orders.csv',
  'order_id,customer_id,status,purchased_at\nA,c1,delivered,2026-01-05 10:00:00\nB,c2,delivered,2026-02-06 10:00:00\nC,c3,canceled,2026-02-07 10:00:00\n',
)
const items = csv(
  'items.csv',
  'order_id,product_id,price,freight\nA,p1,10.00,1.50\nA,p2,5.00,0.50\nB,p1,10.00,2.00\n',
)
const customers = csv(
  'customers.csv',
  'customer_id,customer_unique_id,city\nc1,u1,Ghent\nc2,u1,Ghent\nc3,u2,Bruges\n',
)

test('tables that are chosen together become one import, from files to figures', async () => {
  const watched = await stage.page({ language: 'zh-CN' })
  const { page, complaints, open } = watched
  await workspaceOf(watched, stage, 'of tables')
  const choose = async (files: (typeof orders)[]) => {
    await open('/data')
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: '选择文件' }).click(),
    ])
    await chooser.setFiles(files)
  }
  await choose([items])
  await page.getByText('请把这些文件一起选中，或放进同一个 zip。').waitFor()
  expect(await page.getByRole('button', { name: '导入', exact: true }).isDisabled()).toBe(true)

  await choose([orders, items, customers])
  await page.getByText('customers.csv（3 行）按 orders.csv 的 customer_id 关联。').waitFor()
  await page.getByText('读取方式：由多张表关联而成', { exact: false }).waitFor()
  expect(await serious(page)).toEqual([])
  await page.getByRole('button', { name: '导入', exact: true }).click()
  await page.getByRole('heading', { name: 'orders.csv + items.csv + customers.csv 已导入' }).waitFor()
  await page.getByText('orders.csv 中有 1 行没有被 items.csv 引用', { exact: false }).waitFor()
  expect(await serious(page)).toEqual([])

  // Beside a table of another kind, in one zip: two imports, and why a third can't be.
  const refunds = 'refund_id,order_id,refunded_at,refund_amount\nR1,A,2026-02-01,3\n'
  await choose([
    {
      name: 'shop.zip',
      mimeType: 'application/zip',
      buffer: Buffer.from(
        zipped({
          'orders.csv': 'order_id,customer,order_date,amount\nD,u2,2026-03-05,15\n',
          'refunds.csv': refunds,
          'tags.csv': 'customer,tag\nu1,"tea\n',
        }),
      ),
    },
  ])
  await page.getByRole('heading', { name: 'shop.zip 分为 2 次导入' }).waitFor()
  await page.getByText('未导入 tags.csv：shop.zip/tags.csv 第 2 行的引号没有闭合').waitFor()
  expect(await serious(page)).toEqual([])
  await page.getByRole('button', { name: '开始 2 次导入' }).click()
  await page.getByRole('heading', { name: '2 项中已导入 2 项' }).waitFor()
  await page.getByRole('heading', { name: 'shop.zip/orders.csv 已导入' }).waitFor()
  await page.getByRole('heading', { name: 'shop.zip/refunds.csv 已导入' }).waitFor()
  expect(await serious(page)).toEqual([])

  // Of many, only receipts with refused rows stand below one another; a report leads to undoing.
  await choose([
    {
      name: 'all.zip',
      mimeType: 'application/zip',
      buffer: Buffer.from(
        zipped({
          'orders.csv': 'order_id,customer,order_date,amount\nE,u2,2026-03-06,15\n',
          'refunds.csv': 'refund_id,order_id,refunded_at,refund_amount\nR2,E,2026-03-07,3\nR3,E,soon,3\n',
          'tags.csv': 'customer,tag\nu1,tea\n',
        }),
      ),
    },
  ])
  await page.getByRole('button', { name: '开始 3 次导入' }).click()
  await page.getByRole('heading', { name: 'all.zip/refunds.csv 已导入' }).waitFor()
  expect(await page.getByRole('heading', { name: 'all.zip/orders.csv 已导入' }).count()).toBe(0)
  await page.getByRole('button', { name: 'all.zip/orders.csv 的回执' }).click()
  await page.getByRole('dialog').getByText('每一行都有会员。').waitFor()
  expect(await serious(page)).toEqual([])
  await page.getByRole('button', { name: '关闭' }).click()
  await page.getByRole('button', { name: 'all.zip/refunds.csv 的导入报告' }).click()
  const report = page.getByRole('dialog')
  await report.getByRole('link', { name: '下载被拒绝的行' }).waitFor()
  await report.getByRole('button', { name: '撤销导入…' }).click()
  await page.getByRole('heading', { name: '撤销 all.zip/refunds.csv？' }).waitFor()
  await page.getByRole('button', { name: '保留' }).last().click()

  // Tags beside members: one file, two imports.
  await choose([csv('会员.csv', '会员号,姓名,标签\nu1,甲,"茶、周末"\nu2,乙,\n')])
  await page.getByRole('heading', { name: '会员.csv 分为 2 次导入' }).waitFor()
  expect(await serious(page)).toEqual([])
  await page.getByRole('button', { name: '开始 2 次导入' }).click()
  await page.getByRole('heading', { name: '2 项中已导入 2 项' }).waitFor()
  await page.getByText('文件中另有 1 行没有标签。').waitFor()
  expect(await serious(page)).toEqual([])

  // One person, whatever number each order gave; freight is charged.
  await open('/members/u1')
  await page.getByText('26.00').first().waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})
