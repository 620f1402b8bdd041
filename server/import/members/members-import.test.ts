import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { listMembers } from '../../members/list.ts'
import { consentOf } from '../../rights/consent.ts'
import { inboxOf, inboxState, openInbox } from '../inbox.ts'
import { peopleOfMembers } from '../../identity/told.ts'
import { openTestShop, receiptOf, type TestShop } from '../test-shop.ts'
import { memberFieldNames } from './fields.ts'
import { keptForms } from './phones.ts'
import { filledIn } from '../columns/template.fixture.ts'
import { templateEndings, writtenAs } from '../columns/templates.ts'
import { membersTemplate } from './template.ts'

const rows = ({ workspace }: TestShop) =>
  workspace.engine.rows(sql`select * exclude (member_key, stub) from members order by phone`)

const kindSeen = async (shop: TestShop, content: string) => {
  const seen = await shop.inspect(shop.file('seen.csv', content), 'seen.csv', {})
  return 'id' in seen ? seen.id : seen.inspection.map.kind
}

// Column names as the platforms write them; the values are invented.
const youzan =
  '客户姓名,客户昵称,客户手机号,客户生日,客户性别,标签,是否会员,成长值,免费等级,付费等级,权益卡,客户积分,客户储值余额,消费次数,消费金额,累计退款金额,来源渠道,成为客户时间,成为会员时间,所属区域,\n'
const shopify =
  'Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Province Code,Default Address Country Code,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags,custom.size (x)\n'

test('an export of customers of Youzan: its columns, masked, missing and repeated phones', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(
    'youzan.csv',
    `${youzan}王一,一,13900000001,1990-02-03,男,,是,10,VIP1,,,"1,200",88.50,3,300.00,0,微信,2024-01-05 23:30:00,2024-01-06 23:30:00,浙江省,
,二二,13900000002,——,女,,否,0,,,,0,0.00,0,0.00,0,,2024-01-05 10:00:00,,,
王三,,186******05,,未知,,否,0,,,,5,0.00,0,0.00,0,,2024-01-05 10:00:00,,,
王四,,,,未知,,否,0,,,,5,0.00,0,0.00,0,,2024-01-05 10:00:00,,,
,,13900000001,,,,是,0,VIP2,,,,,0,0.00,0,,2024-01-05 10:00:00,,,
`,
  )
  const seen = await shop.inspect(path, 'youzan.csv', {})
  expect('id' in seen ? seen : seen.inspection).toMatchObject({ preset: 'youzan-customers', lacking: [] })
  expect(await shop.importMembers(path)).toMatchObject({
    read: 5,
    imported: 3,
    unchanged: 0,
    refused: 2,
    newMembers: 2,
    repeatedRows: 1,
    reasons: [
      { reason: 'masked-member', field: 'phone', rows: 1 },
      { reason: 'no-member', field: 'phone', rows: 1 },
    ],
  })
  expect(await rows(shop)).toEqual([
    {
      // Known by the phone, under an id that does not give it away.
      memberId: expect.stringMatching(/^p-[0-9a-f]{16}$/),
      openid: null,
      email: null,
      name: '王一',
      phone: '+8613900000001',
      gender: 'male',
      birthday: '1990-02-03',
      joinedDay: '2024-01-06',
      region: '浙江省',
      channel: '微信',
      tier: 'VIP2',
      points: 1200,
      storedValueMinor: 8850,
      consent: 'unknown',
    },
    {
      // Known by the phone, under an id that does not give it away.
      memberId: expect.stringMatching(/^p-[0-9a-f]{16}$/),
      openid: null,
      email: null,
      name: '二二',
      phone: '+8613900000002',
      gender: 'female',
      birthday: null,
      joinedDay: null,
      region: null,
      channel: null,
      tier: null,
      points: 0,
      storedValueMinor: 0,
      consent: 'unknown',
    },
  ])
})

