import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { expect, onTestFinished, test } from 'vitest'
import { nodeSqlite, openStore } from './dialect.ts'
import { migrations, openMigratedStore, type Store } from './store.ts'

type Row = Record<string, string | number | null>

const columns = sql.raw(
  'id, workspace_id, code, campaign_id, launch_id, member_id, offer, min_spend_minor, terms, valid_from, valid_to, uses_allowed, created_at, given_code, given_key',
)

const open = (file: string) => new Kysely<unknown>({ dialect: nodeSqlite(openStore(file)) })

/** The ledger's kinds of a coupon, for each of ten coupons: open, set aside, let go, redeemed, cancelled, taken back. */
const pasts = [
  ['issued', 'redeemed'],
  ['issued'],
  ['issued', 'reserved'],
  ['issued', 'reserved', 'released'],
  ['issued', 'reserved', 'redeemed'],
  ['issued', 'redeemed', 'cancelled'],
  ['issued', 'revoked'],
  ['issued', 'redeemed', 'cancelled', 'redeemed'],
  ['issued'],
  ['issued'],
]

/**
 * The file of a Store of before: two workspaces, four launches, offers of two kinds in each of them, coupons in every state,
 * a given code in both workspaces.
 */
async function storeBefore(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-store-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'store.sqlite')
  const store = open(file)
  const before = Object.fromEntries(Object.entries(migrations).filter(([name]) => name < '0035'))
  const { error } = await new Migrator({
    db: store,
    provider: { getMigrations: async () => before },
  }).migrateToLatest()
  if (error) throw error
  for (const shop of ['shop', 'other'])
    await sql`insert into workspaces (id, name, currency, time_zone, first_weekday, active_days, cooling_days, dormant_days,
      opened_at_start, created_at) values (${shop}, ${shop}, 'CNY', 'Asia/Shanghai', 1, 30, 90, 180, 0, '2026')`.execute(
      store,
    )
  for (let n = 0; n < 60; n++) {
    const shop = n % 3 === 0 ? 'other' : 'shop'
    const launch = `${shop} ${n % 2}`
    const coupon = `c${60 - n}`
    // two written at the same moment differ in their offers all the same
    const offer = JSON.stringify({ kind: 'amount', amountMinor: n % 5 === 0 ? 900 : 500 })
    const given = n < 2 ? 'GIFT' : null
    await sql`insert into coupons (${columns}) values (${coupon}, ${shop}, ${`CODE${n}`}, ${`campaign of ${launch}`}, ${launch},
      ${n % 7 === 0 ? null : `m${n}`}, ${offer}, ${n % 4}, '{}', '2026-01-01', '2026-02-01', ${1 + (n % 2)},
      ${`2026-01-0${1 + (n % 3)}`}, ${given}, ${given})`.execute(store)
    for (const [at, kind] of pasts[n % pasts.length]!.entries())
      await sql`insert into ledger (workspace_id, coupon_id, campaign_id, kind, uses, amount_minor, redemption_id, actor, at)
        values (${shop}, ${coupon}, ${`campaign of ${launch}`}, ${kind}, 1, 0,
        ${kind === 'issued' || kind === 'revoked' ? null : `${coupon} ${at < 3 ? 'first' : 'second'}`}, 'launch', '2026')`.execute(
        store,
      )
    await sql`insert into campaign_members (workspace_id, campaign_id, launch_id, member_id, arm, coupon_id)
      values (${shop}, ${`campaign of ${launch}`}, ${launch}, ${`m${n}`}, 'treated', ${coupon})`.execute(
      store,
    )
  }
  await store.destroy()
  return file
}

const rowsOf = async (store: Kysely<unknown> | Store, query: ReturnType<typeof sql<Row>>) =>
  (await query.execute(store)).rows.map((row) => ({ ...row }))
const everything = (store: Kysely<unknown> | Store) =>
  Promise.all([
    rowsOf(store, sql<Row>`select ${columns} from coupons order by id`),
    rowsOf(store, sql<Row>`select * from ledger order by seq`),
    rowsOf(
      store,
      sql<Row>`select workspace_id, campaign_id, launch_id, member_id, arm, coupon_id from campaign_members order by 1, 2, 4`,
    ),
  ])

async function readBefore(file: string): Promise<Row[][]> {
  const store = open(file)
  const rows = await everything(store)
  await store.destroy()
  return rows
}

test('coupons, ledger and audiences are the same after what coupons share is kept once', async () => {
  const file = await storeBefore()
  const before = await readBefore(file)
  const store = await openMigratedStore(file)
  expect(await everything(store)).toEqual(before)
  expect(before.map((rows) => rows.length)).toEqual([60, 6 * pasts.flat().length, 60])
  expect(new Set(before[1]!.map(({ kind }) => kind))).toEqual(
    new Set(['issued', 'reserved', 'released', 'redeemed', 'cancelled', 'revoked']),
  )
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
  const store = await openMigratedStore(await storeBefore())
  const ledger = (couponId: string) =>
    sql`insert into ledger (workspace_id, coupon_id, campaign_id, kind, uses, amount_minor, actor, at)
      values ('shop', ${couponId}, 'campaign of shop 1', 'redeemed', 1, 0, 'till', '2026')`.execute(store)
  await ledger('c1')
  const [{ seq }] = (await rowsOf(store, sql<Row>`select max(seq) as seq from ledger`)) as [{ seq: number }]
  expect(seq).toBe(6 * pasts.flat().length + 1)
  await expect(ledger('nobody’s')).rejects.toThrow(/FOREIGN KEY/)
  await expect(sql`delete from issued_coupons where id = 'c1'`.execute(store)).rejects.toThrow(/FOREIGN KEY/)
  await expect(sql`delete from coupon_batches`.execute(store)).rejects.toThrow(/FOREIGN KEY/)
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

test('a ledger that refers to a coupon that is not there leaves the Store as it was', async () => {
  const file = await storeBefore()
  const damaged = open(file)
  await sql`pragma foreign_keys = off`.execute(damaged)
  await sql`insert into ledger (workspace_id, coupon_id, campaign_id, kind, uses, amount_minor, actor, at)
    values ('shop', 'gone', 'campaign of shop 1', 'issued', 1, 0, 'launch', '2026')`.execute(damaged)
  await damaged.destroy()
  const before = await readBefore(file)
  await expect(openMigratedStore(file)).rejects.toThrow(/refer to/)
  expect(await readBefore(file)).toEqual(before)
})

test('kill -9 before any statement of it leaves the Store as it was, and the next start does it all', async () => {
  const pristine = await storeBefore()
  const before = await readBefore(pristine)
  const script = fileURLToPath(new URL('migrate-until-killed.fixture.ts', import.meta.url))
  const file = `${pristine}.killed`
  let statement = 1
  for (; ; statement++) {
    for (const tail of ['', '-wal', '-shm']) rmSync(file + tail, { force: true })
    copyFileSync(pristine, file)
    const { signal, status } = spawnSync(process.execPath, [script, file, `${statement}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const wasKilled = signal === 'SIGKILL'
    expect(status).toBe(wasKilled ? null : 0)
    expect(await readBefore(file)).toEqual(before)
    const store = open(file)
    const kinds = await rowsOf(store, sql<Row>`select type from sqlite_master where name = 'coupons'`)
    expect(kinds).toEqual([{ type: wasKilled ? 'table' : 'view' }])
    await store.destroy()
    if (!wasKilled) break
    const finished = await openMigratedStore(file)
    expect(await everything(finished)).toEqual(before)
    await finished.destroy()
  }
  expect(statement).toBeGreaterThan(15) // it was broken off before each of its writes
})
