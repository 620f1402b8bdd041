import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSharedStage, type Stage, workspaceOf } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

test('an empty workspace takes a dropped file, and shows the sample data when asked', async () => {
  const watched = await stage.page()
  const { page, complaints, open } = watched
  const switchTo = await workspaceOf(watched, stage, 'empty')

  // the full page is never there, not even for a moment
  await page.addInitScript(() => {
    new MutationObserver(() => {
      const title = document.querySelector('h1')?.textContent
      if (title) sessionStorage.titles = `${sessionStorage.titles ?? ''}|${title}`
    }).observe(document, { childList: true, subtree: true })
  })
  await open('/')
  await page.getByRole('heading', { name: 'Start with your orders' }).waitFor()
  expect(await page.evaluate(() => String(sessionStorage.titles))).not.toContain('This week')
  expect(await serious(page)).toEqual([])

  await page.getByRole('button', { name: 'See sample data' }).click()
  await page.getByRole('heading', { name: 'This week' }).waitFor()
  await switchTo('empty')
  await open('/')

  const zone = page.getByTestId('drop-zone')
  const file = await page.evaluateHandle(() => {
    const transfer = new DataTransfer()
    transfer.items.add(
      new File(['order,member,time,amount\nA1,M1,2026-01-05 10:00:00,12.50\n'], 'orders.csv', {
        type: 'text/csv',
      }),
    )
    return transfer
  })
  await zone.dispatchEvent('drop', { dataTransfer: file })
  await page.waitForURL(/\/data$/)
  await page.getByText('orders.csv').first().waitFor()
  await page.getByRole('heading', { name: 'Confirm the columns' }).waitFor()

  // A file of one's own is out of place among invented orders: a workspace of one's own is a few keys away.
  await switchTo('demo')
  await open('/data')
  await page.locator('input[type=file]').setInputFiles({
    name: 'orders.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from('order,member,time,amount\nA1,M1,2026-01-05 10:00:00,12.50\n'),
  })
  await page.getByText('This workspace holds invented data').waitFor()
  expect(await serious(page)).toEqual([])
  await page.getByRole('link', { name: 'Make a workspace of your own' }).click()
  await page.getByRole('textbox', { name: 'Name' }).waitFor()
  await page.keyboard.type('empty')
  await page.keyboard.press('Enter')
  await page.getByText('A workspace named empty exists already.').waitFor()
  await page.getByRole('textbox', { name: 'Name' }).fill('Shop by the lake')
  await page.getByRole('combobox', { name: 'Currency' }).fill('SGD')
  await page.getByRole('option', { name: /^SGD/ }).click()
  expect(await serious(page)).toEqual([])
  complaints.splice(0) // the browser's own word of the name that was taken
  await page.getByRole('button', { name: 'Make the workspace' }).click()
  await page.waitForURL(/\/data$/)
  await page.getByRole('navigation', { name: 'Pages' }).getByText('Shop by the lake').waitFor()
  await page.getByTestId('drop-zone').waitFor()
  expect(await page.getByText('This workspace holds invented data').count()).toBe(0)
  await switchTo('demo')
  expect(complaints).toEqual([])
  await page.context().close()
})