test('an export of customers of Shopify: known by their numbers, apostrophes before those and phones', async () => {
  await using shop = await openTestShop('USD', 'America/New_York')
  const path = shop.file(
    'shopify.csv',
    `${shopify}'7001,Ann,Lee,ann@example.com,yes,,NY,US,,'+12125550101,no,10.00,1,,no,,
'7002,Bob,,bob@example.com,no,,CA,US,,(212) 555-0102,no,0.00,0,,no,,
'7003,No,Mail,,yes,,CA,US,,,no,0.00,0,,no,,
`,
  )
  expect(await shop.importMembers(path)).toMatchObject({ imported: 3, refused: 0, newMembers: 3 })
  const members = await shop.workspace.engine.rows(
    sql`select member_id, name, phone, email, region, consent from members order by 1`,
  )
  expect(members.map((row) => Object.values(row).join(' '))).toEqual([
    '7001 Ann Lee +12125550101 ann@example.com NY granted',
    '7002 Bob +12125550102 bob@example.com CA denied',
    '7003 No Mail   CA granted',
  ])
})

test('the header tells what a file holds, and it can be said otherwise', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const kinds: readonly (readonly [string, string])[] = [
    ['会员号,姓名,积分\nM1,a,1\n', 'members'],
    ['member_id,name,email,created_at,total_spent\nM1,a,b@c.d,2026-01-02,5\n', 'members'],
    ['手机号,姓名,生日\n13900000001,a,1990-01-02\n', 'members'],
    ['email,name,points\na@b.cd,a,1\n', 'members'],
    ['openid,昵称,手机号\no1,a,13900000001\n', 'members'],
    ['external_userid,备注名,手机号\nwm1,a,13900000001\n', 'members'],
    ['order_id,customer_id,order_date,amount\nA,M1,2026-01-02,5\n', 'orders'],
    ['customer_id,name,phone,date,amount\nM1,a,139,2026-01-02,5\n', 'orders'],
    ['会员号,姓名,消费时间,消费金额\nM1,a,2026-01-02,5\n', 'orders'],
    [writtenAs.csv(membersTemplate()), 'members'],
  ]
  for (const [content, kind] of kinds)
    expect([content, await kindSeen(shop, content)]).toEqual([content, kind])
  const path = shop.file('both.csv', 'customer_id,name,date,amount,points\nM1,a,2026-01-02,5,7\n')
  expect(await shop.importMembers(path, { map: { kind: 'members' } })).toMatchObject({ newMembers: 1 })
  expect(receiptOf(await shop.import(path, { map: { kind: 'orders' } }))).toMatchObject({ orders: 1 })
})

test.each(templateEndings)('the template as %s is taken in as it says', async (ending) => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(`t.${ending}`, filledIn(writtenAs[ending](membersTemplate())))
  const seen = await shop.inspect(path, `t.${ending}`, {})
  if ('id' in seen) throw new Error(seen.id)
  expect(seen.inspection).toMatchObject({ map: { kind: 'members' }, questions: [], lacking: [] })
  expect(seen.inspection.columns.map(({ field }) => field)).toEqual(memberFieldNames)
  expect(await shop.importMembers(path)).toMatchObject({ read: 1, newMembers: 1, refused: 0 })
  const [member] = await shop.workspace.engine.rows(
    sql`select member_id, phone, tier, points, stored_value_minor, consent, region, birthday from members`,
  )
  expect(member).toEqual({
    memberId: 'MEMBER-1',
    phone: '+8613800000000',
    tier: 'gold',
    points: 120,
    storedValueMinor: 5000,
    consent: 'granted',
    region: 'Shanghai',
    birthday: '1990-01-31',
  })
})

