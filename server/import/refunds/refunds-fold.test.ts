import { expect, test } from 'vitest'
import { refreshDerivedTables } from '../../../analytics/schema/refresh.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { takeOut } from '../apply.ts'
import { openTestShop, receiptOf, type TestShop, visible } from '../test-shop.ts'

// The oracle follows DEFINITIONS, "Orders and refunds", and knows nothing of the SQL. Amounts are whole, days are
// of January 2026; an order is one row here, so that what holds of it is what its last file says.
interface SoldRow {
  order: string
  day: number
  net: number
  /** What the order's own row says was given back in all. */
  back: number
  state: 'paid' | 'closed'
}
interface RefundRow {
  /** Null: the row has no number. */
  refund: string | null
  /** The order that it names; null: none. */
  order: string | null
  /** Null: no date. */
  day: number | null
  amount: number
  state: 'refunded' | 'pending' | 'rejected'
}
interface Live {
  id: string
  sold: SoldRow[]
  refunds: RefundRow[]
}

const text = (row: RefundRow) => JSON.stringify(row)

/** Rows of one refund: those of the last file that says something else of it than is there. */
function currentRefunds(imports: readonly Live[]): RefundRow[] {
  const numbered = new Map<string, RefundRow[]>()
  const nameless: RefundRow[] = []
  for (const { refunds } of imports) {
    for (const number of new Set(refunds.flatMap(({ refund }) => (refund === null ? [] : [refund])))) {
      const coming = refunds.filter(({ refund }) => refund === number)
      const held = (numbered.get(number) ?? []).map(text)
      const isPart = coming.every((row) => {
        const at = held.indexOf(text(row))
        if (at >= 0) held.splice(at, 1)
        return at >= 0
      })
      if (!isPart) numbered.set(number, coming)
    }
    const held = nameless.map(text)
    for (const row of refunds.filter(({ refund }) => refund === null)) {
      const at = held.indexOf(text(row))
      if (at >= 0) held.splice(at, 1)
      else nameless.push(row)
    }
  }
  return [...[...numbered.values()].flat(), ...nameless]
}

/** `refund ORDER DAY AMOUNT counts assumed` of every refund, and `order ID NET voidDay` of every order. */
function expected(imports: readonly Live[]): string[] {
  const orders = new Map(imports.flatMap(({ sold }) => sold.map((row) => [row.order, row])))
  const given = currentRefunds(imports).filter(({ state }) => state === 'refunded')
  const all = given.flatMap(({ order, day, amount }) => {
    const whole = order === null ? undefined : orders.get(order)
    const on = day ?? whole?.day
    return on === undefined
      ? []
      : [{ order: whole?.order ?? '', on, amount, counts: whole?.state !== 'closed', assumed: day === null }]
  })
  for (const whole of orders.values()) {
    const told = given.filter(({ order }) => order === whole.order).reduce((sum, row) => sum + row.amount, 0)
    if (whole.back > told)
      all.push({
        order: whole.order,
        on: whole.day,
        amount: whole.back - told,
        counts: whole.state !== 'closed',
        assumed: true,
      })
  }
  const voidDay = (whole: SoldRow) => {
    const days = all.filter(({ order, counts }) => order === whole.order && counts)
    return days
      .map(({ on }) => on)
      .toSorted((a, b) => a - b)
      .find((on) => days.filter((one) => one.on <= on).reduce((sum, one) => sum + one.amount, 0) >= whole.net)
  }
  return [
    ...all.map(
      ({ order, on, amount, counts, assumed }) => `refund ${order} ${on} ${amount} ${counts} ${assumed}`,
    ),
    ...[...orders.values()].map((whole) => `order ${whole.order} ${whole.net} ${voidDay(whole) ?? ''}`),
  ].toSorted()
}

async function actual({ workspace }: TestShop): Promise<string[]> {
  const rows = await workspace.engine.rows(sql`
    select concat_ws(' ', 'refund', coalesce(order_id, ''), day(refunds.local_day), amount_minor // 100, counts, date_assumed) as text
    from refunds left join orders on orders.order_key = refunds.order_key
    union all
    select concat_ws(' ', 'order', order_id, net_minor // 100, coalesce(cast(day(void_day) as varchar), '')) from orders`)
  return rows.map((row) => String(row.text)).toSorted()
}

