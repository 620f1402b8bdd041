import { mkdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { opened, openSharedStage, settled, type Stage } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

const rules = [
  'orders >= 3',
  'days_since_order <= 45',
  'discounted_share >= 30%',
  'gender = "female"',
  'net >= 400',
  'birthday within next 60 days',
]

test.each([
  {
    language: 'en',
    width: 1440,
    scheme: 'light',
    add: 'Add rule',
    rule: 'Or a rule',
    save: 'Save as a segment …',
    name: 'Name',
    confirm: 'Save',
    asTable: 'Table',
    asChart: 'Chart',
    take: /^Take out/,
    suggested: /^Save as a segment: (Members .*)/,
  },
  {
    language: 'zh-CN',
    width: 390,
    scheme: 'dark',
    add: '添加规则',
    rule: '或一条规则',
    save: '存为人群…',
    name: '名称',
    confirm: '保存',
    asTable: '表格',
    asChart: '图表',
    take: /^移除/,
    suggested: /^存为人群：(.*的会员)/,
  },
] as const)(
  'overlap and differences, and a region saved: $language $width',
  async ({
    language,
    width,
    scheme,
    add,
    rule: ruleField,
    save,
    name,
    confirm,
    asTable,
    asChart,
    take,
    suggested,
  }) => {
    const { page, complaints, open } = await stage.page({ language, width, scheme })
    await open(`/segments/compare?${new URLSearchParams({ sets: JSON.stringify(rules.slice(0, 5)) })}`)
    await page.getByLabel(ruleField, { exact: true }).fill(rules[5]!)
    await page.getByRole('button', { name: add, exact: true }).click()
    await settled(page)
    expect(await page.getByRole('button', { name: take }).count()).toBe(6)
    await page.getByRole('option').nth(3).waitFor()
    expect(await serious(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    const pictures = process.env.PICTURES
    if (pictures) {
      mkdirSync(pictures, { recursive: true })
      await page.screenshot({
        path: `${pictures}/compare-${language}-${width}-${scheme}.png`,
        fullPage: true,
      })
    }
    // the chart is one tab stop, in which arrow keys choose
    const regions = page.locator('svg [role=option]')
    await page.locator('svg [role=option][tabindex="0"]').focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    const third = (await regions.nth(2).getAttribute('aria-label'))!
    expect(await regions.nth(2).getAttribute('aria-selected')).toBe('true')
    await page.locator('strong', { hasText: third }).waitFor()
    // the table says the same, and each count opens its members
    const members = /([\d,]+)\D*$/.exec(third)![1]!
    await page.getByRole('button', { name: asTable, exact: true }).first().click()
    await page.getByRole('link', { name: members, exact: true }).first().waitFor()
    await page.getByRole('button', { name: asChart, exact: true }).first().click()
    // saved, it is a segment with as many members
    await regions.nth(2).click()
    await page.getByRole('button', { name: save, exact: true }).click()
    await page.getByRole('dialog').getByLabel(name).fill(`Region ${language}`)
    await page.getByRole('dialog').getByRole('button', { name: confirm, exact: true }).click()
    await page.waitForURL(/\/segments\/[0-9a-f-]{36}/)
    await opened(page, `Region ${language}`)
    await page.locator('main', { hasText: members }).waitFor()
    // segments that part those who return from those who do not, saved by one click
    await open('/segments')
    const suggestion = page.getByRole('button', { name: suggested }).first()
    await suggestion.waitFor({ timeout: 60_000 })
    expect(await serious(page)).toEqual([])
    if (pictures)
      await page.screenshot({
        path: `${pictures}/suggest-${language}-${width}-${scheme}.png`,
        fullPage: true,
      })
    const rule = suggested.exec((await suggestion.getAttribute('aria-label'))!)![1]!
    await suggestion.click()
    await page.waitForURL(/\/segments\/[0-9a-f-]{36}/)
    const title = rule.length > 80 ? `${rule.slice(0, 79)}…` : rule
    await opened(page, title)
    expect(complaints).toEqual([])
    await page.context().close()
  },
)
