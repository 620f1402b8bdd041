import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import { z } from 'zod'
import { addDays, daysBetween } from '../../calendar/calendar.ts'
import { festivals, festivalsOf } from '../../calendar/festivals.ts'
import { countedOrdersSaid } from '../../relations/expressions.ts'
import { countedCube, countedOrdersWithin } from '../../relations/member-orders.ts'
import { sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  /** So many days until asOf. */
  windowDays: z.coerce.number().int().min(60).max(3650).default(1095),
})

const Row = z.object({
  /** A day of the month, or a festival: its day, or the seven days before it. */
  kind: z.enum(['day of month', 'festival', 'before festival']),
  festival: z.enum(festivals).nullable(),
  dayOfMonth: z.int().nullable(),
  /** How often it was in the window, and the newest of them. */
  times: z.int(),
  newest: z.iso.date(),
  /** Qualifying orders on these days; guests' too, unless members are asked about. */
  orders: z.int(),
  /** As many as on the same weekdays two, three and four weeks before and after. */
  usual: z.number(),
  /** Orders as times the usual ones, the geometric mean over the times; with its interval, all rows together (95%). */
  index: z.number(),
  low: z.number(),
  high: z.number(),
  apart: z.enum(['more', 'less', 'not told']),
  /** The members who ordered on one of these days; null where they are too many for a rule. */
  membersExpression: z.string().nullable(),
})

export type SpecialDaysRow = z.output<typeof Row>

const Counted = z.object({ localDay: z.iso.date(), orders: z.int() })

/** The same weekday, far enough that what leads up to a day is not among them. */
const around = [-28, -21, -14, 14, 21, 28]
const leastAround = 3
const mostRanges = 24
/** Days of which two are less than so many orders tell nothing. */
const leastUsual = 1

/**
 * Which days of the month (paydays) and which festivals (Chinese, Western, of commerce) sell more or less. A day is
 * held against what is usual: the median of the same weekday two, three and four weeks before and after, at least
 * three of them in the data. Index = orders ÷ usual, on logarithms with half an order added to both. How much an
 * ordinary day, or seven of them, varies by that measure is seen from all days of the window; the interval is normal
 * with that deviation, Bonferroni over all rows. All the shop's orders, guests included; with a member filter those of
 * its members.
 */