/** A small reproducible source of choices. */
function choices(seed: number) {
  let state = seed
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}

test.each([1, 2, 3])(
  'orders, refunds and undos in any order give what the definition says (%i)',
  async (seed) => {
    await using shop = await openTestShop('CNY', 'UTC')
    const pick = choices(seed * 7919)
    let live: Live[] = []
    const told: number[][] = []
    const due: number[][] = []
    for (let step = 0; step < 9; step++) {
      if (live.length > 1 && pick(4) === 0) {
        const gone = live[pick(live.length)]!
        live = live.filter((one) => one !== gone)
        await takeOut(shop.workspace.engine, gone.id, {
          timeZone: 'UTC',
          today: '2026-11-22',
          undoneAt: '2026-11-22T00:00:00Z',
          signal: new AbortController().signal,
        })
      } else if (pick(2) === 0) {
        const names = ['O0', 'O1', 'O2', 'R0'].filter(() => pick(2) === 0)
        const sold = (names.length > 0 ? names : ['O0']).map((order): SoldRow => ({
          order,
          day: 1 + pick(9),
          net: 20 + 10 * pick(4),
          back: pick(3) === 0 ? 0 : 5 + 10 * pick(5),
          state: pick(4) === 0 ? 'closed' : 'paid',
        }))
        const file = shop.file(
          `s${step}.csv`,
          `order_id,customer_id,order_date,amount,refund_amount,status,note\n${sold
            .map(
              (row) =>
                `${row.order},m1,2026-01-0${row.day},${row.net},${row.back || ''},${row.state},${step}`,
            )
            .join('\n')}\n`,
        )
        live = [...live, { id: receiptOf(await shop.import(file)).importId!, sold, refunds: [] }]
      } else {
        const refunds = Array.from({ length: 1 + pick(5) }, (): RefundRow => {
          const order = pick(5) === 0 ? null : `O${pick(3)}`
          return {
            refund: pick(3) === 0 ? null : `R${pick(3)}`,
            order,
            day: order !== null && pick(4) === 0 ? null : 10 + pick(9),
            amount: 5 + 5 * pick(3),
            state: (['refunded', 'refunded', 'pending', 'rejected'] as const)[pick(4)]!,
          }
        })
        const file = shop.file(
          `r${step}.csv`,
          `refund_id,order_id,refunded_at,refund_amount,refund_status,note\n${refunds
            .map(
              (row) =>
                `${row.refund ?? ''},${row.order ?? ''},${row.day === null ? '' : `2026-01-${row.day}`},${row.amount},${row.state},x${step}`,
            )
            .join('\n')}\n`,
        )
        const receipt = receiptOf(
          await shop.import(file, {
            map: {
              kind: 'refunds',
              columns: {
                refundId: 'refund_id',
                orderId: 'order_id',
                refundedAt: 'refunded_at',
                amount: 'refund_amount',
                state: 'refund_status',
                reason: null, // the note keeps each file its own, and is no content
              },
            },
          }),
        )
        const there = new Set(live.flatMap(({ sold }) => sold.map(({ order }) => order)))
        const numbers = new Set(refunds.map(({ refund }) => refund))
        const counted = [
          ...currentRefunds([...live, { id: '', sold: [], refunds }]).filter(
            ({ refund }) => refund !== null && numbers.has(refund),
          ),
          ...refunds.filter(({ refund }) => refund === null),
        ].filter(({ state }) => state === 'refunded')
        told.push([
          receipt.imported + receipt.unchanged,
          receipt.givenBack!.linked,
          receipt.givenBack!.waiting,
          receipt.givenBack!.unlinked,
        ])
        due.push([
          refunds.length,
          counted.filter(({ order }) => order !== null && there.has(order)).length,
          counted.filter(({ order }) => order !== null && !there.has(order)).length,
          counted.filter(({ order }) => order === null).length,
        ])
        // a file that is all there already is no import
        if (receipt.importId && receipt.imported > 0)
          live = [...live, { id: receipt.importId, sold: [], refunds }]
      }
      expect(await actual(shop)).toEqual(expected(live))
    }
    expect(told).toEqual(due)
    // What is derived is what a rebuild makes of it.
    const { facts } = await visible(shop)
    await shop.workspace.engine.transaction((session) => refreshDerivedTables(session, {}, '2026-11-22'))
    expect((await visible(shop)).facts).toEqual(facts)
  },
)
