import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { addLaunch, couponFor } from '../../coupons/issued-coupons.fixture.ts'
import { printedCode } from '../../coupons/code.ts'
import { deleteMember } from '../../rights/delete-member.ts'
import { exportMember } from '../../rights/export.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { toldKind } from './told.ts'
import { openTestShop, type TestShop } from '../test-shop.ts'

const caller = (shop: TestShop, role: 'owner' | 'viewer' = 'owner') =>
  createCallerFactory(appRouter)({
    platform: shop.platform,
    actor: { kind: 'local' },
    role,
    workspace: shop.workspace,
    language: 'en',
  })

const orders =
  'order_id,customer_id,order_date,amount\nO1,m1,2026-01-10,100\nO2,m2,2026-01-11,50\nO3,,2026-01-12,5\n'

const couponFile = [
  '券码,优惠券名称,活动编号,会员号,领取时间,失效时间,使用时间,使用订单号,优惠金额,使用状态',
  'C1,满百减二十,K1,m1,2026-01-05 10:00,2026-02-05,2026-01-10 12:00,O1,20.00,已使用',
  'C2,满百减二十,K1,m1,2026-01-05 10:00,2026-02-05,2026-01-11 12:00,O2,20.00,已使用', // another member’s order
  'C3,满百减二十,K1,m1,2026-01-05 10:00,2026-02-05,2026-01-11 12:00,O9,20.00,已使用', // not imported
  'C4,满百减二十,K1,m4,2026-01-05 10:00,2026-02-05,2026-01-11 12:00,,20.00,已使用', // no order
  'C5,满百减二十,K1,m5,2026-01-05 10:00,2026-02-05,,,20.00,未使用',
  'C6,满百减二十,K1,m6,2026-01-05 10:00,2026-02-05,,,20.00,怪怪的', // a word that nobody knows
  'C7,满百减二十,K1,,2026-01-05 10:00,2026-02-05,2026-01-12 09:00,O3,20.00,已使用', // nobody’s, in a guest’s order
  'C8,满百减二十,K1,m8,2026-01-05 10:00,2026-02-05,2026-01-12,O8,20.00,已过期', // the state says that it was not
  // Refused.
  ',,K1,,2026-01-05,,,,,',
  'C9,,K1,m9,2026-13-05,,,,,',
  'C10,,K1,m9,2026-01-05,2026-01-01,,,,',
  'C11,,K1,m9,2026-01-05,,,,ten,',
]
  .map((row, i) => `${row},${i === 0 ? '生效日期' : row.startsWith('C10') ? '2026-01-05' : ''}`)
  .join('\n')

