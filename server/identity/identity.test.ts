import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { repurchase } from '../../analytics/metrics/repurchase/repurchase.ts'
import { runMetric } from '../analytics/run-metric.ts'
import { takeCodes } from '../campaigns/codes.ts'
import { addLaunch, couponFor } from '../coupons/issued-coupons.fixture.ts'
import { takeOutKind } from '../import/kinds/apply.ts'
import { kindNamed } from '../import/kinds/catalogue.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory, type Role } from '../trpc.ts'

const members = `member id,name,phone,joined at,tier,points,stored value,consent
old,Ann Example,07700900001,2019-05-01,gold,100,5.00,no
new,,,2024-02-03,,20,1.50,yes
bob,Bob Example,07700900002,2024-01-01,silver,7,,yes
`
/** Four buyers; only old + new come to two orders, months apart. */
const orders = `order_id,customer_id,order_date,amount
A1,old,2025-01-10,10.00
A2,new,2025-06-10,20.00
A3,bob,2025-06-11,30.00
A4,cat,2025-07-01,40.00
A5,dan,2025-12-31,50.00
`

async function opened(): Promise<TestShop & { as: (role: Role) => ReturnType<typeof callers> }> {
  const shop = await openTestShop()
  await shop.importMembers(shop.file('m.csv', members))
  receiptOf(await shop.import(shop.file('o.csv', orders)))
  return Object.assign(shop, { as: (role: Role) => callers(shop, role) })
}

const callers = ({ platform, workspace }: TestShop, role: Role) =>
  createCallerFactory(appRouter)({
    platform,
    workspace,
    role,
    language: 'en',
    actor: { kind: 'user', userId: `the ${role}`, name: role },
  })

/** Every row of the engine that a figure reads. */
async function everything({ workspace: { engine } }: TestShop) {
  const tables = [
    'members',
    'orders',
    'refunds',
    'member_facts',
    'member_day',
    'member_aliases',
    'merges_set',
  ]
  const rows: Record<string, unknown> = {}
  for (const table of tables)
    rows[table] = await engine.rows(
      sql`select * from ${{ kind: 'sql', chunks: [table] } as never} order by all`,
    )
  return rows
}

const rateOf = async ({ platform, workspace }: TestShop) => {
  const outcome = await runMetric(platform.store, workspace, repurchase, { filters: {} })
  if (outcome.kind !== 'answered') throw new Error(outcome.kind)
  return outcome.answer.rows.find(({ measure }) => measure === 'orders')!.rate
}

const merge = async (shop: Awaited<ReturnType<typeof opened>>, memberId: string, into: string | null) => {
  const { digest } = await shop.as('marketer').merges.preview({ memberId, into })
  return shop.as('marketer').merges.change({ memberId, into, digest })
}

