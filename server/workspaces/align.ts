import type { BusinessCalendar } from '../../analytics/calendar/calendar.ts'
import type { Session } from '../../analytics/engine/engine.ts'
import { localDaysOfCoupons } from './coupon-facts.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'

/** What the Store says of a workspace that is also written into its engine's days. */
export interface Aligned {
  readonly calendar: BusinessCalendar
  readonly openedAtStart: boolean
  /** By how many percent a year money that comes later is worth less. */
  readonly clvDiscountPercent: number
}

/**
 * Brings the engine's days in line with the workspace's settings and answers whether anything had to
 * be computed anew: with another time zone every local day and hour, with them the days on which refunds left
 * nothing, and all that is derived; the discount of predicted CLV changes no table that is kept. The Store says what is wanted, so that a process which ended half
 * way is caught up with at the next opening.
 */
export async function alignEngine(session: Session, wanted: Aligned, today: string): Promise<boolean> {
  const [state] = await session.rows(
    sql`select time_zone, first_weekday, opened_at_start from workspace_state`,
  )
  await session.run(sql`update workspace_state set clv_discount_percent = ${wanted.clvDiscountPercent}
    where clv_discount_percent <> ${wanted.clvDiscountPercent}`)
  const { timeZone, firstWeekday } = wanted.calendar
  const sameZone = state!.timeZone === timeZone
  if (sameZone && state!.firstWeekday === firstWeekday && state!.openedAtStart === wanted.openedAtStart)
    return false
  await session.run(sql`update workspace_state set time_zone = ${timeZone}, first_weekday = ${firstWeekday},
    opened_at_start = ${wanted.openedAtStart}`)
  if (!sameZone) {
    const localTime = (instant: 'ordered' | 'refunded') =>
      instant === 'ordered'
        ? sql`timezone(${timeZone}, timezone('UTC', ordered_at))`
        : sql`timezone(${timeZone}, timezone('UTC', refunded_at))`
    await session.run(sql`update orders set local_day = cast(${localTime('ordered')} as date),
      local_hour = cast(hour(${localTime('ordered')}) as utinyint)`)
    await session.run(sql`update refunds set local_day = cast(${localTime('refunded')} as date)`)
    for (const statement of localDaysOfCoupons(timeZone)) await session.run(statement)
    await session.run(sql`update orders set void_day = gone.day
      from (
        select order_key, min(local_day) as day
        from (
          select refunds.order_key, refunds.local_day, orders.net_minor,
            sum(refunds.amount_minor) over (partition by refunds.order_key order by refunds.local_day) as back_minor
          from refunds join orders on orders.order_key = refunds.order_key
          where refunds.counts
        ) as running
        where back_minor >= net_minor
        group by order_key
      ) as gone
      where gone.order_key = orders.order_key`)
  }
  await refreshDerivedTables(session, {}, today)
  return true
}