test('coupons elsewhere are held against the orders, corrected by their code and taken out again', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.import(shop.file('o.csv', orders))
  const path = shop.file('券.csv', couponFile)
  const seen = await shop.inspect(path, '券.csv', {})
  if ('id' in seen) throw new Error(seen.id)
  expect(seen.inspection).toMatchObject({ map: { kind: 'coupons' }, otherKinds: [], lacking: [] })
  const dry = await shop.importKind(path, { dryRun: true })
  expect(await shop.workspace.engine.rows(sql`select 1 from coupons_elsewhere`)).toEqual([])
  const receipt = await shop.importKind(path)
  expect(dry.counts).toEqual(receipt.counts)
  expect(receipt).toMatchObject({
    kind: 'coupons',
    read: 12,
    imported: 8,
    refused: 4,
    counts: { uses: 5, matched: 2, otherMember: 1, unknownOrder: 1, noOrder: 1, unknownState: 1 },
  })
  expect(receipt.reasons.map(({ reason, field }) => [reason, field]).toSorted()).toEqual([
    ['bad-amount', 'discount'],
    ['bad-date', 'issuedAt'],
    ['coupons.ends-before', 'validUntil'],
    ['coupons.names-nothing', 'code'],
  ])
  const { campaigns, coupons } = await caller(shop).elsewhere.overview()
  expect(coupons).toEqual({ rows: 8, uses: 5, matched: 2, otherMember: 1, unknownOrder: 1, noOrder: 1 })
  const { total, named } = await caller(shop).elsewhere.differing()
  expect(total).toBe(3)
  expect(
    named.map((one) => [one.code, one.memberId, one.finds, one.orderId, one.orderMemberId, one.fileName]),
  ).toEqual([
    ['C2', 'm1', 'other-member', 'O2', 'm2', '券.csv'],
    ['C3', 'm1', 'unknown-order', 'O9', null, '券.csv'],
    ['C4', 'm4', 'no-order', null, null, '券.csv'],
  ])
  expect(named[0]!.usedAt).toBe('2026-01-11T04:00:00.000Z')
  expect((await caller(shop, 'viewer').elsewhere.differing()).named[0]!.code).toBe('••••C2')
  // Eight coupons issued; m1 used three, m4 one, and one nobody.
  expect(campaigns).toMatchObject([
    {
      campaignId: 'K1',
      isDescribed: false,
      targeted: 0,
      uses: 5,
      redeemers: 2,
      issued: 8,
      discountMinor: 10_000,
    },
  ])

  // C5 is used later, the use of C4 is told again without its campaign, and the missing order comes.
  const later = await shop.importKind(
    shop.file(
      'later.csv',
      '券码,会员号,使用时间,使用订单号,使用状态\nC5,m5,2026-01-20 12:00,O1,已使用\nC4,m4,2026-01-11 12:00,,已使用\n',
    ),
  )
  expect(later).toMatchObject({ imported: 2, unchanged: 0, counts: { uses: 2, otherMember: 1, noOrder: 1 } })
  await shop.import(shop.file('o9.csv', 'order_id,customer_id,order_date,amount\nO9,m1,2026-01-11,9\n'))
  const after = await caller(shop).elsewhere.overview()
  expect(after.coupons).toMatchObject({ uses: 6, matched: 3, otherMember: 2, unknownOrder: 0, noOrder: 1 })
  expect(after.campaigns).toMatchObject([{ issued: 8, uses: 5 }]) // the later file names no campaign
  expect((await shop.importKind(path)).alreadyThere).toBe(true)

  await caller(shop).imports.undo({ importId: later.importId! })
  expect((await caller(shop).elsewhere.overview()).coupons).toMatchObject({ uses: 5, matched: 3 })
  await caller(shop).imports.undo({ importId: receipt.importId! })
  expect((await caller(shop).elsewhere.overview()).coupons.rows).toBe(0)
})

test('a coupon used in a guest order is in no other member’s', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(
    shop.file('o.csv', 'order_id,customer_id,order_date,amount\nO1,,2026-01-01,9\nO2,m2,2026-01-01,9\n'),
  )
  const receipt = await shop.importKind(
    shop.file('c.csv', 'coupon_code,customer_id,used_at,order_id\nA,m1,2026-01-01,O1\nB,m1,2026-01-01,O2\n'),
  )
  expect(receipt.counts).toMatchObject({ uses: 2, matched: 1, otherMember: 1 })
})

test('a code of many people and orders counts each use; a corrected row none twice', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const header = 'coupon_code,customer_id,used_at,order_id\n'
  await shop.importKind(
    shop.file(
      'a.csv',
      `${header}MAY,m1,2026-01-01,O1\nMAY,m1,2026-01-02,O2\nMAY,m2,2026-01-02,O3\nSPRING,m1,2026-01-03,\nSPRING,m1,2026-01-04,\n`,
    ),
  )
  const receipt = await shop.importKind(
    shop.file('b.csv', `${header}MAY,m1,2026-01-01 10:00,O1\nSPRING,m1,2026-01-03,\n`),
  )
  expect(receipt).toMatchObject({ imported: 1, newEntries: 0, changedEntries: 1, sameEntries: 1 })
  expect((await caller(shop).elsewhere.overview()).coupons.uses).toBe(5)
})

