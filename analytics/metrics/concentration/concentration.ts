import { z } from 'zod'
import { countedBuyers } from '../../relations/counted-buyers.ts'
import { everywhere, ofAudience } from '../../relations/member-orders.ts'
import { join, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Share, share } from '../ratio.ts'

/** Whole percents of the buyers, the biggest first, at which the curve is drawn. */
const tops = [1, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100] as const
/** Whole percents of the net for which the members are counted who bring them. */
const parts = [20, 40, 50, 60, 80, 90] as const

const Row = z.object({
  /** The top so many percent of the buyers; the fewest buyers who bring so many percent of net; all of them. */
  kind: z.enum(['top', 'part', 'all']),
  percent: z.int(),
  members: z.int(),
  netMinor: z.int(),
  /** What they bring of all. */
  share: Share,
  /** The smallest net of one of them, in minor units; others may have brought as much. */
  atLeastMinor: z.int().nullable(),
  /** Of all: 0 where everybody brings the same, near 1 where one brings everything; null where nobody brings anything. */
  gini: z.number().nullable(),
  /** The members and whoever brought as much as the smallest of them, in the segment language; null within stores or channels. */
  membersExpression: z.string().nullable(),
})

export type ConcentrationRow = z.output<typeof Row>

const Counted = z.object({
  kind: z.enum(['top', 'part', 'all']),
  percent: z.int(),
  members: z.int(),
  netMinor: z.int(),
  atLeastMinor: z.int().nullable(),
  allMinor: z.int(),
  gini: z.number().nullable(),
})

/**
 * How much of the members' net the biggest of them bring. Buyers in order of their net, the biggest first; who brought
 * less than nothing counts with nothing. *top*: the first ⌈n·p/100⌉ of them (the Lorenz curve, read from its upper end).
 * *part*: the fewest of them who together bring p percent. *all*: everybody, with the Gini coefficient
 * 2·Σ(rank·net) ÷ (n·Σnet) − (n + 1)/n, ranks from the smallest. No rows without buyers.
 * Source: DEFINITIONS, "Concentration".
 */
export const concentration = defineMetric({
  name: 'concentration',
  version: 1,
  title: { en: 'Concentration of net', 'zh-CN': '消费集中度' },
  description: {
    en: 'How much of net the biggest members bring, and how few make how much of it.',
    'zh-CN': '消费最多的会员贡献了多少净销售额，多少位会员就占了多少。',
  },
  settings: z.object({}),
  row: Row,

  build(_settings, scope, d) {
    return sql`
      with amount as (
        select greatest(net_minor, 0) as net, count(*) as members
        from ${ofAudience(scope, countedBuyers(scope, d))} as buyer group by all
      ),
      ranked as (
        select net, members, cast(net as hugeint) * members as brought,
          sum(members) over biggest as through, sum(cast(net as hugeint) * members) over biggest as brought_through,
          sum(members) over () as everybody, sum(cast(net as hugeint) * members) over () as everything
        from amount window biggest as (order by net desc)
      ),
      top as (
        select 'top' as kind, percent, n, net, cast(brought_through - (through - n) * net as bigint) as net_minor,
          cast(everything as bigint) as all_minor
        from (
          select percent, (percent * (select max(everybody) from ranked) + 99) // 100 as n
          from (select unnest([${join([...tops])}]) as percent)
        ) as asked
        join ranked on n <= through and n > through - members
      ),
      part as (
        select 'part' as kind, percent, through - members + (wanted - 100 * (brought_through - brought) + 100 * net - 1) // (100 * net) as n,
          net, brought_through, brought, through, members, cast(everything as bigint) as all_minor
        from (
          select percent, percent * (select max(everything) from ranked) as wanted
          from (select unnest([${join([...parts])}]) as percent)
        ) as asked
        join ranked on wanted <= 100 * brought_through and wanted > 100 * (brought_through - brought)
      )
      select kind, percent, cast(n as bigint) as members, net_minor, net as at_least_minor, all_minor, cast(null as double) as gini
      from top
      union all
      select kind, percent, cast(n as bigint), cast(brought_through - (through - n) * net as bigint), net, all_minor, null
      from part
      union all
      select 'all', 100, cast(max(everybody) as bigint), cast(max(everything) as bigint), min(net), cast(max(everything) as bigint),
        case when max(everything) > 0 then
          cast(2 * sum(net * (members * (everybody - through) + members * (members + 1) // 2)) as double)
            / (cast(max(everybody) as double) * cast(max(everything) as double))
          - (max(everybody) + 1) / cast(max(everybody) as double) end
      from ranked having count(*) > 0
      order by kind, percent`
  },

  finish(rows, _settings, scope) {
    return z
      .array(Counted)
      .parse(rows)
      .map(({ allMinor, ...row }) => ({
        ...row,
        share: share(row.netMinor, allMinor),
        membersExpression: everywhere(scope) ? bringing(row.atLeastMinor, scope.currencyDecimals) : null,
      }))
  },
})

/** Who brought as much; less than nothing counts with nothing. */
const bringing = (atLeastMinor: number | null, decimals: number): string =>
  atLeastMinor ? `orders >= 1 and net >= ${atLeastMinor / 10 ** decimals}` : 'orders >= 1'

/** How few bring 60 percent. */
export function concentrationFindings(rows: readonly ConcentrationRow[]): Finding[] {
  const all = rows.find(({ kind }) => kind === 'all')
  const most = rows.find(({ kind, percent }) => kind === 'part' && percent === 60)
  if (!all || !most) return [{ id: 'concentration.neutral', values: {} }]
  return [
    {
      id: 'concentration.few',
      values: { members: most.members, first: most.members / all.members, second: most.share.value! },
    },
  ]
}