test('rows that say something unreadable are refused with the reason and the column', async () => {
  await using shop = await openTestShop('GBP', 'Europe/London')
  const path = shop.file(
    'm.csv',
    `member id,phone,birthday,joined at,points,stored value,consent
M1,07700 900001,3/2/1990,2026-01-02,1,£5.25,subscribed
M2,+44 7700 900002,29/2/1991,2026-01-02,1,5,FALSE
M3,x,13/2/1990,soon,1,5,true
M4,,13/2/1990,2026-01-02,many,5,yes
M5,,13/2/1990,2026-01-02,1,5,maybe
M6,,13/2/1990,2026-01-02,1,€5,yes
M7,077****0007,13/2/2090,2026-01-02,1,5,yes
M8,077****0008,,,,,unsubscribed
,,,,,,yes
`,
  )
  const receipt = await shop.importMembers(path)
  expect(receipt.reasons.map(({ reason, field, rows }) => `${reason} ${field} ${rows}`).toSorted()).toEqual([
    'bad-date birthday 1',
    'bad-date joinedAt 1',
    'bad-number points 1',
    'future-date birthday 1',
    'no-member memberId 1',
    'other-currency storedValue 1',
    'unknown-consent consent 1',
  ])
  expect(receipt).toMatchObject({ read: 9, imported: 2, unchanged: 0, refused: 7, maskedPhones: 1 })
  expect(
    await shop.workspace.engine.rows(
      sql`select member_id, phone, birthday, stored_value_minor, consent from members order by 1`,
    ),
  ).toEqual([
    {
      memberId: 'M1',
      phone: '+447700900001',
      birthday: '1990-02-03',
      storedValueMinor: 525,
      consent: 'granted',
    },
    { memberId: 'M8', phone: '077****0008', birthday: null, storedValueMinor: null, consent: 'denied' },
  ])
})

test('an e-mail and a phone that are none are told with their first line, and nobody is found by them', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const path = shop.file(
    'm.csv',
    `会员号,姓名,手机号,邮箱
M1,甲,13900000001,a@shop.example
M2,乙,12,not mail
M3,丙,139****0001,a***@shop.example
M4,丁,13900000003 13900000004,
M5,戊,无,无
,己,,not mail
`,
  )
  const receipt = await shop.importMembers(path)
  expect(receipt).toMatchObject({
    refused: 1,
    maskedPhones: 1,
    doubts: [
      { doubt: 'unread-email', rows: 2, line: 3 },
      { doubt: 'unfit-phone', rows: 2, line: 3 },
    ],
  })
  expect(peopleOfMembers('en', receipt).slice(-2)).toEqual([
    '2 e-mails are no whole address and left out, the first in line 3. The rows are taken.',
    '2 phones are no whole number, the first in line 3: shown as in the file, and nobody is found by them.',
  ])
  expect(
    await shop.workspace.engine.rows(sql`select member_id, phone, email from members order by 1`),
  ).toMatchObject([
    { email: 'a@shop.example' },
    { phone: '12', email: null },
    { email: null },
    {},
    { phone: null, email: null },
  ])
})

test('segments and searches see what a file says of members; members without orders never bought', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  receiptOf(
    await shop.import(
      shop.file('o.csv', 'order_id,customer_id,order_date,amount\nA,M1,2026-11-20,10\nB,M9,2026-11-20,10\n'),
    ),
  )
  const receipt = await shop.importMembers(
    shop.file(
      'm.csv',
      `会员号,姓名,手机号,性别,生日,会员等级,积分,储值余额,是否订阅
M1,甲,13900000001,男,1990-11-25,金卡,100,50.00,是
M2,乙,13900000001,女,1990-06-01,银卡,5,0.50,否
M3,丙,139****0001,女,,金卡,,,
`,
    ),
  )
  expect(receipt).toMatchObject({
    newMembers: 2,
    changedMembers: 1,
    neverBought: 2,
    sharedPhones: 2,
    maskedPhones: 1,
  })
  const { store } = shop.platform
  const listed = async (request: { segment?: string; search?: string }) => {
    const outcome = await listMembers(store, shop.workspace, {
      ...request,
      sort: 'member',
      descending: false,
      limit: 10,
    })
    if (outcome.kind !== 'listed') throw new Error(JSON.stringify(outcome))
    return outcome.page.rows.map(({ memberId }) => memberId)
  }
  expect(await listed({ segment: 'tier = "金卡"' })).toEqual(['M1', 'M3'])
  expect(await listed({ segment: 'points >= 100' })).toEqual(['M1'])
  expect(await listed({ segment: 'stored_value < 1' })).toEqual(['M2'])
  expect(await listed({ segment: 'birthday_in <= 7' })).toEqual(['M1'])
  expect(await listed({ segment: 'consent = "denied"' })).toEqual(['M2'])
  expect(await listed({ segment: 'gender = "female"' })).toEqual(['M2', 'M3'])
  expect(await listed({ segment: 'orders = 0' })).toEqual(['M2', 'M3'])
  expect(await listed({ search: '13900000001' })).toEqual(['M1', 'M2'])
  expect(await listed({ search: '0001' })).toEqual(['M1', 'M2'])
  expect(await listed({ search: '900000001' })).toEqual([])
  expect(keptForms('07700 900001')).toContain('+447700900001')
  expect(
    await shop.workspace.engine.rows(
      sql`select sum(orders) as n, count(cohort_month) as cohorts from member_facts`,
    ),
  ).toEqual([{ n: 2, cohorts: 2 }])
})

