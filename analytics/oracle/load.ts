import type { Session } from '../engine/engine.ts'
import { createBaseTables } from '../schema/base.ts'
import { type Sql, sql } from '../sql/sql.ts'
import { dayOf, linesOf, type PlainOrder, type PlainShop } from './shop.ts'

const fromJson = (rows: readonly object[], shape: string): Sql =>
  sql`(select unnest(from_json(${JSON.stringify(rows)}, ${shape}), recursive := true))`

/** Puts a plain shop into empty or replaced base tables, as an import would. Derives nothing. */
export async function loadShop(session: Session, shop: PlainShop): Promise<void> {
  await createBaseTables(session, shop.calendar)
  for (const table of [sql`members`, sql`orders`, sql`refunds`, sql`order_lines`, sql`points_entries`])
    await session.run(sql`delete from ${table}`)
  await session.run(sql`update workspace_state set time_zone = ${shop.calendar.timeZone},
    first_weekday = ${shop.calendar.firstWeekday}, opened_at_start = ${shop.openedAtStart}`)
  const state = new Map(shop.orders.map((order) => [order.key, order.state]))
  await session.run(sql`insert into members
      (member_key, member_id, joined_day, tier, points, stored_value_minor, region)
    select * from ${fromJson(
      shop.members.map(({ key, joinedDay, tier, points, storedValue, region }) => ({
        key,
        id: `m${key}`,
        joined: joinedDay,
        tier: tier ?? null,
        points: points ?? null,
        stored: storedValue ?? null,
        region: region ?? null,
      })),
      '[{"key":"INTEGER","id":"VARCHAR","joined":"DATE","tier":"VARCHAR","points":"BIGINT","stored":"BIGINT","region":"VARCHAR"}]',
    )}`)
  await session.run(sql`insert into points_entries by name
    select * from ${fromJson(
      (shop.points ?? []).map(({ member, changedAt, change, reason, expiresDay }, i) => ({
        entry_id: `p${i}`,
        member_id: `m${member}`,
        changed_at: changedAt.toISOString().slice(0, 19),
        change,
        change_reason: reason,
        expires_day: expiresDay,
      })),
      '[{"entry_id":"VARCHAR","member_id":"VARCHAR","changed_at":"TIMESTAMP","change":"BIGINT","change_reason":"VARCHAR","expires_day":"DATE"}]',
    )}`)
  await session.run(sql`insert into orders
    select *, null from ${fromJson(
      shop.orders
        .toSorted((a, b) => a.orderedAt.getTime() - b.orderedAt.getTime())
        .map((order) => ({
          key: order.key,
          id: `o${order.key}`,
          member: order.member,
          at: order.orderedAt.toISOString().slice(0, 19),
          day: dayOf(shop, order.orderedAt),
          hour: hourOf(shop, order.orderedAt),
          store: order.store,
          channel: order.channel,
          state: order.state,
          gross: order.discounted === undefined ? null : order.net + (order.discounted ? 100 : 0),
          discount: order.discounted === undefined ? null : order.discounted ? 100 : 0,
          net: order.net,
          void: voidDay(shop, order),
        })),
      '[{"key":"BIGINT","id":"VARCHAR","member":"INTEGER","at":"TIMESTAMP","day":"DATE","hour":"UTINYINT","store":"VARCHAR","channel":"VARCHAR","state":"VARCHAR","gross":"BIGINT","discount":"BIGINT","net":"BIGINT","void":"DATE"}]',
    )}`)
  await session.run(sql`insert into refunds
    select *, null from ${fromJson(
      shop.refunds.map((refund, i) => ({
        id: `r${i}`,
        order: refund.order,
        member: refund.member,
        at: refund.refundedAt.toISOString().slice(0, 19),
        day: dayOf(shop, refund.refundedAt),
        store: refund.store,
        channel: refund.channel,
        amount: refund.amount,
        counts: refund.order === null || state.get(refund.order) === 'paid',
        assumed: false,
      })),
      '[{"id":"VARCHAR","order":"BIGINT","member":"INTEGER","at":"TIMESTAMP","day":"DATE","store":"VARCHAR","channel":"VARCHAR","amount":"BIGINT","counts":"BOOLEAN","assumed":"BOOLEAN"}]',
    )}`)
  await session.run(sql`insert into order_lines (order_key, line_number, category, product, quantity, net_minor)
    select order_key, line, category, product, 1, net from ${fromJson(
      shop.orders.flatMap((order) =>
        linesOf(order).map(({ category, product, net }, i) => ({
          key: order.key,
          line: i + 1,
          category,
          product,
          net,
        })),
      ),
      '[{"key":"BIGINT","line":"INTEGER","category":"VARCHAR","product":"VARCHAR","net":"BIGINT"}]',
    )} as given(order_key, line, category, product, net)`)
}

/** The first day on which the linked refunds leave nothing. */
function voidDay(shop: PlainShop, order: PlainOrder): string | null {
  const refunds = shop.refunds
    .filter((refund) => refund.order === order.key)
    .map((refund) => ({ day: dayOf(shop, refund.refundedAt), amount: refund.amount }))
    .toSorted((a, b) => a.day.localeCompare(b.day))
  let left = order.net
  for (const { day, amount } of refunds) {
    left -= amount
    if (left <= 0) return day
  }
  return null
}

const hourOf = (shop: PlainShop, instant: Date): number =>
  Number(
    new Intl.DateTimeFormat('en-GB', {
      timeZone: shop.calendar.timeZone,
      hour: '2-digit',
      hourCycle: 'h23',
    }).format(instant),
  )
