import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { campaignById, cancelCampaign, createCampaign } from '../campaigns/campaigns.ts'
import { campaignEffect } from '../campaigns/effect.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { campaignResult } from '../campaigns/result.ts'
import { readCsv } from '../csv/read-csv.ts'
import { workbookOf, zipped } from '../import/containers/archive.fixture.ts'
import { sentence } from '../messages/messages.ts'
import { recordEvent } from '../store/events.ts'
import { handStateOf, takeHandList } from './hand-list.ts'
import { takeResults } from './hand-results.ts'
import { whoSaidNo } from './said-no.ts'
import { startDeliveries } from './worker.ts'

let shop: TestShop
beforeEach(async () => {
  shop = await openTestShop(9)
  await shop.workspace.engine.run(sql`update members set name = '会员' || member_id,
    phone = '+8613800' || lpad(cast(member_key as varchar), 6, '0'),
    openid = 'wmEXTERNAL' || lpad(cast(member_key as varchar), 10, '0')`)
  await shop.workspace.engine.run(sql`update members set phone = '138****0003' where member_key = 3`)
})
afterEach(() => shop.close())

const calls = { kind: 'calls', words: '{{ member.name }}您好，您的券码 {{ coupon.code }}', language: 'zh-CN' }

async function draft(channel: object = calls) {
  const { campaignId } = await createCampaign(shop.desk, definitionOf({ holdout: 0, channel }))
  const campaign = (await campaignById(shop.platform.store, shop.workspace.id, campaignId))!
  const outcome = await previewOf(shop.platform, shop.workspace, campaign)
  if (outcome.kind !== 'previewed') throw new Error(outcome.kind)
  return { campaignId, preview: outcome.preview }
}
async function launched(channel: object = calls) {
  const { campaignId, preview } = await draft(channel)
  await launchCampaign(shop.desk, { campaignId, digest: preview.digest, confirm: preview.confirmations })
  return campaignId
}
async function listOf(campaignId: string, unmasked = true) {
  const outcome = await takeHandList(shop.desk, campaignId, { unmasked, language: 'zh-CN' })
  if (outcome.kind !== 'listed') throw new Error(outcome.kind)
  return outcome
}
async function resultsOf(campaignId: string, rows: readonly (readonly [id: string, result: string])[]) {
  const text = ['送达编号（请勿改动）,结果（…）', ...rows.map((row) => row.join(','))].join('\n')
  const outcome = await takeResults(shop.desk, campaignId, fileOf(text))
  if (outcome.kind !== 'taken') throw new Error(outcome.kind)
  return outcome.taken
}
const fileOf = (text: string) => ({ name: 'list.csv', bytes: Buffer.from(text) })
async function nextOf(campaignId: string) {
  const effect = await campaignEffect(shop.platform, shop.workspace, campaignId)
  if (effect === null || effect === 'not-launched') throw new Error('no effect')
  return effect.next.map(({ kind }) => kind)
}
const endCampaigns = () => shop.platform.store.updateTable('campaigns').set({ state: 'cancelled' }).execute()

test('a list has each reachable member once, under ids that stay, and nothing is sent from here', async () => {
  const { preview } = await draft()
  expect(preview.blockers).toEqual([])
  expect(preview.excluded).toEqual([{ reason: 'no-address', members: 1 }])
  const campaignId = await launched()
  const worker = startDeliveries(shop.platform)
  const first = await listOf(campaignId)
  const ids = ['M0001', 'M0002', 'M0004', 'M0005', 'M0006', 'M0007', 'M0008', 'M0009']
  expect(first.deliveries.map(({ memberId }) => memberId)).toEqual(ids)
  expect(first.deliveries[0]).toMatchObject({
    contact: '+8613800000001',
    name: '会员M0001',
    words: `会员M0001您好，您的券码 ${first.deliveries[0]!.code}`,
    lastDay: '2026-12-06',
  })
  const [head, row] = readCsv(first.csv)
  expect(head!.cells.at(-1)).toBe('送达编号（请勿改动）')
  expect(row!.cells.at(-1)).toBe(first.deliveries[0]!.deliveryId)
  expect(row!.cells[6]).toBe('')
  expect((await listOf(campaignId, false)).deliveries.map(({ deliveryId }) => deliveryId)).toEqual(
    first.deliveries.map(({ deliveryId }) => deliveryId),
  )
  expect((await listOf(campaignId, false)).deliveries[0]!.contact).toBe('+86****0001')
  await worker.stop()
  expect(await campaignResult(shop.platform, shop.workspace, campaignId)).toMatchObject({
    delivered: 0,
    queued: 8,
  })
})

