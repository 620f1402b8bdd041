import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, type Stage, type Watched } from './harness.ts'
import { serious } from './serious.ts'

interface Message {
  headers: Record<string, string>
  body: string
}

let stage: Stage
let receiver: Server
const messages: Message[] = []

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      messages.push({ headers: request.headers as Record<string, string>, body })
      response.writeHead(204).end()
    })
  })
  await new Promise<void>((ready) => receiver.listen(0, '127.0.0.1', ready))
  stage = await openStage()
})
afterAll(async () => {
  await stage?.close()
  receiver?.close()
})

/** Asks the server as the page's own person does. */
async function mutate<T>({ page }: Watched, path: string, input: unknown): Promise<T> {
  const answer = await page.request.post(`${stage.server.url}/trpc/${path}`, {
    headers: { origin: stage.server.url },
    data: input,
  })
  if (!answer.ok()) throw new Error(await answer.text())
  return ((await answer.json()) as { result: { data: T } }).result.data
}

const segment = 'status = dormant'

test('from quiet members to a redeemed coupon, with a group held out', async () => {
  const watched = await stage.page()
  const { page } = watched
  await watched.open(`/campaigns/new?segment=${encodeURIComponent(segment)}&name=Wake-up`)
  const next = (step: string) => page.getByRole('button', { name: `Next: ${step}` }).click()
  expect(await page.getByLabel('Rule').inputValue()).toBe(segment)
  await next('Offer')
  await page.getByLabel('Amount off (¥)').fill('0')
  await next('Holdout')
  await page.getByText('Write an amount above 0.').waitFor()
  await page.getByLabel('Amount off (¥)').fill('20')
  await page.getByText('¥20.00 off when spending ¥100.00 or more').waitFor()
  await next('Holdout')
  await page.getByRole('radio', { name: '25%' }).click()
  await page.getByRole('radio', { name: '25%', checked: true }).waitFor()
  await next('Channel and time')
  // what a member would read, before another way is chosen
  await page.getByRole('radio', { name: 'E-mail' }).check()
  expect(await page.getByLabel('Subject').inputValue()).toContain('{{ coupon.offer }}')
  await page.getByRole('button', { name: 'Preview' }).click()
  // no member of the sample has an address for mail: it says so, and shows nobody's
  await page.getByText(/^It would reach nobody\./).waitFor()
  // figures that are being counted again are paler
  await page.locator('dl[aria-busy="false"]').waitFor()
  expect(await serious(watched.page)).toEqual([])
  await page.getByLabel('Webhook').check()
  const { port } = receiver.address() as AddressInfo
  await page.getByLabel('Address').fill(`http://127.0.0.1:${port}/coupons`)
  await page.getByRole('button', { name: 'Show it once' }).click()
  const secret = await page.getByLabel('Signing secret').inputValue()
  // Figures that are being counted again are paler until the new ones stand.
  await page.locator('dl[aria-busy="false"]').waitFor()
  expect(await serious(watched.page)).toEqual([])
  await next('Review')

  const send = page.getByRole('button', { name: /^Send \d+ coupons$/ })
  await send.waitFor()
  expect(await send.isDisabled()).toBe(true)
  for (const box of await page.getByRole('checkbox').all()) await box.check()
  expect(await serious(watched.page)).toEqual([])
  const issued = Number(/\d+/.exec((await send.textContent())!)![0])
  await send.click()
  await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}$/)
  await expect.poll(() => messages.length, { timeout: 90_000 }).toBe(issued)

  const { headers, body } = messages[0]!
  const { data } = new Webhook(secret).verify(body, headers) as { data: { code: string; memberId: string } }
  const { key } = await mutate<{ key: string }>(watched, 'keys.create', {
    name: 'till',
    scopes: ['redemptions'],
  })
  const redeemed = await page.request.post(`${stage.server.url}/api/v1/redemptions`, {
    headers: { authorization: `Bearer ${key}`, 'idempotency-key': 'once' },
    data: { code: data.code, orderId: 'T1', memberId: data.memberId, amountMinor: 12_000 },
  })
  expect([redeemed.status(), ((await redeemed.json()) as { discountMinor: number }).discountMinor]).toEqual([
    201, 2_000,
  ])

  await page.reload()
  await page.getByRole('heading', { name: `1 of ${issued} coupons used` }).waitFor()
  await page.getByText('Discounts given: ¥20.00.').waitFor()
  expect(await page.getByText('No orders after the launch').count()).toBeGreaterThan(0)
  expect(await serious(watched.page)).toEqual([])
  expect(watched.complaints).toEqual([])

  await watched.open('/campaigns')
  await page.getByRole('link', { name: 'Wake-up' }).waitFor()
  await page.context().close()
})