test('a file is checked first, then imported, then taken out again', async () => {
  const watched = await stage.page({ language: 'zh-CN', width: 390 })
  const { page, complaints, open } = watched
  const switchTo = await workspaceOf(watched, stage, 'checked')
  await open('/data')
  // What can't be read is refused with a sentence and a way on, without a code.
  await page.locator('input[type=file]').setInputFiles({
    name: '空.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(''),
  })
  await page.getByText('空.csv 是空文件').waitFor()
  expect(await page.getByText('PRECONDITION_FAILED').count()).toBe(0)
  await page.getByRole('button', { name: '换一个文件' }).click()
  complaints.splice(0) // the browser's own word of the refusal
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: '选择文件' }).click(),
  ])
  await chooser.setFiles({
    name: '订单.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      [
        '订单号,会员手机号,下单时间,实付金额',
        'A1,13800138000,2026/11/01 10:22:01,268.00',
        'A2,13800138000,2026/11/03 18:03:11,￥258.00',
        'A3,,2026/11/03 09:00:00,45.00',
        'A4,13700137002,2026/11/04 09:00:00,免费',
      ].join('\n'),
    ),
  })
  await page.getByRole('heading', { name: '确认字段' }).waitFor()
  await page.getByText('抽样的 4 个值中有 1 个无法识别，例如“免费”').waitFor()
  expect(await serious(page)).toEqual([])

  // the check says what would come of it and changes nothing
  await page.getByRole('button', { name: '只检查，不导入' }).click()
  await page.getByRole('heading', { name: '订单.csv 导入后会是这样' }).waitFor()
  expect(await page.locator('dl').first().innerText()).toMatch(/将导入行数\s*3[^]*将拒绝行数\s*1/)
  await page.getByText('拒绝 1 行：“实付金额”列：金额不是数字。').waitFor()
  const [refused] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: '下载被拒绝的行' }).click(),
  ])
  expect(readFileSync(await refused.path(), 'utf8')).toMatch(/5,.*金额不是数字。,.*免费/)
  expect(await serious(page)).toEqual([])
  await page.getByRole('button', { name: '回到字段' }).click()
  await page.getByRole('heading', { name: '确认字段' }).waitFor()
  await page.getByRole('button', { name: '只检查，不导入' }).click()
  await page.getByRole('button', { name: '立即导入' }).click()
  await page.getByRole('heading', { name: '订单.csv 已导入' }).waitFor()
  expect(await page.locator('dl').first().innerText()).toMatch(/已导入行数\s*3/)
  await open('/members')
  await page.getByRole('heading', { name: '1 位会员' }).waitFor()

  // its report can be read again; a dialog gives the focus back to what opened it
  await open('/data')
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'))
  await page.getByRole('button', { name: '订单.csv 的导入报告' }).press('Enter')
  const report = page.getByRole('dialog', { name: '订单.csv 的导入报告' })
  await report.getByText('拒绝 1 行：“实付金额”列：金额不是数字。').waitFor()
  expect(await report.locator('dl').innerText()).toMatch(/已导入行数\s*3/)
  expect(await serious(page)).toEqual([])
  await page.keyboard.press('Escape')
  await report.waitFor({ state: 'hidden' })
  await expect.poll(focused).toBe('订单.csv 的导入报告')

  // undoing asks first
  await page.getByRole('button', { name: '撤销' }).click()
  const question = page.getByRole('dialog')
  await question.getByText(/^移除 \d 笔订单。$/).waitFor()
  await question
    .getByRole('row', { name: /→ ¥0\.00/ })
    .first()
    .waitFor()
  expect(await serious(page)).toEqual([])
  await question.getByRole('button', { name: '保留' }).last().click()
  await question.waitFor({ state: 'hidden' })
  await expect.poll(focused).toBe('撤销 订单.csv')
  await open('/members')
  await page.getByRole('heading', { name: '1 位会员' }).waitFor()
  await open('/data')
  await page.getByRole('button', { name: '撤销' }).click()
  await question.getByRole('button', { name: '撤销导入' }).click()
  await page.getByText('已撤销').waitFor()
  await open('/members')
  await page.getByText('还没有会员。请先在“数据”中导入订单文件。').waitFor()
  await switchTo('demo')
  expect(complaints).toEqual([])
  await page.context().close()
})

test.each([
  {
    language: 'en' as const,
    choose: 'Choose file',
    title: 'Confirm the columns',
    known: 'Recognised: order report of Taobao or Tmall.',
    member: 'Member',
    none: 'No members: store totals alone',
    chip: 'Store totals alone',
    refunds: 'Refunds',
    net: 'Amounts are before refunds',
    check: 'Check without importing',
    would: 't.csv would import like this',
    said: 'In 2 of 2 refunded rows, paid = total − refund: already net. Refunds are not taken off again.',
    back: 'Back to the columns',
    overruled: 'Refunds are taken off, as the mapping says.',
  },
  {
    language: 'zh-CN' as const,
    choose: '选择文件',
    title: '确认字段',
    known: '已识别：淘宝／天猫订单报表。',
    member: '会员',
    none: '没有会员：只计门店合计',
    chip: '只计门店合计',
    refunds: '退款',
    net: '金额未扣除退款',
    check: '只检查，不导入',
    would: 't.csv 导入后会是这样',
    said: '有退款的 2 行中，2 行满足“实付 = 总额 − 退款”：金额已扣除退款。不再重复扣除退款。',
    back: '回到字段',
    overruled: '按匹配中的设置，照常扣除退款。',
  },
])(
  'a report without members is taken for store totals when asked, and its refunds are checked: $language',
  async (words) => {
    const watched = await stage.page({ language: words.language, width: 1280 })
    const { page, complaints, open } = watched
    const switchTo = await workspaceOf(watched, stage, `guests ${words.language}`)
    await open('/data')
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: words.choose }).click(),
    ])
    await chooser.setFiles({
      name: 't.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        [
          '订单编号,总金额,买家实际支付金额,收货地址,订单创建时间,订单付款时间,退款金额',
          'T1,88.00,88.00,杭州,2026-03-01 12:00:00,2026-03-01 12:01:00,0.00',
          'T2,120.00,90.00,杭州,2026-03-02 12:00:00,2026-03-02 12:01:00,30.00',
          'T3,60.00,0.00,杭州,2026-03-03 12:00:00,2026-03-03 12:01:00,60.00',
        ].join('\n'),
      ),
    })
    await page.getByRole('heading', { name: words.title }).waitFor()
    await page.getByText(words.known).waitFor()
    const check = page.getByRole('button', { name: words.check })
    expect(await check.isDisabled()).toBe(true)
    await page.getByRole('combobox', { name: words.member, exact: true }).click()
    await page.getByRole('option', { name: words.none }).click()
    await page.getByText(words.chip, { exact: true }).waitFor()
    expect(await serious(page)).toEqual([])
    await check.click()
    await page.getByRole('heading', { name: words.would }).waitFor()
    await page.getByText(words.said).waitFor()

    // the merchant knows better, and the choice about members is kept
    await page.getByRole('button', { name: words.back }).click()
    await page.getByRole('combobox', { name: words.refunds, exact: true }).click()
    await page.getByRole('option', { name: words.net }).click()
    await check.click()
    await page.getByText(words.overruled).waitFor()
    await switchTo('demo')
    expect(complaints).toEqual([])
    await page.context().close()
  },
)

