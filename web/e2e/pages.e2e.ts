import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSharedStage, type Look, type Stage } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

const pages = [
  '/',
  '/retention',
  '/value',
  '/products',
  '/rhythm',
  '/stores',
  '/cards',
  '/segments',
  '/segments/new',
  '/dormant',
  '/campaigns',
  '/campaigns/new',
  '/members',
  '/data',
  '/data/dictionary',
  '/settings',
  '/redeem',
  '/nowhere',
]

// Every pair of language, scheme and width occurs; all eight together would take twice as long.
const looks: Required<Look>[] = [
  { language: 'en', scheme: 'light', width: 1440 },
  { language: 'zh-CN', scheme: 'dark', width: 1440 },
  { language: 'zh-CN', scheme: 'light', width: 390 },
  { language: 'en', scheme: 'dark', width: 390 },
]

describe.each(looks)('every page: $language $scheme $width', (look) => {
  test('complains about nothing, fits its width, and is open to everyone', async () => {
    const { page, complaints, open } = await stage.page(look)
    const findings: string[] = []
    for (const path of pages) {
      await open(path)
      expect(await page.locator('html').getAttribute('lang')).toBe(look.language)
      expect(await page.locator('html').getAttribute('data-mantine-color-scheme')).toBe(look.scheme)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth)
      if (wide > look.width) findings.push(`${path}: ${wide} px wide`)
      findings.push(...(await serious(page)).map((fault) => `${path}: ${fault}`))
      findings.push(...complaints.splice(0).map((complaint) => `${path}: ${complaint}`))
    }
    await page.context().close()
    expect(findings).toEqual([])
  }, 300_000)
})
