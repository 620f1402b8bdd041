import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSharedStage, type Stage, workspaceOf } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

/** What another system hands out, in the order in which a merchant might drop it. */
const files: readonly (readonly [name: string, content: string])[] = [
  [
    'orders.csv',
    '订单号,会员卡号,下单时间,实付金额\nA1,M1,2026-01-06 15:00,88\nA2,M2,2026-01-07 15:00,66\nA3,M3,2026-01-08 15:00,50\n',
  ],
  ['campaigns.csv', '活动编号,活动名称,开始日期,结束日期\nHD-1,老客召回,2026-01-01,2026-01-31\n'],
  ['targets.csv', '活动编号,会员卡号,分组\nHD-1,M1,触达组\nHD-1,M2,触达组\nHD-1,M3,对照组\n'],
  [
    'coupons.csv',
    '券码,活动编号,活动名称,会员卡号,领取时间,核销时间,订单号,优惠金额,券状态\nW1,HD-1,老客召回,M1,2026-01-02 10:00,2026-01-06 15:00,A1,20.00,已核销\nW2,HD-1,老客召回,M2,2026-01-02 10:00,,,,未使用\nW3,HD-1,老客召回,M2,2026-01-02 10:00,2026-01-09 15:00,A9,20.00,已核销\n',
  ],
  [
    'tests.csv',
    '实验名称,会员卡号,分组,是否到店,消费金额,杯数\n短信文案,M1,文案 A,1,30,2\n短信文案,M2,文案 A,0,10,4\n短信文案,M3,对照组,1,7,1\n',
  ],
]

test('campaigns, coupons and tests of other systems stand on Data and with the member, at a desk and on a phone', async () => {
  const watched = await stage.page({ language: 'zh-CN' })
  const { page, complaints, open } = watched
  await workspaceOf(watched, stage, 'elsewhere')

  for (const [name, content] of files) {
    await open('/data')
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: '选择文件' }).click(),
    ])
    await chooser.setFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) })
    await page.getByRole('button', { name: '导入', exact: true }).click()
    await page.getByRole('heading', { name: `${name} 已导入` }).waitFor()
  }
  await page.getByText('短信文案，文案 A：2 个对象 · 到访 0.5 · 消费 20 · 杯数 3。').waitFor()

  await open('/data')
  const cells = async (table: string, row: RegExp) => {
    const found = page.getByRole('region', { name: table }).getByRole('row', { name: row })
    await found.waitFor()
    return found.getByRole('cell').allTextContents()
  }
  // both who were targeted and not held out used a coupon; of three coupons two were used
  expect(await cells('其他系统的活动', /老客召回/)).toEqual([
    '老客召回HD-1',
    '2026年1月1日',
    '2026年1月31日',
    '2',
    '2',
    '2/2',
    '2',
    '2/3',
  ])
  await page.getByText('优惠券核销 2 次：1 次的订单已导入').waitFor()
  expect(await cells('与订单或账本不一致的优惠券', /W3/)).toEqual([
    'M2',
    'W3',
    '在订单 A9 中使用',
    '该订单尚未导入',
    '2026年1月9日 15:00',
    'coupons.csv',
  ])
  expect(await cells('其他系统的实验结果', /文案 A/)).toEqual([
    '短信文案',
    '文案 A',
    '2',
    '到访 0.5 · 消费 20 · 杯数 3',
  ])
  // what was confirmed is named in words for every kind
  const kinds = await page.getByRole('region', { name: '记住的字段匹配' }).last().textContent()
  expect(kinds).toContain('其他系统的优惠券')
  expect(kinds).not.toMatch(/mappings\./)
  expect(await serious(page)).toEqual([])

  // a test opens: its only arm beside the control, which its name tells
  await page.getByRole('link', { name: '短信文案' }).first().click()
  await page.getByText('3 个对象，2 个分组，分组与计划相符（p = 0.5637）。').waitFor()
  await page.getByRole('heading', { name: '文案 A：到访 −50.00 个百分点，尚未证实' }).waitFor()
  await page.getByText('对照组 按名称识别为对照组').waitFor()
  expect(await cells('文案 A', /消费/)).toEqual([
    '消费',
    '20.0000',
    '7.0000',
    '+13.0000成交太少，不给区间',
    '–', // of one subject in the control
    '尚未证实',
  ])
  expect(await serious(page)).toEqual([])

  await open('/members/M1')
  await page.getByRole('heading', { name: /其他系统的优惠券/ }).waitFor()
  expect(await serious(page)).toEqual([])

  expect(complaints).toEqual([])
  await page.context().close()

  // the longer words of the other language, on a phone: nothing has to be scrolled for
  const phone = await stage.page({ language: 'en', scheme: 'dark', width: 390 })
  for (const path of ['/data', '/members/M1', `/data/tests/${encodeURIComponent('短信文案')}`]) {
    await phone.open(path)
    await phone.page
      .getByText(
        path === '/data'
          ? 'Campaigns elsewhere'
          : path.startsWith('/data')
            ? 'is the control by its name'
            : 'As imported files tell',
      )
      .first()
      .waitFor()
    const wide = await phone.page.evaluate(() => ({
      page: document.documentElement.scrollWidth - innerWidth,
      tables: [...document.querySelectorAll('table')]
        .filter(({ parentElement }) => parentElement!.scrollWidth > parentElement!.clientWidth + 1)
        .map((table) => table.textContent),
    }))
    expect(wide).toEqual({ page: 0, tables: [] })
    expect(await serious(phone.page)).toEqual([])
  }
  expect(phone.complaints).toEqual([])
  await phone.page.context().close()
})
