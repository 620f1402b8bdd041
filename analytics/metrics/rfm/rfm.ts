import { z } from 'zod'
import { countedBuyers } from '../../relations/counted-buyers.ts'
import { everywhere, ofAudience } from '../../relations/member-orders.ts'
import { cutName, frequencyMoney, rfmGroup, rfmGroups, rfmScores } from '../../relations/rfm.ts'
import { join, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  /** Only what happened in so many days until asOf; without, the workspace's window: all the data, unless it is set. */
  windowDays: z.coerce.number().int().min(1).max(36500).optional(),
})

export const rfmMeasures = ['recency', 'frequency', 'money'] as const

const Row = z.object({
  /** A cell of the grid, a group of cells, or a score of one measure. */
  kind: z.enum(['cell', 'group', 'score']),
  group: z.enum(rfmGroups).nullable(),
  /** Cell: its scores, 1 to 5. */
  recency: z.int().nullable(),
  frequencyMoney: z.int().nullable(),
  /** Score: of which measure, which score, and the values that have it: above the one, up to the other; null: no bound. Days, orders, or minor units of net. */
  measure: z.enum(rfmMeasures).nullable(),
  score: z.int().nullable(),
  above: z.int().nullable(),
  upTo: z.int().nullable(),
  members: z.int(),
  orders: z.int(),
  netMinor: z.int(),
  /** The members, in the segment language; null within stores, channels or a window, where it has no word for it. */
  membersExpression: z.string().nullable(),
})

export type RfmRow = z.output<typeof Row>

const scores = [1, 2, 3, 4, 5] as const
const cuts = [1, 2, 3, 4] as const
const cut = z.int().nullable()

const Counted = z.object({
  recencyScore: z.int(),
  frequencyScore: z.int(),
  moneyScore: z.int(),
  members: z.int(),
  orders: z.int(),
  netMinor: z.int(),
  ...(Object.fromEntries(
    rfmMeasures.flatMap((measure) => cuts.map((step) => [`${measure}Cut${step}`, cut])),
  ) as Record<`${(typeof rfmMeasures)[number]}Cut${(typeof cuts)[number]}`, typeof cut>),
})

/**
 * Buyers by how recently, how often and for how much they bought: scores of 1 to 5 by fifths of all buyers, the grid of
 * recency against frequency and money, and eleven groups of its cells; the workspace may cut scores at values of its
 * own. The fifths are those of all buyers in the question's stores, channels and categories, so that a member has the same score whoever is asked about; a segment decides who is
 * counted. Cells, groups and the scores of each measure all add up to the same members and net.
 * Source: DEFINITIONS, "Value", RFM.
 */
export const rfm = defineMetric({
  name: 'rfm',
  version: 1,
  title: { en: 'Recency, frequency, money', 'zh-CN': '最近·频次·金额（RFM）' },
  description: {
    en: 'Which buyers came lately, come often and spend much, in a grid of scores and eleven groups.',
    'zh-CN': '哪些会员最近来过、常来、花得多：按得分排成方格，归为十一组。',
  },
  settings: Settings,
  row: Row,

  build({ windowDays }, scope, d) {
    return sql`
      select recency_score, frequency_score, money_score, count(*) as members,
        ${d.sum(sql`orders`)} as orders, ${d.sum(sql`net_minor`)} as net_minor,
        ${join(rfmMeasures.flatMap((measure) => cuts.map((step) => sql`min(${cutName(measure, step)}) as ${cutName(measure, step)}`)))}
      from ${ofAudience(scope, rfmScores(countedBuyers(scope, d, windowDays ?? scope.rfm.windowDays), scope.rfm, d))} as scored
      group by recency_score, frequency_score, money_score
      order by recency_score, frequency_score, money_score`
  },

  finish(rows, { windowDays }, scope) {
    const counted = z.array(Counted).parse(rows)
    const total = (some: (row: (typeof counted)[number]) => boolean) => {
      const chosen = counted.filter(some)
      const sum = (of: 'members' | 'orders' | 'netMinor') => chosen.reduce((all, row) => all + row[of], 0)
      return { members: sum('members'), orders: sum('orders'), netMinor: sum('netMinor') }
    }
    const expressed = (expression: string) =>
      everywhere(scope) && (windowDays ?? scope.rfm.windowDays) === scope.rfm.windowDays ? expression : null
    const none = {
      group: null,
      recency: null,
      frequencyMoney: null,
      measure: null,
      score: null,
      above: null,
      upTo: null,
    }
    const bothOf = (row: (typeof counted)[number]) => frequencyMoney(row.frequencyScore, row.moneyScore)
    const cells = scores.flatMap((recency) =>
      scores.map((both) => ({
        ...none,
        kind: 'cell' as const,
        group: rfmGroup(recency, both),
        recency,
        frequencyMoney: both,
        ...total((row) => row.recencyScore === recency && bothOf(row) === both),
        membersExpression: expressed(`recency_score = ${recency} and frequency_money_score = ${both}`),
      })),
    )
    const groups = rfmGroups.map((group) => ({
      ...none,
      kind: 'group' as const,
      group,
      ...total((row) => rfmGroup(row.recencyScore, bothOf(row)) === group),
      membersExpression: expressed(`rfm_group = "${group}"`),
    }))
    const byScore = rfmMeasures.flatMap((measure) =>
      scores.map((score) => {
        // few days are many points: the best fifth ends at the first cut
        const fifth = measure === 'recency' ? 6 - score : score
        const bound = (step: number) => {
          const first = counted[0]
          return first && step >= 1 && step <= 4 ? first[`${measure}Cut${step as 1 | 2 | 3 | 4}`] : null
        }
        return {
          ...none,
          kind: 'score' as const,
          measure,
          score,
          above: bound(fifth - 1),
          upTo: bound(fifth),
          ...total((row) => row[`${measure}Score`] === score),
          membersExpression: expressed(`${measure}_score = ${score}`),
        }
      }),
    )
    return [...cells, ...groups, ...byScore]
  },
})

/** How much of the net the champions bring, beside how many they are; else nothing worth a title. */
export function rfmFindings(rows: readonly RfmRow[]): Finding[] {
  const groups = rows.filter(({ kind }) => kind === 'group')
  const all = (of: 'members' | 'netMinor') => groups.reduce((sum, row) => sum + row[of], 0)
  const champions = groups.find(({ group }) => group === 'champions')
  if (!champions || champions.members === 0 || all('netMinor') <= 0)
    return [{ id: 'rfm.neutral', values: {} }]
  return [
    {
      id: 'rfm.champions',
      values: {
        members: champions.members,
        first: champions.members / all('members'),
        second: champions.netMinor / all('netMinor'),
      },
    },
  ]
}