test('a use that is told once by the member’s number and once by their phone is one, whichever file says more', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.import(shop.file('o.csv', orders))
  await shop.importMembers(shop.file('m.csv', 'member_id,phone\nm1,13900000001\nm2,13900000002\n'))
  const header = 'coupon_code,campaign_id,customer_id,phone,email,used_at,order_id,coupon_status\n'
  const own = await shop.importKind(
    shop.file(
      'a.csv',
      `${header}C1,K1,m1,,,2026-01-10 12:00,,used
C2,K1,m1,,,2026-01-10 13:00,,used
C3,K1,m2,,,2026-01-11 12:00,O2,used
C4,K1,m1,,,2026-01-11 12:00,,used
C5,K1,m1,,,,,unused
`,
    ),
  )
  const uses = async () => (await caller(shop).elsewhere.overview()).coupons
  const before = await uses()
  expect(before).toMatchObject({ rows: 5, uses: 4, matched: 1, noOrder: 3 })
  const again = await shop.importKind(
    shop.file(
      'b.csv',
      `${header}C1,K1,,13900000001,,2026-01-10 12:00,,used
C2,K1,,13900000001,,2026-01-10 13:00,O1,used
C3,K1,,13900000002,,2026-01-11 12:00,,used
C4,K1,,13900000001,,2026-01-12 12:00,,used
C5,K1,,13900000001,,,,unused
`,
    ),
  )
  // C4 is told by both files: each use once, as the file says that tells it
  expect(
    (await caller(shop).elsewhere.differing()).named.map(({ code, memberId, fileName }) => [
      code,
      memberId,
      fileName,
    ]),
  ).toEqual([
    ['C4', 'm1', 'b.csv'],
    ['C4', 'm1', 'a.csv'],
    ['C1', 'm1', 'a.csv'],
  ])
  // C2’s order is known now; C4 was used twice
  expect(await uses()).toMatchObject({ rows: 6, uses: 5, matched: 2, noOrder: 3 })
  const { campaigns } = await caller(shop).elsewhere.overview()
  expect(campaigns).toMatchObject([{ campaignId: 'K1', uses: 5, redeemers: 2, issued: 5 }])
  const counted = async (rule: string) => (await caller(shop).segments.count({ expression: rule })).members
  expect(await counted('coupons(state = "redeemed") >= 5')).toBe(0)
  expect(await counted('coupons(state = "redeemed") = 4')).toBe(1)
  expect(await counted('coupons(state = "unused") = 1')).toBe(1)
  // the phone is somebody else’s as well: who used those is not known any more
  const doubt = await shop.importMembers(shop.file('m2.csv', 'member_id,phone\nm3,13900000001\n'))
  expect(await uses()).toMatchObject({ uses: 7 })
  await caller(shop).imports.undo({ importId: doubt.importId! })
  expect(await uses()).toMatchObject({ rows: 6, uses: 5 })
  await caller(shop).imports.undo({ importId: own.importId! })
  expect(await uses()).toMatchObject({ rows: 5, uses: 4, matched: 1, noOrder: 3 })
  await caller(shop).imports.undo({ importId: again.importId! })
  expect((await uses()).rows).toBe(0)
})

