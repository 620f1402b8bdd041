import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { openTestShop, type TestShop } from '../../campaigns/campaign-shop.fixture.ts'
import { sentence } from '../../messages/messages.ts'
import { deleteMember } from '../../rights/delete-member.ts'
import { removeSegment, saveSegment } from '../saved.ts'
import { outboxOf, runDue, runSchedule, startSchedules } from './run.ts'
import { addSchedule, listSchedules, nextDue, removeSchedule } from './schedules.ts'

let shop: TestShop
let segmentId: string

beforeEach(async () => {
  shop = await openTestShop(20) // 09:00 in Shanghai on Sunday, 22 November
  await shop.workspace.engine.run(
    sql`update members set phone = '13800' || lpad(cast(member_key as varchar), 6, '0')`,
  )
  segmentId = await save('沉睡/高价值', 'orders >= 1')
})
afterEach(() => shop.close())

const doing = (by = 'command-line') => ({ by, at: shop.clock.now() })
const never = new AbortController().signal

async function save(name: string, expression: string): Promise<string> {
  const saved = await saveSegment(shop.platform.store, shop.workspace, { name, expression }, doing())
  if (saved.kind !== 'saved') throw new Error(saved.kind)
  return saved.id
}

const csv = { kind: 'members', format: 'csv', columns: ['member_id', 'phone'] } as const

async function schedule(differs: Partial<Parameters<typeof addSchedule>[2]> = {}, by?: string) {
  const asked = {
    segmentId,
    file: { ...csv, columns: [...csv.columns] },
    weekday: null,
    time: '09:30',
    kept: 2,
    language: 'en',
    ...differs,
  }
  const added = await addSchedule(shop.platform.store, shop.workspace, asked, doing(by))
  if (added.kind !== 'added') throw new Error(added.kind)
  return added
}

const folder = () => outboxOf(shop.platform, shop.workspace)
const files = () => (existsSync(folder()) ? readdirSync(folder()).toSorted() : [])
const at = (instant: string) => (shop.clock.instant = new Date(instant))
const look = () => runDue(shop.platform, shop.workspace, never)
const only = async () => (await listSchedules(shop.platform.store, shop.workspace))[0]!

test('due is by the shop’s clocks, every day or on a weekday, across a change of the clocks', () => {
  const after = (instant: string, weekday: number | null, time: string, timeZone: string) =>
    nextDue(new Date(instant), { weekday, time }, { timeZone, firstWeekday: 1 }).toISOString()
  // 22 November 2026 is a Sunday
  expect(after('2026-11-22T01:00:00Z', null, '09:30', 'Asia/Shanghai')).toBe('2026-11-22T01:30:00.000Z')
  expect(after('2026-11-22T01:30:00Z', null, '09:30', 'Asia/Shanghai')).toBe('2026-11-23T01:30:00.000Z')
  expect(after('2026-11-22T01:00:00Z', 7, '08:00', 'Asia/Shanghai')).toBe('2026-11-29T00:00:00.000Z')
  expect(after('2026-11-22T01:00:00Z', 1, '00:00', 'Asia/Shanghai')).toBe('2026-11-22T16:00:00.000Z')
  // Berlin leaves summer time on 25 October 2026 and begins it on 29 March 2026
  expect(after('2026-10-24T12:00:00Z', null, '09:00', 'Europe/Berlin')).toBe('2026-10-25T08:00:00.000Z')
  expect(after('2026-10-23T12:00:00Z', null, '09:00', 'Europe/Berlin')).toBe('2026-10-24T07:00:00.000Z')
  expect(after('2026-03-28T22:00:00Z', null, '02:30', 'Europe/Berlin').slice(0, 10)).toBe('2026-03-29')
})

test('a file is written when due, under its name in one step; older ones go', async () => {
  const { scheduleId, dueAt } = await schedule()
  expect(dueAt).toBe('2026-11-22T01:30:00.000Z')
  await look()
  expect(files()).toEqual([])
  const mark = scheduleId.slice(0, 8)
  const named = (day: string) => `沉睡_高价值-${mark}-${day}-0930.csv`
  mkdirSync(folder(), { recursive: true })
  writeFileSync(join(folder(), `.${named('2026-11-22')}.x.part`), 'cut short')
  writeFileSync(join(folder(), 'notes.txt'), 'somebody else’s')
  at('2026-11-22T01:30:02Z')
  await look()
  await look()
  expect(files()).toEqual(['notes.txt', named('2026-11-22')])
  const written = readFileSync(join(folder(), named('2026-11-22')), 'utf8')
  expect(written.split('\r\n').slice(0, 2)).toEqual(['\uFEFFmember_id,phone', 'M0001,13800000001'])
  expect(written.trimEnd().split('\r\n')).toHaveLength(21)
  expect(statSync(join(folder(), named('2026-11-22'))).mode & 0o777).toBe(0o600)
  for (const day of ['23', '24']) {
    at(`2026-11-${day}T01:30:01Z`)
    await look()
  }
  expect(files()).toEqual(['notes.txt', named('2026-11-23'), named('2026-11-24')])
  expect((await only()).runs.map(({ fileName, listed }) => [fileName, listed])).toEqual([
    [named('2026-11-24'), 20],
    [named('2026-11-23'), 20],
  ])
})