test('going straight to the review waits for the figures: no holdout is kept that nobody saw', async () => {
  const watched = await stage.page()
  const { page } = watched
  const asked: string[] = []
  const answer = Promise.withResolvers<void>()
  await page.route(/campaigns\.(estimate|create)/, async (route) => {
    asked.push(/campaigns\.(estimate|create)/.exec(route.request().url())![1]!)
    if (asked.at(-1) === 'estimate') await answer.promise
    await route.continue()
  })
  await page.goto(
    `${stage.server.url}/campaigns/new?segment=${encodeURIComponent('orders >= 1')}&name=Straight`,
  )
  await page.getByRole('button', { name: /Review$/ }).click()
  await expect.poll(() => asked.length).toBeGreaterThan(0)
  await page.waitForTimeout(500)
  expect(asked).not.toContain('create')
  answer.resolve()
  await page.getByRole('heading', { name: 'Check before launch' }).waitFor()
  expect(asked).toContain('create')
  await page.context().close()
})

test('a draft that cannot be kept says why, and is kept on the next try', async () => {
  const watched = await stage.page()
  const { page } = watched
  await page.route(/campaigns\.estimate/, (route) => route.abort())
  await page.goto(
    `${stage.server.url}/campaigns/new?segment=${encodeURIComponent('orders >= 1')}&name=Unlucky`,
  )
  const unanswered = page.getByRole('alert').filter({ hasText: 'does not answer' })
  await unanswered.waitFor() // beside the figures
  await page.getByRole('button', { name: 'Save draft' }).click()
  await expect.poll(() => unanswered.count(), { timeout: 20_000 }).toBe(2)
  await page.unroute(/campaigns\.estimate/)
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByRole('button', { name: 'Saved' }).waitFor()
  await page.context().close()
})

test('two windows on one draft: the second to save is told, and loses nothing of the first', async () => {
  const { page } = await stage.page()
  await page.goto(
    `${stage.server.url}/campaigns/new?segment=${encodeURIComponent('orders >= 1')}&name=Shared`,
  )
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByRole('button', { name: 'Saved' }).waitFor()
  await page.goto(`${stage.server.url}/campaigns`)
  await page.getByRole('link', { name: 'Shared' }).click()
  const name = page.getByLabel('Name of the campaign')
  await name.waitFor()
  const other = await page.context().newPage()
  await other.goto(page.url())
  await other.getByLabel('Name of the campaign').fill('First of two')
  await other.getByRole('button', { name: 'Save draft' }).click()
  await other.getByRole('button', { name: 'Saved' }).waitFor()
  await name.fill('Second of two')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByRole('alert').filter({ hasText: 'changed in another window' }).waitFor()
  await page.reload()
  await name.waitFor()
  expect(await name.inputValue()).toBe('First of two')
  await page.context().close()
})

test('the composer and the list are whole on a phone, in Chinese, in the dark', async () => {
  const watched = await stage.page({ language: 'zh-CN', scheme: 'dark', width: 390 })
  for (const path of [`/campaigns/new?segment=${encodeURIComponent(segment)}`, '/campaigns']) {
    await watched.open(path)
    expect(
      await watched.page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
    ).toBeLessThanOrEqual(0)
    const heights = await watched.page
      .locator('.mantine-Button-root, .mantine-Input-input')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height))
    expect(heights.filter((height) => height > 0 && height < 44)).toEqual([])
    expect(await serious(watched.page)).toEqual([])
  }
  expect(watched.complaints).toEqual([])
  await watched.page.context().close()
})

