import { z } from 'zod'
import { everywhere, inPlace, ofAudience } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { horizons, type ModelOutcome } from '../../scores/scores.ts'
import { expectedBetween } from '../../scores/interval.ts'
import { expectedWithin, varianceWithin } from '../../scores/scoring.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { join, type Sql, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Row = z.object({
  /**
   * What the members spent within so many days before asOf, or are expected to spend within so many after it; who has
   * which chance to buy again; how members of so many repeat purchases came out in the time that was held back.
   */
  kind: z.enum(['observed', 'forecast', 'alive', 'calibration']),
  /** Observed and forecast: days before or after asOf. */
  days: z.int().nullable(),
  /** Alive: from so many percent on, below so many; the last band has its end. */
  fromPercent: z.int().nullable(),
  toPercent: z.int().nullable(),
  /** Calibration: repeat purchase days by the day before; the last row has so many or more. */
  frequency: z.int().nullable(),
  members: z.int(),
  /** Observed: net. Forecast: expected net. Alive: expected net within 365 days; null where amounts are not foretold. */
  netMinor: z.int().nullable(),
  /** Forecast: between these it will be in 95 of 100 cases. */
  lowMinor: z.int().nullable(),
  highMinor: z.int().nullable(),
  /** Alive: what they would spend were they alive for certain, less what is expected. */
  atRiskMinor: z.int().nullable(),
  /** Calibration: purchase days of all of them together: foretold, come, and by going on at each one's pace so far. */
  predicted: z.number().nullable(),
  actual: z.int().nullable(),
  naive: z.number().nullable(),
  /** The members, in the segment language; null of other rows, and within stores or channels. */
  membersExpression: z.string().nullable(),
})

export type ClvRow = z.output<typeof Row>

const Counted = z.object({
  kind: z.enum(['observed', 'forecast', 'alive']),
  place: z.int(),
  members: z.int(),
  net: z.number().nullable(),
  more: z.number().nullable(),
})

/** Bands of P(alive), a tenth each. */
const bands = 10
const millionths = 1_000_000

/**
 * Predicted CLV: what members are expected to spend within the next 365 days by the models, fitted to all members of the
 * shop, with an interval, money that comes later worth as much less as the workspace has it (version 2: the total too); P(alive) in tenths with value at risk; how the model came out on the time held back. Empty where
 * the fit is refused. Stores and channels choose members who bought there; what is foretold is all that they buy. The
 * interval is that of a sum of members, each on their own, and of how uncertain the parameters are.
 * Source: DEFINITIONS, "Value", Predicted CLV, Value at risk.
 */
