import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { makeApp } from '../../app.ts'
import { Visitor } from '../../accounts/test-visitor.ts'
import { unzipped } from '../../export/unzipped.fixture.ts'
import { openPlatform, type Platform } from '../../platform.ts'
import { deleteMember } from '../../rights/delete-member.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'
import { asFileName, plainName } from './names.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-lists-'))
let platform: Platform
let app: Awaited<ReturnType<typeof makeApp>>
let shop: Workspace
let owner: Visitor
let marketer: Visitor

/** Members by hand: who buys where and what, who may be called, and what 企业微信 knows them by. */
const people = [
  {
    id: 'A1',
    name: '王一',
    phone: '13800000001',
    consent: 'granted',
    store: '南京西路店',
    spend: [9000, 3000],
    stored: 12345,
    openid: 'wmAAAAAAAAAAAAAA01',
  },
  {
    id: 'A2',
    name: '=SUM(1)',
    phone: '13800000002',
    consent: 'granted',
    store: '南京西路店',
    spend: [50000],
    stored: null,
    openid: 'oABCDEFGHIJKLMNOPQRSTUV',
  },
  {
    id: 'A3',
    name: '李三',
    phone: '13800000003',
    consent: 'denied',
    store: '南京西路店',
    spend: [100],
    stored: null,
    openid: 'wmAAAAAAAAAAAAAA03',
  },
  {
    id: 'A4',
    name: '赵四',
    phone: '13800000004',
    consent: 'unknown',
    store: '静安/旗舰店',
    spend: [100],
    stored: 0,
    openid: null,
  },
  {
    id: 'A5',
    name: '钱五',
    phone: '138****0005',
    consent: 'granted',
    store: '静安/旗舰店',
    spend: [100],
    stored: null,
    openid: 'wmAAAAAAAAAAAAAA01',
  },
  {
    id: 'A6',
    name: '孙六',
    phone: '13800000006',
    consent: 'granted',
    store: '静安/旗舰店',
    spend: [100],
    stored: null,
    openid: 'woAAAAAAAAAAAAAA06',
  },
  {
    id: 'A7',
    name: '周七',
    phone: '13800000007',
    consent: 'granted',
    store: null,
    spend: [],
    stored: null,
    openid: null,
  },
  {
    id: 'A8',
    name: '吴八',
    phone: '13800000008',
    consent: 'granted',
    store: null,
    spend: [100],
    stored: null,
    openid: 'woAAAAAAAAAAAAAA08',
  },
] as const