export const specialDays = defineMetric({
  name: 'special-days',
  version: 1,
  title: { en: 'Paydays and festivals', 'zh-CN': '发薪日与节日' },
  description: {
    en: 'Which days of the month and which festivals sell more or less than usual.',
    'zh-CN': '每月哪几天、哪些节日比平常卖得多或少。',
  },
  settings: Settings,
  row: Row,

  build({ windowDays }, scope, d) {
    const within = sql`local_day > ${d.date(addDays(scope.asOf, -windowDays))}`
    return scope.audience
      ? sql`select local_day, count(*) as orders from ${countedOrdersWithin(scope, within)} as counted group by local_day order by local_day`
      : sql`select local_day, ${d.sum(sql`orders`)} as orders from ${countedCube(scope, within, d)} as sold
          group by local_day order by local_day`
  },

  finish(rows, { windowDays }, scope) {
    const ordersOn = new Map(
      z
        .array(Counted)
        .parse(rows)
        .map(({ localDay, orders }) => [localDay, orders]),
    )
    if (scope.dataStart === null) return []
    const begin = addDays(scope.asOf, 1 - windowDays)
    const start = begin < scope.dataStart ? scope.dataStart : begin
    const length = daysBetween(start, scope.asOf) + 1
    const inData = (day: string) => day >= start && day <= scope.asOf
    const days = Array.from({ length: Math.max(0, length) }, (_, i) => addDays(start, i))
    const usualOn = new Map(
      days.flatMap((day) => {
        const others = around
          .map((shift) => addDays(day, shift))
          .filter(inData)
          .map((other) => ordersOn.get(other) ?? 0)
        return others.length >= leastAround ? [[day, median(others)] as const] : []
      }),
    )
    /** What was sold on days, beside the usual; nothing unless all are known. */
    const measure = (of: readonly string[]) => {
      if (!of.every((day) => usualOn.has(day))) return undefined
      const orders = of.reduce((sum, day) => sum + (ordersOn.get(day) ?? 0), 0)
      const usual = of.reduce((sum, day) => sum + usualOn.get(day)!, 0)
      return { from: of[0]!, to: of.at(-1)!, orders, usual, log: Math.log((orders + 0.5) / (usual + 0.5)) }
    }
    const week = (day: string) => Array.from({ length: 7 }, (_, i) => addDays(day, i - 7))
    const deviation = {
      day: deviationOf(days.flatMap((day) => measure([day])?.log ?? [])),
      week: deviationOf(days.flatMap((day) => measure(week(day))?.log ?? [])),
    }
    const years = days.length === 0 ? [] : range(Number(start.slice(0, 4)), Number(scope.asOf.slice(0, 4)))
    const held = years.flatMap(festivalsOf)
    const groups = [
      ...range(1, 31).map((dayOfMonth) => ({
        kind: 'day of month' as const,
        festival: null,
        dayOfMonth,
        spread: deviation.day,
        of: days.filter((day) => Number(day.slice(8)) === dayOfMonth).map((day) => [day]),
      })),
      ...(['festival', 'before festival'] as const).flatMap((kind) =>
        festivals.map((festival) => ({
          kind,
          festival,
          dayOfMonth: null,
          spread: kind === 'festival' ? deviation.day : deviation.week,
          of: held
            .filter((one) => one.festival === festival && inData(one.day))
            .map(({ day }) => (kind === 'festival' ? [day] : week(day))),
        })),
      ),
    ]
      .map(({ of, ...group }) => ({ ...group, measured: of.flatMap((some) => measure(some) ?? []) }))
      .filter(({ measured, spread }) => {
        const usual = measured.reduce((sum, one) => sum + one.usual, 0)
        return spread !== null && measured.length > 0 && usual >= leastUsual * measured.length
      })
    const z95 = normalQuantile(1 - 0.05 / (2 * Math.max(1, groups.length)), 0, 1)
    return groups.map(({ kind, festival, dayOfMonth, spread, measured }): SpecialDaysRow => {
      const mean = measured.reduce((sum, { log }) => sum + log, 0) / measured.length
      const reach = (z95 * spread!) / Math.sqrt(measured.length)
      const [low, high] = [Math.exp(mean - reach), Math.exp(mean + reach)]
      return {
        kind,
        festival,
        dayOfMonth,
        times: measured.length,
        newest: measured.at(-1)!.to,
        orders: measured.reduce((sum, { orders }) => sum + orders, 0),
        usual: measured.reduce((sum, { usual }) => sum + usual, 0),
        index: Math.exp(mean),
        low,
        high,
        apart: low > 1 ? 'more' : high < 1 ? 'less' : 'not told',
        membersExpression:
          measured.length > mostRanges
            ? null
            : measured
                .map(({ from, to }) => `${countedOrdersSaid(scope, `between ${from} and ${to}`)} >= 1`)
                .join(' or '),
      }
    })
  },
})

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** The standard deviation; null of fewer than 30 values, which tell too little of it. */
function deviationOf(values: readonly number[]): number | null {
  if (values.length < 30) return null
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

/** What stands out most, of festivals and of days of the month. */
export function specialDaysFindings(rows: readonly SpecialDaysRow[]): Finding[] {
  const most = (some: (row: SpecialDaysRow) => boolean) =>
    rows.filter((row) => row.apart === 'more' && some(row)).toSorted((a, b) => b.index - a.index)[0]
  const festival = most(({ kind }) => kind !== 'day of month')
  if (festival)
    return [
      {
        id: `special-days.${festival.kind === 'festival' ? 'on' : 'before'}`,
        values: { festival: festival.festival!, times: festival.index },
      },
    ]
  const day = most(({ kind }) => kind === 'day of month')
  if (day) return [{ id: 'special-days.month', values: { date: day.dayOfMonth!, times: day.index } }]
  return [{ id: rows.length > 0 ? 'special-days.even' : 'special-days.neutral', values: {} }]
}