export const clv = defineMetric({
  name: 'clv',
  version: 2,
  title: { en: 'Predicted CLV', 'zh-CN': '预计未来消费' },
  description: {
    en: 'What members are expected to spend within a year, how likely they are to buy again, and how such forecasts came out.',
    'zh-CN': '会员未来一年预计消费多少、再次购买的可能性有多大，以及这样的预测此前准不准。',
  },
  settings: z.object({}),
  row: Row,
  foretold: true,

  build(_settings, scope, d) {
    const { asOf, tables } = scope
    const band = sql`least(alive // ${millionths / bands}, ${bands - 1})`
    return sql`
      with score as (select * from ${asked(scope)} as asked_score)
      select 'alive' as kind, cast(${band} as integer) as place, count(*) as members,
        cast(sum(clv_minor) as double) as net, cast(sum(clv_if_alive_minor - clv_minor) as double) as more
      from score group by 1, 2
      union all
      ${join(
        horizons.map(
          (
            days,
          ) => sql`select 'forecast', ${days}, count(*), sum(${expectedWithin(days)}), sum(${varianceWithin(days)})
            from score having count(${expectedWithin(days)}) > 0`,
        ),
        sql` union all `,
      )}
      union all
      select 'observed', within, (select count(*) from score), cast(coalesce(sum(net_minor) filter (where local_day > ${daysBefore(asOf, sql`within`, d)}), 0) as double), null
      from (select unnest([${join([...horizons])}]) as within) as asked
      left join (
        select local_day, net_minor from ${tables.memberDay} as day
        where local_day > ${daysBefore(asOf, sql`${horizons.at(-1)!}`, d)} and member_key in (select member_key from score)
      ) as spent on true
      where exists (select 1 from score)
      group by within
      order by 1, 2`
  },

  finish(rows, _settings, scope) {
    const none = {
      days: null,
      fromPercent: null,
      toPercent: null,
      frequency: null,
      netMinor: null,
      lowMinor: null,
      highMinor: null,
      atRiskMinor: null,
      predicted: null,
      actual: null,
      naive: null,
      membersExpression: null,
    }
    const counted = z.array(Counted).parse(rows)
    const whole = (amount: number | null) => (amount === null ? null : Math.round(amount))
    const uncertainty = scope.models?.uncertainty ?? 0
    const ofKind = (kind: z.output<typeof Counted>['kind']) => counted.filter((row) => row.kind === kind)
    const forecast = ofKind('forecast').map(({ place, members, net, more }): ClvRow => {
      const mean = net ?? 0
      return {
        ...none,
        kind: 'forecast',
        days: place,
        members,
        netMinor: Math.round(mean),
        ...expectedBetween(mean, more ?? 0, uncertainty),
      }
    })
    const observed = ofKind('observed').map(({ place, members, net }): ClvRow => ({
      ...none,
      kind: 'observed',
      days: place,
      members,
      netMinor: whole(net),
    }))
    const found = new Map(ofKind('alive').map((row) => [row.place, row]))
    const width = 100 / bands
    const alive = Array.from({ length: found.size === 0 ? 0 : bands }, (_, place): ClvRow => {
      const band = found.get(place)
      const [from, to] = [place * width, (place + 1) * width]
      const below = place === bands - 1 ? '' : ` and p_alive < ${to}%`
      return {
        ...none,
        kind: 'alive',
        fromPercent: from,
        toPercent: to,
        members: band?.members ?? 0,
        netMinor: band ? whole(band.net) : 0,
        atRiskMinor: band ? whole(band.more) : 0,
        membersExpression: everywhere(scope) ? `p_alive >= ${from}%${below}` : null,
      }
    })
    const calibration = (counted.length === 0 ? [] : (scope.models?.calibration?.rows ?? [])).map(
      ({ frequency, members, predicted, actual, naive }): ClvRow => ({
        ...none,
        kind: 'calibration',
        frequency,
        members,
        predicted,
        actual,
        naive,
      }),
    )
    return [...observed, ...forecast, ...alive, ...calibration]
  },
})

/** The scores of the members who are asked about. */
const asked = (scope: Scope): Sql =>
  everywhere(scope)
    ? ofAudience(scope, scope.tables.memberScores)
    : sql`(select * from ${ofAudience(scope, scope.tables.memberScores)} as score_row
        where member_key in (select member_key from ${scope.tables.memberOrders} as bought where ${inPlace(scope, scope.tables.orderItems)}))`

const daysBefore = (asOf: string, days: Sql, d: Dialect): Sql => sql`(${d.date(asOf)} - ${days})`

/** What is expected of the next year, with its interval; why not, where the fit or the amounts are refused. */
export function clvFindings(rows: readonly ClvRow[], models: ModelOutcome | undefined): Finding[] {
  const year = rows.find(({ kind, days }) => kind === 'forecast' && days === horizons.at(-1))
  if (year && year.netMinor !== null && year.lowMinor !== null && year.highMinor !== null)
    return [
      {
        id: 'clv.year',
        values: { expectedMinor: year.netMinor, lowMinor: year.lowMinor, highMinor: year.highMinor },
      },
    ]
  return [{ id: models?.quality.kind === 'refused' ? 'clv.refused' : 'clv.neutral', values: {} }]
}
