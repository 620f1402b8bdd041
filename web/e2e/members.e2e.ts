import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { opened, openStage, type Stage } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.close())

test('this week, the demo’s campaign with its result, and who is dormant', async () => {
  const { page, complaints, open } = await stage.page()
  await open('/')
  expect(await page.locator('dl').first().innerText()).toContain('¥')
  expect(await page.getByLabel(/^Plan campaign/).count()).toBeGreaterThan(0)

  await open('/campaigns')
  await page.getByText('沉睡会员唤醒券').first().click()
  await page.waitForURL(/\/campaigns\/demo-/)
  await opened(page, /沉睡会员唤醒券/)
  expect(await serious(page)).toEqual([])
  const said = await page.locator('main').innerText()
  expect(said).toContain('The campaign works')

  await open('/dormant')
  expect(await serious(page)).toEqual([])
  expect(await page.getByRole('row').count()).toBeGreaterThan(5)
  expect(complaints).toEqual([])
  await page.context().close()
})

test('a point of a chart opens its members by keyboard', async () => {
  const { page, complaints, open } = await stage.page()
  await open('/')
  const chart = page.locator('svg.recharts-surface[tabindex="0"]').first()
  await chart.focus()
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key)
  const tooltip = page.locator('.recharts-tooltip-wrapper').first()
  await tooltip.locator('[data-chosen]').filter({ hasText: 'New' }).waitFor()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/members\?segment=/)
  await opened(page, 'Members')
  expect(decodeURIComponent(page.url())).toMatch(/and[ +]\(first_order[ +]between/i)
  expect(complaints).toEqual([])
  await page.context().close()
})

test('a search is found, opened, exported and tagged: only those who were found', async () => {
  const { page, complaints, open } = await stage.page()
  await open('/members')
  await page.getByLabel('Name, id, whole phone or last 4 digits').fill('M000001')
  await page.getByRole('heading', { name: /of 10 members found/ }).waitFor()
  expect(await serious(page)).toEqual([])

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export 10 found' }).click(),
  ])
  const rows = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\r\n')
    .slice(1)
  expect(rows.map((row) => row.split(',')[0]!.slice(0, 7))).toEqual(
    Array.from({ length: 10 }, () => 'M000001'),
  )

  await page.getByRole('button', { name: 'Tag all 10' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Tag', { exact: true }).fill('found by search')
  expect(await serious(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Put on 10 members' }).click()
  await dialog.waitFor({ state: 'hidden' })
  await open(`/members?segment=${encodeURIComponent('tag = "found by search"')}`)
  await page.getByText('10 members in this segment').waitFor()

  await page.getByText('M0000010').first().click()
  await page.waitForURL(/\/members\/M0000010/)
  await opened(page, /^(?!Members$)/)
  expect(await serious(page)).toEqual([])
  expect(await page.locator('main').innerText()).toContain('found by search')
  expect(complaints).toEqual([])
  await page.context().close()
})

test('whom and which stores go along by the navigation, and Dormant takes the members alone', async () => {
  const { page, complaints, open } = await stage.page()
  const filters = `segment=${encodeURIComponent('orders >= 2')}&stores=${encodeURIComponent('["湖滨银泰店"]')}`
  await open(`/?${filters}`)
  const main = page.locator('main')
  await main.getByText('Members who have ordered at “湖滨银泰店”').waitFor()
  await main.getByText('Only members in this segment, at “湖滨银泰店”.').waitFor()
  await page.getByRole('link', { name: 'Retention' }).click()
  await page.waitForURL(/\/retention\?/)
  await opened(page, 'Retention')
  expect(new URL(page.url()).searchParams.get('stores')).toBe('["湖滨银泰店"]')
  expect(await main.getByText('at “湖滨银泰店”').count()).toBe(1)
  await open(`/dormant?${filters}&from=2026-01-01`)
  expect([...new URL(page.url()).searchParams.keys()]).toEqual(['segment'])
  expect(await main.getByRole('button', { name: 'All stores' }).count()).toBe(0)
  expect(complaints).toEqual([])
  await page.context().close()
})

test('an owner hands out all that is kept of a member, and deletes the member for good', async () => {
  const { page, complaints, open } = await stage.page()
  await open('/members/M0000143')
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page
      .getByRole('button', { name: 'Export all that is kept' })
      .or(page.getByRole('link', { name: 'Export all that is kept' }))
      .click(),
  ])
  const kept = JSON.parse(readFileSync(await file.path(), 'utf8')) as object
  expect(JSON.stringify(kept)).toContain('M0000143')

  await page.getByRole('button', { name: 'Delete this member' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('heading', { name: 'Delete M0000143?' }).waitFor()
  expect(await serious(page)).toEqual([])
  const confirm = dialog.getByRole('button', { name: 'Delete', exact: true })
  await dialog.getByLabel('Type M0000143 to confirm').fill('M0000144')
  expect(await confirm.isDisabled()).toBe(true)
  await dialog.getByLabel('Type M0000143 to confirm').fill('M0000143')
  await confirm.click()
  await dialog.waitFor({ state: 'hidden' })
  await page
    .getByText('No file in the inbox’s done and refused folders had to go.', { exact: false })
    .waitFor()
  await open('/members?search=M0000143')
  await page.getByText('No member', { exact: false }).first().waitFor()
  expect(complaints).toEqual([])
  await page.context().close()
})
