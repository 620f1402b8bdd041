import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSharedStage, type Stage, workspaceOf } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

test('a receipt names three silent stores and counts the others; a late order marks its month; of coupons the columns that tell a row stand in sight', async () => {
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

  // June was over: an order of it that comes late marks the month where it is drawn, and says why
  await choose('late.csv', 'order_id,member_id,order_date,amount,store\nL1,m1,2026-06-20,7.00,Silent 1\n')
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await page.getByRole('heading', { name: 'late.csv is imported' }).waitFor()
  await open('/value')
  // another order of a first buyer of June: what June brought changed, how many bought in it did not
  const why = /First buyers of Jun 2026: their net in Jun 2026 was restated by late\.csv, imported /
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /^Jun 2026/ }) })
  const cell = row.getByRole('link').filter({ hasText: '↻' }).first()
  await cell.waitFor()
  const triangle = page.locator('section').filter({ has: page.getByRole('grid') })
  // the words under the table; those of each cell are for screen readers
  const told = triangle.getByText(/^↻ First buyers of Jun 2026/)
  expect(await told.count()).toBe(0)
  await cell.focus()
  await told.waitFor()
  expect(await told.textContent()).toMatch(why)
  await open('/retention')
  await page.getByRole('rowheader', { name: /^Jun 2026/ }).waitFor()
  expect(await page.getByText('↻').count()).toBe(0)

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
})

// after the walk above: its workspace is the one that is looked at
test.each([
  {
    language: 'en' as const,
    width: 1440,
    header: 'order_date',
    chooser: 'Choose file',
    question: '“12/9/2011” in order_date can be read two ways. Which is first?',
    readings: ['Day first: 12 Sep 2011', 'Month first: 9 Dec 2011'],
    start: 'Import',
    imported: 'dates.csv is imported',
    known: 'Day and month of the dates',
    history: 'Imports',
    nothing: (file: string) => `Nothing in ${file} was new`,
    nothingNew: /^Brought nothing new, like the 2 files before it, since .+\. Show$/,
    show: 'Show the files before again-3-1440.csv that brought nothing new',
    hide: 'Hide the files before again-3-1440.csv that brought nothing new',
  },
  {
    language: 'zh-CN' as const,
    width: 390,
    header: '下单日期',
    chooser: '选择文件',
    question: '下单日期 中的“12/9/2011”有两种读法，哪个在前？',
    readings: ['日在前：2011年9月12日', '月在前：2011年12月9日'],
    start: '导入',
    imported: 'dates.csv 已导入',
    known: '日期中的日与月',
    history: '导入记录',
    nothing: (file: string) => `${file} 中没有新内容`,
    nothingNew: /^没有新内容，此前 2 个文件（自 .+ 起）也没有。 展开$/,
    show: '展开 again-3-390.csv 之前没有新内容的文件',
    hide: '收起 again-3-390.csv 之前没有新内容的文件',
  },
])(
  'which of 12/9/2011 is the day is asked once for a header, and answered by keyboard ($language, $width px)',
  async ({ language, width, header, chooser, question, readings, start, imported, known, ...words }) => {
    const { page, complaints, open } = await stage.page({ language, width })
    const choose = async (name: string, rows: string) => {
      await open('/data')
      const [picked] = await Promise.all([
        page.waitForEvent('filechooser'),
        page.getByRole('button', { name: chooser }).click(),
      ])
      const content = `order_id,member_id,${header},amount\n${rows}`
      await picked.setFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) })
      await page.getByRole('button', { name: start, exact: true }).waitFor()
    }
    await choose('dates.csv', `D1${width},m1,12/9/2011,10.00\nD2${width},m1,1/2/2011,10.00\n`)
    const asked = page.getByRole('combobox', { name: question })
    const go = page.getByRole('button', { name: start, exact: true })
    expect(await go.isDisabled()).toBe(true)
    await asked.focus()
    await page.keyboard.press('ArrowDown')
    await page.getByRole('option').first().waitFor()
    expect(await page.getByRole('option').allInnerTexts()).toEqual(readings)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    expect(await serious(page)).toEqual([])
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('combobox', { name: known }).waitFor()
    await page.waitForFunction(
      (name) =>
        [...document.querySelectorAll('button')].some((one) => one.textContent === name && !one.disabled),
      start,
    )
    await go.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: imported }).waitFor()

    // the next file with this header is not asked
    await choose('next.csv', `D3${width},m1,11/10/2011,10.00\n`)
    await page.getByRole('combobox', { name: known }).waitFor()
    expect(await asked.count()).toBe(0)
    expect(await go.isDisabled()).toBe(false)

    // files that bring nothing new are one line of the history, and all of them once it is opened by keyboard
    const names = [1, 2, 3].map((n) => `again-${n}-${width}.csv`)
    for (const [at, file] of names.entries()) {
      const amount = ['10', '10.0', '10.0000'][at]
      await choose(file, `D1${width},m1,12/9/2011,${amount}\nD2${width},m1,1/2/2011,${amount}\n`)
      await go.click()
      await page.getByRole('heading', { name: words.nothing(file) }).waitFor()
    }
    await open('/data')
    const listed = page
      .getByRole('region', { name: words.history })
      .getByRole('row')
      .filter({ hasText: `-${width}.csv` })
    await listed.getByText(words.nothingNew).waitFor()
    expect(await listed.count()).toBe(1)
    await page.getByRole('button', { name: words.show }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: words.hide, expanded: true }).waitFor()
    expect(await listed.count()).toBe(3)
    for (const [at, file] of names.toReversed().entries())
      await listed.nth(at).getByText(file).first().waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    expect(await serious(page)).toEqual([])
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: words.show, expanded: false }).waitFor()
    expect(await listed.count()).toBe(1)
    expect(complaints).toEqual([])
    await page.context().close()
  },
)
