import { addDays, daysBetween } from '../../calendar/calendar.ts'
import { countedVoided, everywhere, inPlace, ofAudience } from '../../relations/member-orders.ts'
import type { Scope } from '../../relations/scope.ts'
import { isFirstSeen } from '../../schema/derived.ts'
import type { Dialect } from '../../sql/dialect.ts'
import { join, type Sql, sql } from '../../sql/sql.ts'

/** A period of the ledger; one begins where the one before ended. */
export interface Span {
  readonly from: string
  readonly to: string
  /** The day before the first one, and the last one that is counted. */
  readonly opened: string
  readonly closed: string
}

/**
 * Of each span: who is active `at_start` and `at_end`, who of the former is `restated` or `kept` until the end, and of
 * the latter who is `new` and `first_seen`.
 *
 * Where everybody who buys inside a span is active at its end, whoever comes and goes is counted by purchase days that
 * follow one another too late; only members whom a border finds with an order that no longer counts are counted from
 * their orders. Within stores and channels, and where spans are longer than a member is active, all are.
 */
export function countedBySpan(spans: readonly Span[], scope: Scope, d: Dialect): Sql {
  const { active } = scope.dormancy
  const first = spans[0]!.opened
  const [opened, asOf] = [d.date(first), d.date(scope.asOf)]
  const inside = spans.every((span) => daysBetween(span.opened, span.closed) <= active + 1)
  const byGap = everywhere(scope) && inside
  const inReach = sql`local_day >= ${d.date(addDays(first, -active))} and local_day <= ${asOf}`
  return sql`
      with span as (
        select * from (values ${join(spans.map((span, i) => sql`(${i}, ${d.date(span.opened)}, ${d.date(span.closed)})`))}) as given(place, opened, closed)
      ),
      -- each day with the spans that an order of it may count in
      reaching as (
        select dated.day, place, opened, closed
        from (
          select ${d.addDays(d.date(addDays(first, -active)), sql`n`)} as day from ${d.integers(daysBetween(first, scope.asOf) + active + 1)} as counted_day
        ) as dated
        join span on dated.day <= closed and dated.day >= ${d.addDays(sql`opened`, -active)}
      ),
      -- what counted at the beginning of one of the spans and counts no more
      voided as (
        select member_key, local_day, void_day
        from ${ofAudience(scope, countedVoided(scope, d))} as counted_once where void_day > ${opened}
      ),
      ${byGap ? sql`${whoseOrderWasTaken(inReach, scope)}, ${byGaps(opened, asOf, scope, d)}` : sql`${whoCounts(inReach, scope)}`},
      ${byOrder(scope, byGap ? sql`(select member_key, first_day, joined_day from ${scope.tables.memberFacts} as any_facts where member_key in (select member_key from taken))` : scope.tables.memberFacts, d)}
      ${byGap ? sql`select * from of_gaps union all ` : sql``}select * from of_orders
      order by place`
}

/** Those whom a border finds with an order that counts no more, and what of theirs counts to this day. */
const whoseOrderWasTaken = (inReach: Sql, scope: Scope): Sql => sql`taken as (
        select distinct member_key from voided join span
          on (local_day <= opened and void_day > opened) or (local_day <= closed and void_day > closed)
      ),
      counted as (
        select day.member_key, local_day, previous_day, next_day, first_seen
        from ${scope.tables.memberDay} as day join taken on taken.member_key = day.member_key
        where orders > 0 and ${inReach}
      ),
      ordered as (
        select member_key, local_day, cast(null as date) as void_day from counted
        union all
        select member_key, local_day, void_day from voided where member_key in (select member_key from taken)
      )`

/** All orders that count, or counted, in the part of the shop that is asked about. */
const whoCounts = (inReach: Sql, scope: Scope): Sql => sql`ordered as (
        select member_key, local_day, cast(null as date) as void_day
        from ${ofAudience(scope, scope.tables.ordersByMonth)} as member_order where ${inPlace(scope, scope.tables.orderItems)} and ${inReach}
        union all
        select member_key, local_day, void_day from voided
      )`

/**
 * From purchase days that follow one another, so many members each: they begin to be active on the second of them and
 * have ceased so many days after the first, where it comes too late. What is active at the end of a span is told
 * backwards from asOf.
 */
