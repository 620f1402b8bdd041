import { memberNames } from '../../../analytics/relations/member-names.ts'
import { join, type Sql, sql } from '../../../analytics/sql/sql.ts'
import {
  couponsHeld,
  isToldByNumber,
  isToldWithOrder,
  isUsed,
} from '../../../analytics/relations/coupons-elsewhere.ts'

/** Words of an arm, in lower case, that say that the member was left out on purpose. */
const heldOutWords = [
  'held-out',
  'held out',
  'heldout',
  'holdout',
  'hold-out',
  'hold out',
  'control',
  'control group',
  'no e-mail',
  'no email',
  'untreated',
  '对照',
  '对照组',
  '空白组',
  '空白',
  '不发券',
  '未触达',
  '留白组',
]

/** SQL: an arm is of those who were left out on purpose. Without an arm, members were targeted. */
export const isHeldOut = (arm: Sql): Sql =>
  sql`coalesce(list_contains([${join(heldOutWords)}], lower(trim(${arm}))), false)`

/**
 * Relation of the campaigns that files name, those of targets and coupons included, by `campaign_id`. `targeted`:
 * members who were not held out. `uses`: of coupons; `redeemers`: members who used one; `targeted_redeemers`: of
 * these, those who were targeted. `issued`: coupons, by code and member, else by row; null where files tell uses alone.
 */
export const campaignsElsewhere: Sql = sql`(
  with named as (
    select campaign_id from campaigns_elsewhere
    union select campaign_id from campaign_targets
    union select campaign_id from coupons_elsewhere where campaign_id is not null
  ),
  meant as (
    select campaign_id, member_key, bool_and(${isHeldOut(sql`arm`)}) as held_out
    from campaign_targets join ${memberNames} as names on named = member_id
    group by campaign_id, member_key
  ),
  target as (
    select campaign_id, count(*) filter (where not held_out) as targeted, count(*) filter (where held_out) as held_out
    from meant group by campaign_id
  ),
  coupon as (
    select held.*, names.member_key,
      ${isUsed(sql`held`)} and not ${isToldWithOrder(sql`held`)} and not ${isToldByNumber(sql`held`)} as used,
      row_number() over () as nth
    from ${couponsHeld} as held left join ${memberNames} as names on named = member_id
    where campaign_id is not null
  ),
  used as (
    select coupon.campaign_id, count(*) filter (where used) as uses,
      count(distinct coupon.member_key) filter (where used) as redeemers,
      count(distinct meant.member_key) filter (where used and not meant.held_out) as targeted_redeemers,
      case when count(*) filter (where issued_at is not null or used_at is null) > 0
        then count(distinct case when code is null then 'row ' || nth
          else 'code ' || code || ' ' || coalesce(cast(coupon.member_key as varchar), '') end) end as issued,
      cast(sum(discount_minor) filter (where used) as bigint) as discount_minor
    from coupon
    left join meant on meant.campaign_id = coupon.campaign_id and meant.member_key = coupon.member_key
    group by coupon.campaign_id
  )
  select named.campaign_id, coalesce(told.name, names.campaign_name) as name, told.description, told.starts_day, told.ends_day,
    told.channel, told.cost_minor,
    told.campaign_id is not null as is_described,
    coalesce(target.targeted, 0) as targeted, coalesce(target.held_out, 0) as held_out,
    coalesce(used.uses, 0) as uses, coalesce(used.redeemers, 0) as redeemers,
    coalesce(used.targeted_redeemers, 0) as targeted_redeemers, used.issued, used.discount_minor
  from named
  left join campaigns_elsewhere as told on told.campaign_id = named.campaign_id
  left join target on target.campaign_id = named.campaign_id
  left join used on used.campaign_id = named.campaign_id
  left join (
    select campaign_id, min(campaign_name) as campaign_name from coupons_elsewhere
    where campaign_name is not null group by campaign_id
  ) as names on names.campaign_id = named.campaign_id)`
