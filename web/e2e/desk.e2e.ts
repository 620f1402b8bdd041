import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { prepareZXingModule, writeBarcode } from 'zxing-wasm/writer'
import { sql } from '../../analytics/sql/sql.ts'
import { makeApp } from '../../server/app.ts'
import { addLaunch, couponFor } from '../../server/coupons/issued-coupons.fixture.ts'
import { plainTerms } from '../../server/coupons/terms.ts'
import { openPlatform, type Platform } from '../../server/platform.ts'
import { findBrowser } from './browser.ts'
import { serious } from './serious.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-desk-'))
const now = new Date('2026-11-22T04:00:00Z')
const offer = { kind: 'percent', percent: 15, capMinor: 3_000 } as const
const scanned = couponFor('M00042', { offer, minSpendMinor: 10_000 })
const lost = couponFor('M00042', { offer, usesAllowed: 5 })
const typed = couponFor('M00042', { offer, minSpendMinor: 10_000 })
const gift = couponFor(null, {
  offer: { kind: 'gift', gift: '马克杯', worthMinor: 3_000 },
  terms: { ...plainTerms, only: { categories: ['茶'] } },
})
const tenOff = couponFor('M00043', {
  offer: { kind: 'amount', amountMinor: 1_000 },
  terms: { ...plainTerms, priority: 1 },
})
const fifteen = couponFor('M00043', { offer })
const large = couponFor('M00043', { minSpendMinor: 50_000 })

let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let url: string
let browser: Browser