test('our own codes that a file tells otherwise are listed, and the ledger stays', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { store, redemptions } = shop.platform
  const [openHere, usedHere, both, elsewhere, cheaper] = [
    couponFor('m1'),
    couponFor('m1'),
    couponFor('m2'),
    couponFor('m2'),
    couponFor('m2'),
  ]
  const pooled = couponFor('m1', { given: { code: 'YZ-77', key: 'YZ77' } })
  await addLaunch(store, shop.workspace.id, [openHere, usedHere, both, elsewhere, cheaper, pooled])
  for (const [coupon, orderId, memberId] of [
    [usedHere, 'O1', 'm1'],
    [both, 'O2', 'm2'],
    [elsewhere, 'O3', 'm2'],
    [cheaper, 'O4', 'm2'],
  ] as const) {
    const answer = await redemptions.redeem({
      workspaceId: shop.workspace.id,
      idempotencyKey: orderId,
      code: coupon.code,
      orderId,
      storeId: null,
      presented: { kind: 'member', memberId },
      amountMinor: 2_000,
      body: orderId,
      actor: 'key:till',
    })
    expect(answer).toMatchObject({ kind: 'redeemed' })
  }
  const ledger = () => store.selectFrom('ledger').selectAll().orderBy('seq').execute()
  const before = await ledger()
  const receipt = await shop.importKind(
    shop.file(
      'c.csv',
      [
        'coupon_code,member_id,used_at,used_in_order,coupon_status,discount',
        `${printedCode(openHere.code).toLowerCase()},m1,2026-11-10,P9,used,5`,
        `${usedHere.code},m1,,,unused,`,
        `${both.code},m2,2026-11-11,O2,used,5.00`,
        `${elsewhere.code},m2,2026-11-11,P8,used,`,
        `${cheaper.code},m2,2026-11-11,O4,used,4.50`,
        'yz 77,m1,2026-11-12,P10,used,',
        'SUMMER,m2,2026-11-11,P8,used,',
        'ABCDEFGHJKMNPQ,m2,2026-11-11,P8,used,', // reads like one of ours, and is none
      ].join('\n'),
    ),
  )
  const { ours } = await caller(shop).elsewhere.overview()
  expect(ours).toMatchObject({ ours: 6, mismatches: 5 })
  expect(
    new Map(ours.named.map(({ code, kind, orderThere, orderHere }) => [code, [kind, orderThere, orderHere]])),
  ).toEqual(
    new Map([
      [printedCode(openHere.code), ['used-there', 'P9', null]],
      [printedCode(usedHere.code), ['used-here', null, 'O1']],
      [printedCode(elsewhere.code), ['other-order', 'P8', 'O3']],
      [printedCode(cheaper.code), ['other-amount', 'O4', 'O4']],
      ['YZ-77', ['used-there', 'P10', null]],
    ]),
  )
  // each is in the list of what differs with its reason, before the uses that the orders do not bear out
  const differing = await caller(shop).elsewhere.differing()
  expect(differing.total).toBe(differing.named.length)
  const ofLedger = differing.named.slice(0, 5)
  expect(
    new Map(
      ofLedger.map(({ code, finds, memberId, orderId, ledgerOrderId, fileName }) => [
        code,
        [finds, memberId, orderId, ledgerOrderId, fileName],
      ]),
    ),
  ).toEqual(
    new Map([
      [printedCode(openHere.code), ['used-there', 'm1', 'P9', null, 'c.csv']],
      [printedCode(usedHere.code), ['used-here', 'm1', null, 'O1', 'c.csv']],
      [printedCode(elsewhere.code), ['other-order', 'm2', 'P8', 'O3', 'c.csv']],
      [printedCode(cheaper.code), ['other-amount', 'm2', 'O4', 'O4', 'c.csv']],
      ['YZ-77', ['used-there', 'm1', 'P10', null, 'c.csv']],
    ]),
  )
  expect(ofLedger.find(({ finds }) => finds === 'other-amount')).toMatchObject({
    discountMinor: 450,
    ledgerDiscountMinor: 500,
  })
  // none of the orders are here: the five uses of ours and the two that read like codes of others
  expect(differing.named.slice(5).map(({ finds }) => finds)).toEqual(Array(7).fill('unknown-order'))
  // ours are printed alike wherever they stand, others as they are
  expect(
    differing.named
      .slice(5)
      .map(({ code }) => code)
      .toSorted(),
  ).toEqual(
    [
      ...[openHere, both, elsewhere, cheaper].map(({ code }) => printedCode(code)),
      'ABCDEFGHJKMNPQ',
      'SUMMER',
      'yz 77',
    ].toSorted(),
  )
  expect(receipt.ofLedger).toEqual({ ours: 6, differing: 5 })
  expect(toldKind(receipt, 'en').facts).toContain(
    '6 codes are of our own coupons; 5 differ from our ledger and are listed with both sides on Data, “Coupons elsewhere that differ” (reveille elsewhere).',
  )
  const agreeing = `coupon_code,member_id,used_at,used_in_order,coupon_status\n${both.code},m2,2026-11-11,O2,used\n`
  expect((await shop.importKind(shop.file('d.csv', agreeing))).ofLedger).toEqual({ ours: 1, differing: 0 })
  expect(await ledger()).toEqual(before)
  const { overview, differing: list } = caller(shop, 'viewer').elsewhere
  for (const seen of [await overview(), await list()])
    expect(JSON.stringify(seen)).not.toContain(printedCode(openHere.code))
})

