import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'
import { z } from 'zod'
import { boughtItems, itemKinds } from '../../relations/bought-items.ts'
import { countedOrdersSaid, isText } from '../../relations/expressions.ts'
import { askedMembers, countedTotals, everywhere } from '../../relations/member-orders.ts'
import { join, sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'

const Settings = z.object({
  by: z.enum(itemKinds).default('category'),
  /** Pairs of so many of them, those that most members bought. */
  top: z.coerce.number().int().min(2).max(12).default(10),
})

/** Members are compared with those who ordered about as often: the fewest orders of each class. */
const classes = [1, 2, 3, 4, 6, 9, 14, 21] as const
/** Fewer expected members than this tell nothing. */
const leastExpected = 5

const Row = z.object({
  /** The one that more members bought stands first. */
  one: z.string(),
  other: z.string(),
  oneMembers: z.int(),
  otherMembers: z.int(),
  /** Members who bought both, not necessarily together. */
  both: z.int(),
  /** As many as would have by chance, with as many orders each. */
  expected: z.number(),
  /** both ÷ expected; null where none is expected. */
  lift: z.number().nullable(),
  /** Its interval, which holds for all pairs together (95%); null where fewer than 5 are expected. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  apart: z.enum(['more', 'less', 'not told']),
  membersExpression: z.string(),
  /** Who bought the first alone: whom the other could be offered. */
  oneWithoutExpression: z.string(),
})

export type AffinityRow = z.output<typeof Row>

const Counted = z.object({
  item: z.string().nullable(),
  place: z.int().nullable(),
  mask: z.int().nullable(),
  class: z.int().nullable(),
  members: z.int(),
})

/**
 * Which categories (products) the same members buy. Of each pair of the biggest: how many members bought both, beside
 * how many would by chance. Who orders often has bought more of everything, so chance is asked among members with about
 * as many orders (classes of 1, 2, 3, 4–5, 6–8, 9–13, 14–20, more): expected = Σ n(one)·n(other) ÷ n over the classes,
 * lift = both ÷ expected. The interval is normal, with the hypergeometric variance of the count when the margins of
 * every class are given, Bonferroni over all pairs; none under 5 expected members. Asked among members who bought
 * anything whose category (product) is known. Order filters restrict the orders that count.
 */
export const affinity = defineMetric({
  name: 'affinity',
  version: 1,
  title: { en: 'Bought by the same members', 'zh-CN': '关联购买' },
  description: {
    en: 'Which categories or products the same members buy, more often than chance has it.',
    'zh-CN': '哪些品类或商品常被同一位会员购买，且超出偶然。',
  },
  settings: Settings,
  row: Row,

  build({ by, top }, scope, d) {
    const ordersOf = everywhere(scope)
      ? sql`select member_key, orders from ${askedMembers(scope)} as asked where orders > 0`
      : sql`select member_key, orders from ${countedTotals(scope, d)} as counted`
    return sql`
      with bought as (select item, member_key from ${boughtItems(scope, by, d)} as known_items),
      biggest as (
        select item, members, row_number() over (order by members desc, item) - 1 as place
        from (select item, count(*) as members from bought group by item) as sized
        order by members desc, item limit ${top}
      ),
      masks as (
        select bought.member_key, cast(sum(coalesce(1 << cast(place as integer), 0)) as integer) as mask
        from bought left join biggest on biggest.item = bought.item
        group by bought.member_key
      )
      select item, cast(place as integer) as place, null as mask, null as class, members from biggest
      union all
      select null, null, mask, class, count(*) as members
      from (
        select mask, case ${join(
          classes.toReversed().map((least) => sql`when orders >= ${least} then ${least}`),
          sql` `,
        )} end as class
        from masks join (${ordersOf}) as orders_of on orders_of.member_key = masks.member_key
      ) as classed
      group by mask, class`
  },

  finish(rows, { by }, scope) {
    const counted = z.array(Counted).parse(rows)
    const items = counted.filter(({ item }) => item !== null).toSorted((a, b) => a.place! - b.place!)
    const masks = counted.filter(({ mask }) => mask !== null)
    const pairs = items.flatMap((one, i) => items.slice(i + 1).map((other) => ({ one, other })))
    const z95 = normalQuantile(1 - 0.05 / (2 * Math.max(1, pairs.length)), 0, 1)
    return pairs
      .map(({ one, other }): AffinityRow => {
        let [both, expected, variance] = [0, 0, 0]
        for (const least of classes) {
          let [n, ofOne, ofOther] = [0, 0, 0]
          for (const { mask, members } of masks.filter((row) => row.class === least)) {
            const hasOne = (mask! >> one.place!) & 1
            const hasOther = (mask! >> other.place!) & 1
            n += members
            ofOne += hasOne * members
            ofOther += hasOther * members
            both += hasOne * hasOther * members
          }
          if (n === 0) continue
          expected += (ofOne * ofOther) / n
          if (n > 1) variance += (ofOne * ofOther * (n - ofOne) * (n - ofOther)) / (n * n * (n - 1))
        }
        const told = expected >= leastExpected
        const spread = z95 * Math.sqrt(variance)
        const low = told ? Math.max(0, (both - spread) / expected) : null
        const high = told ? (both + spread) / expected : null
        const has = (item: string) => countedOrdersSaid(scope, isText(by, item))
        return {
          one: one.item!,
          other: other.item!,
          oneMembers: one.members,
          otherMembers: other.members,
          both,
          expected,
          lift: expected > 0 ? both / expected : null,
          low,
          high,
          apart: low !== null && low > 1 ? 'more' : high !== null && high < 1 ? 'less' : 'not told',
          membersExpression: `${has(one.item!)} >= 1 and ${has(other.item!)} >= 1`,
          oneWithoutExpression: `${has(one.item!)} >= 1 and ${has(other.item!)} = 0`,
        }
      })
      .toSorted((a, b) => (b.lift ?? -1) - (a.lift ?? -1) || b.both - a.both)
  },
})

/** The pair that goes together most surely. */
export function affinityFindings(rows: readonly AffinityRow[]): Finding[] {
  const [most] = rows.filter(({ apart }) => apart === 'more').toSorted((a, b) => b.low! - a.low!)
  if (most)
    return [
      {
        id: 'affinity.together',
        values: { one: most.one, other: most.other, times: most.lift!, members: most.both },
      },
    ]
  return [{ id: rows.length > 0 ? 'affinity.nothing' : 'affinity.neutral', values: {} }]
}
