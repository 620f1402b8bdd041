import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStage, type Stage } from './harness.ts'
import { serious } from './serious.ts'

/** A year is replayed by quiet threads, which stand aside on a machine where other tests run. */
const replayed = { timeout: 120_000 }

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

/** What the shop's own system tells, with a key of that one scope. */
async function posted(page: Page, what: 'members' | 'orders', data: unknown): Promise<void> {
  const { url } = stage.server
  const made = await page.request.post(`${url}/trpc/keys.create`, {
    headers: { origin: url },
    data: { name: what, scopes: [what] },
  })
  const { key } = ((await made.json()) as { result: { data: { key: string } } }).result.data
  const taken = await page.request.post(`${url}/api/v1/${what}`, {
    headers: { authorization: `Bearer ${key}`, 'idempotency-key': what },
    data,
  })
  expect(taken.ok()).toBe(true)
}

test('a message, coupons, a tag and another system are composed, simulated, and say what their holdout proves', async () => {
  const watched = await stage.page()
  const { page } = watched
  await posted(page, 'members', {
    members: Array.from({ length: 300 }, (_, number) => ({
      memberId: `M${String(number + 1).padStart(7, '0')}`,
      phone: String(13_800_000_000 + number),
      consent: 'granted',
    })),
  })
  await watched.open('/campaigns/new')
  const next = (step: string) => page.getByRole('button', { name: `Next: ${step}` }).click()
  await page.getByRole('radio', { name: 'Goes on by itself' }).check()
  await page.getByRole('combobox', { name: 'Begin with' }).click()
  await page.getByRole('option', { name: '60 days without an order: message, coupons, tag' }).click()
  await next('Offer')
  expect(await page.getByRole('radio', { name: 'Sends a message alone' }).isChecked()).toBe(true)
  // coupons need a budget and words of their own, the other system an address
  await next('Holdout')
  await page.getByText('A campaign that goes on by itself needs a budget.').waitFor()
  await page.getByRole('textbox', { name: /^Budget/ }).fill('20000')
  const step = (number: number) => page.getByRole('group', { name: `Step ${number}` })
  for (const number of [2, 3]) {
    await step(number).getByRole('radio', { name: 'Call list for staff' }).check()
    const words = step(number).getByRole('textbox', { name: 'What staff say or write' })
    expect(await words.inputValue()).toContain('{{ coupon.code }}')
  }
  await step(5).getByRole('textbox', { name: 'Address' }).fill('https://crm.example/tier')
  expect(await serious(page)).toEqual([])
  await next('Holdout')
  await page.getByText(/^Counting who would have come in last year/).waitFor()
  await page
    .getByText(/^By last year, about \d+ members? comes? in a week for the first time/)
    .waitFor(replayed)
  await page
    .getByText(
      /(Proves a rise of 5\.0 pp in buyers after about \d+ weeks?\.|At this size a rise of 5\.0 pp can’t be proven)/,
    )
    .first()
    .waitFor()
  await page.getByRole('textbox', { name: 'Smallest rise worth proving (points)' }).fill('9')
  await page
    .getByText(
      /(Proves a rise of 9\.0 pp in buyers after about \d+ weeks?\.|At this size a rise of 9\.0 pp can’t be proven)/,
    )
    .first()
    .waitFor()
  expect(await serious(page)).toEqual([])
  await next('Channel and time')
  await next('Review')
  await page.getByText('Choose how the message goes out.').waitFor()
  await page.getByRole('radio', { name: 'Call list for staff' }).check()
  const text = page.getByRole('textbox', { name: 'What staff say or write' })
  expect(await text.inputValue()).not.toContain('coupon')
  await text.fill('Yours: {{ coupon.code }}')
  await next('Review')
  await page.getByText(/^This message has no coupon: take coupon\.code/).waitFor()
  await text.fill('We miss you, {{ member.name | default: "there" }}.')
  await next('Review')
  await page
    .getByText(/^Last year: [\d,]+ coupons, at most ¥[\d,.]+; [\d,]+ messages without a coupon$/)
    .waitFor(replayed)
  await page.getByText(/^Message without a coupon \(Call list for staff\): /).waitFor()
  await page.getByText('After 7 days, who has not bought since:').first().waitFor()
  await page.getByText('tells https://crm.example/tier').waitFor()
  expect(await serious(page)).toEqual([])
  for (const box of await page.getByRole('checkbox').all()) await box.check()
  await page.getByRole('button', { name: 'Go live' }).click()
  await page.getByRole('heading', { name: 'Where members are' }).waitFor()
  await page.getByText('0 delivered, 0 waiting, 0 not sent').waitFor()
  expect(await serious(page)).toEqual([])
  expect(watched.complaints).toEqual([])
}, 900_000)

test('在手机上编排会员日，上线后与可比的日子对比', async () => {
  const watched = await stage.page({ language: 'zh-CN', width: 390 })
  const { page } = watched
  await watched.open('/campaigns/new')
  const next = (step: string) => page.getByRole('button', { name: `下一步：${step}` }).click()
  const isNarrow = async () =>
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  await page.getByRole('radio', { name: '自动进行' }).check()
  await page.getByRole('combobox', { name: '从场景开始' }).click()
  await page.getByRole('option', { name: '会员日' }).click()
  expect(await page.getByRole('radio', { name: '会员日：每月固定日期' }).isChecked()).toBe(true)
  const dates = page.getByRole('textbox', { name: '日期', exact: true })
  await dates.fill('32')
  await next('优惠方案')
  await page.getByText('请填写 1 到 31 的日期', { exact: false }).waitFor()
  await dates.fill(Array.from({ length: 31 }, (_, day) => day + 1).join('、'))
  await isNarrow()
  await next('优惠方案')
  await page.getByRole('textbox', { name: /^预算/ }).fill('100000')
  await isNarrow()
  await next('对照组')
  await page.getByText(/^按过去一年推算，每周约有 \d+ 位会员首次进入/).waitFor(replayed)
  await isNarrow()
  await next('渠道与时间')
  await next('确认')
  await page.getByText(/^过去一年：[\d,]+ 张券，最多 ¥/).waitFor(replayed)
  await page
    .getByText(/每月 1日|每月 1、|每月 .*31 日/)
    .first()
    .waitFor()
  await isNarrow()
  expect(await serious(page)).toEqual([])
  for (const box of await page.getByRole('checkbox').all()) await box.check()
  await page.getByRole('button', { name: '上线' }).click()
  await page.getByRole('heading', { name: '会员进展' }).waitFor()
  // somebody buys today, which is a member day
  await posted(page, 'orders', {
    orders: [
      {
        orderId: 'today',
        memberId: 'M0000001',
        orderedAt: new Date().toISOString(),
        amountMinor: 12_800,
      },
    ],
  })
  await page.reload()
  await page.getByRole('heading', { name: /^会员日净销售额 ¥[\d,.]+，可比日 ¥[\d,.]+/ }).waitFor()
  await page.getByText('前后对比不能证明效果', { exact: false }).waitFor()
  await isNarrow()
  expect(await serious(page)).toEqual([])
  expect(watched.complaints).toEqual([])
}, 900_000)