test('what was missed is written once', async () => {
  const { scheduleId } = await schedule()
  at('2026-11-26T05:00:00Z')
  await look()
  await look()
  const { runs, dueAt } = await only()
  expect(runs).toHaveLength(1)
  expect(runs[0]!.fileName).toBe(`沉睡_高价值-${scheduleId.slice(0, 8)}-2026-11-22-0930.csv`)
  expect(dueAt).toBe('2026-11-27T01:30:00.000Z')
})

test('a process that ended after the file and before its note writes the same file again', async () => {
  await schedule()
  at('2026-11-22T01:30:02Z')
  await look()
  const [first] = files()
  await shop.platform.store.deleteFrom('segment_schedule_runs').execute()
  await shop.platform.store
    .updateTable('segment_schedules')
    .set({ due_at: '2026-11-22T01:30:00.000Z' })
    .execute()
  shop = await shop.reopen()
  at('2026-11-22T01:31:00Z')
  await look()
  expect(files()).toEqual([first])
  expect((await only()).runs).toHaveLength(1)
})

test('a failure is shown with its reason and tried again', async () => {
  await schedule()
  mkdirSync(join(folder(), '..'), { recursive: true })
  writeFileSync(folder(), 'a file where the folder should be')
  at('2026-11-22T01:30:02Z')
  await look()
  const { runs, dueAt } = await only()
  expect(runs).toMatchObject([{ fileName: null, failure: { id: 'schedule-unwritable' } }])
  const { id, values } = runs[0]!.failure!
  expect(sentence('en', id, values)).toContain(`${folder()} can’t be written (EEXIST)`)
  expect(dueAt).toBe('2026-11-22T01:45:02.000Z')
  await shop.platform.store.updateTable('segment_versions').set({ expression: 'segment "gone"' }).execute()
  rmSync(folder())
  at('2026-11-22T01:45:03Z')
  await look()
  expect((await only()).runs[0]).toMatchObject({ fileName: null, failure: { id: 'segment-refused' } })
  expect(files()).toEqual([])
})

test('phones are masked by what who set it may do now', async () => {
  const { team } = shop.platform.accounts
  const { token } = await team.invite(shop.workspace.id, 'marketer', 'test')
  const accepted = await shop.platform.accounts.acceptInvite(
    { headers: new Headers(), address: '127.0.0.1', setCookies: () => {} },
    token,
    { name: 'mia', password: 'correct horse' },
  )
  expect(accepted).toBeTruthy()
  const { user_id: mia } = await shop.platform.store
    .selectFrom('memberships')
    .select('user_id')
    .where('role', '=', 'marketer')
    .executeTakeFirstOrThrow()
  const { scheduleId } = await schedule({}, mia)
  const masked = await runSchedule(shop.platform, shop.workspace, scheduleId, never)
  expect(readFileSync(join(folder(), masked!.fileName!), 'utf8')).toContain('M0001,138****0001')
  await shop.platform.store
    .updateTable('memberships')
    .set({ role: 'viewer' })
    .where('user_id', '=', mia)
    .execute()
  const refused = await runSchedule(shop.platform, shop.workspace, scheduleId, never)
  expect(refused).toMatchObject({ fileName: null, failure: { id: 'schedule-role' } })
})

test('call lists and send lists are written too; a removed schedule or segment writes nothing more', async () => {
  const lists = await schedule({ file: { kind: 'call-lists', includeUnknown: false } })
  const run = await runSchedule(shop.platform, shop.workspace, lists.scheduleId, never)
  expect(run).toMatchObject({ listed: 16, failure: null }) // 2 of 20 denied, 2 unknown
  expect(readFileSync(join(folder(), run!.fileName!)).subarray(0, 2).toString()).toBe('PK')
  expect(await removeSchedule(shop.platform.store, shop.workspace, lists.scheduleId, doing())).toBe(true)
  expect(await runSchedule(shop.platform, shop.workspace, lists.scheduleId, never)).toBe(null)
  const other = await schedule()
  await removeSegment(shop.platform.store, shop.workspace, segmentId, doing())
  expect(await runSchedule(shop.platform, shop.workspace, other.scheduleId, never)).toBe(null)
  expect(files()).toEqual([run!.fileName])
})

test('a deletion takes the written files away, and they are written anew without the person', async () => {
  const { scheduleId } = await schedule()
  const first = await runSchedule(shop.platform, shop.workspace, scheduleId, never)
  await deleteMember(shop.platform, shop.workspace, { memberId: 'M0001', actor: 'owner' })
  expect(files()).toEqual([])
  expect((await only()).runs).toMatchObject([{ fileName: null, failure: null }])
  at('2026-11-22T01:00:30Z')
  await look()
  expect(files()).toHaveLength(1)
  expect(readFileSync(join(folder(), files()[0]!), 'utf8')).not.toContain('M0001')
  expect(first!.fileName).not.toBe(null)
})

test('the installer chooses the folder; names of workspaces stay inside it', () => {
  expect(outboxOf(shop.platform, { id: 'a1b2c3d4-x', name: '../../etc' })).toBe(
    join(shop.folder, 'outbox', '__.._etc-a1b2c3d4'),
  )
  const schedules = startSchedules(shop.platform, '/srv/out')
  expect(outboxOf(shop.platform, { id: 'a1b2c3d4-x', name: 'My shop' })).toBe('/srv/out/My shop')
  return schedules.stop()
})