test('a preview is what comes, and changes nothing; taken apart again everything is as before', async () => {
  await using shop = await opened()
  const before = await everything(shop)
  const preview = await shop.as('marketer').merges.preview({ memberId: 'old', into: 'new' })
  expect(await everything(shop)).toEqual(before)
  // by hand: 10 + 20; first in January; the earlier joining; 100 + 20 points; 5.00 + 1.50; no is no
  expect(preview.before.map(({ memberId, orders: n }) => [memberId, n])).toEqual([
    ['old', 1],
    ['new', 1],
  ])
  expect(preview.after).toEqual([
    {
      memberId: 'new',
      ids: ['new', 'old'],
      name: 'Ann Example',
      phone: '+44****0001',
      orders: 2,
      purchaseDays: 2,
      netMinor: 3000,
      firstDay: '2025-01-10',
      lastDay: '2025-06-10',
      cohortMonth: '2025-01-01',
      tier: 'gold',
      points: 120,
      storedValueMinor: 650,
      consent: 'denied',
      tags: [],
      openCoupons: 0,
    },
  ])
  expect(preview.shopBefore).toMatchObject({ members: 5, buyers: 5, repeated: 0, repurchaseRate: 0 })
  expect(preview.shopAfter).toMatchObject({ members: 4, buyers: 4, repeated: 1, repurchaseRate: 0.25 })

  await merge(shop, 'old', 'new')
  expect(await rateOf(shop)).toBe(0.25)
  const one = await shop.as('viewer').members.one({ memberId: 'old' })
  expect(one).toMatchObject({ memberId: 'new', orders: 2, netMinor: 3000, joinedDay: '2019-05-01' })
  expect(one.consentFrom).toMatchObject({ source: 'imported' })
  const found = await shop.as('viewer').members.list({ search: 'old', sort: 'net', descending: true })
  expect(found.rows.map(({ memberId }) => memberId)).toEqual(['new'])
  const why = await shop.as('viewer').segments.explain({ expression: 'orders = 2', memberId: 'old' })
  expect(why.selected).toBe(true)
  const ruled = await shop.as('marketer').segments.memberIds({ expression: 'member = "old"' })
  expect(ruled.memberIds).toEqual(['new'])
  const listed = await shop.as('viewer').merges.list({ memberId: 'new' })
  expect(listed.identities).toMatchObject([
    { id: 'old', memberId: 'new', into: 'new', source: 'people', by: 'the marketer' },
  ])
  // an order that names the old card afterwards is the member's
  receiptOf(await shop.import(shop.file('more.csv', `${orders.split('\n')[0]!}\nB1,old,2025-12-01,5.00\n`)))
  expect(await shop.as('viewer').members.one({ memberId: 'new' })).toMatchObject({ orders: 3 })
  const { importId } = receiptOf(
    await shop.import(shop.file('dry.csv', `${orders.split('\n')[0]!}\nB2,old,2025-12-02,5.00\n`), {
      dryRun: true,
    }),
  )
  expect(importId).toBe(null)

  const back = await shop.as('marketer').merges.preview({ memberId: 'old', into: null })
  expect(back.after.map(({ memberId, orders: n, points }) => [memberId, n, points])).toEqual([
    ['old', 2, 100],
    ['new', 1, 20],
  ])
  await merge(shop, 'old', null)
  const { takeOut } = await import('../import/apply.ts')
  const [more] = await shop.workspace.engine.rows(
    sql`select import_id from imports where file_name = 'more.csv'`,
  )
  await takeOut(shop.workspace.engine, String(more!.importId), {
    timeZone: 'Europe/London',
    today: '2026-11-22',
    undoneAt: '2026-11-22T00:00:00Z',
    signal: new AbortController().signal,
  })
  const { merges_set: _, ...after } = await everything(shop)
  const { merges_set: __, ...first } = before
  expect(after).toEqual(first)
})

test('what cannot be merged is refused with a sentence, and a preview that the data left behind', async () => {
  await using shop = await opened()
  const ask = (memberId: string, into: string | null) =>
    shop.as('marketer').merges.preview({ memberId, into })
  await expect(ask('nobody', 'new')).rejects.toThrow('nobody')
  await expect(ask('new', 'nobody')).rejects.toThrow('nobody')
  const long = 'x'.repeat(400)
  await expect(ask(long, 'new')).rejects.toThrow(`No member in the data has the id ${long}`)
  await expect(
    shop.as('marketer').tags.add({ tag: 'vip', whose: { kind: 'members', memberIds: [long] } }),
  ).rejects.toThrow(long)
  await expect(ask('new', 'new')).rejects.toThrow('already')
  await expect(ask('new', null)).rejects.toThrow('nothing to separate')
  await expect(shop.as('viewer').merges.preview({ memberId: 'old', into: 'new' })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  })
  const { digest } = await ask('old', 'new')
  receiptOf(await shop.import(shop.file('x.csv', `${orders.split('\n')[0]!}\nX1,bob,2025-12-01,5.00\n`)))
  await expect(shop.as('marketer').merges.change({ memberId: 'old', into: 'new', digest })).rejects.toThrow(
    'after the preview',
  )
  expect(await shop.workspace.engine.rows(sql`select * from member_aliases`)).toEqual([])
  await merge(shop, 'old', 'new')
  // an id of a member stands for the member: whoever is merged into it follows on
  await merge(shop, 'bob', 'old')
  expect(await shop.as('viewer').members.one({ memberId: 'bob' })).toMatchObject({
    memberId: 'new',
    orders: 4,
  })
  await expect(ask('new', 'old')).rejects.toThrow('already')
  await expect(ask('old', 'cat')).rejects.toThrow('identity of member new')
  const noted = await shop.platform.store.selectFrom('audit').select(['action', 'subject', 'actor']).execute()
  expect(noted).toContainEqual({ action: 'member-merged', subject: 'old', actor: 'the marketer' })
  expect(noted).toContainEqual({ action: 'member-merged-into', subject: 'new', actor: 'the marketer' })
})