test('campaigns, whom they were meant for and who redeemed: rates of members and of uses apart', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const told = await shop.importKind(
    shop.file(
      'k.csv',
      '活动编号,活动名称,活动类型,开始日期,结束日期,活动成本\nK1,秋季,唤醒,2026-01-01,2026-02-01,"1,200.50"\nK2,冬季,,2026-03-01,2026-02-01,\n',
    ),
  )
  expect(told).toMatchObject({
    kind: 'campaigns',
    imported: 1,
    refused: 1,
    counts: { withoutTargets: 1 },
    lists: [],
  })
  const targets = await shop.importKind(
    shop.file(
      't.csv',
      '活动编号,会员号,分组\nK1,m1,实验组\nK1,m2,实验组\nK1,m3,\nK1,m4,对照组\nK9,m1,A\n,m1,A\nK1,,A\n',
    ),
  )
  expect(targets).toMatchObject({
    kind: 'targets',
    imported: 5,
    refused: 2,
    counts: { known: 1, unknown: 1, members: 3, heldOut: 1 },
  })
  // m1 uses two of three coupons, m4 (held out) and m5 (not meant) one each.
  await shop.importKind(
    shop.file(
      'c.csv',
      [
        'coupon_code,customer_id,campaign_id,issued_at,used_at',
        'C1,m1,K1,2026-01-02,2026-01-03',
        'C2,m1,K1,2026-01-02,2026-01-04',
        'C3,m2,K1,2026-01-02,',
        'C4,m4,K1,2026-01-02,2026-01-05',
        'C5,m5,K1,2026-01-02,2026-01-06',
      ].join('\n'),
    ),
  )
  const { campaigns } = await caller(shop).elsewhere.overview()
  expect(campaigns.find(({ campaignId }) => campaignId === 'K1')).toEqual({
    campaignId: 'K1',
    name: '秋季',
    description: '唤醒',
    startsDay: '2026-01-01',
    endsDay: '2026-02-01',
    channel: null,
    costMinor: 120_050,
    isDescribed: true,
    targeted: 3,
    heldOut: 1,
    uses: 4,
    redeemers: 3,
    targetedRedeemers: 1,
    issued: 5,
    discountMinor: null,
  })
  // The campaigns file again tells now what came of them.
  const again = await shop.importKind(
    shop.file('k2.csv', 'campaign_id,campaign_name,start_date\nK1,Autumn,2026-01-01\n'),
  )
  expect(again.lists).toEqual([
    { sentence: 'campaign', values: { campaign: 'K1 Autumn', targeted: 3, redeemers: 3, uses: 4 } },
  ])
})

test('refused results, mended under any name and once more, stay of the test that the first file named', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const first = await shop.importKind(
    shop.file('autumn test.csv', 'group,visit,recency\nA,1,3\nB,0,1\n,1,7\n,0,9\n'),
  )
  const refusedOf = (path: string) => readFileSync(path, 'utf8').split('\r\n')
  const rows = refusedOf(first.refusedFile!)
  expect(rows[0]).toBe('\ufeffline,column,reason,From file,group,visit,recency')
  expect(rows[1]).toMatch(/^4,group,.*,autumn test,,1,7$/)
  // One of the two rows is mended; what is refused again comes back in the same columns.
  const second = await shop.importKind(
    shop.file('refused-1.csv', [rows[0], rows[1]!.replace(/,,1,7$/, ',A,1,7'), rows[2]].join('\n')),
  )
  expect(second).toMatchObject({ imported: 1, refused: 1 })
  const again = refusedOf(second.refusedFile!)
  expect(again[0]).toBe(rows[0])
  expect(again[1]).toMatch(/^3,group,.*,autumn test,,0,9$/)
  await shop.importKind(shop.file('x.csv', [again[0], again[1]!.replace(/,,0,9$/, ',B,0,9')].join('\n')))
  const { arms } = await caller(shop).elsewhere.overview()
  expect(
    arms.map(({ experiment, arm, subjects, outcomes }) => [
      experiment,
      arm,
      subjects,
      outcomes.map(({ outcome }) => outcome),
    ]),
  ).toEqual([
    ['autumn test', 'A', 2, ['visit', 'recency']],
    ['autumn test', 'B', 2, ['visit', 'recency']],
  ])
})

test('outcomes are told whatever signs their columns are named with', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.importKind(
    shop.file('signs.csv', 'group,visit,"spend ""usd""",*,$.a\nA,1,2.5,3,4\nA,0,1.5,1,2\nB,0,1,1,1\n'),
  )
  const { arms } = await caller(shop).elsewhere.overview()
  expect(arms.find(({ arm }) => arm === 'A')!.outcomes.map(({ outcome, mean }) => [outcome, mean])).toEqual([
    ['visit', 0.5],
    ['$.a', 3],
    ['*', 2],
    ['spend "usd"', 2],
  ])
})

