import { z } from 'zod'
import { addDays } from '../../calendar/calendar.ts'
import { proportionArm } from '../../lift/arm.ts'
import { scoreInterval } from '../../lift/intervals.ts'
import { countedOrdersSaid } from '../../relations/expressions.ts'
import { countedOrders, everywhere, ofAudience } from '../../relations/member-orders.ts'
import { sql } from '../../sql/sql.ts'
import type { Finding } from '../finding.ts'
import { defineMetric } from '../metric.ts'
import { Share, share } from '../ratio.ts'

const Settings = z.object({
  /** Members whose habit is told have at least so many orders whose discount is known. */
  leastOrders: z.coerce.number().int().min(1).max(100).default(3),
  /** Days within which the second purchase day must follow the first, inclusive. */
  withinDays: z.coerce.number().int().min(1).max(730).default(90),
})

export const discountBands = ['never', 'up to a third', 'up to two thirds', 'more', 'always'] as const
export const secondPurchases = ['full price', 'discount', 'none'] as const

const Row = z.object({
  /** Members by how many of their orders had a discount; or what followed a first purchase day. */
  kind: z.enum(['habit', 'after']),
  band: z.enum(discountBands).nullable(),
  /** After: whether the first purchase day had an order with a discount, and the second one had. */
  first: z.enum(['discount', 'full price']).nullable(),
  second: z.enum(secondPurchases).nullable(),
  members: z.int(),
  /** Habit: of the members with enough orders. After: of the members with such a first purchase day. */
  share: Share,
  /** After: the interval of the share, the six together (95%); null over nobody. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  membersExpression: z.string().nullable(),
})

export type DiscountsRow = z.output<typeof Row>

const Counted = z.object({ kind: z.string(), one: z.int(), other: z.int(), members: z.int() })

/**
 * Who waits for discounts, and whether those who began with one come back at full price. Only orders whose discount is
 * known count. *Habit*: members with at least three such orders, by the share of them that had a discount. *After*: of
 * the members whose first purchase day has an order whose discount is known and lies at least h days back, apart for
 * those with a discount on it and those without: whether the second purchase day came within h days, and whether it
 * had a discount (where that is not known the member is left out). Wilson's intervals, Bonferroni over the six. Who begins with a discount differs from who does not in
 * more than that: it is no effect of the discount. Order filters restrict the orders, and of the second purchase day
 * those that count; which purchase day is the first stays that of all orders. Source: DEFINITIONS, "Repurchase",
 * "Tags".
 */
export const discounts = defineMetric({
  name: 'discounts',
  version: 1,
  title: { en: 'Discount dependence', 'zh-CN': '优惠依赖' },
  description: {
    en: 'Who buys at a discount only, and who comes back at full price after a first purchase with one.',
    'zh-CN': '谁只在有优惠时购买；首次享受优惠后，谁会以原价再来。',
  },
  settings: Settings,
  row: Row,

  build({ leastOrders, withinDays }, scope, d) {
    const known = everywhere(scope)
      ? sql`select discounted_orders, discount_known_orders from ${ofAudience(scope, scope.tables.memberFacts)} as asked`
      : sql`select ${d.countIf(sql`discounted`)} as discounted_orders, ${d.countIf(sql`discounted is not null`)} as discount_known_orders
          from ${countedOrders(scope)} as counted group by member_key`
    // a member's n-th purchase day, and whether one of its orders had a discount
    const purchaseDay = (n: number) =>
      everywhere(scope)
        ? sql`select member_key, local_day, discounted
          from ${ofAudience(scope, scope.tables.purchaseSteps)} as purchase_day where purchase_day_number = ${n}`
        : sql`select member_key, min(local_day) as local_day, bool_or(discounted) as discounted
          from ${countedOrders(scope)} as counted where purchase_day_number = ${n} group by member_key`
    return sql`
      with first as (
        select * from (${purchaseDay(1)}) as first_day
        where discounted is not null and local_day <= ${d.date(addDays(scope.asOf, -withinDays))}
      ),
      second as (${purchaseDay(2)})
      select 'habit' as kind,
        case when discounted_orders = 0 then 0 when discounted_orders = discount_known_orders then 4
          when 3 * discounted_orders <= discount_known_orders then 1
          when 3 * discounted_orders <= 2 * discount_known_orders then 2 else 3 end as one,
        0 as other, count(*) as members
      from (${known}) as known where discount_known_orders >= ${leastOrders}
      group by all
      union all
      select 'after', case when first.discounted then 0 else 1 end,
        case when second.member_key is null or second.local_day > ${d.addDays(sql`first.local_day`, withinDays)} then 2
          when second.discounted is null then 3 when second.discounted then 1 else 0 end,
        count(*)
      from first left join second on second.member_key = first.member_key
      group by all`
  },

  finish(rows, { leastOrders, withinDays }, scope) {
    const counted = z.array(Counted).parse(rows)
    const of = (kind: string, one: number, other = 0) =>
      counted.find((row) => row.kind === kind && row.one === one && row.other === other)?.members ?? 0
    const buyers = discountBands.reduce((sum, _, i) => sum + of('habit', i), 0)
    const none = { first: null, second: null, low: null, high: null }
    const said = (...conditions: string[]) => countedOrdersSaid(scope, ...conditions)
    const [withOne, without] = [said('discounted = true'), said('discounted = false')]
    // what the language can compare: all of a member's known orders with a discount, or none
    const enough = (orders: string) => `${orders} >= ${leastOrders}`
    const habitSaid: Partial<Record<(typeof discountBands)[number], string>> = {
      never: `${enough(without)} and ${withOne} = 0`,
      always: `${enough(withOne)} and ${without} = 0`,
    }
    const habits = discountBands.map((band, i): DiscountsRow => {
      const members = of('habit', i)
      return {
        kind: 'habit',
        band,
        ...none,
        members,
        share: share(members, buyers),
        membersExpression: habitSaid[band] ?? null,
      }
    })
    const after = (['discount', 'full price'] as const).flatMap((first, one) => {
      const group = secondPurchases.reduce((sum, _, other) => sum + of('after', one, other), 0)
      const day = `day <= ${addDays(scope.asOf, -withinDays)}`
      const began =
        first === 'discount'
          ? `${said('purchase_day = 1', 'discounted = true', day)} >= 1`
          : `${said('purchase_day = 1', 'discounted = false', day)} >= 1 and ${said('purchase_day = 1', 'discounted = true')} = 0`
      const inTime = `orders(purchase_day = 2, days_after_previous <= ${withinDays}) >= 1`
      const there = `${inTime}${everywhere(scope) ? '' : ` and ${said('purchase_day = 2')} >= 1`}`
      const atDiscount = said('purchase_day = 2', 'discounted = true')
      return secondPurchases.map((second, other): DiscountsRow => {
        const members = of('after', one, other)
        const interval = group > 0 ? scoreInterval(proportionArm(group, members), 0.05 / 6) : null
        const then =
          second === 'none'
            ? `not (${there})`
            : second === 'discount'
              ? `${there} and ${atDiscount} >= 1`
              : `${there} and ${atDiscount} = 0 and ${said('purchase_day = 2', 'discounted = false')} >= 1`
        return {
          kind: 'after',
          band: null,
          first,
          second,
          members,
          share: share(members, group),
          low: interval?.low ?? null,
          high: interval?.high ?? null,
          membersExpression: `${began} and ${then}`,
        }
      })
    })
    return [...habits, ...after]
  },
})

/** How many begin with a discount and come back at full price; else how many buy at a discount alone. */
export function discountsFindings(rows: readonly DiscountsRow[]): Finding[] {
  const fullPrice = rows.find((row) => row.first === 'discount' && row.second === 'full price')
  const other = rows.find((row) => row.first === 'full price' && row.second === 'full price')
  if (fullPrice && other && fullPrice.share.denominator >= 30 && other.share.denominator >= 30)
    return [
      {
        id: 'discounts.full-price',
        values: { first: fullPrice.share.value!, second: other.share.value! },
      },
    ]
  const always = rows.find(({ band }) => band === 'always')
  return always?.share.value == null
    ? [{ id: 'discounts.neutral', values: {} }]
    : [{ id: 'discounts.always', values: { share: always.share.value, members: always.members } }]
}