test('the Data page says whether orders keep coming in, and hands out the dictionary, a template and everything', async () => {
  const watched = await stage.page()
  const { page, complaints, open } = watched
  await open('/data')
  await page
    .getByRole('heading', { name: /Orders come in as usual|No orders since|stopped sending/ })
    .waitFor()
  const feeds = page.getByRole('region', { name: 'Incoming orders' })
  expect(await feeds.getByRole('row').nth(1).innerText()).toMatch(/^Whole shop/)
  expect(await feeds.getByRole('row').count()).toBeGreaterThan(3)
  const downloaded = async (name: string, role: 'link' | 'button' | 'menuitem' = 'link') => {
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole(role, { name, exact: true }).click(),
    ])
    return { name: file.suggestedFilename(), content: readFileSync(await file.path()) }
  }
  await page.getByRole('button', { name: 'Templates', exact: true }).click()
  const template = await downloaded('Orders (CSV)', 'menuitem')
  expect(template.name).toBe('orders-template.csv')
  expect(template.content.toString()).toMatch(/^\uFEFForderId,memberId,/)
  const archive = await downloaded('Download CSV', 'button')
  expect(archive.name).toMatch(/^reveille-.*-csv\.zip$/)
  expect(archive.content.includes('coupon_ledger.csv')).toBe(true)
  // while another export runs the page says so, and the browser has no failed download
  const busy = '**/trpc/exports.running**'
  await page.route(busy, (route) => route.fulfill({ json: { result: { data: true } } }))
  await page.getByRole('button', { name: 'Download Parquet' }).click()
  await page.getByText('An export of this workspace is running').waitFor()
  await page.unroute(busy)
  await page.getByRole('link', { name: 'Data dictionary' }).click()
  await page.getByRole('heading', { name: 'Data dictionary' }).waitFor()
  await page.getByRole('heading', { name: 'Orders file: fields' }).waitFor()
  await page.getByRole('cell', { name: 'void_day' }).waitFor()
  await page.getByText('minor units of CNY').first().waitFor()
  expect(await serious(page)).toEqual([])

  // what the template says is read as it says it
  const switchTo = await workspaceOf(watched, stage, 'templated')
  await open('/data')
  // the row that it came with would be left out
  const filledIn = Buffer.from(template.content.toString().replaceAll(/oExample0+1/g, 'o1'))
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Choose file' }).click(),
  ])
  await chooser.setFiles({ name: template.name, mimeType: 'text/csv', buffer: filledIn })
  await page.getByRole('heading', { name: 'Confirm the columns' }).waitFor()
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await page.getByRole('heading', { name: 'orders-template.csv is imported' }).waitFor()
  // what was confirmed is listed, and forgotten on demand
  const mappings = page.getByRole('region', { name: 'Columns that are remembered' })
  await mappings.getByText('orders-template.csv').waitFor()
  expect(await mappings.innerText()).toContain('orderId → Order number')
  await mappings.getByRole('button', { name: 'Forget the columns of orders-template.csv' }).click()
  await page.getByText('No file has been imported yet whose columns are remembered.').waitFor()
  // its order is of months ago, and the page says so
  await page.getByRole('heading', { name: /^No orders since/ }).waitFor()
  await switchTo('demo')
  expect(complaints).toEqual([])
  await page.context().close()
})