beforeAll(async () => {
  platform = await openPlatform(folder, { now: () => new Date('2026-11-22T04:00:00Z') }, { threads: 1 })
  shop = (await platform.workspaces.create({ name: 'shop', currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
  await shop.engine.transaction(async (session) => {
    let order = 0
    for (const [key, one] of people.entries()) {
      await session.run(sql`insert into members (member_key, member_id, name, phone, consent, stored_value_minor, openid)
        values (${key + 1}, ${one.id}, ${one.name}, ${one.phone}, ${one.consent}, ${one.stored}, ${one.openid})`)
      for (const spend of one.spend) {
        order++
        await session.run(sql`insert into orders values (${order}, ${`O${order}`}, ${key + 1}, timestamp '2026-11-10 04:00:00',
          date '2026-11-10', 12, ${one.store}, 'shop', 'paid', null, null, ${spend}, null, null)`)
        await session.run(sql`insert into order_lines (order_key, line_number, product, category, quantity, net_minor)
          values (${order}, 1, '蛋糕', ${spend > 5000 ? '奶粉' : '面包'}, 1, ${spend})`)
      }
    }
    await session.run(sql`insert into member_tags values (6, '勿扰', 'manual', date '2026-01-01')`)
    await session.run(sql`insert into coupons_elsewhere (code, coupon_name, campaign_id, campaign_name, member_id, valid_until, state)
      values ('X1', '满减', 'C9', '双十一', 'A1', date '2026-12-31', 'issued'),
        ('X2', '满 100 减 10', null, null, 'A1', date '2027-01-02', 'issued'),
        ('X3', null, null, null, 'A2', date '2027-01-03', 'issued')`)
    await session.run(sql`insert into campaigns_elsewhere (campaign_id, name) values ('C9', '双十一')`)
    await refreshDerivedTables(session, {}, '2026-11-22')
  })
  app = await makeApp(platform)
  owner = new Visitor(app)
  await owner.mutate('accounts.signInWithLink', { token: platform.accounts.newOwnerToken() })
  const { token } = await platform.accounts.team.invite(shop.id, 'marketer', 'test')
  marketer = new Visitor(app)
  await marketer.mutate('accounts.acceptInvite', {
    token,
    credentials: { name: 'mia', password: 'correct horse' },
  })
})
afterAll(async () => {
  await app.close()
  await platform.close()
  rmSync(folder, { recursive: true })
})

interface Prepared {
  ticket: string
  fileName: string
  listed: { members: number; listed: number; leftOut: { reason: string; members: number }[]; files: number }
}

/** Prepares a file, fetches it with its ticket and unpacks it. */
async function files(visitor: Visitor, expression: string, file: object) {
  const { data, message } = await visitor.mutate('segmentFiles.prepare', { expression, file })
  if (!data) throw new Error(message)
  const { ticket, listed } = data as Prepared
  const answer = await visitor.send('GET', `/export/prepared/${ticket}`)
  expect(answer.status).toBe(200)
  return { ticket, listed, files: await unzipped(answer.bytes) }
}

const rowsOf = (text: string | undefined) =>
  text!
    .replace(/^\uFEFF/, '')
    .trimEnd()
    .split('\r\n')

test('a call list for each store: who may be called, best customers first, with what a caller needs', async () => {
  const { listed, files: got } = await files(owner, 'orders >= 1 or days_since_order is unknown', {
    kind: 'call-lists',
  })
  // A3 said no, A6 is tagged, A4 never said, A5's phone is masked
  expect(listed).toMatchObject({
    members: 8,
    listed: 4,
    files: 2,
    leftOut: [
      { reason: 'denied', members: 1 },
      { reason: 'do-not-contact', members: 1 },
      { reason: 'unknown', members: 1 },
      { reason: 'no-phone', members: 1 },
    ],
  })
  expect([...got.keys()]).toEqual(['南京西路店.csv', 'No main store.csv', 'Summary.csv'])
  const [header, ...rows] = rowsOf(got.get('南京西路店.csv'))
  expect(header).toBe(
    "Member,Name,Phone,Last order,Orders,Last order's amount (CNY),Buys mostly,Why in the segment,Stored balance (CNY),Coupons held,Result,Note",
  )
  expect(rows).toEqual([
    "A2,'=SUM(1),13800000002,2026-11-10,1,500.00,奶粉,orders >= 1 (1),,Coupon (until 2027-01-03),,",
    'A1,王一,13800000001,2026-11-10,2,30.00,"奶粉, 面包",orders >= 1 (2),123.45,"双十一 (until 2026-12-31), 满 100 减 10 (until 2027-01-02)",,',
  ])
  expect(rowsOf(got.get('No main store.csv')).slice(1)).toEqual([
    'A8,吴八,13800000008,2026-11-10,1,1.00,面包,orders >= 1 (1),,,,',
    'A7,周七,13800000007,,0,,,days_since_order is unknown,,,,',
  ])
  expect(rowsOf(got.get('Summary.csv'))).toEqual([
    'Store,File,Members',
    '南京西路店,南京西路店.csv,2',
    'No main store,No main store.csv,2',
    'Asked not to be contacted,,1',
    'Tagged do not contact,,1',
    'Consent unknown,,1',
    'No phone to dial,,1',
    'In the segment as of 2026-11-10,,8',
  ])
})

test('who asks for members of unknown consent gets them, which is noted; phones are masked for a marketer', async () => {
  const asked = { kind: 'call-lists', includeUnknown: true }
  marketer.reads = 'zh-CN'
  const { listed, files: got } = await files(marketer, 'store = "静安/旗舰店"', asked)
  marketer.reads = undefined
  expect(listed).toMatchObject({ members: 3, listed: 1, files: 1 })
  expect([...got.keys()]).toEqual(['静安_旗舰店.csv', '汇总.csv'])
  expect(rowsOf(got.get('静安_旗舰店.csv'))[1]).toBe(
    'A4,赵四,138****0004,2026-11-10,1,1.00,面包,"主要门店 = ""静安/旗舰店""（静安/旗舰店）",0.00,,,',
  )
  const noted = await platform.store
    .selectFrom('audit')
    .select(['action', 'subject'])
    .where('action', '=', 'call-lists-exported')
    .orderBy('at')
    .execute()
  expect(noted.at(-1)).toEqual({ action: 'call-lists-exported', subject: '2026-11-10 unknown-consent' })
})

test('a send list names external ids once, and says who has none', async () => {
  const { listed, files: got } = await files(owner, 'everyone', { kind: 'wecom' })
  expect(listed).toMatchObject({
    members: 8,
    listed: 2,
    files: 1,
    leftOut: [
      { reason: 'denied', members: 1 },
      { reason: 'do-not-contact', members: 1 },
      { reason: 'unknown', members: 1 },
      { reason: 'no-external-id', members: 2 },
      { reason: 'same-external-id', members: 1 },
    ],
  })
  expect(JSON.parse(got.get('send-1.json')!)).toEqual({
    chat_type: 'single',
    external_userid: ['wmAAAAAAAAAAAAAA01', 'woAAAAAAAAAAAAAA08'],
  })
  expect(rowsOf(got.get('members.csv'))).toEqual([
    'Member,Name,external_userid,File',
    'A1,王一,wmAAAAAAAAAAAAAA01,send-1.json',
    'A8,吴八,woAAAAAAAAAAAAAA08,send-1.json',
  ])
  expect(rowsOf(got.get('without-external-id.csv'))).toEqual([
    'Member,Name,openid or unionid,Reason',
    "A2,'=SUM(1),oABCDEFGHIJKLMNOPQRSTUV,No external id of WeCom",
    'A5,钱五,wmAAAAAAAAAAAAAA01,External id of another member',
    'A7,周七,,No external id of WeCom',
  ])
})

test('a ticket is good once and for who asked; nothing of a rule stands in an address', async () => {
  const file = { kind: 'members', format: 'csv', columns: ['member_id', 'phone'] }
  const { data } = await owner.mutate('segmentFiles.prepare', { expression: 'member in ("A1")', file })
  const { ticket, fileName } = data as Prepared
  expect(fileName).toBe('segment-2026-11-10.csv')
  const url = `/export/prepared/${ticket}`
  expect((await marketer.send('GET', url)).status).toBe(404)
  expect((await new Visitor(app).send('GET', url)).status).toBe(401)
  const answer = await owner.send('GET', url)
  expect(answer.body).toBe('\uFEFFmember_id,phone\r\nA1,13800000001\r\n')
  expect((await owner.send('GET', url)).status).toBe(404)
  expect((await owner.send('GET', '/export/segment?expression=everyone')).body).not.toMatch(/A1,|13800000001/)
  const refused = await owner.mutate('segmentFiles.prepare', { expression: 'odrers > 1', file })
  expect(refused).toMatchObject({ status: 400, message: expect.stringContaining('odrers') })
})

test('a deletion takes away what waits to be fetched', async () => {
  const { data } = await owner.mutate('segmentFiles.prepare', {
    expression: 'everyone',
    file: { kind: 'wecom' },
  })
  await deleteMember(platform, shop, { memberId: 'A8', actor: 'owner' })
  const { ticket } = data as Prepared
  expect((await owner.send('GET', `/export/prepared/${ticket}`)).status).toBe(404)
  const { listed } = await files(owner, 'everyone', { kind: 'wecom' })
  expect(listed).toMatchObject({ listed: 1, leftOut: [{ reason: 'denied', members: 2 }, {}, {}, {}, {}] })
})

test('names of stores become names of files, each its own', () => {
  const taken = new Set<string>()
  expect(
    ['../../etc', 'East', 'EAST', 'a/b', 'a:b', '', '.', 'CON'].map((one) => plainName(one, taken)),
  ).toEqual(['__.._etc', 'East', 'EAST (2)', 'a_b', 'a_b (2)', '_', '_ (2)', '_CON'])
  expect(Buffer.byteLength(asFileName('店'.repeat(500)))).toBeLessThanOrEqual(120)
})
