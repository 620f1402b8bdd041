import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSharedStage, type Stage } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

const looks = [
  {
    language: 'en',
    width: 1440,
    more: 'More for this segment',
    open: 'Download members …',
    phone: 'Phone',
    points: 'Points',
    all: 'All columns',
    usual: 'The usual ones',
    tags: 'Tags',
    download: 'Download',
    told: /^([\d,]+) members/,
    done: 'Done',
    save: 'Save segment',
    name: 'Name',
    addAddress: 'Add address …',
    address: 'Address',
    addSchedule: 'Add schedule …',
    addDo: 'Add schedule',
    now: 'Write now',
    delivered: '0 messages delivered',
    written: /Last on .*: ([\d,]+) members in /,
    remove: /^Remove https/,
  },
  {
    language: 'zh-CN',
    width: 390,
    more: '更多操作',
    open: '下载会员…',
    phone: '手机号',
    points: '积分',
    all: '全部列',
    usual: '常用列',
    tags: '标签',
    download: '下载',
    told: /^([\d,]+) 位会员/,
    done: '完成',
    save: '保存人群',
    name: '名称',
    addAddress: '添加地址…',
    address: '地址',
    addSchedule: '添加定时导出…',
    addDo: '添加定时导出',
    now: '立即写入',
    delivered: '已送达 0 条',
    written: /最近 .*：([\d,]+) 位会员，/,
    remove: /^移除 https/,
  },
] as const

test.each(looks)(
  'a rule’s members as a file with the columns chosen: $language $width',
  async ({ language, width, more, open: entry, phone, download, told, ...words }) => {
    const { page, complaints, open } = await stage.page({ language, width })
    await open(`/segments/new?${new URLSearchParams({ expression: 'orders >= 3' })}`)
    const lead = await page.getByText(told).first().innerText()
    const members = Number(told.exec(lead)![1]!.replaceAll(',', ''))
    await page.getByRole('button', { name: more }).click()
    await page.getByRole('menuitem', { name: entry }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: words.all }).click()
    expect(await dialog.getByRole('checkbox', { checked: false }).count()).toBe(0)
    await dialog.getByRole('button', { name: words.usual }).click()
    await dialog.getByLabel(phone, { exact: true }).uncheck()
    await dialog.getByLabel(words.points, { exact: true }).check()
    await dialog.getByLabel(words.tags, { exact: true }).check()
    await dialog.getByText('JSON Lines').click()
    expect(await serious(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/export-${width}.png` })
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: download, exact: true }).click(),
    ])
    expect(file.suggestedFilename()).toMatch(/^segment-\d{4}-\d\d-\d\d\.jsonl$/)
    const lines = readFileSync(await file.path(), 'utf8')
      .trimEnd()
      .split('\n')
    expect(lines).toHaveLength(members)
    const row = JSON.parse(lines[0]!) as Record<string, unknown>
    expect(Object.keys(row).slice(0, 3)).toEqual(['member_id', 'name', 'status'])
    expect(row.orders).toBeGreaterThanOrEqual(3)
    expect(Object.keys(row).slice(-2)).toEqual(['points', 'tags'])
    expect(typeof row.points).toBe('number')
    // the dialog closes by itself; call lists say in it whom they leave out
    await dialog.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: more }).click()
    await page.getByRole('menuitem', { name: entry }).click()
    await dialog.getByRole('combobox').selectOption('call-lists')
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/calls-${width}.png` })
    const [lists] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: download, exact: true }).click(),
    ])
    expect(lists.suggestedFilename()).toMatch(/^call-lists-\d{4}-\d\d-\d\d\.zip$/)
    expect(
      readFileSync(await lists.path())
        .subarray(0, 2)
        .toString(),
    ).toBe('PK')
    const counted = await dialog.getByRole('status').innerText()
    const numbers = [...counted.matchAll(/[\d,]+/g)].map(([text]) => Number(text.replaceAll(',', '')))
    expect(numbers).toContain(members)
    expect(await dialog.getByRole('row').count()).toBeGreaterThan(1)
    expect(await serious(page)).toEqual([])
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/called-${width}.png` })
    await dialog.getByRole('button', { name: words.done }).click()

    // saved, it goes out by itself
    await page.getByRole('button', { name: words.save }).click()
    await dialog.getByLabel(words.name).fill(`Often ${width}`)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: words.addAddress }).click()
    await dialog.getByLabel(words.address).fill('https://crm.invalid/moves')
    expect(await serious(page)).toEqual([])
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/hook-${width}.png` })
    await page.keyboard.press('Enter')
    await page.getByText(words.delivered).waitFor()
    await page.getByRole('button', { name: words.addSchedule }).click()
    expect(await serious(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/plan-${width}.png` })
    await dialog.getByRole('button', { name: words.addDo, exact: true }).click()
    await page.getByRole('button', { name: words.now }).click()
    const last = await page.getByText(words.written).innerText()
    expect(Number(words.written.exec(last)![1]!.replaceAll(',', ''))).toBe(members)
    await page.getByRole('button', { name: words.now }).scrollIntoViewIfNeeded()
    expect(await serious(page)).toEqual([])
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/out-${width}.png` })
    await page.getByRole('button', { name: words.remove }).click()
    await page.getByText(words.delivered).waitFor({ state: 'hidden' })
    expect(complaints).toEqual([])
    await page.context().close()
  },
)
