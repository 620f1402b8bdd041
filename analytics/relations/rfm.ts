import { type DerivedTables, netEvents, qualifiesOn } from '../schema/derived.ts'
import type { Dialect } from '../sql/dialect.ts'
import { join, name, type Sql, sql } from '../sql/sql.ts'

export const rfmGroups = [
  'champions',
  'loyal',
  'potential loyal',
  'new',
  'promising',
  'needs attention',
  'about to sleep',
  'at risk',
  'cannot lose',
  'hibernating',
  'lost',
] as const
export type RfmGroup = (typeof rfmGroups)[number]

/** The group of a recency score (the row, 1 to 5) and a frequency and money score (the place in it, 1 to 5). */
const groupsByRecency: readonly (readonly RfmGroup[])[] = [
  ['lost', 'lost', 'hibernating', 'at risk', 'cannot lose'],
  ['hibernating', 'hibernating', 'at risk', 'at risk', 'cannot lose'],
  ['about to sleep', 'about to sleep', 'needs attention', 'loyal', 'loyal'],
  ['promising', 'potential loyal', 'potential loyal', 'loyal', 'champions'],
  ['new', 'potential loyal', 'potential loyal', 'loyal', 'champions'],
]

/** What a member with these scores (each 1 to 5) is called. Source: DEFINITIONS.md, "Value", RFM. */
export const rfmGroup = (recency: number, frequencyMoney: number): RfmGroup =>
  groupsByRecency[recency - 1]![frequencyMoney - 1]!

/** Frequency and money as one score: half of both, rounded up. */
export const frequencyMoney = (frequency: number, money: number): number => Math.ceil((frequency + money) / 2)

/** SQL of the two above, over columns of scores. */
const frequencyMoneySql = sql`((frequency_score + money_score + 1) // 2)`
const groupSql = sql`case recency_score ${join(
  groupsByRecency.map(
    (groups, row) =>
      sql`when ${row + 1} then case ${frequencyMoneySql} ${join(
        groups.map((group, place) => sql`when ${place + 1} then ${group}`),
        sql` `,
      )} end`,
  ),
  sql` `,
)} end`

/** The four values after which scores of a measure change, rising; null: by fifths of all buyers. */
export type RfmCuts = readonly [number, number, number, number] | null

/** What a shop scores its buyers by. */
export interface RfmRule {
  /** Only what was bought in so many days until the day asked about; null: all of it. */
  readonly windowDays: number | null
  /** Days since the last order. */
  readonly recency: RfmCuts
  /** Orders. */
  readonly frequency: RfmCuts
  /** Minor units of net. */
  readonly money: RfmCuts
}

export const rfmByFifths: RfmRule = { windowDays: null, recency: null, frequency: null, money: null }

const steps = [1, 2, 3, 4] as const
/** The name of the cut between scores: `recency_cut_1` is the highest number of days of the best fifth. */
export const cutName = (measure: 'recency' | 'frequency' | 'money', step: number): Sql =>
  name(`${measure}_cut_${step}`)

/**
 * Relation: a row per buyer with `recency_score`, `frequency_score` and `money_score` (each 1 to 5, 5 the best), the
 * `frequency_money_score`, the `rfm_group`, and beside them the cuts that all buyers share. `buyers` is a relation with
 * `member_key`, `silent_days`, `orders` and `net_minor`, a row each.
 *
 * The cut of the k-th fifth is the ⌈nk/5⌉-th value in order, found by counting in whole numbers, where the rule says no
 * values of its own; a score counts the cuts strictly below the value, so that equal values have equal scores. The
 * rule's window is that of `buyers`. Source: DEFINITIONS.md, "Value", RFM.
 */
export function rfmScores(buyers: Sql, rule: RfmRule, d: Dialect): Sql {
  const cuts = (measure: 'recency' | 'frequency' | 'money', ranked: Sql) => {
    const own = rule[measure]
    return own
      ? sql`(select ${join(own.map((value, i) => sql`cast(${value} as bigint) as ${cutName(measure, i + 1)}`))})`
      : sql`(
      select ${join(steps.map((step) => sql`min(value) filter (where 5 * through >= ${step} * buyers) as ${cutName(measure, step)}`))}
      from (${ranked}) as ranked
    )`
  }
  const ranked = (value: Sql) => sql`
        select ${value} as value, sum(count(*)) over (order by ${value}) as through, sum(count(*)) over () as buyers
        from buyer group by ${value}
      `
  const below = (measure: 'recency' | 'frequency' | 'money', value: Sql) =>
    join(
      steps.map((step) => sql`cast(${value} > ${cutName(measure, step)} as integer)`),
      sql` + `,
    )
  return sql`(
    with buyer as (select * from ${buyers} as everyone),
    recency as ${cuts('recency', ranked(sql`silent_days`))},
    frequency as ${cuts('frequency', ranked(sql`orders`))},
    money as ${cuts('money', rankedNearCuts(sql`net_minor`, d))},
    scored as (
      select *,
        5 - (${below('recency', sql`silent_days`)}) as recency_score,
        1 + ${below('frequency', sql`orders`)} as frequency_score,
        1 + ${below('money', sql`net_minor`)} as money_score
      from buyer cross join recency cross join frequency cross join money
    )
    select *, ${frequencyMoneySql} as frequency_money_score, ${groupSql} as rfm_group from scored)`
}

