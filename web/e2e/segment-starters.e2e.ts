import { afterAll, beforeAll, expect, test } from 'vitest'
import { opened, openSharedStage, type Stage } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

test.each([
  { language: 'en', width: 1440, save: 'Save as a segment: Buys often', name: 'Buys often' },
  { language: 'zh-CN', width: 390, save: '存为人群：大单会员', name: '大单会员' },
] as const)('a starter is saved by one click: $language', async ({ language, width, save, name }) => {
  const { page, complaints, open } = await stage.page({ language, width })
  await open('/segments')
  expect(await serious(page)).toEqual([])
  await page.getByRole('button', { name: save, exact: true }).click()
  await page.waitForURL(/\/segments\/[0-9a-f-]{36}/)
  await opened(page, name)
  await open('/segments')
  // it is there under its name, and is not offered again
  expect(await page.getByRole('link', { name, exact: true }).count()).toBe(1)
  expect(await page.getByRole('button', { name: save, exact: true }).count()).toBe(0)
  expect(complaints).toEqual([])
  await page.context().close()
})
