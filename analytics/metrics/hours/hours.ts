import { z } from 'zod'
import { AskedDay } from '../../calendar/day.ts'
import { addDays, daysBetween, weekday } from '../../calendar/calendar.ts'
import { countedOrdersSaid } from '../../relations/expressions.ts'
import { countedCube, countedOrdersWithin } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  /** The window, both days inclusive, cut at the data's first day and at asOf. Default: the 365 days to asOf. */
  from: AskedDay.optional(),
  to: AskedDay.optional(),
})

export const weekdayNames = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const

const Row = z.object({
  weekday: z.enum(weekdayNames),
  /** Local hour, 0 to 23. */
  hour: z.int(),
  /** Qualifying orders; guests' too, unless members are asked about. */
  orders: z.int(),
  /** How many such weekdays the window has. */
  days: z.int(),
  /** Orders ÷ days; null without such a day. */
  perDay: z.number().nullable(),
  /** The members who ordered then. */
  membersExpression: z.string(),
})

export type HoursRow = z.output<typeof Row>

const Counted = z.object({ weekday: z.int(), hour: z.int(), orders: z.int() })

function windowOf({ from, to }: z.output<typeof Settings>, { asOf, dataStart }: Scope) {
  const last = to !== undefined && to < asOf ? to : asOf
  const first = from ?? addDays(last, -364)
  return { from: dataStart !== null && first < dataStart ? dataStart : first, to: last }
}

/**
 * When orders are placed: qualifying orders by weekday and local hour, beside how many such days the window had. All
 * the shop's orders, guests included; with a member filter those of its members. Order filters restrict the orders.
 * Source: DEFINITIONS, "Time", "Filters".
 */
export const hours = defineMetric({
  name: 'hours',
  version: 1,
  title: { en: 'Orders by hour and weekday', 'zh-CN': '按小时与星期看订单' },
  description: {
    en: 'At which hours of which weekdays orders are placed.',
    'zh-CN': '一周七天、每个小时各有多少订单。',
  },
  settings: Settings,
  row: Row,

  build(settings, scope, d) {
    const { from, to } = windowOf(settings, scope)
    const within = sql`local_day >= ${d.date(from)} and local_day <= ${d.date(to)}`
    const counted = scope.audience
      ? sql`select local_day, local_hour, count(*) as orders from ${countedOrdersWithin(scope, within)} as counted group by local_day, local_hour`
      : sql`select local_day, local_hour, orders from ${countedCube(scope, within, d)} as sold`
    return sql`
      select ${d.weekday(sql`local_day`)} as weekday, local_hour as hour, ${d.sum(sql`orders`)} as orders
      from (${counted}) as by_hour group by weekday, hour order by weekday, hour`
  },

  finish(rows, settings, scope) {
    const counted = z.array(Counted).parse(rows)
    const { from, to } = windowOf(settings, scope)
    if (scope.dataStart === null || from > to) return []
    const length = daysBetween(from, to) + 1
    const { firstWeekday } = scope.calendar
    return Array.from({ length: 7 }, (_, i) => ((firstWeekday - 1 + i) % 7) + 1).flatMap((day) => {
      const until = (day - weekday(from) + 7) % 7
      const days = length > until ? Math.floor((length - 1 - until) / 7) + 1 : 0
      return Array.from({ length: 24 }, (_, hour) => {
        const orders = counted.find((row) => row.weekday === day && row.hour === hour)?.orders ?? 0
        const name = weekdayNames[day - 1]!
        return {
          weekday: name,
          hour,
          orders,
          days,
          perDay: days > 0 ? orders / days : null,
          membersExpression: `${countedOrdersSaid(scope, `weekday = "${name}"`, `hour = ${hour}`, `between ${from} and ${to}`)} >= 1`,
        }
      })
    })
  },
})

/** The busiest hour; where all orders are at midnight, their file has no times. */
export function hoursFindings(rows: readonly HoursRow[]): Finding[] {
  const total = rows.reduce((sum, { orders }) => sum + orders, 0)
  if (total === 0) return [{ id: 'hours.neutral', values: {} }]
  if (rows.every(({ hour, orders }) => hour === 0 || orders === 0))
    return [{ id: 'hours.no-times', values: {} }]
  const [busiest] = rows.toSorted((a, b) => (b.perDay ?? 0) - (a.perDay ?? 0))
  return [
    {
      id: 'hours.busiest',
      values: { weekday: busiest!.weekday, hour: busiest!.hour, share: busiest!.orders / total },
    },
  ]
}
