import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, type Stage } from './harness.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

test('staff get a list, and what they wrote into it comes back by delivery id', async () => {
  const watched = await stage.page()
  const { page } = watched
  await watched.open('/campaigns/new?segment=everyone&name=Calls')
  const next = (step: string) => page.getByRole('button', { name: `Next: ${step}` }).click()
  await next('Offer')
  await next('Holdout')
  await next('Channel and time')
  await page.getByRole('radio', { name: 'Call list for staff' }).check()
  expect(await page.getByLabel('What staff say or write').inputValue()).toContain('{{ coupon.code }}')
  await next('Review')
  const send = page.getByRole('button', { name: /^Send [\d,]+ coupons?$/ })
  await send.waitFor()
  for (const box of await page.getByRole('checkbox').all()) await box.check()
  await send.click()
  await page.getByRole('heading', { name: /members are still to be reached by hand$/ }).waitFor()
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Take the list' }).click()
  const list = readFileSync(await (await downloading).path(), 'utf8')
  const rows = list.trim().split('\r\n')
  const ids = rows.slice(1).map((row) => /msg_[\w-]+$/.exec(row)![0])
  expect(new Set(ids).size).toBe(rows.length - 1)
  await page.getByText(/of them stand on a list\.$/).waitFor()

  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Import results' }).click()
  const results = [
    'Delivery id,Result',
    `${ids[0]},reached`,
    `${ids[1]},do not call`,
    `${ids[1]},reached`,
    'msg_x,reached',
  ]
  await (
    await choosing
  ).setFiles({
    name: 'results.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(results.join('\n')),
  })
  await page.getByText('2 results taken, 0 known already, 0 still open, 2 rows refused.').waitFor()
  await page.getByText('Line 5: there is no delivery msg_x.', { exact: false }).waitFor()
  await page.getByRole('cell', { name: 'Do not call: called no more' }).waitFor()
  if (process.env.REVEILLE_PICTURES) {
    await page.screenshot({ path: `${process.env.REVEILLE_PICTURES}/hand-en.png`, fullPage: true })
    const url = page.url()
    const phone = await stage.page({ language: 'zh-CN', width: 390 })
    await phone.open(new URL(url).pathname)
    await phone.page.getByText('人工联系').first().scrollIntoViewIfNeeded()
    await phone.page.screenshot({ path: `${process.env.REVEILLE_PICTURES}/hand-zh-390.png`, fullPage: true })
  }
  expect(watched.complaints).toEqual([])
})
