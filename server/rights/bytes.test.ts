import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { Visitor } from '../accounts/test-visitor.ts'
import { createKey } from '../api/keys.ts'
import { makeApp } from '../app.ts'
import { backUp, restore } from '../backup/backup.ts'
import { importRuns } from '../import/runs.ts'
import { undoImport } from '../import/undo.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { recordEvent } from '../store/events.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { listFileName } from './deletions.ts'

const memberId = 'CARD-77-Zebedee'
const name = '欧阳无忌'
const phone = '13811112222'
const marks = [memberId, name, 'Zebedee', phone, '138 1111 2222', '13811113333', '欧阳旧名', 'before-77']

/** Files of the folder that hold a text of the person, whatever they are files of. */
function naming(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .flatMap((path) => {
      const bytes = readFileSync(join(folder, path))
      return marks.filter((mark) => bytes.includes(mark)).map((mark) => `${path}: ${mark}`)
    })
}

/** Files that name the person: taken rows beside refused ones, whose reasons a report counts. */
const files = {
  'members.csv': `member_id,name,phone,birthday\n${memberId},${name},${phone},1990-01-31\n${memberId},${name},138 1111 2222,2030-01-01\nM3,甲3,13800000003,1990-01-31\n`,
  'orders.csv': `order_id,member_id,phone,order_date,amount\nF1,${memberId},${phone},2026-11-02,5.00\nF2,${memberId},${phone},2026-11-32,5.00\nF3,M1,13800000001,2026-11-02,5.00\n`,
  'tags.csv': `member_id,tag,tagged_on\n${memberId},tea,2026-01-05\n${memberId},tea,2026-13-05\nM1,tea,2026-01-05\n`,
}

/** Imports a file as from the Data page; answers the import's id, null of a check. */
async function take(
  platform: Platform,
  workspace: Workspace,
  path: string,
  fileName: string,
  dryRun: boolean,
): Promise<string | null> {
  const runs = importRuns(platform)
  const order = { path, fileName, map: {}, replace: false, language: 'en', actor: 'owner' } as const
  const started = await runs.start(workspace, { ...order, dryRun })
  if (started.kind === 'refused') throw new Error(started.id)
  for await (const state of runs.follow(workspace.id, started.runId, new AbortController().signal))
    if (state.phase === 'done') return (state.receipt ?? state.membersReceipt ?? state.kindReceipt)!.importId
    else if (state.phase === 'refused' || state.phase === 'failed')
      throw new Error(`${fileName}: ${state.phase}`)
  throw new Error('The run was forgotten.')
}

test(
  'no byte of a deleted person is left in the data folder, nor after a restore with the list',
  { timeout: 180_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reveille-bytes-'))
    const data = join(folder, 'data')
    const platform = await openPlatform(data, { now: () => new Date('2026-11-22T04:00:00Z') }, { threads: 1 })
    const app = await makeApp(platform)
    try {
      const shop = (await platform.workspaces.create({
        name: 'shop',
        currency: 'CNY',
        timeZone: 'Asia/Shanghai',
      }))!
      const owner = new Visitor(app)
      await owner.mutate('accounts.signInWithLink', { token: platform.accounts.newOwnerToken() })
      const { key } = await createKey(platform.store, platform.clock, {
        workspaceId: shop.id,
        name: 'CRM',
        scopes: ['members', 'orders'],
        actor: 'owner',
      })
      const send = async (path: string, payload: object, idempotencyKey: string) => {
        const answer = await app.inject({
          method: 'POST',
          url: `/api/v1/${path}`,
          headers: { authorization: `Bearer ${key}`, 'idempotency-key': idempotencyKey },
          payload,
        })
        expect(answer.statusCode).toBe(200)
      }
      const others = Array.from({ length: 50 }, (_, n) => ({ memberId: `M${n}`, name: `甲${n}` }))
      const person = {
        memberId,
        name,
        phone,
        birthday: '1990-01-31',
        consent: 'granted',
        consentAt: '2026-01-01',
      }
      await send(
        'members',
        { members: [...others, { ...person, name: '欧阳旧名', phone: '13811113333' }] },
        `before-77`,
      )
      // refused beside others who are taken: they stand in a file of refused rows
      await send(
        'members',
        { members: [person, { ...person, phone: '138 1111 2222', birthday: '2030-01-01' }] },
        `${memberId}/2`,
      )
      await send(
        'members',
        { members: [{ memberId: 'M1' }, { memberId: 'M2', phone: '13811113333', birthday: '2030-01-01' }] },
        'k3',
      )
      const order = (orderId: string, whose: string) => ({
        orderId,
        memberId: whose,
        orderedAt: '2026-11-01T10:00:00+08:00',
        amountMinor: 100,
      })
      await send('orders', { orders: [order('A', memberId), order('B', 'M1'), order('C', memberId)] }, 'o1')
      await platform.store
        .transaction()
        .execute((tx) =>
          recordEvent(
            tx,
            shop.id,
            { kind: 'consent-set', memberIds: [memberId], consent: 'denied' },
            new Date(),
          ),
        )
      const done = async (path: string, input: unknown) => {
        const { status, body } = await owner.mutate(path, input)
        expect({ status, body: status === 200 ? '' : body }).toEqual({ status: 200, body: '' })
      }
      await done('tags.add', { tag: 'vip', whose: { kind: 'members', memberIds: [memberId] } })
      await done('segments.save', { name: 'The one', expression: `member in ("${memberId}")` })
      await done('members.unmask', { memberId })
      // chosen on the Data page and never imported
      expect((await owner.send('POST', '/api/uploads?name=orders.csv', { memberId })).status).toBe(201)
      for (const [fileName, content] of Object.entries(files)) {
        writeFileSync(join(folder, fileName), content)
        await take(platform, shop, join(folder, fileName), fileName, false)
      }
      await take(platform, shop, join(folder, 'members.csv'), 'members.csv', true)
      await backUp(platform, join(folder, 'before.backup'))
      expect(naming(data).length).toBeGreaterThan(5)

      await done('rights.deleteMember', { memberId, typed: memberId })
      expect(naming(data)).toEqual([])
      expect(await shop.engine.rows(sql`select count(*) as orders from orders`)).toEqual([{ orders: 5 }])
      await app.close()
      await platform.close()
      expect(naming(data)).toEqual([])

      const again = join(folder, 'again')
      await restore(join(folder, 'before.backup'), again, join(data, listFileName))
      expect(naming(again)).not.toEqual([])
      const restored = await openPlatform(again)
      const served = await makeApp(restored)
      expect(naming(again)).toEqual([])
      // what named the person is undone, and comes once more
      const there = (await restored.workspaces.byId(shop.id))!
      for (const fileName of Object.keys(files)) {
        const [old] = await there.engine.rows(
          sql`select import_id from imports where file_name = ${fileName} and undone_at is null`,
        )
        const importId = String(old!.importId)
        expect((await undoImport(restored, there, { importId, actor: 'owner' })).kind).toBe('undone')
        expect(await take(restored, there, join(folder, fileName), fileName, false)).not.toBeNull()
      }
      expect(await there.engine.rows(sql`select count(*) as orders from orders`)).toEqual([{ orders: 5 }])
      expect(naming(again)).toEqual([])
      await served.close()
      await restored.close()
      expect(naming(again)).toEqual([])
    } finally {
      await app.close()
      await platform.close()
      rmSync(folder, { recursive: true })
    }
  },
)