test('a test that was split otherwise than planned has no verdict; the arms are chosen by name', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const rows = (arm: string, n: number, bought: number) =>
    Array.from({ length: n }, (_, at) => `${arm},${at < bought ? 1 : 0},${at < bought ? 10 : 0}`)
  await shop.importKind(
    shop.file('t.csv', ['group,conversion,spend', ...rows('A', 900, 180), ...rows('B', 100, 5)].join('\n')),
  )
  const ask = (input: object) => caller(shop).elsewhere.experiment({ experiment: 't', ...input })
  // no arm is called a control, so the first is, until one is chosen
  const assumed = await ask({})
  expect(assumed).toMatchObject({ control: 'A', controlIs: 'assumed' })
  expect(assumed.sampleRatioP).toBeLessThan(0.001)
  expect(assumed.arms[1]!.differences.map(({ verdict }) => verdict)).toEqual(['withheld', 'withheld'])
  const planned = await ask({ control: 'B', shares: { A: 9, B: 1 } })
  expect(planned).toMatchObject({ control: 'B', controlIs: 'chosen', sampleRatioP: 1, alpha: 0.04 })
  expect(planned.arms[0]).toMatchObject({ arm: 'A', subjects: 900, share: 0.9 })
  // five buyers are enough for shares, and too few for means
  expect(planned.arms[0]!.differences).toMatchObject([
    { outcome: 'conversion', kind: 'share', treated: 0.2, control: 0.05, verdict: 'works' },
    { outcome: 'spend', kind: 'mean', low: null, high: null, verdict: 'not-proven-yet' },
  ])
  await expect(ask({ control: 'C' })).rejects.toThrow('A, B')
  await expect(caller(shop).elsewhere.experiment({ experiment: 'u' })).rejects.toThrow('no such test')
})

test('results of a test: arms with their means, other columns by name, identical rows kept', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const path = shop.file(
    'autumn test.csv',
    'group,visit,conversion,spend,recency,city\nA,1,yes,10.50,3,York\nA,0,no,0,5,York\nA,0,no,0,5,York\nB,1,是,"1,200.00",1,\nB,,,,,\nB,2,maybe,0,1,\n,1,1,1,1,\n',
  )
  const receipt = await shop.importKind(path)
  expect(receipt).toMatchObject({ kind: 'experiments', read: 7, imported: 5, refused: 2, duplicates: 1 })
  expect(receipt.reasons.map(({ reason, field }) => [reason, field]).toSorted()).toEqual([
    ['bad-number', 'conversion'],
    ['experiments.no-arm', 'arm'],
  ])
  const { arms } = await caller(shop).elsewhere.overview()
  const mean = (outcome: string, subjects: number, value: number) => ({ outcome, subjects, mean: value })
  expect(arms).toEqual([
    {
      experiment: 'autumn test',
      arm: 'A',
      subjects: 3,
      outcomes: [
        mean('visit', 3, 1 / 3),
        mean('conversion', 3, 1 / 3),
        mean('spend', 3, 3.5),
        mean('recency', 3, 13 / 3),
      ],
    },
    {
      experiment: 'autumn test',
      arm: 'B',
      subjects: 2,
      outcomes: [
        mean('visit', 1, 1),
        mean('conversion', 1, 1),
        mean('spend', 1, 1200),
        mean('recency', 1, 1),
      ],
    },
  ])
  // With an id a row corrects itself, without one the same rows add nothing.
  expect(
    await shop.importKind(
      shop.file('autumn test.csv', readFileSync(path, 'utf8').replace('York\n', 'Leeds\n')),
    ),
  ).toMatchObject({
    imported: 1,
    unchanged: 4,
  })
  const named = 'experiment,subject_id,arm,visit\nE,S1,x,0\nE,S2,x,1\n'
  await shop.importKind(shop.file('e.csv', named))
  const corrected = await shop.importKind(shop.file('e2.csv', named.replace('S1,x,0', 'S1,x,1')))
  expect(corrected).toMatchObject({ imported: 1, changedEntries: 1, sameEntries: 1, counts: { oneArm: 1 } })
})