test('coupons keep their identity and are good for the member; tags and holdings follow', async () => {
  await using shop = await opened()
  const { platform, workspace } = shop
  const coupons = [couponFor('old'), couponFor('new'), couponFor('bob')]
  const { campaignId } = await addLaunch(platform.store, workspace.id, coupons)
  await shop.as('marketer').tags.add({ tag: 'vip', whose: { kind: 'members', memberIds: ['old'] } })
  await shop.as('marketer').tags.add({ tag: 'tea', whose: { kind: 'members', memberIds: ['new'] } })
  const redeem = (code: string, memberId: string) =>
    platform.redemptions.redeem({
      workspaceId: workspace.id,
      idempotencyKey: randomUUID(),
      code,
      orderId: 'R',
      storeId: null,
      presented: { kind: 'member', memberId },
      amountMinor: 5_000,
      body: { code, memberId },
      actor: 'till',
    })
  expect(await redeem(coupons[0]!.code, 'new')).toMatchObject({ code: 'wrong_member' })
  await merge(shop, 'old', 'new')
  expect(await redeem(coupons[2]!.code, 'new')).toMatchObject({ code: 'wrong_member' })
  expect(await redeem(coupons[0]!.code, 'new')).toMatchObject({ kind: 'redeemed' })
  expect(await redeem(coupons[1]!.code, 'old')).toMatchObject({ kind: 'redeemed' })
  const held = await shop.as('owner').coupons.ofMember({ memberId: 'new' })
  expect(held.map(({ issuedTo, state }) => [issuedTo, state]).toSorted()).toEqual([
    ['new', 'redeemed'],
    ['old', 'redeemed'],
  ])
  // whoever said no by one card gets no list of codes by the other
  const codes = await takeCodes(platform, workspace, campaignId, { unmasked: true, language: 'en' })
  if (codes.kind !== 'codes') throw new Error(codes.kind)
  expect(codes.codes.map(({ memberId }) => memberId)).toEqual(['bob'])

  const tags = async (memberId: string) =>
    (await shop.as('viewer').members.one({ memberId })).tags.map(({ tag }) => tag)
  expect(await tags('old')).toEqual(['tea', 'vip'])
  expect((await shop.as('viewer').tags.list()).map(({ name, members: n }) => [name, n])).toEqual([
    ['tea', 1],
    ['vip', 1],
  ])
  await shop.as('marketer').tags.remove({ tag: 'vip', whose: { kind: 'members', memberIds: ['new'] } })
  expect(await tags('new')).toEqual(['tea'])
  await merge(shop, 'old', null)
  expect([await tags('old'), await tags('new')]).toEqual([[], ['tea']])
  expect(await redeem(couponFor('x').code, 'new')).toMatchObject({ code: 'unknown' })
})

test('a file of merges says what it does, gives way to people, and is undone', async () => {
  await using shop = await opened()
  const file = shop.file(
    'merges.csv',
    'from,into,date,reason\nold,new,2025-07-01,Lost card\nbob,bob,,\nnew,old,,\nghost,cat,,\n',
  )
  const dry = await shop.importKind(file, { dryRun: true })
  expect(dry).toMatchObject({ kind: 'merges', read: 4, refused: 1, imported: 3 })
  expect(dry.counts).toMatchObject({
    merged: 2,
    circles: 1,
    unknownIds: 1,
    setByPeople: 0,
    repurchaseBefore: 0,
    repurchase: 0.25,
  })
  expect(await shop.workspace.engine.rows(sql`select * from member_aliases`)).toEqual([])
  const { importId } = await shop.importKind(file)
  expect(await shop.as('viewer').members.one({ memberId: 'old' })).toMatchObject({
    memberId: 'new',
    orders: 2,
  })
  expect((await shop.as('viewer').merges.list({})).identities).toContainEqual(
    expect.objectContaining({ id: 'old', by: 'merges.csv', mergedDay: '2025-07-01', reason: 'Lost card' }),
  )
  expect(await shop.importKind(file)).toMatchObject({ alreadyThere: true, importId })
  // people decide: what the file says of the id counts no more, now and when it comes again
  await merge(shop, 'old', null)
  expect(await shop.as('viewer').members.one({ memberId: 'old' })).toMatchObject({
    memberId: 'old',
    orders: 1,
  })
  const again = await shop.importKind(shop.file('again.csv', 'from,into\nold,new\n'))
  expect(again.counts).toMatchObject({ merged: 0, setByPeople: 1 })
  expect(await shop.as('viewer').members.one({ memberId: 'old' })).toMatchObject({ memberId: 'old' })
  // an id that comes later is the member's from the start
  receiptOf(await shop.import(shop.file('g.csv', `${orders.split('\n')[0]!}\nG1,ghost,2025-12-01,5.00\n`)))
  expect(await shop.as('viewer').members.one({ memberId: 'cat' })).toMatchObject({ orders: 2 })
  await takeOutKind(shop.workspace.engine, kindNamed('merges')!, importId!, {
    today: '2026-11-22',
    undoneAt: '2026-11-22T00:00:00Z',
    signal: new AbortController().signal,
  })
  expect(await shop.as('viewer').members.one({ memberId: 'cat' })).toMatchObject({ orders: 1 })
  expect(await shop.as('viewer').members.one({ memberId: 'ghost' })).toMatchObject({
    memberId: 'ghost',
    orders: 1,
  })
})

