import { mkdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { opened, openStage, type Stage } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.close())

const looks = [
  {
    language: 'en',
    width: 1440,
    save: 'Save segment',
    name: 'Name',
    confirm: 'Save',
    done: /Open the list/,
    enter: /entered/,
    file: 'Export CSV',
    halt: 'Stop counting',
    goOn: 'Count on',
    why: /^Why is /,
    told: [/^Drawn [\d.]+ of 100/, 'Turns when the tag “vip 🍵” is put on', /^Tag: /],
  },
  {
    language: 'zh-CN',
    width: 390,
    save: '保存人群',
    name: '名称',
    confirm: '保存',
    done: /打开名单/,
    enter: /进入/,
    file: '导出 CSV',
    halt: '停止统计',
    goOn: '继续统计',
    why: /在人群中的原因$/,
    told: [/^抽到的数为 [\d.]+/, '打上标签“vip 🍵”后改变', /^标签：/],
  },
] as const

const wait = 240_000

test.each(looks)(
  'the size by week, any week’s list, who moved, what keeps members out: $language $width',
  async ({ language, width, save, name, confirm, done, enter, file, why, told, halt, goOn }) => {
    const { page, complaints, open } = await stage.page({ language, width })
    // the reasons of a member, reached without scrolling sideways
    const mixed = 'orders >= 3 or tag = "vip 🍵" or random 10% (seed "x")'
    await open(`/segments/new?${new URLSearchParams({ expression: mixed })}`)
    const ask = page.getByRole('button', { name: why }).first()
    await ask.scrollIntoViewIfNeeded()
    const { x, width: wide } = (await ask.boundingBox())!
    expect(x + wide).toBeLessThanOrEqual(width)
    await ask.click()
    for (const text of told) await page.getByText(text).waitFor()
    expect(await serious(page)).toEqual([])
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/why-${width}.png` })

    // each counts a rule of its own
    const rule = `orders >= 3 and days_since_order > 30 and average_order >= ${width === 390 ? 101 : 100}`
    await open(`/segments/new?${new URLSearchParams({ expression: rule })}`)
    await page.getByRole('button', { name: save }).click()
    await page.getByRole('dialog').getByLabel(name).fill(`Quiet ${language}`)
    await page.getByRole('dialog').getByRole('button', { name: confirm, exact: true }).click()
    await page.waitForURL(/\/segments\/[0-9a-f-]{36}/)
    await page.reload() // without the notice that it is saved
    // how far it is shows, is stopped and goes on
    const bar = page.locator('[role=status] [role=progressbar]')
    await bar.waitFor({ timeout: wait })
    await page.getByRole('button', { name: halt, exact: true }).click()
    await page.getByRole('button', { name: goOn, exact: true }).waitFor()
    expect(await serious(page)).toEqual([])
    if (process.env.PICTURES)
      await page.screenshot({ path: `${process.env.PICTURES}/counting-${width}.png`, fullPage: true })
    await page.getByRole('button', { name: goOn, exact: true }).click()
    // counted to the end: nothing reports progress any more
    await page.getByRole('link', { name: done }).waitFor({ timeout: wait })
    await page.locator('[role=status] [role=progressbar]').waitFor({ state: 'detached', timeout: wait })
    await page.getByRole('heading', { name: enter }).first().waitFor({ timeout: wait })
    // all who moved by one cause, and the file of them
    const more = page.getByRole('button', { name: /^and [\d,]+ more$|^另有 [\d,]+ 位$/ }).first()
    await more.click()
    const all = page.getByRole('dialog')
    await all.getByText(/^\d+ of [\d,]+ members$|^已显示/).waitFor()
    const [, listed, of] = /(\d+) (?:of|\/) ([\d,]+)/.exec(
      await all.getByText(/^\d+ of [\d,]+ members$|^已显示/).innerText(),
    )!
    expect(Number(listed)).toBe(Math.min(50, Number(of!.replaceAll(',', ''))))
    expect(await all.getByRole('listitem').count()).toBe(Number(listed))
    expect(await serious(page)).toEqual([])
    if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/moved-${width}.png` })
    const [movedFile] = await Promise.all([
      page.waitForEvent('download'),
      all.getByRole('link', { name: file }).click(),
    ])
    const everyone = readFileSync(await movedFile.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    expect(everyone[0]).toBe('\uFEFFmember_id,name,moved,cause')
    expect(everyone).toHaveLength(1 + Number(of!.replaceAll(',', '')))
    await page.keyboard.press('Escape')
    await page
      .getByRole('button', { name: /^(Nearest to|查看最接近)/ })
      .first()
      .click()
    expect(await serious(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    const pictures = process.env.PICTURES
    if (pictures) {
      mkdirSync(pictures, { recursive: true })
      await page.screenshot({ path: `${pictures}/segment-${language}-${width}.png`, fullPage: true })
    }

    // an earlier week: the list is as long as its point says
    const week = page.getByLabel(language === 'en' ? 'Week' : '周', { exact: true })
    const days = await week.locator('option').allTextContents()
    await week.selectOption({ index: 20 })
    const said = await page.locator('strong', { hasText: days[20]! }).innerText()
    const members = /(\d[\d,]*) (?:members|位会员)/.exec(said)![1]!
    // and so is the file of it
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: file, exact: true }).click()
    const rows = readFileSync(await (await downloading).path(), 'utf8')
      .trimEnd()
      .split('\n')
    expect(rows).toHaveLength(1 + Number(members.replaceAll(',', '')))
    await page.getByRole('link', { name: done }).click()
    await page.waitForURL(/\/members\?/)
    await opened(page, language === 'en' ? 'Members' : '会员')
    await page.locator('main', { hasText: members }).waitFor()
    expect(page.url()).toMatch(/asOf=/)
    expect(complaints).toEqual([])
    await page.context().close()
  },
  400_000,
)
