import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { Visitor } from '../accounts/test-visitor.ts'
import { createKey } from '../api/keys.ts'
import { makeApp } from '../app.ts'
import { backUp, restore } from '../backup/backup.ts'
import { openPlatform } from '../platform.ts'
import { recordEvent } from '../store/events.ts'
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
      await backUp(platform, join(folder, 'before.backup'))
      expect(naming(data).length).toBeGreaterThan(5)

      await done('rights.deleteMember', { memberId, typed: memberId })
      expect(naming(data)).toEqual([])
      expect(await shop.engine.rows(sql`select count(*) as orders from orders`)).toEqual([{ orders: 3 }])
      await app.close()
      await platform.close()
      expect(naming(data)).toEqual([])

      const again = join(folder, 'again')
      await restore(join(folder, 'before.backup'), again, join(data, listFileName))
      expect(naming(again)).not.toEqual([])
      const restored = await openPlatform(again)
      const served = await makeApp(restored)
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