/** Values that are nearly all different are ranked in ranges this wide first. */
const rangeWidth = 1000

/**
 * The values of the ranges that hold a cut, with how many values are up to each: ordering nearly as many values as there
 * are buyers costs more than all else.
 */
const rankedNearCuts = (value: Sql, d: Dialect): Sql => {
  const range = d.divide(value, sql`${rangeWidth}`)
  const holdsCut = join(
    steps.map(
      (step) => sql`(5 * (through - members) < ${step} * buyers and 5 * through >= ${step} * buyers)`,
    ),
    sql` or `,
  )
  return sql`
        select ${value} as value, earlier + sum(count(*)) over (partition by value_range order by ${value}) as through, buyers
        from buyer join (
          select value_range, through - members as earlier, buyers
          from (
            select value_range, members, sum(members) over (order by value_range) as through, sum(members) over () as buyers
            from (select ${range} as value_range, count(*) as members from buyer group by value_range) as sized
          ) as running
          where ${holdsCut}
        ) as near on ${range} = value_range
        group by ${value}, value_range, earlier, buyers
      `
}

/** The buyers of a day, by all they bought until then, or within the days of a window. */
export const buyersAt = (
  tables: Pick<DerivedTables, 'memberFacts' | 'ordersByMonth'>,
  asOf: string,
  windowDays: number | null,
  d: Dialect,
): Sql => {
  if (windowDays === null) return buyersOfFacts(tables, asOf, d)
  const within = withinWindow(windowDays, asOf, d)
  return buyersOf(
    boughtBy(sql`(select * from ${tables.ordersByMonth} as any_order where ${within})`),
    within,
    asOf,
    d,
  )
}

/** Whether a row's `local_day` is one of so many days until a day; null: of any. */
export const withinWindow = (windowDays: number | null, day: string, d: Dialect): Sql =>
  windowDays === null ? sql`true` : sql`local_day > ${d.addDays(d.date(day), -windowDays)}`

/** The buyers of a day, by all they bought until then. */
export const buyersOfFacts = (
  { memberFacts }: Pick<DerivedTables, 'memberFacts'>,
  asOf: string,
  d: Dialect,
): Sql => sql`(
    select member_key, ${d.daysBetween(sql`last_day`, d.date(asOf))} as silent_days, orders, net_minor
    from ${memberFacts} where orders > 0)`

/** Relation: the members of a relation of orders, with how many they have there and the day of the last one. */
export const boughtBy = (orders: Sql): Sql =>
  sql`(select member_key, max(local_day) as last_day, count(*) as orders from ${orders} as member_order group by member_key)`

/**
 * Buyers as of a day: `member_key`, `silent_days` since the last order, `orders`, and `net_minor`, refunds taken off on
 * their own days. `bought` is as `boughtBy` makes it, `counts` an expression over the orders and refunds that move net.
 */
export const buyersOf = (bought: Sql, counts: Sql, day: string, d: Dialect): Sql => sql`(
    select bought.member_key, ${d.daysBetween(sql`bought.last_day`, d.date(day))} as silent_days, bought.orders,
      coalesce(money.net_minor, 0) as net_minor
    from ${bought} as bought
    left join (
      select member_key, ${d.sum(sql`net_minor`)} as net_minor
      from (${netEvents(d.date(day))}) as event where ${counts} group by member_key
    ) as money on money.member_key = bought.member_key)`

/** Buyers as of any day, whatever the day of the tables, by what was visible then: an order counts until it is refunded whole. */
export const buyersOn = (day: string, windowDays: number | null, d: Dialect): Sql => {
  const within = withinWindow(windowDays, day, d)
  const qualified = sql`member_key is not null and ${qualifiesOn(d.date(day))}`
  return buyersOf(boughtBy(sql`(select * from orders where ${qualified} and ${within})`), within, day, d)
}

const tenths = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const

/**
 * Relation: a row per buyer with `decile`, 1 for the tenth with the highest net to 10. `buyers` as `rfmScores` takes them,
 * and cuts found as there: the k-th is the ⌈nk/10⌉-th value in order, and a decile is 10 less the cuts strictly below the
 * value, so that equal values have equal deciles.
 */
export const valueDeciles = (buyers: Sql): Sql => sql`(
    with buyer as (select member_key, net_minor from ${buyers} as everyone),
    cuts as (
      select ${join(tenths.map((tenth) => sql`min(net_minor) filter (where 10 * through >= ${tenth} * buyers) as ${name(`cut_${tenth}`)}`))}
      from (
        select net_minor, sum(count(*)) over (order by net_minor) as through, sum(count(*)) over () as buyers
        from buyer group by net_minor
      ) as ranked
    )
    select member_key, 10 - (${join(
      tenths.map((tenth) => sql`cast(net_minor > ${name(`cut_${tenth}`)} as integer)`),
      sql` + `,
    )}) as decile
    from buyer cross join cuts)`
