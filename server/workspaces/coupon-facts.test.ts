import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { campaignById, createCampaign } from '../campaigns/campaigns.ts'
import { definitionOf, openTestShop, type TestShop } from '../campaigns/campaign-shop.fixture.ts'
import { launchCampaign } from '../campaigns/launch.ts'
import { previewOf } from '../campaigns/preview.ts'
import { cancelRedemptions } from '../coupons/cancellations.ts'
import { printedCode } from '../coupons/code.ts'
import { addLaunch, couponFor } from '../coupons/issued-coupons.fixture.ts'
import { Redemptions } from '../coupons/redemptions.ts'
import { revokeOpenCoupons } from '../coupons/revoke.ts'
import { evaluateSegment } from '../segments/evaluation.ts'
import { idsOf } from '../segments/members.ts'
import { recordEvent } from '../store/events.ts'
import { alignEngine } from './align.ts'
import { drainEvents } from './drain.ts'

let shop: TestShop
beforeEach(async () => {
  shop = await openTestShop(8)
})
afterEach(() => shop.close())

/** The ids that a rule selects, on the newest day unless told otherwise. */
async function chosen(expression: string, asOf?: string): Promise<string[]> {
  const { store } = shop.platform
  const outcome = await evaluateSegment(store, shop.workspace, { expression, ...(asOf ? { asOf } : {}) })
  if (outcome.kind === 'refused') throw new Error(outcome.errors[0]!.message)
  return idsOf(shop.workspace, outcome.evaluation, undefined, 100)
}

async function redeem(code: string, at: string): Promise<string> {
  const outcome = await new Redemptions(shop.platform.store, { now: () => new Date(at) }).redeem({
    workspaceId: shop.workspace.id,
    idempotencyKey: `${code} ${at}`,
    code,
    orderId: `order ${at}`,
    storeId: null,
    presented: { kind: 'confirmed' },
    amountMinor: 10_000,
    body: { code, at },
    actor: 'test',
  })
  if (outcome.kind !== 'redeemed') throw new Error(JSON.stringify(outcome))
  return outcome.redemptionId
}

test('a launch gives every treated member a coupon in the engine', async () => {
  const { platform, workspace, desk } = shop
  const { campaignId: id } = await createCampaign(desk, definitionOf({ holdout: 0.25 }))
  const campaign = (await campaignById(platform.store, workspace.id, id))!
  const outcome = await previewOf(platform, workspace, campaign)
  if (outcome.kind === 'segment-refused') throw new Error('refused')
  const { digest, confirmations } = outcome.preview
  await launchCampaign(desk, { campaignId: id, digest, confirm: confirmations })
  const rows = await platform.store.selectFrom('coupons').select('member_id').execute()
  const treated = rows.map(({ member_id }) => member_id!).toSorted()
  expect(treated.length).toBeGreaterThan(3)
  expect(await chosen('coupons(state = unused) = 1')).toEqual(treated)
  expect(await chosen(`coupons(campaign = "${id}", issued = 2026-11-22) = 1`)).toEqual(treated)
  expect(await chosen(`coupons(campaign = "${id}", expires_in between 1 and 30) = 1`)).toEqual(treated)
})

test('what became of coupons is seen: redeemed, cancelled, revoked, expired by their dates', async () => {
  const { platform, workspace, clock } = shop
  const { store } = platform
  const [one, two, three, four] = (['M0001', 'M0002', 'M0003', 'M0004'] as const).map((member) =>
    couponFor(member),
  )
  const short = couponFor('M0005', { validTo: '2026-11-20T16:00:00.000Z' }) // through the 20th in Shanghai
  const today = couponFor('M0006', { validTo: '2026-11-21T16:00:00.000Z' }) // through the newest day
  const { campaignId } = await addLaunch(store, workspace.id, [
    one!,
    two!,
    three!,
    short,
    today,
    couponFor(null),
  ])
  await addLaunch(store, workspace.id, [four!], { published: false })
  expect(await chosen('coupons(state = unused) = 1')).toEqual(['M0001', 'M0002', 'M0003', 'M0006'])
  expect(await chosen('coupons(state = unused, expires_in = 0) = 1')).toEqual(['M0006'])
  expect(await chosen('coupons(state = expired) = 1')).toEqual(['M0005'])
  expect(await chosen('coupons(state = redeemed) = 0')).toHaveLength(8)

  await redeem(one!.code, '2026-11-20T04:00:00Z')
  const second = await redeem(two!.code, '2026-11-20T04:00:00Z')
  expect(await chosen('coupons(state = redeemed) = 1')).toEqual(['M0001', 'M0002'])
  expect(await chosen('coupons(used between 2026-11-20 and 2026-11-20) = 1')).toEqual(['M0001', 'M0002'])
  await cancelRedemptions(
    store,
    { now: () => new Date('2026-11-21T04:00:00Z') },
    { workspaceId: workspace.id, redemptionId: second },
    'test',
  )
  expect(await chosen('coupons(state = redeemed) = 1')).toEqual(['M0001'])
  // on the day before, M0002's stood as redeemed
  expect(await chosen('coupons(state = redeemed) = 1', '2026-11-20')).toEqual(['M0001', 'M0002'])
  await revokeOpenCoupons(store, { workspaceId: workspace.id, campaignId, actor: 'test', at: clock.now() })
  expect(await chosen('coupons(state = revoked) = 1')).toEqual(['M0002', 'M0003'])

  // everything told again changes nothing, and a day of another zone is another day
  const before = await kept()
  await workspace.engine.run(sql`update workspace_state set watermark = 0, ledger_watermark = 0`)
  await drainEvents(store, workspace)
  expect(await kept()).toEqual(before)
  await workspace.engine.transaction((session) =>
    alignEngine(
      session,
      {
        calendar: { timeZone: 'America/New_York', firstWeekday: 1 },
        openedAtStart: false,
        clvDiscountPercent: 0,
      },
      '2026-11-22',
    ),
  )
  expect(await chosen('coupons(used between 2026-11-19 and 2026-11-19) = 1')).toEqual(['M0001'])
})