function byGaps(opened: Sql, asOf: Sql, scope: Scope, d: Dialect): Sql {
  const ceased = d.addDays(sql`from_day`, scope.dormancy.active + 1)
  const late = sql`(
            select member_key, previous_day, local_day, first_seen from ${scope.tables.memberDay} as any_day
            where orders > 0 and local_day > ${opened}
              and coalesce(local_day > ${d.addDays(sql`previous_day`, scope.dormancy.active + 1)}, true)
          )`
  const gaps = scope.audience
    ? sql`select previous_day as from_day, local_day as to_day, first_seen, count(*) as members
          from ${ofAudience(scope, late)} as purchase_day group by all
          union all
          select last_day, null, first_seen, count(*)
          from ${ofAudience(scope, scope.tables.memberFacts)} as facts where orders > 0 group by all`
    : sql`select from_day, to_day, first_seen, members from ${scope.tables.purchaseGaps}`
  return sql`gap as (
        select from_day, to_day, first_seen, ${ceased} as ceased_day, ${d.sum(sql`members`)} as members
        from (
          ${gaps}
          union all
          select previous_day, local_day, first_seen, -1 from counted where local_day > ${opened}
          union all
          select local_day, null, first_seen, -1 from counted where next_day is null
        ) as all_gaps
        where coalesce(to_day > ${opened}, true) and coalesce(to_day > ${ceased}, true)
        group by from_day, to_day, first_seen
      ),
      inside as (select day, place, closed from reaching where day > opened),
      came as (
        select place, ${d.sum(sql`members`)} as came, ${d.sumIf(sql`members`, sql`from_day is null and not first_seen`)} as new,
          ${d.sumIf(sql`members`, sql`from_day is null and first_seen`)} as first_seen
        from gap join inside on day = to_day group by place
      ),
      went as (
        select place, ${d.sum(sql`members`)} as went, ${d.sumIf(sql`members`, sql`coalesce(to_day > closed, true)`)} as lapsed
        from gap join inside on day = ceased_day group by place
      ),
      changed as (
        select span.place, coalesce(came, 0) as came, coalesce(new, 0) as new, coalesce(first_seen, 0) as first_seen,
          coalesce(went, 0) as went, coalesce(lapsed, 0) as lapsed
        from span left join came on came.place = span.place left join went on went.place = span.place
      ),
      ended as (
        select *, (select ${d.sumIf(sql`members`, sql`to_day is null and ceased_day > ${asOf}`)} from gap)
            - sum(came - went) over (order by place desc) + came - went as at_end
        from changed
      ),
      of_gaps as (
        select place, cast(at_end - came + went as bigint) as at_start, 0 as restated,
          cast(at_end - came + went - lapsed as bigint) as kept, cast(at_end as bigint) as at_end, new, first_seen
        from ended
      )`
}

/** From orders, each as long as it counted. */
function byOrder(scope: Scope, theirFacts: Sql, d: Dialect): Sql {
  const knownAtEnd = sql`coalesce(void_day > closed, true)`
  // the first order of those that count to this day, or one before it that counted at the end of the span
  const firstDay = sql`coalesce(least(facts.first_day, begun.first_day), facts.first_day, begun.first_day)`
  return sql`moved as (
        select member_key, place, ${d.countIf(sql`local_day <= opened`)} as at_start,
          ${d.countIf(sql`local_day <= opened and ${knownAtEnd}`)} as still,
          ${d.countIf(sql`local_day >= ${d.addDays(sql`closed`, -scope.dormancy.active)} and ${knownAtEnd}`)} as at_end
        from ordered join reaching on day = local_day
        where coalesce(void_day > opened, true)
        group by member_key, place
      ),
      begun as (
        select member_key, place, min(local_day) as first_day
        from ${ofAudience(scope, scope.tables.voidedOrders)} as any_voided join span on local_day <= closed and void_day > closed
        group by member_key, place
      ),
      of_orders as (
        select place, ${d.countIf(sql`at_start > 0`)} as at_start, ${d.countIf(sql`at_start > 0 and still = 0`)} as restated,
          ${d.countIf(sql`still > 0 and at_end > 0`)} as kept, ${d.countIf(sql`at_end > 0`)} as at_end,
          ${d.countIf(sql`at_end > 0 and first_day > opened and not first_seen`)} as new,
          ${d.countIf(sql`at_end > 0 and first_day > opened and first_seen`)} as first_seen
        from (
          select moved.*, opened, ${firstDay} as first_day, ${isFirstSeen(firstDay, sql`facts.joined_day`)} as first_seen
          from moved
          join span on span.place = moved.place
          join ${theirFacts} as facts on facts.member_key = moved.member_key
          left join begun on begun.member_key = moved.member_key and begun.place = moved.place
          cross join workspace_state as state
        ) as flagged
        group by place
      )`
}
