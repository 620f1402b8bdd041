import { z } from 'zod'
import { countedBuyers } from '../../relations/counted-buyers.ts'
import { askedMembers, everywhere } from '../../relations/member-orders.ts'
import {
  cutName,
  frequencyMoney,
  rfmGroup,
  rfmGroups,
  rfmScores,
  type RfmCuts,
  type RfmGroup,
  type RfmRule,
} from '../../relations/rfm.ts'
import type { Scope } from '../../relations/scope.ts'
import { join, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

/** Four whole numbers, each above the one before, or null where the text says fifths; undefined: it says neither. */
function cutsOf(text: string): RfmCuts | undefined {
  if (text === 'fifths') return null
  if (!/^\d{1,12}(,\d{1,12}){3}$/.test(text)) return undefined
  const cuts = text.split(',').map(Number) as [number, number, number, number]
  return cuts.every((cut, i) => i === 0 || cut > cuts[i - 1]!) ? cuts : undefined
}

/** `30,60,90,180`, or `fifths`. */
const Cuts = z
  .string()
  .max(60)
  .refine((text) => cutsOf(text) !== undefined, { error: 'rfm-cuts' })
  .default('fifths')

const Settings = z.object({
  /** Only what was bought in so many days until asOf; without, all of it. */
  windowDays: z.coerce.number().int().min(1).max(36500).optional(),
  /** The last days of silence of scores 5, 4, 3 and 2; or by fifths of all buyers. */
  recency: Cuts,
  /** The most orders of scores 1 to 4. */
  frequency: Cuts,
  /** The most net of scores 1 to 4, in minor units. */
  money: Cuts,
})

/** Where a member stands by one of the rules: in a group, or nowhere, having no order in its window. */
export const previewedGroups = [...rfmGroups, 'not scored'] as const
const Standing = z.enum(previewedGroups)

const Row = z.object({
  /** By the thresholds of the workspace, and by those that are tried. */
  from: Standing,
  to: Standing,
  members: z.int(),
  /** Net of these members until asOf. */
  netMinor: z.int(),
  /** The members, in the segment language; null within order filters and of a window that is tried, where it has no word for it. */
  membersExpression: z.string().nullable(),
})

export type RfmPreviewRow = z.output<typeof Row>

const measures = ['recency', 'frequency', 'money'] as const
const steps = [1, 2, 3, 4] as const
const cut = z.int().nullable()

const Counted = z.object({
  /** Ten times the recency score and the frequency and money score; 0: not scored. */
  present: z.int(),
  tried: z.int(),
  members: z.int(),
  netMinor: z.int(),
  ...(Object.fromEntries(
    measures.flatMap((measure) => steps.map((step) => [`${measure}Cut${step}`, cut])),
  ) as Record<`${(typeof measures)[number]}Cut${(typeof steps)[number]}`, typeof cut>),
})

/** The rule that settings try. */
export const triedRule = ({ windowDays, recency, frequency, money }: z.output<typeof Settings>): RfmRule => ({
  windowDays: windowDays ?? null,
  recency: cutsOf(recency) ?? null,
  frequency: cutsOf(frequency) ?? null,
  money: cutsOf(money) ?? null,
})

/**
 * Who would stand in another group of recency, frequency and money if scores were cut at other values, or within another
 * window: the groups by the workspace's rule against those by the one tried, on one day. Each is scored among all buyers
 * of its own window; a row's members are those asked about who have a place by one of the two. The rows of a group add up
 * to who is in it. Source: DEFINITIONS, "Value", RFM.
 */
export const rfmPreview = defineMetric({
  name: 'rfm-preview',
  version: 1,
  title: { en: 'RFM groups with other thresholds', 'zh-CN': '换用其他分界的 RFM 分组' },
  description: {
    en: 'Which members would move from which RFM group to which if scores were cut at other values.',
    'zh-CN': '若改用其他得分分界，哪些会员会从哪个 RFM 分组移到哪个分组。',
  },
  settings: Settings,
  row: Row,

  build(settings, scope, d) {
    const tried = triedRule(settings)
    const cell = sql`10 * recency_score + frequency_money_score`
    const cuts = measures.flatMap((measure) => steps.map((step) => cutName(measure, step)))
    return sql`
      with present as (
        select member_key, ${cell} as cell from ${rfmScores(countedBuyers(scope, d, scope.rfm.windowDays), scope.rfm, d)} as scored_now
      ),
      tried as (
        select member_key, ${cell} as cell, ${join(cuts)}
        from ${rfmScores(countedBuyers(scope, d, tried.windowDays), tried, d)} as scored_then
      )
      select coalesce(present.cell, 0) as present, coalesce(tried.cell, 0) as tried, count(*) as members,
        ${d.sum(sql`asked.net_minor`)} as net_minor,
        ${join(cuts.map((one) => sql`max(any_value(${one})) over () as ${one}`))}
      from ${askedMembers(scope)} as asked
      left join present on present.member_key = asked.member_key
      left join tried on tried.member_key = asked.member_key
      where present.cell is not null or tried.cell is not null
      group by present.cell, tried.cell
      order by present, tried`
  },

  finish(rows, settings, scope) {
    const counted = z.array(Counted).parse(rows)
    const [first] = counted
    const standing = (cell: number) =>
      cell === 0 ? ('not scored' as const) : rfmGroup(Math.floor(cell / 10), cell % 10)
    const tried = triedRule(settings)
    const said =
      first && everywhere(scope) && tried.windowDays === null
        ? saidBy((measure) => steps.map((step) => first[`${measure}Cut${step}`]), scope)
        : null
    const now = (group: (typeof previewedGroups)[number]) =>
      group === 'not scored' ? 'rfm_group is unknown' : `rfm_group = "${group}"`
    return previewedGroups.flatMap((from) =>
      previewedGroups.flatMap((to) => {
        const cells = counted.filter((row) => standing(row.present) === from && standing(row.tried) === to)
        if (cells.length === 0) return []
        const then = to === 'not scored' ? 'orders = 0' : said?.(to)
        return [
          {
            from,
            to,
            members: cells.reduce((sum, { members }) => sum + members, 0),
            netMinor: cells.reduce((sum, { netMinor }) => sum + netMinor, 0),
            membersExpression: said && then ? `${now(from)} and ${then}` : null,
          },
        ]
      }),
    )
  },
})

const scores = [1, 2, 3, 4, 5] as const

/** A group by thresholds, in the segment language: the days of silence, orders and net of each of its cells. */
function saidBy(
  cuts: (measure: (typeof measures)[number]) => readonly (number | null)[],
  scope: Scope,
): (group: RfmGroup) => string {
  const between = (field: string, below: number, upTo: number, at: readonly (string | null)[]) => {
    const lower = below === 0 ? null : at[below - 1]
    const upper = upTo === 5 ? null : at[upTo - 1]
    return [
      ...(lower == null ? [] : [`${field} > ${lower}`]),
      ...(upper == null ? [] : [`${field} <= ${upper}`]),
    ]
  }
  const whole = (values: readonly (number | null)[]) => values.map((value) => value?.toString() ?? null)
  const days = whole(cuts('recency'))
  const orders = whole(cuts('frequency'))
  const net = cuts('money').map((minor) => (minor === null ? null : amountOf(minor, scope.currencyDecimals)))
  return (group) => {
    const cells = scores.flatMap((recency) => {
      const both = scores.filter((one) => rfmGroup(recency, one) === group)
      return both.length === 0 ? [] : [{ recency, both }]
    })
    const alternatives = cells.flatMap(({ recency, both }) =>
      scores.flatMap((frequency) => {
        const money = scores.filter((one) =>
          both.includes(frequencyMoney(frequency, one) as (typeof scores)[number]),
        )
        if (money.length === 0) return []
        return [
          [
            'orders >= 1',
            // few days are many points
            ...between('days_since_order', 5 - recency, 6 - recency, days),
            ...between('orders', frequency - 1, frequency, orders),
            ...between('net', money[0]! - 1, money.at(-1)!, net),
          ].join(' and '),
        ]
      }),
    )
    return `(${alternatives.map((one) => `(${one})`).join(' or ')})`
  }
}

/** An amount of money in the segment language. */
const amountOf = (minor: number, decimals: number): string => (minor / 10 ** decimals).toFixed(decimals)

/** How many would stand in another group, of how many; nothing to say where nobody is scored. */
export function rfmPreviewFindings(rows: readonly RfmPreviewRow[]): Finding[] {
  const count = (some: readonly RfmPreviewRow[]) => some.reduce((sum, { members }) => sum + members, 0)
  const all = count(rows)
  if (all === 0) return [{ id: 'rfm-preview.neutral', values: {} }]
  const moved = count(rows.filter(({ from, to }) => from !== to))
  return [
    moved === 0
      ? { id: 'rfm-preview.would-not-move', values: { members: all } }
      : { id: 'rfm-preview.would-move', values: { moved, members: all, share: moved / all } },
  ]
}
