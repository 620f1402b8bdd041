import { join, type Sql, sql } from '../sql/sql.ts'
import { memberNames } from './member-names.ts'

/** Words of a state, in lower case, that say that a coupon was used. */
const used = [
  'used',
  'redeemed',
  'consumed',
  'applied',
  '已使用',
  '已核销',
  '核销',
  '使用成功',
  '核销成功',
  '已用',
  '使用',
]
/** Words that say that it was not: not yet, no more, or given back. */
const unused = [
  'unused',
  'open',
  'active',
  'available',
  'issued',
  'valid',
  'pending',
  'not used',
  'not redeemed',
  'expired',
  'void',
  'voided',
  'revoked',
  'cancelled',
  'canceled',
  'invalid',
  'returned',
  '未使用',
  '未核销',
  '待使用',
  '待核销',
  '可使用',
  '已领取',
  '已发放',
  '有效',
  '未生效',
  '未用',
  '已过期',
  '过期',
  '已失效',
  '失效',
  '已作废',
  '作废',
  '已退回',
  '已撤销',
  '已取消',
]

/** Words among them that say that its time is over, and that it was taken back. */
const expired = ['expired', '已过期', '过期', '已失效', '失效']
const revoked = [
  'void',
  'voided',
  'revoked',
  'cancelled',
  'canceled',
  'invalid',
  'returned',
  '已作废',
  '作废',
  '已退回',
  '已撤销',
  '已取消',
]

const isWord = (state: Sql, words: readonly string[]) =>
  sql`coalesce(lower(trim(${state})) in (${join([...words])}), false)`

/** SQL over a row of coupons elsewhere (`from`): it was used. A state that says so or that it was not goes before a time and an order. */
export const isUsed = (from: Sql): Sql =>
  sql`(${isWord(sql`${from}.state`, used)} or (not ${isWord(sql`${from}.state`, unused)}
    and (${from}.used_at is not null or ${from}.order_id is not null)))`

/** SQL: its state says that its time is over. */
export const isExpired = (from: Sql): Sql => isWord(sql`${from}.state`, expired)

/** SQL: its state says that it was taken back. */
export const isRevoked = (from: Sql): Sql => isWord(sql`${from}.state`, revoked)

/** SQL: its state is a word that is not known. */
export const isUnknownState = (from: Sql): Sql =>
  sql`(${from}.state is not null and not ${isWord(sql`${from}.state`, used)} and not ${isWord(sql`${from}.state`, unused)})`

/**
 * Relation of the rows of coupons elsewhere with `holder`, the member whom `member_id` names now, and `by_value`: that
 * id stands for a phone, openid or e-mail. A member's row and one that is known by the member's phone tell one thing.
 */
export const couponsHeld: Sql = sql`(
  select coupon_of.*, coalesce(named.member_id, coupon_of.member_id) as holder, known.named is not null as by_value
  from coupons_elsewhere as coupon_of
  left join member_aliases as named on named.alias = coupon_of.member_id
  left join row_people as known on known.named = coupon_of.member_id)`

/** SQL: another row of `couponsHeld` tells the same use, of one code, one member and one time. */
const sameUse = (one: Sql, other: Sql) => sql`${other}.code = ${one}.code
  and ${other}.holder is not distinct from ${one}.holder and ${other}.used_at = ${one}.used_at`

/** SQL over a row of `couponsHeld` (`from`): a row of another file tells the same use with its order, where this one has none. */
export const isToldWithOrder = (from: Sql): Sql => sql`(${from}.order_id is null and exists (
  select 1 from ${couponsHeld} as fuller where ${sameUse(from, sql`fuller`)} and fuller.order_id is not null
    and (${from}.campaign_id is null or fuller.campaign_id = ${from}.campaign_id)))`

/**
 * SQL over a row of `couponsHeld` (`from`): another row tells the same use with more, or with the member's number where
 * this one has a phone or the like, so that this one is none of its own.
 */
export const isToldFuller = (from: Sql): Sql =>
  sql`(${isToldWithOrder(from)} or ${isToldWithCampaign(from)} or ${isToldByNumber(from)})`

/** SQL over a row of `couponsHeld` (`from`): another row tells the same coupon, or the same use of it. */
export const isToldAgain = (from: Sql): Sql =>
  sql`(${isUsed(from)} and ${isToldFuller(from)} or ${isToldByNumber(from)})`

/** SQL over a row of `couponsHeld` (`from`): its member is known by a value, and another row tells the same of the member's number, or of another value. */
export const isToldByNumber = (
  from: Sql,
): Sql => sql`(${from}.by_value and ${from}.order_id is null and exists (
  select 1 from ${couponsHeld} as named where named.code = ${from}.code and named.holder = ${from}.holder
    and named.order_id is null and named.used_at is not distinct from ${from}.used_at
    and (${from}.used_at is null or named.campaign_id is not distinct from ${from}.campaign_id)
    and (not named.by_value or named.member_id < ${from}.member_id)))`

/** The same of the campaign, where neither has an order. */
const isToldWithCampaign = (
  from: Sql,
): Sql => sql`(${from}.order_id is null and ${from}.campaign_id is null and exists (
  select 1 from ${couponsHeld} as fuller where ${sameUse(from, sql`fuller`)} and fuller.order_id is null
    and fuller.campaign_id is not null))`

/**
 * Relation of the uses of coupons elsewhere, each with what the orders say: `finds` is 'order' (it is here, of
 * the same member or of no other, as a guest's is), 'other-member', 'unknown-order' or 'no-order'.
 */
export const couponUses: Sql = sql`(
  select coupon.*,
    case when coupon.order_id is null then 'no-order'
      when orders.order_key is null then 'unknown-order'
      when coupon.member_id is not null and orders.member_key is not null
        and orders.member_key is distinct from names.member_key then 'other-member'
      else 'order' end as finds
  from ${couponsHeld} as coupon
  left join orders on orders.order_id = coupon.order_id
  left join ${memberNames} as names on names.named = coupon.member_id
  where ${isUsed(sql`coupon`)} and not ${isToldFuller(sql`coupon`)})`

/**
 * SQL: a code as a number that is equal for equal codes, blanks, dashes and case aside, and from which the code
 * cannot be told: codes of ours are drawn at random. The Store keeps them as they are; the engine this alone.
 */
export const codeHash = (code: Sql): Sql => sql`md5_number(upper(regexp_replace(${code}, '[\\s-]', '', 'g')))`

/** Signs of a code of ours, without blanks and dashes. */
export const codeLength = 14