test('an export covers all identities; a deletion takes all of them, and nobody is merged into who was deleted', async () => {
  await using shop = await opened()
  await merge(shop, 'old', 'new')
  const document = (await shop.as('owner').rights.exportMember({ memberId: 'old' })) as unknown as {
    profile: { memberId: string }
    orders: unknown[]
    importedLines: { memberId: string }[]
    importedProfiles: { memberId: string }[]
    identities: { id: string }[]
  }
  expect(document.profile.memberId).toBe('new')
  expect(document.orders).toHaveLength(2)
  expect(document.importedLines.map(({ memberId }) => memberId).toSorted()).toEqual(['new', 'old'])
  expect(document.importedProfiles.map(({ memberId }) => memberId).toSorted()).toEqual(['new', 'old'])
  expect(document.identities.map(({ id }) => id)).toEqual(['old'])
  const rate = await rateOf(shop)
  const { pseudonym } = await shop.as('owner').rights.deleteMember({ memberId: 'new', typed: 'new' })
  expect(await rateOf(shop)).toBe(rate)
  const { store } = shop.platform
  const kept = [
    await shop.workspace.engine.rows(sql`select cast(m as varchar) as t from members as m
      union all select cast(l as varchar) from import_lines as l union all select cast(a as varchar) from member_aliases as a
      union all select cast(s as varchar) from merges_set as s union all select cast(i as varchar) from import_members as i`),
    await store.selectFrom('merge_settings').selectAll().execute(),
    await store.selectFrom('events').selectAll().execute(),
    await store.selectFrom('audit').selectAll().execute(),
  ]
  expect(JSON.stringify(kept)).not.toMatch(/\b(old|new)\b|Ann Example/)
  for (const id of ['old', 'new'])
    await expect(shop.as('viewer').members.one({ memberId: id })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  // the same files again do not bring either id back
  receiptOf(await shop.import(shop.file('o2.csv', `${orders}\n`)))
  await shop.importMembers(shop.file('m2.csv', `${members}\n`))
  expect(await rateOf(shop)).toBe(rate)
  expect(await shop.as('viewer').members.one({ memberId: pseudonym })).toMatchObject({ orders: 2 })
  const merges = await shop.importKind(shop.file('mm.csv', 'from,into\nold,cat\nbob,new\n'))
  expect(merges.counts).toMatchObject({ merged: 1, ofDeleted: 1, setByPeople: 1 })
  expect(await shop.as('viewer').members.one({ memberId: 'cat' })).toMatchObject({ orders: 1 })
  expect(await shop.as('viewer').members.one({ memberId: 'bob' })).toMatchObject({ memberId: 'bob' })
})

test('a merge that people set is taken back also while nothing imported names either id', async () => {
  await using shop = await openTestShop()
  const opener = Object.assign(shop, { as: (role: Role) => callers(shop, role) })
  const { importId } = receiptOf(await shop.import(shop.file('o.csv', orders)))
  await merge(opener, 'bob', 'cat')
  await opener.as('marketer').imports.undo({ importId: importId! })
  const preview = await opener.as('marketer').merges.preview({ memberId: 'bob', into: null })
  expect(preview.before).toEqual([])
  await merge(opener, 'bob', null)
  receiptOf(await shop.import(shop.file('again.csv', orders)))
  expect(await opener.as('viewer').members.one({ memberId: 'bob' })).toMatchObject({
    memberId: 'bob',
    orders: 1,
  })
  expect(await opener.as('viewer').members.one({ memberId: 'cat' })).toMatchObject({
    memberId: 'cat',
    orders: 1,
  })
})
