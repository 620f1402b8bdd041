import { expect, test } from 'vitest'
import { members } from '../../analytics/schema/exported-members.ts'
import { refunds } from '../../analytics/schema/exported-orders.ts'
import type { ExportedTable } from '../../analytics/schema/exported-table.ts'
import { join, name, sql } from '../../analytics/sql/sql.ts'
import { openTestShop, receiptOf, type TestShop } from '../import/test-shop.ts'
import { recordEvent } from '../store/events.ts'
import { drainEvents } from '../workspaces/drain.ts'

const read = (shop: TestShop, { relation, columns }: ExportedTable) =>
  shop.workspace.engine.rows(
    sql`select ${join(
      columns.map((column) => sql`${column.from} as ${name(column.name)}`),
    )} from ${relation} order by 1`,
  )

test('consent goes out with its date and who said it, refunds by the shop’s own numbers', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const { platform, workspace } = shop
  await shop.importMembers(
    shop.file(
      'first.csv',
      'member_id,phone,consent,consent_at\nM1,13900000001,yes,2025-05-01\nM2,13900000002,yes,2025-06-01\nM3,,,\nM4,13900000004,no,\n',
    ),
  )
  await shop.importMembers(
    shop.file('second.csv', 'member_id,consent,consent_at\nM2,no,2025-07-01\nM4,no,2025-08-01\n'),
  )
  const at = new Date('2026-01-05T10:00:00Z')
  await platform.store
    .transaction()
    .execute((tx) =>
      recordEvent(tx, workspace.id, { kind: 'consent-set', memberIds: ['M4'], consent: 'granted' }, at),
    )
  await drainEvents(platform.store, workspace)
  const told = (await read(shop, members)).map(({ memberId, consent, consentAt, consentSource }) => [
    memberId,
    consent,
    consentAt === null ? null : String(consentAt).slice(0, 10),
    consentSource,
  ])
  expect(told).toEqual([
    ['M1', 'granted', '2025-05-01', 'first.csv'],
    ['M2', 'denied', '2025-07-01', 'second.csv'],
    ['M3', 'unknown', null, null],
    ['M4', 'granted', '2026-01-05', 'people'],
  ])
  receiptOf(
    await shop.import(
      shop.file(
        'o.csv',
        'order_id,customer_id,order_date,amount\nA1,M1,2025-01-01,100\nA2,M2,2025-01-02,50\n',
      ),
    ),
  )
  receiptOf(
    await shop.import(
      shop.file(
        'r.csv',
        'refund_id,order_id,refunded_at,refund_amount\nR00001,A1,2025-01-03,10\nR00002,A2,2025-01-04,5\n',
      ),
      { map: { kind: 'refunds' } },
    ),
  )
  expect((await read(shop, refunds)).map(({ refundId }) => refundId)).toEqual(['R00001', 'R00002'])
})