test('every kind of offer is said in both languages as its fields change, also on a phone, and kept', async () => {
  const watched = await stage.page()
  const { page } = watched
  await page.setViewportSize({ width: 390, height: 844 })
  await watched.open(`/campaigns/new?segment=${encodeURIComponent('orders >= 1')}&name=Offers`)
  await page.getByRole('button', { name: 'Next: Offer' }).click()
  const kind = (name: string) => page.getByText(name, { exact: true }).click()
  const says = (en: string, zh: string) =>
    Promise.all([page.getByText(en).waitFor(), page.getByText(`中文 · ${zh}`).waitFor()])

  await kind('Percent off')
  await page.getByLabel('Percent off (%)').fill('12.5')
  await page.getByLabel('At most (¥)').fill('30')
  await says(
    '12.5% off, at most ¥30.00 when spending ¥100.00 or more',
    '满 ¥100.00 可用，8.75 折，最多减 ¥30.00',
  )
  await kind('Free delivery')
  await page.getByLabel('Highest fee (¥)').fill('9')
  await says('Free delivery, up to ¥9.00', '满 ¥100.00 可用，免运费，最多 ¥9.00')
  await kind('More points')
  await page.getByLabel('Times the usual points').fill('3')
  await says(
    '3 times the points, the additional ones worth at most ¥50.00',
    '满 ¥100.00 可用，积分 3 倍，多得部分最多价值 ¥50.00',
  )
  await kind('Gift')
  await page.getByRole('button', { name: 'Next: Holdout' }).click()
  await page.getByText('Say what the gift is.').waitFor()
  await page.getByLabel('What the gift is').fill('马克杯')
  await page.getByLabel('Its cost (¥)').fill('30')

  await page.getByRole('button', { name: /^More terms/ }).click()
  const only = page.getByRole('group', { name: 'Only for' })
  await only.getByLabel('Categories').fill('Tea')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.getByRole('group', { name: 'Not for' }).getByLabel('Stores').fill('East')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Escape')
  await page.getByLabel('Uses of each coupon').fill('2')
  await page.getByLabel('Kind for stacking').fill('gifts')
  await page.getByLabel('Not on top of member prices').check()
  await page.getByLabel('Refuse at the till once').check()
  await page.getByRole('button', { name: 'Next: Holdout' }).click()
  await page.getByText('Write the budget that the till is to keep.').waitFor()
  await page.getByLabel('Budget (¥)').fill('5000')
  const whole =
    'A gift: 马克杯, worth ¥30.00 with a purchase of Tea when spending ¥100.00 or more on these, not in East, good for 14 days after the launch; 2 uses per member; not on top of member prices; on a basket together with other “gifts” coupons, not with those of another kind; only while the budget of ¥5,000.00 lasts.'
  await says(
    whole,
    '适用商品满 ¥100.00 可用，赠 马克杯（价值 ¥30.00），限购买Tea，East不可用，发券后 14 天内有效',
  )
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  await page.locator('dl[aria-busy="false"]').waitFor() // paler while they are counted
  expect(await serious(page)).toEqual([])
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByRole('button', { name: 'Draft saved' }).waitFor()
  await page.goto(`${stage.server.url}/campaigns`)
  await page.getByRole('link', { name: 'Offers' }).click()
  await page.getByRole('button', { name: 'Draft saved' }).waitFor() // what is read is what was written
  await page.getByRole('button', { name: /Review$/ }).click()
  await page.getByText(whole).waitFor()
  expect(watched.complaints).toEqual([])
  await page.context().close()
})

test('a campaign that goes on by itself is planned on a phone, simulated and goes live', async () => {
  const watched = await stage.page({ width: 390 })
  const { page } = watched
  await watched.open('/campaigns/new')
  await page.getByRole('radio', { name: /^Goes on by itself/ }).check()
  await page.getByRole('combobox', { name: 'Begin with' }).click()
  await page.getByRole('option', { name: 'Quiet for 30 days' }).click()
  expect(await page.getByRole('textbox', { name: 'Rule', exact: true }).inputValue()).toBe(
    'days_since_order >= 30',
  )
  expect(await serious(page)).toEqual([])
  const next = (step: string) => page.getByRole('button', { name: `Next: ${step}` }).click()
  await next('Offer')
  await page.getByRole('group', { name: 'Step 3' }).getByLabel('Tag').fill('')
  await next('Holdout')
  await page.getByText('A campaign that goes on by itself needs a budget.').waitFor()
  await page.getByText('Give a tag of at most 60 letters.').waitFor()
  await page.getByRole('group', { name: 'Step 3' }).getByLabel('Tag').fill('lapsed')
  await page.getByLabel(/^Budget/).fill('50000')
  expect(await serious(page)).toEqual([])
  await next('Holdout')
  await next('Channel and time')
  await next('Review')
  await page.getByText(/^Counting the last year, day by day/).waitFor()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText('The simulation was stopped.').waitFor()
  const live = page.getByRole('button', { name: 'Go live' })
  expect(await live.isDisabled()).toBe(true)
  for (const box of await page.getByRole('checkbox').all()) await box.check()
  await live.click()
  await page.getByRole('heading', { name: 'Day by day', exact: true }).waitFor()
  await page.getByText('After 7 days, who has not bought since: tag “lapsed”').waitFor()
  expect(await serious(page)).toEqual([])
  expect(watched.complaints).toEqual([])
})