beforeAll(async () => {
  platform = await openPlatform(join(folder, 'data'), { now: () => now })
  const shop = (await platform.workspaces.create({
    name: 'Shop',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!
  await shop.engine.run(sql`insert into members (member_key, member_id, name, phone)
    values (1, 'M00042', '王小明', '13800132201'), (2, 'M00043', '李雷', '+8613900001111')`)
  await addLaunch(platform.store, shop.id, [scanned, lost, typed, gift, tenOff, fifteen, large])
  app = await makeApp(platform)
  url = (await app.listen({ port: 0, host: '127.0.0.1' })).replace('127.0.0.1', 'localhost')
  const camera = join(folder, 'camera.y4m')
  writeFileSync(camera, await pictureOf(scanned.code))
  browser = await chromium.launch({
    executablePath: findBrowser(),
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${camera}`,
    ],
  })
})
afterAll(async () => {
  await browser?.close()
  await app?.close()
  await platform?.close()
  rmSync(folder, { recursive: true })
})

test('a cashier scans a code, confirms the member, and charges what is left; a double tap redeems once', async () => {
  const { page, complaints } = await cashier('Anna')
  await page.goto(`${url}/`)
  await page.waitForURL('**/redeem')
  await page.getByRole('button', { name: 'Scan a code' }).click()
  await page.getByText('王** · 138****2201').waitFor()
  await page.getByRole('button', { name: 'Redeem' }).click()
  await page.getByText('Check that it is this customer').waitFor()
  expect(await serious(page)).toEqual([])
  await page.getByRole('checkbox').check()
  await page.getByLabel('Basket amount').fill('128.50')
  await page.getByRole('button', { name: 'Redeem' }).dblclick()
  await page.getByText('¥109.22').waitFor() // 15 % of 128.50 is 19.275: 19.28 off
  expect(await serious(page)).toEqual([])
  expect(await redeemedUses(scanned.couponId)).toBe(1)

  await page.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Cancel it now' }).click()
  await page.getByText('The coupon can be used again').waitFor()
  expect(await redeemedUses(scanned.couponId)).toBe(0)
  expect(complaints).toEqual([])
})

test('a lost answer is asked again with the same key, also after the page was closed', async () => {
  const { page } = await cashier('Ben')
  await page.goto(`${url}/redeem`)
  const keys: string[] = []
  let answersAreLost = true
  await page.route('**/trpc/coupons.redeem', async (route) => {
    keys.push((route.request().postDataJSON() as { key: string }).key)
    if (!answersAreLost) return route.continue()
    await route.fetch() // it reaches the server, and the way back breaks
    await route.abort('connectionreset')
  })
  await chooseCoupon(page, lost.code)
  await page.getByLabel('Basket amount').fill('40')
  await page.getByRole('button', { name: 'Redeem' }).click()
  await page.getByText('Asking again is safe').waitFor()
  await page.reload()
  await page.getByText('No answer yet').waitFor()
  await page.getByRole('button', { name: 'Leave it for later' }).click()
  await page.getByLabel('Coupon code').waitFor()
  await page.getByText('on a basket of ¥40.00').waitFor()
  answersAreLost = false
  await page.getByRole('button', { name: 'Ask again' }).click()
  await page.getByText('¥34.00').waitFor()
  expect(await page.getByText('No answer yet').count()).toBe(0)
  expect(keys.length).toBeGreaterThanOrEqual(3)
  expect(new Set(keys).size).toBe(1)
  expect(await redeemedUses(lost.couponId)).toBe(1)
})

test('says no with the reason and what to do, in Chinese and in the dark, within 390 px', async () => {
  const { page, complaints } = await cashier('陈', { locale: 'zh-CN', colorScheme: 'dark' })
  await page.goto(`${url}/redeem`)
  const look = async (code: string) => {
    await page.getByLabel('券码').fill(code)
    await page.getByRole('button', { name: '查验' }).click()
  }
  await page.getByRole('button', { name: '查验' }).click()
  await page.getByText('请先输入或扫描顾客的券码。').waitFor()
  await look('KX7QM')
  await page.getByRole('heading', { name: '券码有误' }).waitFor()
  await look(couponFor(null).code)
  await page.getByRole('heading', { name: '查无此券' }).waitFor()
  await look(typed.code)
  await page.getByRole('checkbox').check()
  await page.getByLabel('消费金额').fill('99.99')
  await page.getByRole('button', { name: '核销' }).click()
  await page.getByText('此券需消费满 ¥100.00').waitFor()
  expect(await serious(page)).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  await page.getByRole('button', { name: '修改金额' }).click()
  expect(await page.getByRole('checkbox').isChecked()).toBe(true)
  await page.getByLabel('消费金额').fill('100')
  await page.getByRole('button', { name: '核销' }).click()
  await page.getByText('¥85.00').waitFor()
  await page.getByRole('button', { name: '下一位顾客' }).click()
  await look(typed.code)
  await page.getByRole('heading', { name: '已使用' }).waitFor()

  await look(gift.code)
  await page.getByText('赠 马克杯（价值 ¥30.00），限购买茶').waitFor()
  await page.getByLabel('消费金额').fill('50')
  await page.getByRole('button', { name: '核销' }).click()
  await page.getByText('此券有适用范围').waitFor()
  expect(await serious(page)).toEqual([])
  await page.getByRole('checkbox').check()
  await page.getByRole('button', { name: '核销' }).click()
  await page.getByText('请给顾客：赠 马克杯').waitFor()
  expect(complaints).toEqual([])
})

test('several coupons of a customer: quoted, chosen, set aside over a broken line, paid, and taken back', async () => {
  const { page, complaints } = await cashier('Cai')
  await page.goto(`${url}/redeem`)
  await page.getByLabel('Card number or phone').fill('139 0000 111')
  await page.getByRole('button', { name: 'Find the customer' }).click()
  await page.getByText('No member has this number').waitFor()
  await page.getByLabel('Card number or phone').fill('139 0000 1111')
  await page.keyboard.press('Enter')
  await page.getByText('李** · 139****1111').waitFor()
  await page.getByLabel('Basket amount').fill('200')
  await page.getByLabel('Receipt number').fill('R-77')
  await page.keyboard.press('Enter')
  // 15 % first, as their order says: 200.00 − 30.00 − 10.00
  await page.getByText('¥160.00', { exact: true }).waitFor()
  await page.getByText('¥300.00 more to spend.').waitFor()
  expect(await serious(page)).toEqual([])
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  await picture(page, 'till')
  await page.getByRole('checkbox', { name: '¥10.00 off' }).uncheck()
  await page.getByText('¥170.00', { exact: true }).waitFor()
  await page.getByRole('checkbox', { name: '¥10.00 off' }).check()
  await page.getByText('¥160.00', { exact: true }).waitFor()

  const keys: string[] = []
  let isBroken = true
  await page.route('**/trpc/desk.reserve', async (route) => {
    keys.push((route.request().postDataJSON() as { key: string }).key)
    if (!isBroken) return route.continue()
    await route.fetch() // it reaches the server, and the way back breaks
    await route.abort('connectionreset')
  })
  await page.getByRole('button', { name: 'Set aside until paid' }).click()
  await page.getByText('Asking again is safe').waitFor()
  await page.reload()
  isBroken = false
  await page.getByText(/Set aside until/).waitFor()
  expect(new Set(keys).size).toBe(1)
  expect(await redeemedUses(tenOff.couponId)).toBe(0)
  expect(await serious(page)).toEqual([])
  await picture(page, 'held')
  await page.getByRole('button', { name: 'Paid' }).click()
  await page.getByText('Redeemed', { exact: true }).waitFor()
  await page.getByText('¥160.00', { exact: true }).waitFor()
  expect([await redeemedUses(tenOff.couponId), await redeemedUses(fifteen.couponId)]).toEqual([1, 1])
  await picture(page, 'paid')
  await page.getByRole('button', { name: 'Next customer' }).click()

  await page.getByRole('button', { name: 'Take back a receipt' }).click()
  await page.getByLabel('Receipt number').fill('R-78')
  await page.getByRole('button', { name: 'Take back everything of it' }).click()
  await page.getByRole('button', { name: 'Really take back everything of it' }).click()
  await page.getByText('Nothing was redeemed for the receipt R-78').waitFor()
  await page.getByLabel('Receipt number').fill('R-77')
  await page.getByRole('button', { name: 'Take back everything of it' }).click()
  expect([await redeemedUses(tenOff.couponId), await redeemedUses(fifteen.couponId)]).toEqual([1, 1])
  await page.getByRole('button', { name: 'Really take back everything of it' }).click()
  await page.getByText('The coupon can be used again').first().waitFor()
  expect([await redeemedUses(tenOff.couponId), await redeemedUses(fifteen.couponId)]).toEqual([0, 0])
  expect(await serious(page)).toEqual([])
  await picture(page, 'taken-back')
  // the broken line alone complains
  expect(complaints.filter((one) => !/ERR_CONNECTION_RESET|404/.test(one))).toEqual([])

  if (!process.env.PICS) return
  const wide = await cashier('Dan', { locale: 'zh-CN' })
  await wide.page.setViewportSize({ width: 1440, height: 900 })
  await wide.page.goto(`${url}/redeem`)
  await picture(wide.page, 'zh-start-1440')
  await wide.page.setViewportSize({ width: 390, height: 844 })
  await picture(wide.page, 'zh-start')
  await wide.page.getByLabel('会员号或手机号').fill('M00043')
  await wide.page.keyboard.press('Enter')
  await wide.page.getByLabel('消费金额').fill('200')
  await wide.page.keyboard.press('Enter')
  await wide.page.getByText('¥160.00', { exact: true }).waitFor()
  await picture(wide.page, 'zh-till')
  await wide.page.setViewportSize({ width: 1440, height: 900 })
  await picture(wide.page, 'zh-till-1440')
})

const picture = async (page: Page, name: string) => {
  if (process.env.PICS) await page.screenshot({ path: `${process.env.PICS}/${name}.png`, fullPage: true })
}

async function chooseCoupon(page: Page, code: string): Promise<void> {
  await page.getByLabel('Coupon code').fill(code.toLowerCase())
  await page.getByRole('button', { name: 'Check code' }).click()
  await page.getByRole('checkbox').check()
}

/** A phone on which a new cashier of the shop is signed in. */
async function cashier(name: string, look: { locale?: string; colorScheme?: 'light' | 'dark' } = {}) {
  const owner = await browser.newContext()
  await ask(owner, 'accounts.signInWithLink', { token: platform.accounts.newOwnerToken() })
  const { token } = (await ask(owner, 'accounts.invite', { role: 'cashier' })) as { token: string }
  await owner.close()
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    locale: 'en',
    permissions: ['camera'],
    ...look,
  })
  await ask(context, 'accounts.acceptInvite', { token, credentials: { name, password: 'correct horse' } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  return { page, complaints }
}

async function ask(context: BrowserContext, procedure: string, data: unknown): Promise<unknown> {
  const answer = await context.request.post(`${url}/trpc/${procedure}`, { headers: { origin: url }, data })
  if (!answer.ok()) throw new Error(`${procedure}: ${answer.status()} ${await answer.text()}`)
  return ((await answer.json()) as { result: { data: unknown } }).result.data
}

async function redeemedUses(couponId: string): Promise<number> {
  const rows = await platform.store
    .selectFrom('ledger')
    .where('coupon_id', '=', couponId)
    .where('kind', 'in', ['redeemed', 'cancelled'])
    .select(['kind', 'uses'])
    .execute()
  return rows.reduce((sum, { kind, uses }) => sum + (kind === 'redeemed' ? uses : -uses), 0)
}

/** A film of one picture, as Chromium's pretended camera takes it: the code as a QR code in black on white. */
async function pictureOf(code: string): Promise<Buffer> {
  const wasm = createRequire(import.meta.url).resolve('zxing-wasm/writer/zxing_writer.wasm')
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(wasm)).buffer } })
  const { symbol } = await writeBarcode(code, { format: 'QRCode' })
  const [width, height, dot] = [640, 480, 16]
  const [left, top] = [(width - symbol.width * dot) >> 1, (height - symbol.height * dot) >> 1]
  const bright = Buffer.alloc(width * height, 235)
  for (let y = 0; y < symbol.height * dot; y++)
    for (let x = 0; x < symbol.width * dot; x++)
      if (symbol.data[Math.floor(y / dot) * symbol.width + Math.floor(x / dot)] === 0)
        bright[(top + y) * width + left + x] = 16
  const grey = Buffer.alloc((width * height) / 2, 128)
  const frame = Buffer.concat([Buffer.from('FRAME\n'), bright, grey])
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420\n`), frame, frame])
}
