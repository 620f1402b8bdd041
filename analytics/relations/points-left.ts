import type { Dialect } from '../sql/dialect.ts'
import { type Sql, sql } from '../sql/sql.ts'
import { memberNames } from './member-names.ts'

/**
 * Relation: what is left of a member's points that were given with an expiry, by its last day, as of a day:
 * `member_key`, `expires_day` (that day or later), `points` (above 0). From the points ledger, its entries up to
 * the day asked about.
 *
 * All that went (spent, expired, corrected: negative entries) is taken from the points that expire first, also
 * where those had expired already, and from points without an expiry last. So what is left is exact where the
 * ledger also has what expired, and never too little where it does not. Each id of a member has its own points.
 */
export const pointsLeft = ({ asOf, d }: { asOf: string; d: Dialect }): Sql => sql`(
  select names.member_key, lots.expires_day, sum(lots.left_over) as points
  from (
    select member_id, expires_day, least(given, greatest(given_by_then - gone, 0)) as left_over
    from (
      select given.member_id, given.expires_day, given.given, coalesce(spent.gone, 0) as gone,
        sum(given.given) over (partition by given.member_id order by given.expires_day) as given_by_then
      from (
        select member_id, expires_day, sum(change) as given from ${entries(d.date(asOf))} as entry
        where change > 0 and expires_day is not null group by member_id, expires_day
      ) as given
      left join (
        select member_id, -sum(change) as gone from ${entries(d.date(asOf))} as entry
        where change < 0 group by member_id
      ) as spent on spent.member_id = given.member_id
    ) as running
  ) as lots
  join ${memberNames} as names on names.named = lots.member_id
  where lots.expires_day >= ${d.date(asOf)} and lots.left_over > 0
  group by names.member_key, lots.expires_day)`

const entries = (today: Sql): Sql => sql`(
  select points_entries.* from points_entries cross join workspace_state as state
  where ${entryDay} <= ${today})`

/** The local day of an entry of the points ledger, beside `workspace_state as state`. */
const entryDay = sql`cast(timezone(state.time_zone, make_timestamptz(epoch_us(changed_at))) as date)`

/** Relation: the points ledger with the member whose it is, entries of strangers left out: `member_key`, `local_day`, `change`, `change_reason`. */
export const pointsChanges: Sql = sql`(
  select names.member_key, ${entryDay} as local_day, change, change_reason
  from points_entries cross join workspace_state as state
  join ${memberNames} as names on names.named = points_entries.member_id)`
