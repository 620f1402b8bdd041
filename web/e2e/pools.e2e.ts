import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSharedStage, type Stage, type Watched, workspaceOf } from './harness.ts'
import { serious } from './serious.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openSharedStage()
})
afterAll(() => stage?.close())

/** A key of the shop's own system. */
async function keyOf({ page }: Watched, scopes: readonly string[]): Promise<string> {
  const { url } = stage.server
  const made = await page.request.post(`${url}/trpc/keys.create`, {
    headers: { origin: url },
    data: { name: 'shop', scopes },
  })
  return ((await made.json()) as { result: { data: { key: string } } }).result.data.key
}

const ids = ['M1', 'M2', 'M3', 'M4', 'M5', 'M6']

test('有赞的券码导入为券码池，随活动发出，有赞导出的核销与账本核对', async () => {
  const watched = await stage.page({ language: 'zh-CN' })
  const { page } = watched
  page.setDefaultTimeout(30_000)
  const { url } = stage.server
  await workspaceOf(watched, stage, 'pools')
  const key = await keyOf(watched, ['orders', 'members', 'redemptions'])
  const posted = async (path: string, data: unknown) => {
    const taken = await page.request.post(`${url}/api/v1/${path}`, {
      headers: { authorization: `Bearer ${key}`, 'idempotency-key': path },
      data,
    })
    if (!taken.ok()) throw new Error(await taken.text())
  }
  await posted('members', {
    members: ids.map((memberId) => ({ memberId, name: `会员${memberId}`, consent: 'granted' })),
  })
  const orderedAt = new Date().toISOString()
  await posted('orders', {
    orders: ids.map((memberId) => ({ orderId: `O${memberId}`, memberId, orderedAt, amountMinor: 10_000 })),
  })

  await watched.open('/campaigns/new?segment=everyone&name=%E6%9C%89%E8%B5%9E%E5%8F%AC%E5%9B%9E')
  const next = (step: string) => page.getByRole('button', { name: `下一步：${step}` }).click()
  await next('优惠方案')
  await page.getByText('从券码池领取', { exact: true }).click()
  const imported = async (name: string, content: string) => {
    const choosing = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: '导入券码…' }).click()
    await (await choosing).setFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) })
  }
  await page.getByRole('textbox', { name: '新券码池的名称' }).fill('有赞')
  await imported('有赞券码.csv', '序号,券码\n1,YZ7001\n2,YZ7002\n3,YZ7002\n4,1.23E+15\n')
  await page.getByText('第 4 行', { exact: false }).waitFor()
  await page.getByText('共 2 个券码，2 个尚未发放。').waitFor()
  await page.locator('dl[aria-busy="false"]').waitFor()
  expect(await serious(page)).toEqual([])
  await next('对照组')
  await next('渠道与时间')
  await next('确认')
  // six members, two codes
  await page.getByText(/^券码池“有赞”剩余 2 个券码，还缺 \d 个/).waitFor()
  await page
    .getByRole('button', { name: /优惠方案/ })
    .first()
    .click()
  await imported('有赞券码2.csv', '券码\nYZ7003\nYZ-7004\nyz 7005\nYZ7006\n')
  await page.getByText('共 6 个券码，6 个尚未发放。').waitFor()
  await next('对照组')
  await next('渠道与时间')
  await next('确认')
  const send = page.getByRole('button', { name: /^发放 \d+ 张券$/ })
  await send.waitFor()
  for (const box of await page.getByRole('checkbox').all()) await box.check()
  await send.click()
  await page.waitForURL(/\/campaigns\/[0-9a-f-]{36}$/)
  const downloading = page.waitForEvent('download')
  await page.getByRole('button', { name: '下载券码' }).click()
  const list = readFileSync(await (await downloading).path(), 'utf8')
  const issued = list
    .replace('\uFEFF', '')
    .trim()
    .split('\r\n')
    .slice(1)
    .map((row) => row.split(','))
    .map((cells) => ({
      memberId: cells.find((cell) => ids.includes(cell))!,
      code: cells.find((cell) => /^yz/i.test(cell))!,
    }))
  expect(issued.length).toBeGreaterThan(3)
  expect(issued.every(({ code }) => /^(YZ700[1236]|YZ-7004|yz 7005)$/.test(code))).toBe(true)
  expect(new Set(issued.map(({ code }) => code)).size).toBe(issued.length)

  // the first is used at our till and known so there, the second at our till alone, the third there alone
  const [one, two, three, four] = issued as [
    (typeof issued)[number],
    (typeof issued)[number],
    (typeof issued)[number],
    (typeof issued)[number],
  ]
  for (const [{ code, memberId }, orderId] of [
    [one, 'T1'],
    [two, 'T2'],
  ] as const) {
    const redeemed = await page.request.post(`${url}/api/v1/redemptions`, {
      headers: { authorization: `Bearer ${key}`, 'idempotency-key': orderId },
      data: { code: code.toLowerCase(), orderId, memberId, amountMinor: 12_000 },
    })
    expect(redeemed.status()).toBe(201)
  }
  await watched.open('/data')
  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: '选择文件' }).click()
  const used = `${new Date().toISOString().slice(0, 10)} 00:30`
  await (
    await choosing
  ).setFiles({
    name: '有赞优惠券.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      [
        '券码,活动名称,会员卡号,领取时间,核销时间,订单号,优惠金额,券状态',
        `${one.code},有赞召回,${one.memberId},${used},${used},T1,20.00,已核销`,
        `${two.code},有赞召回,${two.memberId},${used},,,,未使用`,
        `${three.code},有赞召回,${three.memberId},${used},${used},YZ99,20.00,已核销`,
        `${four.code},有赞召回,${four.memberId},${used},,,,未使用`,
      ].join('\n'),
    ),
  })
  await page.getByRole('button', { name: '导入', exact: true }).click()
  await page.getByRole('heading', { name: '有赞优惠券.csv 已导入' }).waitFor()
  await watched.open('/data')
  await page
    .getByText('文件中有本系统的优惠券 4 张；其中 2 张与账本不一致，账本不作改动，见下方列表。')
    .waitFor()
  const differing = page.getByRole('region', { name: '与订单或账本不一致的优惠券' })
  const cells = async (code: string) =>
    (await differing.getByRole('row', { name: code }).first().getByRole('cell').allTextContents()).slice(0, 4)
  expect(await cells(two.code)).toEqual([two.memberId, two.code, '未使用', '账本：在订单 T2 中使用'])
  expect(await cells(three.code)).toEqual([three.memberId, three.code, '在订单 YZ99 中使用', '账本：未使用'])
  // beside them the two orders of the file, neither of which was imported
  await page.getByRole('heading', { name: '其他系统文件中的优惠券有 4 处与订单或账本不一致' }).waitFor()
  expect(await serious(page)).toEqual([])
  expect(watched.complaints).toEqual([])
}, 300_000)
