import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { name, sql } from '../../analytics/sql/sql.ts'
import { Visitor } from '../accounts/test-visitor.ts'
import { makeApp } from '../app.ts'
import { backUp, restore } from '../backup/backup.ts'
import { takeCodes } from '../campaigns/codes.ts'
import { campaignLedger } from '../coupons/counts.ts'
import { createDemo } from '../demo/demo.ts'
import { openPlatform, type Platform, systemClock } from '../platform.ts'
import { recordEvent } from '../store/events.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { listFileName } from './deletions.ts'
import { deleteMember, type Step } from './delete-member.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-rights-'))
/** Closed, with a demo whose campaign has redeemed coupons. */
const shop = join(folder, 'shop')
const backup = join(folder, 'before.tar')
/** Whom the tests delete: treated, with a redeemed coupon, a manual tag, consent set here and a rule that names them. */
let person: { memberId: string; name: string; phone: string }

/** With one thread: two take half as much processor time again for so few rows. */
const opened = (data: string) => openPlatform(data, systemClock, { threads: 1 })

const demoOf = async (platform: Platform) => (await platform.workspaces.byName('demo'))!

async function ownerOf(platform: Platform) {
  const app = await makeApp(platform)
  const owner = new Visitor(app)
  await owner.mutate('accounts.signInWithLink', { token: platform.accounts.newOwnerToken() })
  return { app, owner }
}

