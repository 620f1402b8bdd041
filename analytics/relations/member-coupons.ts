import type { Dialect } from '../sql/dialect.ts'
import { type Sql, sql } from '../sql/sql.ts'
import {
  codeHash,
  codeLength,
  couponsHeld,
  isExpired,
  isRevoked,
  isToldAgain,
  isUsed,
} from './coupons-elsewhere.ts'
import { memberNames } from './member-names.ts'

/** Too short for a code of ours, blanks and dashes or not, where none of ours was made elsewhere. */
const isTheirs = sql`(coupon.code is null or length(coupon.code) < ${codeLength}
  and not exists (select 1 from issued_coupons as own where own.is_given))`
/** No other row can tell the same use. */
const isAlone = sql`(coupon.code is null or coupon.order_id is not null or coupon.used_at is null and not coupon.by_value)`
const notToldAgain = sql`not ${isToldAgain(sql`coupon`)}`

/**
 * The coupons of other systems, each use once, without those that are ours. Rows are held against others and
 * against our codes only where they can be the same: in most files those are few.
 */
const elsewhere: Sql = sql`(
  select * from ${couponsHeld} as coupon where ${isTheirs} and ${isAlone}
  union all
  select * from ${couponsHeld} as coupon where ${isTheirs} and not ${isAlone} and ${notToldAgain}
  union all
  select * from ${couponsHeld} as coupon where not ${isTheirs} and ${notToldAgain}
    and not exists (select 1 from issued_coupons as own where own.code_hash = ${codeHash(sql`coupon.code`)}))`

/** What became of a coupon: `unused` may still be redeemed, now or once its validity begins. */
export const couponStates = ['unused', 'redeemed', 'expired', 'revoked'] as const

/**
 * Relation: a row per coupon of a member, our own and those that files tell of other systems, as of a day:
 * `member_key`, `campaign` (its id; of others the id or name that the file gives), `issued_day`, `last_day` on
 * which it is good, `used_day` of the newest redemption that was not taken back, `state`, `label` (the name that a file gives a
 * coupon of another system). Days that nobody told
 * are null. A coupon with several uses is redeemed with the last of them.
 *
 * A coupon counts from the day on which it was issued. With `newest` what people did counts as it stands now,
 * whatever its day; a coupon has expired when its last day is before asOf. Of other systems' coupons a state that
 * says used or not goes before the time of use; one that says taken back has no day, and holds on every day. A row
 * with a code of ours is none of theirs: the ledger speaks for it. Coupons that are for whoever presents them are
 * nobody's.
 */
export function memberCoupons({ asOf, newest, d }: { asOf: string; newest: boolean; d: Dialect }): Sql {
  const today = d.date(asOf)
  const known = (day: Sql) => (newest ? sql`true` : sql`coalesce(${day} <= ${today}, true)`)
  const local = (instant: Sql) =>
    sql`cast(timezone(state.time_zone, make_timestamptz(epoch_us(${instant}))) as date)`
  return sql`(
    select issued.member_key, issued.campaign_id as campaign, issued.issued_day, issued.last_day, used.used_day,
      case when used.uses >= issued.uses then 'redeemed' when revoked.coupon_key is not null then 'revoked'
        when issued.last_day < ${today} then 'expired' else 'unused' end as state, null as label
    from coupons_of_members as issued
    left join (
      select coupon_key, sum(uses) as uses, max(changed_day) as used_day
      from (
        select coupon_key, any_value(uses) filter (where kind = 'redeemed') as uses,
          any_value(changed_day) filter (where kind = 'redeemed') as changed_day
        from coupon_changes where kind in ('redeemed', 'cancelled') and ${known(sql`changed_day`)}
        group by coupon_key, redeemed_seq having count(*) = 1
      ) as standing
      group by coupon_key
    ) as used on used.coupon_key = issued.coupon_key
    left join (
      select distinct coupon_key from coupon_changes where kind = 'revoked' and ${known(sql`changed_day`)}
    ) as revoked on revoked.coupon_key = issued.coupon_key
    where ${known(sql`issued.issued_day`)}
    union all
    select member_key, campaign, issued_day, last_day, case when used then used_day end,
      case when used then 'redeemed' when revoked then 'revoked'
        when coalesce(last_day < ${today}, expired) then 'expired' else 'unused' end, coupon_name
    from (
      select *, told_used and ${known(sql`used_day`)} as used
      from (
        select names.member_key, coalesce(coupon.campaign_id, coupon.campaign_name) as campaign, coupon.coupon_name,
          coalesce(${local(sql`coupon.issued_at`)}, coupon.valid_from) as issued_day, coupon.valid_until as last_day,
          ${local(sql`coupon.used_at`)} as used_day,
          ${isUsed(sql`coupon`)} as told_used, ${isRevoked(sql`coupon`)} as revoked, ${isExpired(sql`coupon`)} as expired
        from ${elsewhere} as coupon cross join workspace_state as state
        join ${memberNames} as names on names.named = coupon.member_id
      ) as told
    ) as elsewhere
    where ${known(sql`coalesce(issued_day, used_day)`)})`
}
