import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { dormancy, memberFacts } from '../../fixtures/hand-worked/expected.ts'
import { loadHandWorkedShop, members as people } from '../../fixtures/hand-worked/shop.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { recordEvent } from '../store/events.ts'
import { createCallerFactory, type Role } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { exportMembers } from './export.ts'
import { type ListRequest, listMembers, type Sort, sorts } from './list.ts'
import { maskedPhone } from './phone.ts'
import { rhythmOf } from './rhythm.ts'
import { makeApp } from '../app.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-members-'))
let platform: Platform
let workspace: Workspace

beforeAll(async () => {
  platform = await openPlatform(folder, { now: () => new Date('2026-07-01T02:00:00Z') }, { threads: 1 })
  workspace = (await platform.workspaces.create({
    name: 'hand',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!
  await workspace.engine.transaction(async (session) => {
    await loadHandWorkedShop(session)
    await session.run(sql`update members set phone = '16012345678' where member_id = 'M02'`)
    await session.run(sql`update members set name = '=cmd()' where member_id = 'M03'`)
  })
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

const caller = (role: Role) =>
  createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'user', userId: 'u', name: 'U' },
    workspace,
    role,
    browser: null,
    language: 'en',
  })

async function allPages(request: ListRequest, limit: number) {
  const rows = []
  let cursor: string | undefined
  do {
    const outcome = await listMembers(platform.store, workspace, { ...request, limit, cursor })
    if (outcome.kind !== 'listed') throw new Error(outcome.kind)
    rows.push(...outcome.page.rows)
    cursor = outcome.page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return rows
}

/** The hand-worked facts in the order that a list promises: unknown last, ties by id. */
function expectedOrder(sort: Sort, descending: boolean): string[] {
  const value = (id: keyof typeof memberFacts): number | string | null => {
    const [orders, , net, , , , lastDay] = memberFacts[id]
    const joined = people.find(([member]) => member === id)![2]
    return { 'value-at-risk': net, net, orders, 'last-order': lastDay, joined, member: 0 }[sort]
  }
  return (Object.keys(memberFacts) as (keyof typeof memberFacts)[]).toSorted((a, b) => {
    const [x, y] = [value(a), value(b)]
    if (x === y) return a < b ? -1 : 1
    if (x === null || y === null) return x === null ? 1 : -1
    return (x < y ? -1 : 1) * (descending ? -1 : 1)
  })
}

test('every sort, in both directions and in pages of three, is the hand-worked order', async () => {
  for (const sort of sorts)
    for (const descending of [true, false]) {
      const rows = await allPages({ sort, descending }, 3)
      expect([sort, descending, ...rows.map(({ memberId }) => memberId)]).toEqual([
        sort,
        descending,
        ...expectedOrder(sort, descending),
      ])
    }
})

test('facts and statuses are those worked by hand', async () => {
  const rows = await allPages({ sort: 'member', descending: false }, 50)
  expect(
    rows.map((row) => [
      row.memberId,
      row.orders,
      row.netMinor / 100,
      row.mainStore,
      row.lastDay,
      row.silentDays,
      row.status,
    ]),
  ).toEqual(
    Object.entries(memberFacts).map(([id, [orders, , net, , , store, lastDay, silent, status]]) => [
      id,
      orders,
      net,
      store,
      lastDay,
      silent,
      status,
    ]),
  )
})

test('the dormant by value, and the list agrees with the export', async () => {
  const request: ListRequest = { segment: 'status = "dormant"', sort: 'value-at-risk', descending: true }
  const outcome = await listMembers(platform.store, workspace, { ...request, limit: 50 })
  if (outcome.kind !== 'listed') throw new Error(JSON.stringify(outcome))
  const { page } = outcome
  expect(page.rows.map(({ memberId }) => memberId)).toEqual(dormancy.dormantByValue)
  expect([page.members, page.valueAtRiskMinor]).toEqual([
    dormancy.members.dormant,
    dormancy.valueAtRisk.dormant * 100,
  ])
  const exported = await exportMembers(platform.store, workspace, { ...request, unmasked: false })
  if (exported.kind !== 'exported') throw new Error('refused')
  let csv = ''
  for await (const chunk of exported.csv) csv += chunk
  const lines = csv.trim().split('\r\n').slice(1)
  expect(lines.map((line) => line.split(',')[0])).toEqual(dormancy.dormantByValue)
  expect(lines[0]).toBe(
    'M02,白露,160****5678,dormant,121,2026-03-01,3,32000,32000,2026-01-10,,,东门店,unknown',
  )
  expect(lines[1]).toMatch(/^M03,'=cmd\(\),/)
})

test('search finds ids, names, whole phones and their last four digits, but no other part of a phone', async () => {
  const found = async (search: string) =>
    (await allPages({ search, sort: 'member', descending: false }, 50)).map(({ memberId }) => memberId)
  expect(await found('m1')).toEqual(['M10', 'M11', 'M12', 'M13', 'M14'])
  expect(await found('白')).toEqual(['M02'])
  expect(await found('16012345678')).toEqual(['M02'])
  expect(await found('5678')).toEqual(['M02'])
  expect(await found('1234')).toEqual([])
  expect(await found('%')).toEqual([])
})

test('a cursor of other data or of another question is refused', async () => {
  const first = await caller('viewer').members.list({ sort: 'member', descending: false, limit: 3 })
  const next = { sort: 'member', limit: 3, cursor: first.nextCursor } as const
  await expect(caller('viewer').members.list({ ...next, descending: true })).rejects.toThrow(/Open the list/)
  await platform.store
    .transaction()
    .execute((tx) =>
      recordEvent(
        tx,
        workspace.id,
        { kind: 'tag-added', tag: 'vip', memberIds: ['M01'], source: 'manual', day: '2026-06-30' },
        platform.clock.now(),
      ),
    )
  await expect(caller('viewer').members.list({ ...next, descending: false })).rejects.toThrow(/Open the list/)
  const again = await caller('viewer').members.list({ sort: 'member', descending: false, limit: 3 })
  expect(again.rows[0]!.tags).toEqual(['vip'])
})

test('one member: orders with what was refunded, unlinked refunds apart, rhythm, reason', async () => {
  const partly = await caller('viewer').members.one({ memberId: 'M04' })
  expect(partly.orderList.map((order) => [order.orderId, order.netMinor, order.refundedMinor])).toEqual([
    ['O21', 10000, 0],
    ['O10', 15000, 5000],
  ])
  const twice = await caller('viewer').members.one({ memberId: 'M01' })
  // 5 January, 3 February, 10 March, 30 May: 29, 35 and 81 days
  expect(twice.rhythm).toEqual({ gaps: [29, 35, 81], usualDays: 35, lateAfterDays: 81 })
  expect(twice.lateFrom).toBe('2026-08-20')
  expect(twice.reason).toEqual({ id: 'rhythm', values: { silentDays: 31, orders: 4, usualDays: 35 } })
  const unlinked = await caller('viewer').members.one({ memberId: 'M07' })
  expect(unlinked.refundList).toEqual([
    { refundId: 'R4', orderId: null, day: '2026-06-01', amountMinor: 2000, dateAssumed: false },
  ])
  expect(unlinked.netMinor).toBe(55000)
  const voided = await caller('viewer').members.one({ memberId: 'M06' })
  expect([voided.status, voided.orderList[0]!.qualifies, voided.reason.id]).toEqual([
    'never bought',
    false,
    'never',
  ])
  // before its refund the order counted
  const earlier = await caller('viewer').members.one({ memberId: 'M06', asOf: '2026-03-08' })
  expect([earlier.status, earlier.orderList[0]!.qualifies]).toEqual(['active', true])
  await expect(caller('viewer').members.one({ memberId: 'M99' })).rejects.toThrow(/no member/)
})

test('phones are masked for everybody; only the owner unmasks, and it is noted', async () => {
  expect((await caller('owner').members.one({ memberId: 'M02' })).phone).toBe('160****5678')
  await expect(caller('marketer').members.unmask({ memberId: 'M02' })).rejects.toThrow(/role/)
  expect(await caller('owner').members.unmask({ memberId: 'M02' })).toEqual({
    phone: '16012345678',
    openid: null,
    email: null,
  })
  const noted = await platform.store
    .selectFrom('audit')
    .select('subject')
    .where('action', '=', 'phone-unmasked')
    .execute()
  expect(noted).toEqual([{ subject: 'M02' }])
  expect([maskedPhone(null), maskedPhone('12345')]).toEqual([null, '****'])
})

test('the export is for the signed in with a workspace, and needs no more than a link', async () => {
  const app = await makeApp(platform)
  const url = '/export/members.csv?sort=member&descending=false'
  expect((await app.inject({ url })).statusCode).toBe(401)
  const headers = { authorization: `Bearer ${platform.ownerToken}` }
  expect((await app.inject({ url, headers })).statusCode).toBe(403)
  const answer = await app.inject({ url, headers: { ...headers, 'x-reveille-workspace': 'hand' } })
  expect(answer.statusCode).toBe(200)
  const lines = answer.body.trim().split('\r\n')
  expect(lines.length).toBe(1 + 14)
  expect(lines[2]).toContain('16012345678')
  await app.close()
})

test('what a search finds can be exported and named, its words in the body', async () => {
  const app = await makeApp(platform)
  const headers = {
    authorization: `Bearer ${platform.ownerToken}`,
    'x-reveille-workspace': 'hand',
    'content-type': 'application/json',
  }
  const exported = async (question: object) => {
    const { body } = await app.inject({
      method: 'POST',
      url: '/export/members.csv',
      headers,
      payload: question,
    })
    return body
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => line.split(',')[0])
  }
  const question = { sort: 'member', descending: false, search: '5678' }
  expect(await exported(question)).toEqual(['M02'])
  expect(await exported({ ...question, search: 'M0' })).toEqual(
    (await caller('marketer').members.found({ search: 'M0' })).memberIds,
  )
  expect(await caller('owner').members.found({ search: '16012345678' })).toEqual({ memberIds: ['M02'] })
  expect(await caller('owner').members.found({ search: '5678', segment: 'NOT (member = "M02")' })).toEqual({
    memberIds: [],
  })
  await expect(caller('viewer').members.found({})).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await app.close()
})

test('a rhythm needs two gaps for its middle and three for its end', () => {
  expect(rhythmOf([])).toEqual({ gaps: [], usualDays: null, lateAfterDays: null })
  expect(rhythmOf([9]).usualDays).toBe(null)
  expect(rhythmOf([9, 3])).toEqual({ gaps: [9, 3], usualDays: 3, lateAfterDays: null })
  const forty = Array.from({ length: 40 }, (_, i) => 40 - i)
  expect(rhythmOf(forty)).toMatchObject({ usualDays: 20, lateAfterDays: 38 })
})
