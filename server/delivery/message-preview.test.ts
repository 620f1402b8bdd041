import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { previewOf } from '../campaigns/preview.ts'
import { previewMessage, type MessagePreview } from './message-preview.ts'
import { smsParts, writtenSms } from './sms-text.ts'
import { saveAccount } from './channel-account.ts'
import { smsAccount } from './sms-settings.ts'

let shop: TestShop
beforeAll(async () => {
  shop = await openTestShop(12)
  await shop.workspace.engine.run(sql`update members set name = '会员' || member_id,
    phone = '+8613800' || lpad(cast(member_key as varchar), 6, '0'),
    openid = 'oMEMBER' || lpad(cast(member_key as varchar), 21, '0')`)
  await shop.workspace.engine.run(sql`update members set name = null where member_key in (2, 5, 10)`)
  await shop.workspace.engine.run(sql`update members set phone = null where member_key = 1`)
})
afterAll(() => shop.close())

type Written = Extract<MessagePreview, { kind: 'written' }>
async function previewed(channel: object, memberIds: string[] = [], differs = {}): Promise<Written> {
  const definition = definitionOf({ holdout: 0, channel, ...differs })
  const outcome = await previewMessage(
    shop.platform,
    shop.workspace,
    definition as Parameters<typeof previewMessage>[2],
    memberIds,
  )
  if (outcome.kind !== 'written') throw new Error(JSON.stringify(outcome))
  return outcome
}

const sms = {
  kind: 'sms',
  templateCode: 'SMS_1',
  params: { name: '{{ member.name }}', code: '{{ coupon.code }}' },
  text: '尊敬的${name}，您的券码${code}，拒收请回复R',
  language: 'zh-CN',
}

test('a short message is shown whole, with its signature, parts and price; of whom a value is unknown is counted and named', async () => {
  const doing = { actor: 'test', at: shop.clock.now() }
  const settings = { endpoint: 'https://x.example', accessKeyId: 'key', signName: '好邻居', priceMinor: 5 }
  await saveAccount(
    shop.platform.store,
    shop.workspace.id,
    smsAccount,
    { settings, secret: 'a secret' },
    doing,
  )
  const seen = await previewed(sms, ['M0003', 'M0002', 'M0001'])
  expect(seen.members).toEqual([
    {
      memberId: 'M0003',
      whyNot: null,
      missing: [],
      written: {
        kind: 'sms',
        sms: {
          params: { name: '会员M0003', code: expect.stringMatching(/^\w{5}-\w{5}-\w+$/) },
          text: expect.stringMatching(/^【好邻居】尊敬的会员M0003，您的券码[\w-]+，拒收请回复R$/),
          parts: 1,
          costMinor: 5,
          saysOptOut: true,
          unfilled: [],
        },
      },
    },
    { memberId: 'M0002', whyNot: null, missing: ['member.name'], written: null },
    { memberId: 'M0001', whyNot: 'no-address', missing: [], written: expect.anything() },
  ])
  // M0010 has denied consent and M0001 has no phone: neither counts; what is counted is what a launch refuses for
  expect(seen).toMatchObject({
    reached: 10,
    missing: [{ value: 'member.name', members: 2, first: ['M0002', 'M0005'] }],
  })
  const launch = await previewOf(shop.platform, shop.workspace, {
    id: 'x',
    seed: 'x',
    definition: definitionOf({ holdout: 0, channel: sms }),
  })
  expect(launch).toMatchObject({
    preview: { issued: 10, blockers: [{ kind: 'missing-value', value: 'member.name', members: 2 }] },
  })
  expect((await previewed({ ...sms, params: { code: 'x' } })).missing).toEqual([])
})

test('a message by WeChat names what is too long for this member, words by hand are as they are said', async () => {
  const { members } = await previewed(
    {
      kind: 'wechat',
      templateId: 'ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY',
      data: { thing1: '{{ member.name | default: "一二三四五六七八九十一二三四五六七八九十一" }}' },
      url: 'https://shop.example/c?who={{ member.id }}',
      language: 'zh-CN',
    },
    ['M0002', 'M0003'],
  )
  expect(members.map(({ written }) => written)).toEqual([
    {
      kind: 'wechat',
      wechat: {
        data: { thing1: expect.anything() },
        url: 'https://shop.example/c?who=M0002',
        miniProgram: null,
      },
      misfits: ['thing1'],
    },
    {
      kind: 'wechat',
      wechat: { data: { thing1: '会员M0003' }, url: 'https://shop.example/c?who=M0003', miniProgram: null },
      misfits: [],
    },
  ])
  const byPhone = await previewed({ kind: 'calls', words: '{{ member.name }}您好', language: 'zh-CN' })
  expect(byPhone.members).toHaveLength(3)
  expect(byPhone.members.map(({ written, missing }) => written ?? missing)).toEqual([
    ['member.name'],
    { kind: 'words', words: '会员M0003您好' },
    { kind: 'words', words: '会员M0004您好' },
  ])
})