beforeAll(async () => {
  const platform = await opened(shop)
  await createDemo(platform, { members: 1500 })
  const demo = await demoOf(platform)
  const used = await platform.store
    .selectFrom('ledger')
    .innerJoin('coupons', 'coupons.id', 'ledger.coupon_id')
    .select(['coupons.member_id', 'coupons.id', 'coupons.campaign_id', 'coupons.launch_id'])
    .where('ledger.kind', '=', 'redeemed')
    .where('coupons.member_id', 'is not', null)
    .executeTakeFirstOrThrow()
  const memberId = used.member_id!
  const [row] = await demo.engine.rows(sql`select name, phone from members where member_id = ${memberId}`)
  person = { memberId, name: String(row!.name), phone: String(row!.phone) }
  await platform.store
    .insertInto('outbox')
    .values({
      id: 'msg_1',
      workspace_id: demo.id,
      campaign_id: used.campaign_id,
      launch_id: used.launch_id,
      member_id: memberId,
      coupon_id: used.id,
      body: JSON.stringify({ memberId, code: 'ABC' }),
      state: 'queued',
      attempts: 0,
      due_at: '2999-01-01T00:00:00.000Z',
      lease: null,
      queued_at: '2026-01-01T00:00:00.000Z',
      last_error: null,
      delivered_at: null,
    })
    .execute()
  await platform.store
    .transaction()
    .execute((tx) =>
      recordEvent(
        tx,
        demo.id,
        { kind: 'consent-set', memberIds: [memberId], consent: 'granted' },
        new Date('2026-02-03T04:05:06Z'),
      ),
    )
  const { app, owner } = await ownerOf(platform)
  const done = async (path: string, input: unknown) => {
    const answer = await owner.mutate(path, input)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.body}`)
  }
  await done('tags.add', { tag: 'asks a lot', whose: { kind: 'members', memberIds: [memberId] } })
  await done('segments.save', { name: 'The one', expression: `member in ("${memberId}")` })
  await done('members.unmask', { memberId })
  await backUp(platform, backup)
  await app.close()
  await platform.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

let copies = 0
/** The shop as it was, as a folder of its own. */
async function aShop(): Promise<string> {
  const copy = join(folder, `copy-${copies++}`)
  mkdirSync(join(copy, 'workspaces'), { recursive: true })
  copyFileSync(join(shop, 'store.db'), join(copy, 'store.db'))
  const platform = await opened(shop)
  const demo = await demoOf(platform)
  await demo.engine.backup(join(copy, 'workspaces', `${demo.id}.duckdb`))
  await platform.close()
  return copy
}

/** Everything that Store and engine hold of the workspace, a line a row. */
async function held(platform: Platform, demo: Workspace): Promise<string[]> {
  const kept: string[] = []
  for (const { name: table } of await platform.store.introspection.getTables())
    for (const row of await platform.store
      .selectFrom(table as 'audit')
      .selectAll()
      .execute())
      kept.push(`${table} ${JSON.stringify(row)}`)
  const tables = await demo.engine.rows(sql`select table_name from duckdb_tables()
    where database_name = current_database() and schema_name = 'main'`)
  for (const { tableName } of tables)
    for (const { row } of await demo.engine.rows(
      sql`select cast(kept as varchar) as row from ${name(String(tableName))} as kept`,
    ))
      kept.push(`${String(tableName)} ${String(row)}`)
  return kept
}

async function expectForgotten(platform: Platform) {
  const demo = await demoOf(platform)
  const rows = await held(platform, demo)
  const named = (text: string) =>
    rows.filter((row) => new RegExp(`(?<![\\p{L}\\p{N}])${text}(?![\\p{L}\\p{N}])`, 'u').test(row))
  expect(named(person.memberId)).toEqual([])
  expect(named(person.phone)).toEqual([])
  const [{ rows: namesakes } = { rows: 0 }] = await demo.engine.rows(
    sql`select count(*) as rows from members where name = ${person.name} and phone = ${person.phone}`,
  )
  expect(namesakes).toBe(0)
}

/** What every figure says, by the same questions that pages ask. */
async function figures(owner: Visitor, platform: Platform) {
  const answers: Record<string, unknown> = {}
  for (const metric of ['overview', 'retention', 'ltv', 'repurchase', 'dormancy']) {
    const answer = await owner.query('analytics.metric', { name: metric })
    if (answer.status !== 200) throw new Error(answer.body)
    const { milliseconds: _, dataVersion: __, ...rest } = answer.data as Record<string, unknown>
    answers[metric] = rest
  }
  const demo = await demoOf(platform)
  const campaigns = await platform.store.selectFrom('campaigns').select('id').orderBy('id').execute()
  answers.ledgers = await Promise.all(
    campaigns.map(({ id }) => campaignLedger(platform.store, demo.id, id, new Date('2026-11-24T00:00:00Z'))),
  )
  answers.books = await demo.engine.rows(sql`select count(*) as orders, sum(net_minor)::bigint as net,
    (select sum(amount_minor)::bigint from refunds) as refunds, (select count(*) from members) as members,
    (select count(*) from campaign_arms) as arms, (select count(distinct member_key) from campaign_arms) as in_arms from orders`)
  answers.outcomes = await Promise.all(
    campaigns.map(async ({ id }) => {
      const { status, data, body } = await owner.query('campaigns.show', { campaignId: id })
      if (status !== 200) throw new Error(body)
      const { treated, heldOut, redeemed, redeemers, issued } = data as Record<string, unknown>
      return { treated, heldOut, redeemed, redeemers, issued }
    }),
  )
  return answers
}

test('the person is gone, the figures stay to the cent', { timeout: 120_000 }, async () => {
  const platform = await opened(await aShop())
  const { app, owner } = await ownerOf(platform)
  const before = await figures(owner, platform)
  const asked = await owner.mutate('rights.deletionOf', { memberId: person.memberId })
  expect(asked.data).toMatchObject({ memberId: person.memberId, coupons: 1 })
  const { memberId } = person
  expect((await owner.mutate('rights.deleteMember', { memberId, typed: 'another' })).status).toBe(400)
  const found = async (search: string) =>
    ((await owner.query('members.list', { search })).data as { rows: { memberId: string }[] }).rows
  expect(await found(memberId)).toHaveLength(1)
  const answer = await owner.mutate('rights.deleteMember', { memberId, typed: memberId })
  expect(answer.status).toBe(200)
  const { pseudonym } = answer.data as { pseudonym: string }

  expect(await figures(owner, platform)).toEqual(before)
  await expectForgotten(platform)
  for (const search of [memberId, person.name, person.phone])
    expect((await found(search)).map((row) => row.memberId)).not.toContain(pseudonym)
  expect(await found(memberId)).toEqual([])
  expect((await owner.query('members.one', { memberId })).status).toBe(404)
  expect((await owner.mutate('rights.deleteMember', { memberId, typed: memberId })).status).toBe(404)
  expect((await owner.mutate('rights.deleteMember', { memberId: pseudonym, typed: pseudonym })).status).toBe(
    412,
  )

  // the rule that named them selects the same one, by the pseudonym; nobody else lost a tag
  const one = await owner.query('segments.sample', { expression: `member in ("${pseudonym}")` })
  expect(one.body).toContain(pseudonym)
  const list = (await owner.query('tags.list')).data as { name: string; members: number }[]
  expect(list.find((tag) => tag.name === 'asks a lot')?.members).toBe(0)
  // no list of codes gives theirs out, and what was not sent never is
  const demo = await demoOf(platform)
  const coupon = await platform.store
    .selectFrom('coupons')
    .select('campaign_id')
    .where('member_id', '=', pseudonym)
    .executeTakeFirstOrThrow()
  const codes = await takeCodes(platform, demo, coupon.campaign_id, { unmasked: true, language: 'en' })
  if (codes.kind !== 'codes') throw new Error(codes.kind)
  expect(codes.codes.length).toBeGreaterThan(0)
  expect(codes.codes.map((code) => code.memberId)).not.toContain(pseudonym)
  const message = await platform.store.selectFrom('outbox').selectAll().executeTakeFirstOrThrow()
  expect(message).toMatchObject({ state: 'dropped', member_id: pseudonym })
  // the audit names the pseudonym alone, and the demo made anew does not bring anybody back
  const audit = await platform.store.selectFrom('audit').select(['action', 'subject']).execute()
  expect(audit).toContainEqual({ action: 'phone-unmasked', subject: pseudonym })
  expect(audit).toContainEqual({ action: 'member-deleted', subject: pseudonym })
  await createDemo(platform, { members: 1500 })
  await expectForgotten(platform)
  await app.close()
  await platform.close()
})

test('an export holds all of it, and is noted', async () => {
  const platform = await opened(await aShop())
  const { app, owner } = await ownerOf(platform)
  const workspace = await demoOf(platform)
  const saved = await owner.mutate('segments.save', { name: 'All of them', expression: 'everyone' })
  const hook = { id: '7b0c7c4e-0000-4000-8000-000000000001', url: 'https://crm.example/hook' }
  await platform.store
    .insertInto('segment_webhooks')
    .values({
      ...hook,
      workspace_id: workspace.id,
      segment_id: (saved.data as { id: string }).id,
      created_by: 'test',
      created_at: '2026-02-01T00:00:00.000Z',
    })
    .execute()
  await workspace.engine.transaction((session) =>
    session.run(sql`insert into webhook_members values (${hook.id}, ${person.memberId})`),
  )
  const answer = await owner.mutate('rights.exportMember', { memberId: person.memberId })
  expect(answer.status).toBe(200)
  const document = answer.data as Record<string, unknown>
  expect(document).toMatchObject({
    format: 'reveille-member',
    profile: person,
    consent: { consent: 'granted', source: 'set', since: '2026-02-03T04:05:06.000Z' },
    campaigns: [{ arm: 'treated' }],
    coupons: [{ ledger: [{ kind: 'issued' }, { kind: 'redeemed' }] }],
    deliveries: [{ deliveryId: 'msg_1', message: { memberId: person.memberId } }],
    webhooks: [
      { webhookId: hook.id, segment: 'All of them', url: hook.url, inSegment: true, messageWaits: false },
    ],
    lookedUp: [{ action: 'phone-unmasked' }],
  })
  expect(document.tags).toContainEqual(
    expect.objectContaining({ tag: 'asks a lot', source: 'manual', setBy: 'Owner' }),
  )
  const [{ orders } = { orders: 0 }] = await (
    await demoOf(platform)
  ).engine.rows(
    sql`select count(*) as orders from orders join members on members.member_key = orders.member_key
      where member_id = ${person.memberId}`,
  )
  expect(document.orders).toHaveLength(Number(orders))
  const audit = await platform.store.selectFrom('audit').select(['action', 'subject']).execute()
  expect(audit).toContainEqual({ action: 'member-exported', subject: person.memberId })
  expect((await owner.mutate('rights.exportMember', { memberId: 'nobody' })).status).toBe(404)
  await app.close()
  await platform.close()
})

test.each(['engine', 'store', 'done'] as const)(
  'a process that ends before “%s” has deleted all at the next start',
  { timeout: 120_000 },
  async (last) => {
    const data = await aShop()
    const platform = await opened(data)
    const first = await ownerOf(platform)
    const before = await figures(first.owner, platform)
    await first.app.close()
    const step: Step = (reached) => {
      if (reached === last) throw new Error('ended')
    }
    const demo = await demoOf(platform)
    const begun = deleteMember(platform, demo, { memberId: person.memberId, actor: 'test' }, step)
    await expect(begun).rejects.toThrow('ended')
    await platform.close()

    const next = await opened(data)
    const { app, owner } = await ownerOf(next)
    await expectForgotten(next)
    expect(await figures(owner, next)).toEqual(before)
    const rows = await next.store.selectFrom('deletions').select('applied_at').execute()
    expect(rows).toEqual([{ applied_at: expect.any(String) as string }])
    await app.close()
    await next.close()
  },
)

test(
  'a backup from before the deletion, restored with the list, does not know the person',
  { timeout: 120_000 },
  async () => {
    const data = await aShop()
    const platform = await opened(data)
    const demo = await demoOf(platform)
    await deleteMember(platform, demo, { memberId: person.memberId, actor: 'test' })
    await platform.close()
    const list = join(data, listFileName)
    expect(readFileSync(list, 'utf8')).not.toContain(person.memberId)

    const without = join(folder, 'without')
    expect(await restore(backup, without)).toMatchObject({ kind: 'restored', deletions: null })
    const forgetful = await opened(without)
    expect((await held(forgetful, await demoOf(forgetful))).join()).toContain(person.memberId)
    await forgetful.close()

    const again = join(folder, 'again')
    expect(await restore(backup, again, join(folder, 'nowhere.json'))).toMatchObject({ kind: 'no-list' })
    expect(await restore(backup, again, backup)).toMatchObject({ kind: 'list-damaged' })
    expect(existsSync(again)).toBe(false)
    expect(await restore(backup, again, list)).toMatchObject({ kind: 'restored', deletions: 1 })
    const restored = await opened(again)
    const { app, owner } = await ownerOf(restored)
    await expectForgotten(restored)
    expect((await owner.query('members.one', { memberId: person.memberId })).status).toBe(404)
    await app.close()
    await restored.close()

    // a folder that has nothing left but its list may be restored into, and the list counts by itself
    const own = join(folder, 'own')
    mkdirSync(own)
    copyFileSync(list, join(own, listFileName))
    expect(await restore(backup, own)).toMatchObject({ kind: 'restored', deletions: 1 })
  },
)