test('a person’s coupons, targets and results go with them and come out for them', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  await shop.import(shop.file('o.csv', orders))
  const files = [
    shop.file('c.csv', 'coupon_code,customer_id,campaign_id,used_at,order_id\nC1,m1,K1,2026-01-03,O1\n'),
    shop.file('t.csv', 'campaign_id,customer_id\nK1,m1\n'),
    shop.file('e.csv', 'experiment,customer_id,arm,visit,note\nE,m1,x,1,calls herself Ann\nE,m2,x,1,-\n'),
  ]
  for (const file of files) await shop.importKind(file)
  expect(await caller(shop).elsewhere.ofMember({ memberId: 'm1' })).toMatchObject([
    { code: 'C1', used: true, orderId: 'O1' },
  ])
  expect((await caller(shop, 'viewer').elsewhere.ofMember({ memberId: 'm1' }))[0]!.code).toBe('••••C1')
  const kept = JSON.stringify(await exportMember(shop.platform, shop.workspace, 'm1'))
  expect(kept).toContain('"C1"')
  expect(kept).toContain('calls herself Ann')
  const before = await caller(shop).elsewhere.overview()
  const outcome = await deleteMember(shop.platform, shop.workspace, { memberId: 'm1', actor: 'test' })
  expect(outcome.kind).toBe('deleted')
  const texts = async () => {
    const all = []
    for (const table of [
      'coupons_elsewhere',
      'campaign_targets',
      'experiment_subjects',
      'import_coupons',
      'import_targets',
      'import_experiments',
    ])
      all.push(await shop.workspace.engine.rows({ kind: 'sql', chunks: [`select * from ${table}`] } as never))
    return JSON.stringify(all)
  }
  expect(await texts()).not.toMatch(/"m1"|Ann/)
  for (const file of files) expect(await shop.importKind(file)).toMatchObject({ imported: 0 })
  expect(await texts()).not.toMatch(/"m1"|Ann/)
  const after = await caller(shop).elsewhere.overview()
  expect(after.coupons).toEqual(before.coupons)
  expect(after.campaigns).toEqual(before.campaigns)
})

test.each([
  ['coupons', 'coupon_code,customer_id,used_at,order_id', 'C,m,2026-01-01,O'],
  ['coupons', '优惠券名称,会员号,发放时间,状态', 'C,m,2026-01-01,未使用'],
  ['campaigns', 'campaign_id,campaign_type,start_date,end_date', 'K,A,2026-01-01,2026-02-01'],
  ['targets', 'campaign_id,household_id', 'K,m'],
  ['targets', '活动编号,会员手机号,分组', 'K,13800000000,对照组'],
  ['experiments', 'recency,history,segment,visit,conversion,spend', '1,2,A,1,0,0'],
  ['orders', 'order_id,customer_id,order_date,amount,coupon_code', 'O,m,2026-01-01,1,C'],
  ['orders', '订单号,会员号,下单时间,实付金额,优惠券名称,使用时间', 'O,m,2026-01-01,1,C,2026-01-01'],
  ['members', 'member_id,name,phone,campaign', 'm,Ann,13800000000,K'],
  ['members', '会员号,姓名,分组,积分', 'm,Ann,A,3'],
  ['orders', 'order_id,customer_id,order_date,amount,campaign_id,group', 'O,m,2026-01-01,1,K,A'],
])('%s are told by their header: %s', async (kind, header, row) => {
  await using shop = await openTestShop('CNY', 'UTC')
  const seen = await shop.inspect(shop.file('a.csv', `${header}\n${row}\n`), 'a.csv', {})
  if ('id' in seen) throw new Error(seen.id)
  expect([seen.inspection.map.kind, seen.inspection.otherKinds]).toEqual([kind, []])
})

const data = fileURLToPath(new URL('../../../../shared/data', import.meta.url))
const journey = `${data}/completejourney`
const hillstrom = `${data}/hillstrom/hillstrom_email.csv.gz`

