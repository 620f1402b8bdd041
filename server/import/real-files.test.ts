import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { sql } from '../../analytics/sql/sql.ts'
import { openTestShop, receiptOf, visible } from './test-shop.ts'

const data = fileURLToPath(new URL('../../../shared/data', import.meta.url))
const uci = `${data}/uci_online_retail/online_retail.csv.gz`
const november = `${data}/uci_online_retail/online_retail_2011-11_verbatim_dot0_ids.csv.gz`
const cdnow = `${data}/cdnow/cdnow_master.csv.gz`

// The published files stay where they are; without them these tests have nothing to read.
describe.skipIf(!existsSync(uci))(
  'UCI Online Retail (skipped without ../shared/data)',
  { timeout: 300_000 },
  () => {
    test('gives the published figures, and the same file again changes nothing', async () => {
      await using shop = await openTestShop()
      const receipt = receiptOf(await shop.import(uci))
      expect(receipt).toMatchObject({
        read: 541_909,
        imported: 541_909,
        unchanged: 0,
        refused: 0,
        duplicates: 5_268,
        members: 4_372,
        roundingMinor: 0.4, // £0.004
        guestRows: 135_080,
        refusedFile: null,
        firstDay: '2010-12-01',
        lastDay: '2011-12-09',
      })

      // The published "sales" leave out the three invoices of bad debt (A…). One of them, A563185, is
      // positive; DEFINITIONS' words alone would count 19,960 qualifying orders. An entry of the books
      // moves net but is no order: 19,959.
      expect(receipt.orders).toBe(19_959)
      const rows = (query: ReturnType<typeof sql>) => shop.workspace.engine.rows(query)
      expect(
        await rows(
          sql`select net_minor, local_day = void_day as void from orders where order_id = 'A563185'`,
        ),
      ).toEqual([{ netMinor: 1_106_206, void: true }])

      // facts.json, net: 8,300,065.8140. Amounts are rounded line by line to pence: 8,300,065.81.
      const [net] = await rows(sql`select cast(sum(net_minor) as bigint) as net,
      cast(sum(net_minor) filter (where orders > 0) as bigint) as cohort_net,
      cast(sum(net_minor) filter (where orders = 0) as bigint) as other_net,
      count(*) filter (where orders > 0) as buyers, count(*) filter (where orders = 0) as others,
      count(*) filter (where orders >= 2) as repeaters, cast(sum(orders) as bigint) as orders from member_facts`)
      expect(net).toEqual({
        net: 830_006_581,
        cohortNet: 831_047_705,
        otherNet: -1_041_124,
        buyers: 4_338,
        others: 34,
        repeaters: 2_845,
        orders: 18_532,
      })

      // facts.json, sales gross: 8,911,407.9040, unrounded; in pence 8,911,407.90.
      const [gross] = await rows(
        sql`select cast(sum(net_minor) as bigint) as gross from orders where member_key is not null`,
      )
      expect(gross).toEqual({ gross: 891_140_790 })
      // facts.json, net of all rows: 9,747,747.9340; the difference of £0.004 is the receipt's.
      const [everything] = await rows(sql`select
      cast((select sum(net_minor) from orders) - (select sum(amount_minor) from refunds) as bigint) as net`)
      expect(everything).toEqual({ net: 974_774_793 })
      // facts.json counts 9,288 rows of cancellations; two more are the negative bad debts A563186 and A563187. None is linked.
      expect(await rows(sql`select count(*) as n, count(order_key) as linked from refunds`)).toEqual([
        { n: 9_290, linked: 0 },
      ])

      const before = await visible(shop)
      const again = receiptOf(await shop.import(uci))
      expect(again).toMatchObject({
        read: 541_909,
        imported: 0,
        unchanged: 541_909,
        refused: 0,
        alreadyThere: true,
      })
      expect(await visible(shop)).toEqual(before)

      // The same November with ids written 17850.0 is the same November.
      const part = receiptOf(await shop.import(november))
      expect(part).toMatchObject({ read: 84_711, imported: 0, unchanged: 84_711, refused: 0 })
      const after = await visible(shop)
      expect({ ...after, imports: '', importLines: '' }).toEqual({ ...before, imports: '', importLines: '' })
    })
  },
)

describe.skipIf(!existsSync(cdnow))('CDNOW (skipped without ../shared/data)', { timeout: 120_000 }, () => {
  test('rows without order ids are orders; 80 of zero dollars do not qualify; the dates are yyyymmdd', async () => {
    await using shop = await openTestShop('USD', 'America/New_York')
    const receipt = receiptOf(await shop.import(cdnow))
    expect(receipt).toMatchObject({
      read: 69_659,
      imported: 69_659,
      refused: 0,
      duplicates: 255,
      members: 23_570,
      orders: 69_659 - 80,
      roundingMinor: 0,
      firstDay: '1997-01-01',
      lastDay: '1998-06-30',
    })
    const [facts] = await shop.workspace.engine.rows(sql`select cast(sum(net_minor) as bigint) as net,
      count(*) filter (where orders > 0) as buyers, cast(sum(purchase_days) as bigint) as purchase_days from member_facts`)
    // facts.json: 23,570 customers and 67,591 customer days by rows. Members and days whose rows are all of zero
    // dollars have no qualifying order: fewer by definition.
    expect(facts).toEqual({ net: 250_031_563, buyers: 23_502, purchaseDays: 67_511 })
    const again = receiptOf(await shop.import(cdnow))
    expect(again).toMatchObject({ imported: 0, unchanged: 69_659 })
  })
})
