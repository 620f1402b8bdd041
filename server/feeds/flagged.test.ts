import { afterAll, beforeAll, expect, test } from 'vitest'
import { Visitor } from '../accounts/test-visitor.ts'
import { makeApp } from '../app.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'

let shop: TestShop
let app: Awaited<ReturnType<typeof makeApp>>
let owner: Visitor

// North sells every day up to 20 November; South did up to 5 November, and nothing came from it since.
beforeAll(async () => {
  shop = await openTestShop('CNY', 'Asia/Shanghai')
  const rows: string[] = []
  for (let day = 1; day <= 20; day++)
    for (const [store, until] of [
      ['North', 20],
      ['South', 5],
    ] as const)
      if (day <= until)
        rows.push(
          `${store}${day},${store.at(0)}${day % 5},2026-11-${String(day).padStart(2, '0')} 10:00:00,10,${store}`,
        )
  const file = shop.file('orders.csv', `order_id,customer_id,order_date,amount,store\n${rows.join('\n')}\n`)
  receiptOf(await shop.import(file))
  app = await makeApp(shop.platform)
  owner = new Visitor(app)
  await owner.mutate('accounts.signInWithLink', { token: shop.platform.accounts.newOwnerToken() })
})
afterAll(async () => {
  await app.close()
  await shop[Symbol.asyncDispose]()
})

test('the feeds name the store, its newest order and since when it is silent', async () => {
  const { data } = await owner.query('feeds.health', { asOf: '2026-11-20' })
  expect(data).toMatchObject({
    finding: 'stores',
    shop: { newestDay: '2026-11-20', silentDays: 0, isGap: false },
    stores: [
      { store: 'South', newestDay: '2026-11-05', usualGap: 1, silentDays: 15, isGap: true },
      { store: 'North', newestDay: '2026-11-20', usualGap: 1, silentDays: 0, isGap: false },
    ],
  })
})

const south = { store: 'South', newestDay: '2026-11-05' }

test('members whose main store has a feed gap are flagged in lists and on their page, others are not', async () => {
  const { data } = await owner.query('members.list', {})
  const { rows } = data as { rows: { memberId: string; mainStore: string; feedGap: unknown }[] }
  expect(rows).toHaveLength(10)
  for (const { memberId, feedGap } of rows) expect(feedGap).toEqual(memberId.startsWith('S') ? south : null)
  const one = async (memberId: string) => (await owner.query('members.one', { memberId })).data
  expect(await one('S1')).toMatchObject({ mainStore: 'South', feedGap: south })
  expect(await one('N1')).toMatchObject({ mainStore: 'North', feedGap: null })
  // within three days nothing is a gap
  const before = (await owner.query('members.list', { asOf: '2026-11-08' })).data as typeof data
  expect((before as { rows: { feedGap: unknown }[] }).rows.every(({ feedGap }) => feedGap === null)).toBe(
    true,
  )
})

test('a launch to such members waits for a confirmation', async () => {
  const campaign = async (segment: string) => {
    const created = await owner.mutate('campaigns.create', {
      name: segment,
      segment,
      offer: { kind: 'amount', amountMinor: 100 },
      minSpendMinor: 0,
      validDays: 14,
      holdout: 0,
      channel: { kind: 'csv' },
    })
    expect(created.status).toBe(200)
    const { campaignId } = created.data as { campaignId: string }
    const { data } = await owner.query('campaigns.preview', { campaignId })
    return { campaignId, ...(data as { digest: string; confirmations: string[] }) }
  }
  const northern = await campaign('store = "North"')
  expect(northern.confirmations).not.toContain('feed-gap')
  const { campaignId, digest, confirmations } = await campaign('store = "South"')
  expect(confirmations).toContain('feed-gap')
  const others = confirmations.filter((topic) => topic !== 'feed-gap')
  expect((await owner.mutate('campaigns.launch', { campaignId, digest, confirm: others })).status).toBe(412)
  const launched = await owner.mutate('campaigns.launch', { campaignId, digest, confirm: confirmations })
  expect({ status: launched.status, body: launched.status === 200 ? '' : launched.body }).toEqual({
    status: 200,
    body: '',
  })
})