test('results are reconciled by delivery id: who was not reached stays open, and one file twice changes nothing', async () => {
  const campaignId = await launched()
  const { deliveries } = await listOf(campaignId)
  const idOf = (member: string) => deliveries.find(({ memberId }) => memberId === member)!.deliveryId
  const rows = [
    [idOf('M0001'), '已联系上'],
    [idOf('M0002'), 'No answer'],
    [idOf('M0004'), '拒绝'],
    [idOf('M0005'), 'redeemed'],
    [idOf('M0006'), '勿扰'],
    [idOf('M0007'), '空号'],
    [idOf('M0008'), ''],
  ] as const
  expect(await resultsOf(campaignId, rows)).toEqual({
    taken: ['reached', 'not-reached', 'refused', 'redeemed', 'do-not-contact', 'wrong-contact'].map(
      (result) => ({
        result,
        members: 1,
      }),
    ),
    unchanged: 0,
    empty: 1,
    notInLedger: ['M0005'],
    refused: [],
  })
  expect(await resultsOf(campaignId, rows)).toMatchObject({ taken: [], unchanged: 6, empty: 1 })
  expect(await campaignResult(shop.platform, shop.workspace, campaignId)).toMatchObject({
    delivered: 4,
    queued: 3,
    dead: 1,
  })
  expect(await handStateOf(shop.desk, campaignId)).toMatchObject({ open: 3, listed: 3 })
  // the next list: who was not reached, and who has no result yet
  const again = await listOf(campaignId)
  expect(again.deliveries.map(({ memberId, deliveryId }) => [memberId, deliveryId])).toEqual(
    ['M0002', 'M0008', 'M0009'].map((member) => [member, idOf(member)]),
  )
  expect(await resultsOf(campaignId, [[idOf('M0002'), '已联系上']])).toMatchObject({
    taken: [{ result: 'reached', members: 1 }],
  })
  expect((await listOf(campaignId)).deliveries).toHaveLength(2)
})

test('wrong ids, repeated rows and foreign campaigns are refused by line, the others are taken', async () => {
  const other = await launched({ kind: 'wecom', words: '{{ coupon.code }}', language: 'zh-CN' })
  const foreign = (await listOf(other)).deliveries[0]!.deliveryId
  await endCampaigns()
  const campaignId = await launched()
  const unlisted = await shop.platform.store
    .selectFrom('outbox')
    .select('id')
    .where('campaign_id', '=', campaignId)
    .where('member_id', '=', 'M0009')
    .executeTakeFirstOrThrow()
  expect((await resultsOf(campaignId, [[unlisted.id, '已联系上']])).refused).toMatchObject([
    { line: 2, said: { id: 'hand-not-listed' } },
  ])
  const { deliveries } = await listOf(campaignId)
  const [one, two] = deliveries.map(({ deliveryId }) => deliveryId)
  const { taken, refused } = await resultsOf(campaignId, [
    [one!, '已联系上'],
    [one!, '拒绝'],
    [foreign, '已联系上'],
    ['msg_nobody', '已联系上'],
    ['', '已联系上'],
    [two!, '也许'],
  ])
  expect(taken).toEqual([{ result: 'reached', members: 1 }])
  expect(refused.map(({ line, said }) => [line, said.id])).toEqual([
    [3, 'hand-twice'],
    [4, 'hand-other-campaign'],
    [5, 'hand-unknown-id'],
    [6, 'hand-no-id'],
    [7, 'hand-unknown-result'],
  ])
  for (const language of ['en', 'zh-CN'] as const)
    for (const { line, said } of refused)
      expect(sentence(language, said.id, said.values)).toContain(String(line))
  expect(await takeResults(shop.desk, campaignId, fileOf('member,notes\nM1,x'))).toMatchObject({
    kind: 'unreadable',
    said: { id: 'hand-file-columns', values: { columns: 'member, notes' } },
  })
  const elsewhere = await takeResults(shop.desk, 'no-such-campaign', fileOf(''))
  expect(elsewhere).toEqual({ kind: 'not-found' })
})

