import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { workbookOf } from '../../server/import/containers/archive.fixture.ts'
import { openSharedStage, type Stage, workspaceOf } from './harness.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage.close())

test('staff get a list, and what they wrote into it comes back by delivery id', async () => {
  const watched = await stage.page()
  const { page } = watched
  page.setDefaultTimeout(20_000)
  const { url } = stage.server
  await workspaceOf(watched, stage, 'called')
  const made = await page.request.post(`${url}/trpc/keys.create`, {
    headers: { origin: url },
    data: { name: 'shop', scopes: ['orders', 'members'] },
  })
  const { key } = ((await made.json()) as { result: { data: { key: string } } }).result.data
  const today = new Date().toISOString()
  const ids = ['M1', 'M2', 'M3', 'M4']
  for (const [path, body] of [
    [
      'members',
      {
        members: ids.map((memberId, place) => ({
          memberId,
          name: `会员${place}`,
          phone: `1380000000${place}`,
          consent: 'granted',
        })),
      },
    ],
    [
      'orders',
      {
        orders: ids.map((memberId) => ({
          orderId: `O${memberId}`,
          memberId,
          orderedAt: today,
          amountMinor: 10_000,
        })),
      },
    ],
  ] as const) {
    const taken = await page.request.post(`${url}/api/v1/${path}`, {
      headers: { authorization: `Bearer ${key}`, 'idempotency-key': path },
      data: body,
    })
    if (!taken.ok()) throw new Error(await taken.text())
  }
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
  const deliveries = rows.slice(1).map((row) => /msg_[\w-]+$/.exec(row)![0])
  expect(new Set(deliveries).size).toBe(rows.length - 1)
  await page.getByText(/of them stand on a list\.$/).waitFor()
  await page.getByText(/ (?:is|are) on the list for staff and not reached yet\.$/).waitFor()
  expect(await page.getByText(/waits? to be sent/).count()).toBe(0)

  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Import results' }).click()
  const results = [
    'Delivery id,Result',
    `${deliveries[0]},reached`,
    `${deliveries[1]},do not call`,
    `${deliveries[1]},reached`,
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

  // a spreadsheet saved it as a workbook
  const again = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Import results' }).click()
  await (
    await again
  ).setFiles({
    name: 'results.xlsx',
    mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    buffer: Buffer.from(
      workbookOf({ Results: `Delivery id,Result\n${deliveries[0]},reached\n${deliveries[2]},refused` }),
    ),
  })
  await page.getByText('1 result taken, 1 known already, 0 still open, 0 rows refused.').waitFor()
  expect(watched.complaints).toEqual([])
})
