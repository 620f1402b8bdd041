import { z } from 'zod'
import { addDays } from '../../calendar/calendar.ts'
import { countedBuyers, countedBuyersOn } from '../../relations/counted-buyers.ts'
import { askedMembers, everywhere } from '../../relations/member-orders.ts'
import { rfmGroup, rfmGroups, rfmScores } from '../../relations/rfm.ts'
import { sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  /** From so many days before asOf to asOf. */
  days: z.coerce.number().int().min(1).max(3660).default(90),
})

/** Where a member may stand: in one of the eleven groups, or without an order, or not known yet. */
export const rfmStates = [...rfmGroups, 'never bought', 'not yet a member'] as const
export type RfmState = (typeof rfmStates)[number]

const State = z.enum(rfmStates)

const Row = z.object({
  /** Where they stood on the earlier day, and where they stand on asOf. */
  from: State,
  to: State,
  members: z.int(),
  /** Net of these members until asOf. */
  netMinor: z.int(),
  /** The members, in the segment language; null within stores or channels, where it has no word for it. */
  membersExpression: z.string().nullable(),
})

export type RfmMigrationRow = z.output<typeof Row>

/** What tells the states apart in the rows that are counted: two scores, each 1 to 5, or one of these. */
const [neverBought, notYet] = [0, 1]
const cell = sql`10 * recency_score + frequency_money_score`
const stateOf = (counted: number): RfmState =>
  counted === neverBought
    ? 'never bought'
    : counted === notYet
      ? 'not yet a member'
      : rfmGroup(Math.floor(counted / 10), counted % 10)

const Counted = z.object({
  before: z.int().transform(stateOf),
  after: z.int().transform(stateOf),
  members: z.int(),
  netMinor: z.int(),
})

/**
 * Who moved between the groups of recency, frequency and money from one day to another: 13 × 13, with those who had
 * never bought and those who were no member yet. Each side is scored among the buyers of its own day, by what was
 * visible then, so that a member may move because others did. The cells are all members known on asOf; a side's sums
 * are the groups of that day, and nobody is *not yet a member* on asOf.
 * Source: DEFINITIONS, "Value", RFM; "Time", business time.
 */
export const rfmMigration = defineMetric({
  name: 'rfm-migration',
  version: 1,
  title: { en: 'Moves between RFM groups', 'zh-CN': 'RFM 分组迁移' },
  description: {
    en: 'Which members were in which group so many days before, and where they are now.',
    'zh-CN': '会员在若干天前属于哪一组，现在又在哪一组。',
  },
  settings: Settings,
  row: Row,

  build({ days }, scope, d) {
    const opened = addDays(scope.asOf, -days)
    const day = d.date(opened)
    return sql`
      with before as (
        select member_key, ${cell} as cell from ${rfmScores(countedBuyersOn(opened, scope, d, scope.rfm.windowDays), scope.rfm, d)} as scored_before
      ),
      after as (
        select member_key, ${cell} as cell, net_minor from ${rfmScores(countedBuyers(scope, d, scope.rfm.windowDays), scope.rfm, d)} as scored_after
      )
      select
        case
          when before.cell is not null then before.cell
          when coalesce(asked.joined_day <= ${day}, false) or coalesce(asked.first_dated_day <= ${day}, false)
            or (asked.joined_day is null and asked.first_dated_day is null) then ${neverBought}
          else ${notYet}
        end as before,
        coalesce(after.cell, ${neverBought}) as after,
        count(*) as members, ${d.sum(sql`coalesce(after.net_minor, 0)`)} as net_minor
      from ${askedMembers(scope)} as asked
      left join before on before.member_key = asked.member_key
      left join after on after.member_key = asked.member_key
      group by 1, 2
      order by 1, 2`
  },

  finish(rows, { days }, scope) {
    const counted = z.array(Counted).parse(rows)
    const opened = addDays(scope.asOf, -days)
    const then = (state: RfmState) =>
      state === 'not yet a member'
        ? `not (orders >= 0) on ${opened}`
        : `(${state === 'never bought' ? 'orders = 0' : `rfm_group = "${state}"`}) on ${opened}`
    const now = (state: RfmState) => (state === 'never bought' ? 'orders = 0' : `rfm_group = "${state}"`)
    return rfmStates.flatMap((from) =>
      rfmStates.map((to) => {
        const cells = counted.filter(({ before, after }) => before === from && after === to)
        return {
          from,
          to,
          members: cells.reduce((sum, { members }) => sum + members, 0),
          netMinor: cells.reduce((sum, { netMinor }) => sum + netMinor, 0),
          membersExpression:
            everywhere(scope) && to !== 'not yet a member' ? `${then(from)} and ${now(to)}` : null,
        }
      }),
    )
  },
})

const lively: readonly RfmState[] = ['champions', 'loyal', 'potential loyal', 'new', 'promising']
const quiet: readonly RfmState[] = ['at risk', 'cannot lose', 'hibernating', 'lost']

/** How many went from the groups that bought lately to those that went quiet, and how many came back from there. */
export function rfmMigrationFindings(rows: readonly RfmMigrationRow[]): Finding[] {
  const moved = (from: readonly RfmState[], to: readonly RfmState[]) =>
    rows
      .filter((row) => from.includes(row.from) && to.includes(row.to))
      .reduce((sum, { members }) => sum + members, 0)
  const [slipped, returned] = [moved(lively, quiet), moved(quiet, lively)]
  return slipped + returned === 0
    ? [{ id: 'rfm-migration.neutral', values: {} }]
    : [{ id: 'rfm-migration.moved', values: { slipped, returned } }]
}