test('results come back as a workbook too, by the lines of its first sheet that is shown', async () => {
  const campaignId = await launched()
  const { deliveries } = await listOf(campaignId)
  const rows = [
    '送达编号（请勿改动）,结果',
    `${deliveries[0]!.deliveryId},已接通`,
    ',',
    `${deliveries[1]!.deliveryId},勿扰`,
    'msg_unknown,reached',
  ]
  const take = (name: string, bytes: Uint8Array) =>
    takeResults(shop.desk, campaignId, { name, bytes: Buffer.from(bytes) })
  const sheets = { 图: null, 名单: rows.join('\n'), 说明: 'a,b' }
  const outcome = await take('名单.xlsx', workbookOf(sheets))
  if (outcome.kind !== 'taken') throw new Error(JSON.stringify(outcome))
  expect(outcome.taken.taken).toEqual([
    { result: 'reached', members: 1 },
    { result: 'do-not-contact', members: 1 },
  ])
  expect(outcome.taken.refused.map(({ line, said }) => [line, said.id])).toEqual([[5, 'hand-unknown-id']])
  expect(await handStateOf(shop.desk, campaignId)).toMatchObject({
    open: deliveries.length - 2,
  })

  const unreadable = async (name: string, bytes: Uint8Array) => {
    const said = await take(name, bytes)
    if (said.kind !== 'unreadable') throw new Error(said.kind)
    for (const language of ['en', 'zh-CN'] as const)
      expect(sentence(language, said.said.id, said.said.values)).toContain(name)
    return said.said.id
  }
  expect(await unreadable('old.xls', new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 0xa1]))).toBe('old-spreadsheet')
  expect(await unreadable('letter.docx', zipped({ 'word/document.xml': '<w/>' }))).toBe('broken-workbook')
  expect(await unreadable('half.xlsx', workbookOf(sheets).slice(0, 400))).toBe('broken-zip')
})

test('who said no is called no more, by no campaign and no call list; a wrong number is the one that was called', async () => {
  const campaignId = await launched()
  const { deliveries } = await listOf(campaignId)
  const idOf = (member: string) => deliveries.find(({ memberId }) => memberId === member)!.deliveryId
  // a right number came in before the result did
  await shop.workspace.engine.run(sql`update members set phone = '+8613900000002' where member_key = 2`)
  await resultsOf(campaignId, [
    [idOf('M0001'), 'do not call'],
    [idOf('M0002'), 'wrong number'],
    [idOf('M0004'), 'wrong number'],
  ])
  await endCampaigns()
  expect((await draft()).preview.excluded).toEqual([
    { reason: 'no-address', members: 1 },
    { reason: 'unsubscribed', members: 1 },
    { reason: 'bounced', members: 1 },
  ])
  expect(await whoSaidNo(shop.platform.store, shop.workspace, 'calls')).toEqual(['M0001'])
  // other channels are not meant
  const wecom = { kind: 'wecom', words: '{{ coupon.code }}', language: 'zh-CN' }
  expect((await draft(wecom)).preview.excluded).toEqual([])
})

test('who may not be contacted any more when the list is taken is dropped with the reason', async () => {
  const campaignId = await launched()
  const { store, clock } = shop.platform
  const denied = { kind: 'consent-set' as const, memberIds: ['M0001'], consent: 'denied' as const }
  await store.transaction().execute((tx) => recordEvent(tx, shop.workspace.id, denied, clock.now()))
  const { deliveries, dropped } = await listOf(campaignId)
  expect(dropped).toBe(1)
  expect(deliveries.map(({ memberId }) => memberId)).not.toContain('M0001')
  expect(await campaignResult(shop.platform, shop.workspace, campaignId)).toMatchObject({
    dropped: 1,
    queued: 7,
  })
  shop.clock.instant = new Date('2027-01-01T00:00:00Z')
  expect(await listOf(campaignId)).toMatchObject({ deliveries: [], dropped: 7 })
  const byMail = await takeHandList(shop.desk, await launchedCsv(), { unmasked: true, language: 'en' })
  expect(byMail).toEqual({ kind: 'not-by-hand' })
})

async function launchedCsv() {
  const { campaignId } = await createCampaign(shop.desk, definitionOf({ holdout: 0 }))
  return campaignId
}

test('messages that a cancelling stopped are nothing to look into, and nobody is to be reached any more', async () => {
  const campaignId = await launched()
  await cancelCampaign(shop.desk, campaignId)
  expect(await campaignResult(shop.platform, shop.workspace, campaignId)).toMatchObject({
    dropped: 8,
    dead: 0,
  })
  expect(await nextOf(campaignId)).not.toContain('deliver')
  expect(await handStateOf(shop.desk, campaignId)).toMatchObject({ open: 0 })
})