describe.skipIf(!existsSync(journey))(
  'Complete Journey (skipped without ../shared/data)',
  { timeout: 300_000 },
  () => {
    test('campaign 18 shows 214 of 1,133 members redeeming in 653 rows', async () => {
      await using shop = await openTestShop('USD', 'America/New_York')
      expect(await shop.importKind(`${journey}/campaign_descriptions.csv.gz`)).toMatchObject({
        kind: 'campaigns',
        imported: 27,
      })
      expect(await shop.importKind(`${journey}/campaigns.csv.gz`)).toMatchObject({
        kind: 'targets',
        imported: 6_589,
        counts: { known: 27, unknown: 0 },
      })
      expect(await shop.importKind(`${journey}/coupon_redemptions.csv.gz`)).toMatchObject({
        kind: 'coupons',
        imported: 2_102,
        counts: { uses: 2_102, noOrder: 2_102 },
      })
      const { campaigns } = await caller(shop).elsewhere.overview()
      expect(campaigns.find(({ campaignId }) => campaignId === '18')).toMatchObject({
        targeted: 1_133,
        redeemers: 214,
        targetedRedeemers: 214,
        uses: 653,
        issued: null,
      })
    })
  },
)

describe.skipIf(!existsSync(hillstrom))(
  'Hillstrom (skipped without ../shared/data)',
  { timeout: 300_000 },
  () => {
    test('64,000 subjects in three arms with the published means; 6,562 identical rows are kept', async () => {
      await using shop = await openTestShop('USD', 'America/New_York')
      const receipt = await shop.importKind(hillstrom)
      expect(receipt).toMatchObject({
        kind: 'experiments',
        read: 64_000,
        imported: 64_000,
        refused: 0,
        duplicates: 6_562,
      })
      const facts = JSON.parse(readFileSync(`${data}/facts.json`, 'utf8')) as {
        hillstrom: {
          arms: {
            rows: {
              arm: string
              n: number
              visit_rate: number
              conversion_rate: number
              spend_per_head: number
            }[]
          }
          lift: {
            rows: {
              arm: string
              visit_lift: number
              conversion_lift: number
              conversion_lift_rel: number
              spend_lift: number
            }[]
          }
        }
      }
      const { arms } = await caller(shop).elsewhere.overview()
      const found = arms.map(({ arm, subjects, outcomes }) => {
        const mean = (wanted: string) =>
          Math.round(outcomes.find(({ outcome }) => outcome === wanted)!.mean * 1e8) / 1e8
        return {
          arm,
          n: subjects,
          visit_rate: mean('visit'),
          conversion_rate: mean('conversion'),
          spend_per_head: mean('spend'),
        }
      })
      expect(found).toEqual(
        facts.hillstrom.arms.rows.map(({ arm, n, visit_rate, conversion_rate, spend_per_head }) => ({
          arm,
          n,
          visit_rate,
          conversion_rate,
          spend_per_head,
        })),
      )
      expect(arms[0]!.outcomes.map(({ outcome }) => outcome)).toEqual([
        'visit',
        'conversion',
        'spend',
        'history',
        'mens',
        'newbie',
        'recency',
        'womens',
      ])
      expect(await shop.importKind(hillstrom)).toMatchObject({ alreadyThere: true, imported: 0 })

      // each mail against none: the differences that were computed independently, and the split
      const effect = await caller(shop).elsewhere.experiment({ experiment: arms[0]!.experiment })
      expect(effect).toMatchObject({
        control: 'No E-Mail',
        controlIs: 'named',
        subjects: 64_000,
        alpha: 0.02,
      })
      expect(effect.sampleRatioP).toBeCloseTo(0.9037, 4)
      const { rows } = facts.hillstrom.lift
      expect(rows).toHaveLength(2)
      for (const { arm, visit_lift, conversion_lift, spend_lift, conversion_lift_rel } of rows) {
        const { differences } = effect.arms.find((one) => one.arm === arm)!
        const of = (wanted: string) => differences.find(({ outcome }) => outcome === wanted)!
        expect(of('visit').difference).toBeCloseTo(visit_lift, 8)
        expect(of('conversion').difference).toBeCloseTo(conversion_lift, 8)
        expect(of('conversion').relative).toBeCloseTo(conversion_lift_rel, 6)
        expect(of('spend').difference).toBeCloseTo(spend_lift, 8)
        expect([of('visit').kind, of('conversion').kind, of('spend').kind]).toEqual([
          'share',
          'share',
          'mean',
        ])
        for (const outcome of ['visit', 'conversion', 'spend']) expect(of(outcome).verdict).toBe('works')
        expect(of('history').verdict).toBeNull()
      }
      expect(rows.map(({ conversion_lift }) => (conversion_lift * 100).toFixed(4))).toEqual([
        '0.6805',
        '0.3111',
      ])
    })
  },
)
