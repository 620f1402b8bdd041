import { type DerivedTables, logUnits } from '../schema/derived.ts'
import { type Sql, sql } from '../sql/sql.ts'

/** A store's gaps tell what is usual there from so many on; below, the shop's do. */
const storeGaps = 100
/** How much what is usual counts against a member's own gaps. */
const shrinkage = 4
/** Under so many degrees of freedom the rule says nothing. */
const leastFreedom = 30
/** How many standard deviations beyond the expected gap a member is cooling, dormant, lost. */
const beyond = { cooling: 0.842, dormant: 1.645, lost: 2.326 } as const

/**
 * Relation: a row per member who bought, by the rhythm rule of dormancy, as of the day of the tables:
 * `expected_day`, the day of the next expected order (the expected gap rounded to whole days after the last
 * purchase day), and `cooling_after`, `dormant_after`, `lost_after`, days since the last order past which the
 * member is that. Empty where the rule is refused, so that a member without a row has no status by it.
 *
 * Of the logarithms of the n gaps of a member, with mean ȳ: m̂ = (nȳ + 4μ) ÷ (n + 4). μ is the mean over the gaps
 * of all members who have the same main store when these are at least 100, else over all gaps of the shop; σ² is
 * the sum of squares within members ÷ Σ(n − 1), over members with a gap; under 30 degrees of freedom the rule is
 * refused. The expected gap is exp(m̂), limits are exp(m̂ + zσ) in thousandths of a day, so that whoever comes every
 * seven days is not late by a rounding on the seventh. Source: DEFINITIONS.md, "Dormancy", Rhythm.
 */
export const rhythms = ({ memberFacts }: Pick<DerivedTables, 'memberFacts'>): Sql => {
  const limit = (z: number) => sql`round(exp(mean + ${z} * deviation), 3)`
  return sql`(
    with bought as (
      select member_key, main_store, last_day, purchase_days - 1 as gaps, log_gaps, log_gaps_squared
      from ${memberFacts} where purchase_days > 0
    ),
    stores as (
      select main_store, sum(log_gaps) / sum(gaps) as usual from bought
      where main_store is not null group by main_store having sum(gaps) >= ${storeGaps}
    ),
    shop as (
      select sum(log_gaps) / sum(gaps) as usual, sum(gaps - 1) as freedom,
        -- nΣy² − (Σy)² in whole numbers: exactly 0 for who always comes after as many days
        sum(cast(cast(gaps as hugeint) * log_gaps_squared - cast(log_gaps as hugeint) * log_gaps as double) / gaps) as squares
      from bought where gaps > 0
    ),
    expected as (
      select bought.member_key, bought.last_day,
        (bought.log_gaps + ${shrinkage} * coalesce(stores.usual, shop.usual)) / (bought.gaps + ${shrinkage}) / ${logUnits} as mean,
        sqrt(shop.squares / shop.freedom) / ${logUnits} as deviation
      from bought cross join shop left join stores on stores.main_store = bought.main_store
      where shop.freedom >= ${leastFreedom}
    )
    select member_key, last_day + cast(round(exp(mean)) as integer) as expected_day,
      ${limit(beyond.cooling)} as cooling_after, ${limit(beyond.dormant)} as dormant_after, ${limit(beyond.lost)} as lost_after
    from expected)`
}