test('the inbox takes members in too, and each kind remembers its own columns', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const content = 'wer,name,wann,punkte\nM1,a,3/4/1990,5\n'
  const map = {
    kind: 'members',
    columns: { memberId: 'wer', birthday: 'wann', points: 'punkte' },
    dates: 'day-first',
  } as const
  await shop.importMembers(shop.file('first.csv', content), { map })
  const seen = await shop.inspect(shop.file('next.csv', content), 'next.csv', {})
  expect('id' in seen ? seen : seen.inspection).toMatchObject({
    remembered: { fileName: 'first.csv' },
    map: { kind: 'members', dates: 'day-first', columns: { memberId: 'wer', birthday: 'wann' } },
  })
  const asOrders = await shop.inspect(shop.file('next.csv', content), 'next.csv', {
    kind: 'orders',
  })
  expect('id' in asOrders ? asOrders : asOrders.inspection.remembered).toBeNull()
  const inbox = openInbox(shop.platform, { polling: false })
  await inbox.look()
  const { folder } = inboxOf(shop.platform, shop.workspace)
  writeFileSync(join(folder, 'a.csv.part'), `${content}M2,b,4/4/1990,6\n`)
  renameSync(join(folder, 'a.csv.part'), join(folder, 'a.csv'))
  writeFileSync(join(folder, 'b.csv'), '会员号,姓名,积分\nM3,丙,7\n')
  await inbox.look()
  await inbox.look()
  expect(inboxState(shop.platform, shop.workspace, 'en').refused).toEqual([])
  expect(
    await shop.workspace.engine.rows(sql`select member_id, points, birthday from members order by 1`),
  ).toEqual([
    { memberId: 'M1', points: 5, birthday: '1990-04-03' },
    { memberId: 'M2', points: 6, birthday: '1990-04-04' },
    { memberId: 'M3', points: 7, birthday: null },
  ])
  await inbox.stop()
})

test('an e-mail copied as a link or with a dot at its end is the same address; a day of consent is shown as a day', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.importMembers(
    shop.file(
      'm.csv',
      'member_id,email,consent,consent_date\nM1,Mailto:A@b.cn?subject=hi,yes,2026-01-31\nM2,c@d.cn.,no,2026-01-31 18:05\nM3,no.dot.@e.cn,,\n',
    ),
  )
  const kept = await shop.workspace.engine.rows(sql`select member_id, email from members order by 1`)
  expect(kept.map(({ email }) => email)).toEqual(['a@b.cn', 'c@d.cn', 'no.dot.@e.cn'])
  const orders = 'order_id,email,order_date,amount\nA,a@b.cn.,2026-02-01,1\nB,mailto:C@D.cn,2026-02-01,1\n'
  receiptOf(await shop.import(shop.file('o.csv', orders)))
  const owners = await shop.workspace.engine.rows(
    sql`select order_id, member_id from orders join members on members.member_key = orders.member_key order by 1`,
  )
  expect(owners.map((row) => Object.values(row).join(' '))).toEqual(['A M1', 'B M2'])
  const { store } = shop.platform
  expect(await consentOf(store, shop.workspace, 'M1')).toMatchObject({ sinceDay: '2026-01-31' })
  const timed = await consentOf(store, shop.workspace, 'M2')
  expect([timed.sinceDay, timed.since]).toEqual([undefined, '2026-01-31T10:05:00.000Z'])
})
