import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, settled, type Stage } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.close())

const rule =
  'orders >= 2 and (segment "Regulars" on -30d or not birthday within next 7 days) and random 50% (seed "x") and ' +
  'spend_share(category contains "a", within 90 days) >= 12.5% and joined >= -2y and cohort < 2026-02'
const opened = (expression: string, face: string) =>
  `/segments/new?face=${face}&expression=${encodeURIComponent(expression)}`

test('every kind of part opens in the builder and is changed there', async () => {
  const { page, complaints, open } = await stage.page()
  await open(opened('orders >= 3', 'builder'))
  await page.getByRole('button', { name: 'Save segment' }).click()
  await page.getByLabel('Name').fill('Regulars')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.waitForURL(/\/segments\/[0-9a-f-]{36}/)

  await open(opened(rule, 'builder'))
  await settled(page)
  expect(await serious(page)).toEqual([])
  const code = page.locator('code').first()
  expect(await code.textContent()).toBe(rule)
  expect(await page.locator('main').innerText()).toMatch(/\d members?, /)

  await page.getByLabel('Seed').fill('y')
  await page.getByLabel('Percent of all members').fill('25')
  await expect.poll(() => code.textContent()).toContain('random 25% (seed "y")')
  // the day of the segment's membership: 30 days before becomes 3 months before
  await page.locator('input[aria-label=Unit]').first().click()
  await page.getByRole('option', { name: 'months' }).click()
  await expect.poll(() => code.textContent()).toContain('segment "Regulars" on -30m')
  await page.getByRole('button', { name: 'on a day', pressed: true }).click()
  await expect.poll(() => code.textContent()).toContain('(segment "Regulars" or not birthday')
  expect(complaints).toEqual([])
  await page.context().close()
})

test('a Chinese reader has the rule in Chinese, and writes it so', async () => {
  const { page, complaints, open } = await stage.page({ language: 'zh-CN' })
  await open(opened('orders >= 2 and not status = "dormant"', 'text'))
  const editor = page.getByRole('textbox', { name: '文本形式的规则' })
  await expect.poll(() => editor.textContent()).toBe('订单数 >= 2 且 非 状态 = "沉睡"')
  await editor.click()
  await page.keyboard.press('Control+A')
  await page.keyboard.type('订单数(近90天)=0且会员编号 已知')
  await page.waitForURL(/expression=orders%28within\+90\+days%29|expression=orders\(within/)
  await settled(page)
  await page.getByText('表单', { exact: true }).click()
  const builder = page.locator('main')
  await expect.poll(() => builder.innerText()).toContain('近 90 天没有下过订单')
  expect(await page.locator('code').first().textContent()).toBe('订单数(近 90 天) = 0 且 会员编号 已知')
  // the editor's list of completions sets a style attribute, which the policy refuses; it is drawn without
  expect(complaints.filter((one) => !one.includes('style-src'))).toEqual([])
  await page.context().close()
})
