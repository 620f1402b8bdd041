import { expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openTestShop, receiptOf } from '../import/test-shop.ts'
import { deleteMember } from './delete-member.ts'

test('numbers of orders, refunds and entries that name a person go with them, and are the same orders in later files', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const { platform, workspace } = shop
  await shop.importMembers(
    shop.file('members.csv', 'member_id,name,phone\nCARD-77,王芳,13800138000\nCARD-78,李雷,13911112222\n'),
  )
  const orders = [
    'SO-13800138000-1,CARD-77,2026-10-01,10',
    '1380013800020261002001,CARD-77,2026-10-02,20',
    'CARD-77/3,CARD-77,2026-10-03,30',
    'plain-4,CARD-77,2026-10-04,40',
    'SO-13911112222-5,CARD-78,2026-10-05,50',
    'guest-13800138000,,2026-10-06,60',
  ]
  const refunds = [
    'R-13800138000,SO-13800138000-1,4,2026-10-07',
    'R2,CARD-77/3,5,2026-10-08',
    'R3,plain-4,6,2026-10-09',
  ]
  const points = [
    'P-CARD-77-1,CARD-77,2026-10-01,1,SO-13800138000-1',
    'P-CARD-78-1,CARD-78,2026-10-05,5,plain-4',
  ]
  const file = (name: string, header: string, rows: readonly string[]) =>
    shop.file(name, `${header}\n${rows.join('\n')}\n`)
  const importAll = async (round: number, rowsOf: (rows: readonly string[]) => readonly string[]) => ({
    orders: receiptOf(
      await shop.import(
        file(`orders-${round}.csv`, 'order_id,customer_id,order_date,amount', rowsOf(orders)),
      ),
    ),
    refunds: receiptOf(
      await shop.import(
        file(`refunds-${round}.csv`, 'refund_id,order_id,refund_amount,refunded_at', rowsOf(refunds)),
        { map: { kind: 'refunds' } },
      ),
    ),
    points: await shop.importKind(
      file(`points-${round}.csv`, 'entry_id,member_id,changed_at,change,order_id', rowsOf(points)),
      { map: { kind: 'points' } },
    ),
  })
  const figures = async () => {
    const [row] = await workspace.engine.rows(sql`select
      (select count(*) from orders) as orders, (select sum(net_minor) from orders) as net,
      (select count(*) from refunds) as refunds, (select sum(amount_minor) from refunds) as back,
      (select count(*) from refunds where order_key is not null) as linked,
      (select count(*) from points_entries) as entries, (select sum(change) from points_entries) as points`)
    return row
  }
  const texts = async () => {
    const rows = await workspace.engine.rows(sql`select order_id as number from orders
      union select order_id from import_lines union select refunds_order_id from import_lines
      union select order_id from order_versions union select refund_id from refunds
      union select entry_id from import_points union select order_id from import_points
      union select entry_id from points_entries union select order_id from points_entries`)
    return rows.map(({ number }) => String(number)).toSorted()
  }
  await importAll(1, (rows) => rows)
  const before = await figures()
  expect(before).toMatchObject({ orders: 6, refunds: 3, linked: 3, entries: 2 })

  expect(await deleteMember(platform, workspace, { memberId: 'CARD-77', actor: 'owner' })).toMatchObject({
    kind: 'deleted',
  })
  expect(await figures()).toEqual(before)
  // a guest's order is nobody's: its number stays, and the page says so
  const left = (await texts()).filter((text) => /CARD-77|13800138000/.test(text))
  expect(left).toEqual(['guest-13800138000'])
  expect(await texts()).toEqual(expect.arrayContaining(['plain-4', 'SO-13911112222-5', 'P-CARD-78-1']))

  // the same rows in another order: nothing new, no order twice
  const again = await importAll(2, (rows) => rows.toReversed())
  expect(again).toMatchObject({
    orders: { imported: 0, newOrders: 0 },
    refunds: { imported: 0 },
    points: { imported: 0 },
  })
  expect(await figures()).toEqual(before)
  expect((await texts()).filter((text) => /CARD-77|13800138000/.test(text))).toEqual(left)

  // a file that names the order and no member of it finds it
  const more = receiptOf(
    await shop.import(
      file('more.csv', 'refund_id,order_id,refund_amount,refunded_at', ['R9,SO-13800138000-1,1,2026-10-10']),
      { map: { kind: 'refunds' } },
    ),
  )
  expect(more.givenBack).toMatchObject({ linked: 1, unknownOrders: 0 })

  // a refund that was here before anything told whose it is keeps its number, and is one refund however often it comes
  const early = file('early.csv', 'refund_id,order_id,refund_amount,refunded_at', [
    'R-CARD-77,late-9,1,2026-10-10',
  ])
  const refund = { map: { kind: 'refunds' } } as const
  receiptOf(await shop.import(early, refund))
  receiptOf(
    await shop.import(
      file('late.csv', 'order_id,customer_id,order_date,amount', ['late-9,CARD-77,2026-10-09,9']),
    ),
  )
  const count = async () => (await figures())!.refunds
  const counted = await count()
  receiptOf(
    await shop.import(
      file('early-2.csv', 'refund_id,order_id,refund_amount,refunded_at', [
        'R-CARD-77,late-9,1.0,2026-10-10',
      ]),
      refund,
    ),
  )
  expect(await count()).toBe(counted)
  left.push(' refund:R-CARD-77', ' refund:R-CARD-77/2')
  expect((await texts()).filter((text) => /CARD-77|13800138000/.test(text))).toEqual(left.toSorted())
})
