import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { exportSegment } from './export.ts'
import { segmentColumns } from './export-columns.ts'

let shop: TestShop

/** Two members of whom all is told and one of whom nothing is; figures by hand below. The newest order is of 2026-03-20. */
beforeAll(async () => {
  shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(
    shop.file(
      'members.csv',
      `member_id,name,phone,gender,birthday,joined_at,region,channel,tier,points,stored_value,consent,openid,email
A,"李, 雷",13812345678,female,1990-03-21,2025-01-02,上海,小程序,金卡,120,88.80,granted,oAbcdefgh12345678,lilei@example.com
B,=B,13900000001,male,2000-02-29,2025-05-06,北京,门店,银卡,0,0,denied,,b@example.com
C,,,,,,,,,,,,,
`,
    ),
  )
  receiptOf(
    await shop.import(
      shop.file(
        'orders.csv',
        `order_id,customer_id,order_date,amount,store,list_price
1,A,2026-01-05 09:00:00,100,S1,100
2,A,2026-02-10 19:30:00,50.01,S1,60
3,A,2026-03-12 20:00:00,33,S2,40
4,B,2026-03-20 12:00:00,10,S2,10
`,
      ),
    ),
  )
  await shop.importKind(
    shop.file(
      'points.csv',
      `entry_id,member_id,changed_at,points_change,expires_on
1,A,2025-06-01 10:00:00,100,2026-04-10
2,A,2025-07-01 10:00:00,70,2026-04-30
3,A,2025-08-01 10:00:00,-30,
4,B,2025-06-01 10:00:00,40,2026-03-19
`,
    ),
  )
  await shop.importKind(
    shop.file(
      'tags.csv',
      `member_id,tag,tagged_on
A,vip,2026-01-10
A,"a ""b""",2026-03-01
B,vip,2026-03-20
`,
    ),
  )
  await shop.importKind(
    shop.file(
      'coupons.csv',
      `coupon_code,coupon_name,member_id,issued_at,valid_until,used_at
X1,Ten off,A,2026-03-01,2026-03-25,
X2,Ten off,A,2026-03-01,2026-03-10,
X3,Ten off,A,2026-03-01,2026-03-25,2026-03-12
`,
    ),
  )
})
afterAll(() => shop[Symbol.asyncDispose]())

async function exported(unmasked: boolean, asOf?: string) {
  const { platform, workspace } = shop
  const outcome = await exportSegment(
    platform,
    workspace,
    { expression: 'everyone', asOf, format: 'jsonl', columns: segmentColumns, unmasked, actor: 'test' },
    new AbortController().signal,
  )
  if (outcome.kind === 'refused') throw new Error(JSON.stringify(outcome.errors))
  let text = ''
  for await (const piece of outcome.content) text += String(piece)
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('every fact that is known of a member can be a column', async () => {
  const [a, b, c] = await exported(true)
  expect(Object.keys(a!)).toEqual([...segmentColumns])
  expect(a).toEqual({
    member_id: 'A',
    name: '李, 雷',
    phone: '+8613812345678',
    status: 'active',
    days_since_order: 8,
    first_order: '2026-01-05',
    last_order: '2026-03-12',
    orders: 3,
    net_minor: 18301,
    value_at_risk_minor: 18301,
    joined: '2025-01-02',
    tier: '金卡',
    region: '上海',
    channel: '小程序',
    main_store: 'S1',
    consent: 'granted',
    gender: 'female',
    birthday: '1990-03-21',
    age: 35, // 36 on the day after
    email: 'lilei@example.com',
    openid: 'oAbcdefgh12345678',
    stored_value_minor: 8880,
    points: 120,
    points_expiring_30_days: 70, // 100 of which 30 were spent, until 10 April; 30 April is 41 days ahead
    points_expire_next: '2026-04-10',
    tags: 'a "b"; vip',
    unused_coupons: 1, // of three one has expired and one is used
    purchase_days: 3,
    average_order_minor: 6100, // 18301 / 3 = 6100.33
    discounted_share_percent: 66.7,
    cohort: '2026-01',
    second_order: '2026-02-10',
    rhythm_status: null, // too few repeat purchases in the shop
    next_order_in_days: null,
    daypart: 'evening',
  })
  expect(b).toMatchObject({
    member_id: 'B',
    gender: 'male',
    age: 26,
    stored_value_minor: 0,
    points: 0,
    points_expiring_30_days: 0, // went the day before
    points_expire_next: null,
    tags: 'vip',
    unused_coupons: 0,
    average_order_minor: 1000,
    discounted_share_percent: 0,
    daypart: 'noon',
  })
  const { member_id: id, status, rhythm_status: rhythm, consent, ...ofC } = c!
  expect({ id, status, rhythm }).toEqual({ id: 'C', status: 'never bought', rhythm: 'never bought' })
  expect(consent).toBe('unknown')
  const none = [
    'orders',
    'net_minor',
    'value_at_risk_minor',
    'points_expiring_30_days',
    'unused_coupons',
    'purchase_days',
  ]
  for (const [column, value] of Object.entries(ofC))
    expect([column, value]).toEqual([column, none.includes(column) ? 0 : null])
})

test('contacts are masked for who may not see them', async () => {
  const [a, b, c] = await exported(false)
  const contacts = ({ phone, email, openid }: Record<string, unknown>) => ({ phone, email, openid })
  expect(contacts(a!)).toEqual({ phone: '+86****5678', email: 'l****@example.com', openid: 'oAbc****5678' })
  expect(contacts(b!)).toEqual({ phone: '+86****0001', email: '****@example.com', openid: null })
  expect(contacts(c!)).toEqual({ phone: null, email: null, openid: null })
})

test('on a past day tags, orders, coupons and ages are those of that day', async () => {
  const [a] = await exported(true, '2026-02-28')
  expect(a).toMatchObject({ tags: 'vip', orders: 2, unused_coupons: 0, points_expiring_30_days: 0, age: 35 })
  expect(a).toMatchObject({ points_expire_next: '2026-04-10', average_order_minor: 7501, daypart: 'evening' })
})