const kept = async () => [
  await shop.workspace.engine.rows(sql`select * exclude (code_hash) from issued_coupons order by coupon_key`),
  await shop.workspace.engine.rows(sql`select * from coupon_changes order by ledger_seq`),
]

test('taking in ends while tills go on redeeming, with all that was known when it began', async () => {
  const { platform, workspace } = shop
  const coupons = Array.from({ length: 20 }, () => couponFor('M0001'))
  await addLaunch(platform.store, workspace.id, coupons)
  await redeem(coupons[0]!.code, '2026-11-20T04:00:00Z')
  let used = 1
  const { engine } = workspace
  const busy = {
    id: workspace.id,
    calendar: workspace.calendar,
    today: workspace.today,
    engine: {
      rows: engine.rows.bind(engine),
      // one more is redeemed whenever something was taken in
      transaction: async (work: Parameters<typeof engine.transaction>[0]) => {
        await engine.transaction(work)
        await redeem(coupons[used++]!.code, '2026-11-20T04:00:00Z')
      },
    },
  } as unknown as typeof workspace
  await drainEvents(platform.store, busy)
  expect(used).toBeLessThan(4)
  expect(await engine.rows(sql`select kind from coupon_changes`)).toHaveLength(used - 1)
  await drainEvents(platform.store, workspace)
  expect(await engine.rows(sql`select kind from coupon_changes`)).toHaveLength(used)
})

test('coupons follow a merge and its undoing; a file’s row with a code of ours is none of theirs', async () => {
  const { platform, workspace, clock } = shop
  const ours = couponFor('M0002')
  await addLaunch(platform.store, workspace.id, [
    couponFor('M0001'),
    ours,
    couponFor('M0007', { given: { code: 'yz-7', key: 'YZ7' } }),
  ])
  await workspace.engine.run(sql`insert into coupons_elsewhere (code, member_id, state, valid_until) values
    (${printedCode(ours.code).toLowerCase()}, 'M0002', 'used', null),
    ('THEIRS', 'M0003', '未使用', date '2026-12-31'), ('THEIRS', 'M0004', '已过期', null), ('YZ 7', 'M0007', '未使用', null)`)
  expect(await chosen('coupons(state = unused) = 1')).toEqual(['M0001', 'M0002', 'M0003', 'M0007'])
  expect(await chosen('coupons(state = expired) = 1')).toEqual(['M0004'])
  // one use, told with its order by one file and without by another; a code that is as long as ours
  await workspace.engine.run(sql`insert into coupons_elsewhere (code, member_id, used_at, order_id) values
    ('AUTUMN-COUPON-2026', 'M0005', timestamp '2026-11-01 04:00:00', null),
    ('AUTUMN-COUPON-2026', 'M0005', timestamp '2026-11-01 04:00:00', 'R1'),
    ('AUTUMN-COUPON-2026', 'M0006', timestamp '2026-11-01 04:00:00', null)`)
  // the sets that were asked for are kept until the data changes
  await workspace.engine.run(sql`update workspace_state set data_version = data_version + 1`)
  expect(await chosen('coupons(state = redeemed) = 1')).toEqual(['M0005', 'M0006'])
  const tell = (event: Parameters<typeof recordEvent>[2]) =>
    platform.store.transaction().execute((tx) => recordEvent(tx, workspace.id, event, clock.now()))
  await tell({ kind: 'members-merged', from: 'M0001', into: 'M0003' })
  expect(await chosen('coupons(state = unused) = 2')).toEqual(['M0003'])
  await tell({ kind: 'member-separated', from: 'M0001' })
  expect(await chosen('coupons(state = unused) = 1')).toEqual(['M0001', 'M0002', 'M0003', 'M0007'])
})
