import { afterEach, beforeEach, expect, test } from 'vitest'
import { pseudonymiseStore } from '../rights/store-pseudonyms.ts'
import { exportedStoreTables } from '../store/exported.ts'
import { openMigratedStore, type Store } from '../store/store.ts'
import { readCoupons } from './coupons.ts'
import { addLaunch, addShop, couponFor } from './issued-coupons.fixture.ts'
import { revokeOpenCoupons } from './revoke.ts'

const now = new Date('2026-11-20T02:00:00Z')
let store: Store

beforeEach(async () => {
  store = await openMigratedStore(':memory:')
  for (const shop of ['shop', 'other']) await addShop(store, shop)
})
afterEach(() => store.destroy())

/** Coupons of one launch, of rules that differ in one thing each. */
const different = () => [
  couponFor('m1'),
  couponFor('m2', { offer: { kind: 'amount', amountMinor: 900 } }),
  couponFor('m3', { minSpendMinor: 10_000 }),
  couponFor('m4', { validTo: '2026-11-21T00:00:00.000Z' }),
  couponFor('m5', { usesAllowed: 3 }),
  couponFor(null),
  couponFor('m7'),
]

test('coupons of one launch keep each its own rule, whatever they share', async () => {
  const coupons = different()
  await addLaunch(store, 'shop', coupons)
  const batches = await store.selectFrom('coupon_batches').selectAll().execute()
  expect(batches).toHaveLength(5)
  const found = await readCoupons(store, { ids: coupons.map(({ couponId }) => couponId) }, now)
  for (const { couponId, memberId, offer, minSpendMinor, validFrom, validTo, usesAllowed } of coupons)
    expect(found.byId(couponId)).toMatchObject({
      workspaceId: 'shop',
      memberId,
      offer,
      minSpendMinor,
      validFrom,
      validTo,
      usesAllowed,
    })
  const changed = batches.find(({ min_spend_minor }) => min_spend_minor === 10_000)!
  await store.updateTable('coupon_batches').set({ min_spend_minor: 1 }).where('id', '=', changed.id).execute()
  const after = await readCoupons(store, { ids: coupons.map(({ couponId }) => couponId) }, now)
  expect(coupons.map(({ couponId }) => after.byId(couponId)!.minSpendMinor)).toEqual([0, 0, 1, 0, 0, 0, 0])
})

test('what is taken back is so in every batch, of that campaign alone', async () => {
  const { campaignId } = await addLaunch(store, 'shop', different())
  const another = couponFor('m1')
  await addLaunch(store, 'shop', [another])
  const revoked = { workspaceId: 'shop', campaignId, actor: 'owner', at: now }
  expect(await revokeOpenCoupons(store, revoked)).toBe(6 + 3)
  expect(await revokeOpenCoupons(store, revoked)).toBe(0)
  expect((await readCoupons(store, { ids: [another.couponId] }, now)).byId(another.couponId)).toMatchObject({
    revoked: false,
  })
})

test('an export has the coupons of every batch of a launch, each once', async () => {
  const coupons = different()
  const { campaignId, launchId } = await addLaunch(store, 'shop', coupons)
  await addLaunch(store, 'shop', [couponFor('m1')])
  const table = exportedStoreTables.find(({ name }) => name === 'coupons')!
  const ids: unknown[] = []
  for await (const page of table.pages(store, {
    workspaceId: 'shop',
    launches: [{ id: launchId, campaignId }],
  } as never))
    for (const [id] of page) ids.push(id)
  expect(ids.toSorted()).toEqual(coupons.map(({ couponId }) => couponId).toSorted())
})

test('a deleted member’s coupons lose the name in their workspace, not another’s of the same id elsewhere', async () => {
  for (const shop of ['shop', 'other']) await addLaunch(store, shop, [couponFor('m1'), couponFor('m2')])
  await store.transaction().execute((tx) =>
    pseudonymiseStore(tx, {
      workspaceId: 'shop',
      memberId: 'm1',
      pseudonym: 'nobody',
      currencyDecimals: 2,
    }),
  )
  const named = await store
    .selectFrom('coupons')
    .select(['workspace_id', 'member_id'])
    .orderBy('workspace_id')
    .orderBy('member_id')
    .execute()
  expect(named.map(({ workspace_id, member_id }) => `${workspace_id} ${member_id}`)).toEqual([
    'other m1',
    'other m2',
    'shop m2',
    'shop nobody',
  ])
})