const calls = { kind: 'calls', words: '{{ member.name | default: "您" }}好', language: 'zh-CN' }

test('those are shown who would get it; who is named and would not is told why', async () => {
  await shop.workspace.engine.run(sql`update members set consent = 'denied' where member_key = 3`)
  const shown = (preview: Written) => preview.members.map(({ memberId, whyNot }) => [memberId, whyNot])
  // M0001 has no phone, M0003 and M0010 have said no
  const first = await previewed(calls)
  expect(shown(first)).toEqual([
    ['M0002', null],
    ['M0004', null],
    ['M0005', null],
  ])
  expect(first.excluded).toEqual([
    { reason: 'consent-denied', members: 2 },
    { reason: 'no-address', members: 1 },
  ])
  const named = await previewed(calls, ['M0003', 'M0001', 'M0002'])
  expect(shown(named)).toEqual([
    ['M0003', 'consent-denied'],
    ['M0001', 'no-address'],
    ['M0002', null],
  ])
  const few = { segment: 'orders > 1000' }
  expect(shown(await previewed(calls, ['M0002'], few))).toEqual([['M0002', 'not-in-segment']])
  await shop.workspace.engine.run(sql`update members set consent = 'granted' where member_key = 3`)
})

test('a campaign that stands leaves out whom nobody asked, unless it says otherwise; nobody reached is said so', async () => {
  const standing = { coolDownDays: 30, mostPerDay: 10, steps: [] }
  const stands = { budgetMinor: 100_000, standing }
  // M0007 was never asked
  expect((await previewed(calls, ['M0007'], stands)).members[0]).toMatchObject({ whyNot: 'consent-unknown' })
  const also = { ...stands, standing: { ...standing, alsoUnknownConsent: true } }
  expect((await previewed(calls, ['M0007'], also)).members[0]).toMatchObject({ whyNot: null })
  await shop.workspace.engine.run(sql`update members set consent = 'denied'`)
  expect(await previewed(calls)).toMatchObject({
    members: [],
    reached: 0,
    excluded: [{ reason: 'consent-denied', members: 12 }],
  })
  await shop.workspace.engine.run(sql`update members set consent =
    case when member_key = 10 then 'denied' when member_key = 7 then 'unknown' else 'granted' end`)
})

test('a member whom nobody knows and a segment without anybody are said so', async () => {
  const definition = definitionOf({ channel: sms }) as Parameters<typeof previewMessage>[2]
  expect(await previewMessage(shop.platform, shop.workspace, definition, ['M0003', 'nobody'])).toEqual({
    kind: 'no-member',
    memberId: 'nobody',
  })
  const empty = { ...definition, segment: 'orders > 1000' }
  expect(await previewMessage(shop.platform, shop.workspace, empty, [])).toEqual({
    kind: 'no-member',
    memberId: null,
  })
})

test('up to 70 signs are one message, above that one for each 67; what the text lacks is said', () => {
  expect([1, 70, 71, 134, 135, 201, 202].map(smsParts)).toEqual([1, 1, 2, 2, 3, 3, 4])
  const settings = { signName: '好邻居', priceMinor: 5 }
  // the signature's five signs count
  expect(writtenSms({ text: '字'.repeat(65) }, {}, settings)).toMatchObject({ parts: 1, costMinor: 5 })
  expect(writtenSms({ text: '字'.repeat(66) }, {}, settings)).toMatchObject({ parts: 2, costMinor: 10 })
  expect(writtenSms({ text: '您的券码${code}和${gift}' }, { code: 'A1' }, settings)).toMatchObject({
    text: '【好邻居】您的券码A1和${gift}',
    unfilled: ['gift'],
    saysOptOut: false,
  })
  expect(writtenSms({ text: undefined }, { code: 'A1' }, settings)).toMatchObject({ text: null, parts: null })
})
