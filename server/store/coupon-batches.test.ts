import { Kysely, sql } from 'kysely'
import { expect, test } from 'vitest'
import { nodeSqlite, openStore } from './dialect.ts'
import * as workspaces from './migrations/0001-workspaces.ts'
import * as coupons from './migrations/0004-coupons.ts'
import * as campaigns from './migrations/0005-campaigns.ts'
import * as offerTerms from './migrations/0017-offer-terms.ts'
import * as codePools from './migrations/0025-code-pools.ts'
import * as couponBatches from './migrations/0035-coupon-batches.ts'

type Row = Record<string, string | number | null>

const columns = sql.raw(
  'id, workspace_id, code, campaign_id, launch_id, member_id, offer, min_spend_minor, terms, valid_from, valid_to, uses_allowed, created_at, given_code, given_key',
)

/** A Store of before: two workspaces, three launches, offers of two kinds in one of them, a given code in both workspaces. */
async function storeBefore(): Promise<Kysely<unknown>> {
  const store = new Kysely<unknown>({ dialect: nodeSqlite(openStore(':memory:')) })
  for (const { up } of [workspaces, coupons, campaigns, offerTerms, codePools]) await up(store)
  for (const shop of ['shop', 'other'])
    await sql`insert into workspaces (id, name, currency, time_zone, first_weekday, active_days, cooling_days, dormant_days,
      opened_at_start, created_at) values (${shop}, ${shop}, 'CNY', 'Asia/Shanghai', 1, 30, 90, 180, 0, '2026')`.execute(
      store,
    )
  for (let n = 0; n < 60; n++) {
    const shop = n % 3 === 0 ? 'other' : 'shop'
    const launch = `${shop} ${n % 2}`
    // two written at the same moment differ in their offers all the same
    const offer = JSON.stringify({ kind: 'amount', amountMinor: n % 5 === 0 ? 900 : 500 })
    const given = n < 4 ? 'GIFT' : null
    await sql`insert into coupons (${columns}) values (${`c${60 - n}`}, ${shop}, ${`CODE${n}`}, ${`campaign of ${launch}`}, ${launch},
      ${n % 7 === 0 ? null : `m${n}`}, ${offer}, ${n % 4}, '{}', '2026-01-01', '2026-02-01', ${1 + (n % 2)},
      ${`2026-01-0${1 + (n % 3)}`}, ${n === 0 || n === 1 ? given : null}, ${n === 0 || n === 1 ? given : null})`.execute(
      store,
    )
    for (const kind of n % 10 === 0 ? ['issued', 'redeemed'] : ['issued'])
      await sql`insert into ledger (workspace_id, coupon_id, campaign_id, kind, uses, amount_minor, actor, at)
        values (${shop}, ${`c${60 - n}`}, ${`campaign of ${launch}`}, ${kind}, 1, 0, 'launch', '2026')`.execute(
        store,
      )
    await sql`insert into campaign_members (workspace_id, campaign_id, launch_id, member_id, arm, coupon_id)
      values (${shop}, ${`campaign of ${launch}`}, ${launch}, ${`m${n}`}, 'treated', ${`c${60 - n}`})`.execute(
      store,
    )
  }
  return store
}

const rowsOf = async (store: Kysely<unknown>, query: ReturnType<typeof sql<Row>>) =>
  (await query.execute(store)).rows.map((row) => ({ ...row }))
const everything = (store: Kysely<unknown>) =>
  Promise.all([
    rowsOf(store, sql<Row>`select ${columns} from coupons order by id`),
    rowsOf(store, sql<Row>`select * from ledger order by seq`),
    rowsOf(
      store,
      sql<Row>`select workspace_id, campaign_id, launch_id, member_id, arm, coupon_id from campaign_members order by 1, 2, 4`,
    ),
  ])

test('coupons, ledger and audiences are the same after what coupons share is kept once', async () => {
  const store = await storeBefore()
  const before = await everything(store)
  await store.transaction().execute((tx) => couponBatches.up(tx))
  expect(await everything(store)).toEqual(before)
  expect(before.map((rows) => rows.length)).toEqual([60, 66, 60])
  expect(await rowsOf(store, sql<Row>`pragma foreign_key_check`)).toEqual([])
  const [batches] = await rowsOf(store, sql<Row>`select count(*) as n from coupon_batches`)
  const own = new Set(['id', 'code', 'member_id', 'given_code', 'given_key'])
  const shared = before[0]!.map((row) =>
    JSON.stringify(Object.entries(row).filter(([column]) => !own.has(column))),
  )
  expect(batches!.n).toBe(new Set(shared).size)
  await store.destroy()
})

test('the rules of the tables hold after it as before', async () => {
  const store = await storeBefore()
  await store.transaction().execute((tx) => couponBatches.up(tx))
  const ledger = (couponId: string) =>
    sql`insert into ledger (workspace_id, coupon_id, campaign_id, kind, uses, amount_minor, actor, at)
      values ('shop', ${couponId}, 'campaign of shop 1', 'redeemed', 1, 0, 'till', '2026')`.execute(store)
  await ledger('c1')
  const [{ seq }] = (await rowsOf(store, sql<Row>`select max(seq) as seq from ledger`)) as [{ seq: number }]
  expect(seq).toBe(67)
  await expect(ledger('nobody’s')).rejects.toThrow(/FOREIGN KEY/)
  await expect(sql`delete from issued_coupons where id = 'c1'`.execute(store)).rejects.toThrow(/FOREIGN KEY/)
  await expect(sql`update ledger set uses = 2`.execute(store)).rejects.toThrow(/append-only/)
  await expect(sql`delete from ledger`.execute(store)).rejects.toThrow(/append-only/)
  const given = (id: string, workspace: string) =>
    sql`insert into issued_coupons (id, code, batch_id, given_code, given_key, given_in)
      values (${id}, ${id}, 1, 'GIFT', 'GIFT', ${workspace})`.execute(store)
  await expect(given('again', 'shop')).rejects.toThrow(/UNIQUE/)
  await given('third', 'a third')
  await expect(
    sql`insert into issued_coupons (id, code, batch_id) values ('double', 'CODE1', 1)`.execute(store),
  ).rejects.toThrow(/UNIQUE/)
  await store.destroy()
})
