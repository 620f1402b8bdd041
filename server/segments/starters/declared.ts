import { both, type Words } from '../../../analytics/schema/described.ts'
import { quote } from '../../../analytics/segments/print.ts'
import type { Language, Values } from '../../messages/messages.ts'
import { decimalsOf, decimalText, moneyText } from '../../messages/money.ts'
import { fewest, notEnough, type Thresholds } from './thresholds.ts'

/** A starter segment as it is declared: its sentences may name anything in `values`, and `known`. */
export interface DeclaredStarter {
  readonly id: string
  readonly title: Words
  readonly use: Words
  /** Null: too few members have what its threshold is taken from. */
  readonly rule: string | null
  /** A rule that selects who has the data that is asked for: with nobody it is missing, else they are `known`. */
  readonly asks?: string
  /** Where the threshold is from. */
  readonly from: Words
  readonly missing: Words
  readonly values: Values
}

/** Days without an order after which a member counts as quiet here. */
const quiet = 30

/** The twenty starters, with thresholds that were found in the shop's data, amounts in the reader's language. */
export function declaredStarters(
  found: Thresholds,
  currency: string,
  language: Language,
): readonly DeclaredStarter[] {
  const { orders, toReturn, average, discount, net, gap, points, repeat, store } = found
  const given = (members: number, rule: string) => (members >= fewest ? rule : null)
  const money = (minor: number) => decimalText(minor, decimalsOf(currency))
  const shown = (members: number, minor: number) =>
    members >= fewest ? moneyText(minor, currency, language) : ''
  const inCategory = `category = ${quote(repeat?.category ?? '')}`
  const inStore = `store = ${quote(store?.store ?? '')}`
  const second = both(
    'From this shop’s data: half of the {returned, number} members who bought again did so within {days} days (at least 14 and at most 90 are taken).',
    '取自本店数据：{returned, number} 位复购会员中，半数在 {days} 天内再次购买（取 14 至 90 天之间）。',
  )
  const topFifth = both(
    'From this shop’s data: the top fifth of the {buyers, number} buyers spends {amount} or more a year (the year to their last order).',
    '取自本店数据：{buyers, number} 位购买会员中，消费最高的五分之一一年消费 {amount} 及以上（截至其最近一单）。',
  )
  const ofBuyers = { buyers: net.buyers, amount: shown(net.buyers, net.minor), quiet, fewest }
  const discountsKnown = discount.known >= fewest && discount.discounted > 0
  const discountsFrom = both(
    'A fixed threshold; of {members, number} members it is known whether their orders were discounted.',
    '固定阈值；已知 {members, number} 位会员的订单是否有优惠。',
  )
  const discountsMissing = both(
    'The data is not there: too few orders say whether they were discounted. Import a column of discounts.',
    '缺少数据：标明优惠的订单太少。请导入优惠金额列。',
  )
  const couponsMissing = both(
    'The data is not there: no coupon was issued to a member. Launch a campaign or import a file of coupons.',
    '缺少数据：没有发给会员的优惠券。请发起营销活动或导入优惠券文件。',
  )
  const couponsFrom = both(
    'A fixed threshold; {known, plural, one {# member has} other {# members have}} coupons in the data.',
    '固定阈值；数据中有 {known, number} 位会员的优惠券。',
  )
  return [
    {
      id: 'second-order',
      title: both('New, no second order', '新客未复购'),
      use: both(
        'When half of those who come back are back already: an offer for the second order.',
        '会复购的人已有一半回来：用新人券促成第二单。',
      ),
      rule: given(
        toReturn.returned,
        `orders = 1 and first_seen = no and days_since_order between ${toReturn.days} and ${toReturn.days * 3}`,
      ),
      from: second,
      missing: notEnough,
      values: { ...toReturn, fewest },
    },
    {
      id: 'quiet-month',
      title: both('Quiet for a month', '沉默 30 天'),
      use: both(
        'Every week: a light reminder before a pause becomes a habit.',
        '每周一次：在沉默成为习惯之前轻轻提醒。',
      ),
      rule: given(net.buyers, `days_since_order between ${quiet} and 60`),
      from: both('A fixed threshold: 30 to 60 days without an order.', '固定阈值：30 至 60 天没有下单。'),
      missing: notEnough,
      values: { fewest },
    },
    {
      id: 'high-value-quiet',
      title: both('High value, gone quiet', '高价值沉默会员'),
      use: both(
        'First on the call list: a personal message before an offer for all.',
        '优先联系：群发优惠之前，由导购一对一沟通。',
      ),
      rule: given(net.buyers, `value_at_risk >= ${money(net.minor)} and days_since_order > 60`),
      from: topFifth,
      missing: notEnough,
      values: ofBuyers,
    },
    {
      id: 'best-active',
      title: both('Best customers, here now', '活跃高价值会员'),
      use: both('For early access and thanks rather than discounts.', '适合新品优先与专属礼遇，无需打折。'),
      rule: given(net.buyers, `value_at_risk >= ${money(net.minor)} and days_since_order <= ${quiet}`),
      from: topFifth,
      missing: notEnough,
      values: ofBuyers,
    },
    {
      id: 'stored-value-quiet',
      title: both('Money on the card, but quiet', '有储值但沉默'),
      use: both('Remind them of the balance: it costs no discount.', '提醒余额即可，无需优惠。'),
      rule: `stored_value > 0 and days_since_order > ${quiet}`,
      asks: 'stored_value > 0',
      from: both(
        'A fixed threshold: {quiet} days; {known, plural, one {# member has} other {# members have}} a balance.',
        '固定阈值：{quiet} 天；{known, number} 位会员有储值余额。',
      ),
      missing: both(
        'The data is not there: no member has a balance. Import a file of members with stored value.',
        '缺少数据：没有会员有储值余额。请导入带储值余额的会员文件。',
      ),
      values: { quiet },
    },
    {
      id: 'birthday-week',
      title: both('Birthday this week', '本周生日'),
      use: both(
        'Every week: a birthday gift, today or within 7 days.',
        '每周一次：今天或 7 天内生日，送生日礼。',
      ),
      rule: 'birthday within next 7 days',
      asks: 'birthday_in is known',
      from: both(
        'A fixed threshold; {known, plural, one {# member has} other {# members have}} a birthday in the data.',
        '固定阈值；数据中有 {known, number} 位会员的生日。',
      ),
      missing: both(
        'The data is not there: no member has a birthday. Import a file of members with birthdays.',
        '缺少数据：没有会员生日。请导入带生日的会员文件。',
      ),
      values: {},
    },
    {
      id: 'coupon-expiring',
      title: both('Coupon expires in 3 days', '优惠券 3 天内到期'),
      use: both(
        'Every day: the last reminder before a coupon is lost.',
        '每天一次：优惠券失效前的最后提醒。',
      ),
      rule: 'coupons(state = unused, expires_in between 0 and 3) > 0',
      asks: 'coupons(expires is known) > 0',
      from: both(
        'A fixed threshold; {known, plural, one {# member has} other {# members have}} coupons with a last day in the data.',
        '固定阈值；数据中有 {known, number} 位会员的优惠券带到期日。',
      ),
      missing: both(
        'The data is not there: no coupon with a last day was issued to a member. Launch a campaign or import a file of coupons.',
        '缺少数据：没有发给会员且带到期日的优惠券。请发起营销活动或导入优惠券文件。',
      ),
      values: {},
    },
    {
      id: 'coupon-lapsed',
      title: both('Let coupons lapse, used none', '领券从未核销'),
      use: both(
        'Before the next campaign: another kind of offer, or none.',
        '下次活动之前：换一种优惠，或不再发券。',
      ),
      rule: 'coupons(state = expired) > 0 and coupons(state = redeemed) = 0',
      asks: 'coupons(state is known) > 0',
      from: couponsFrom,
      missing: couponsMissing,
      values: {},
    },
    {
      id: 'points-expiring',
      title: both('Points about to expire', '积分即将到期'),
      use: both('Every month: points to spend are a reason to come.', '每月一次：用掉积分就是到店的理由。'),
      rule: 'points_expiring(expires_in <= 30) > 0',
      asks: 'points_expiring(expires is known) > 0',
      from: both(
        'A fixed threshold: 30 days; {known, plural, one {# member holds} other {# members hold}} points with a last day.',
        '固定阈值：30 天；{known, number} 位会员持有带到期日的积分。',
      ),
      missing: both(
        'The data is not there: no member holds points with a last day. Import a points ledger with expiry.',
        '缺少数据：没有会员持有带到期日的积分。请导入带到期日的积分流水。',
      ),
      values: {},
    },
    {
      id: 'points-quiet',
      title: both('Many points, but quiet', '高积分沉默会员'),
      use: both('Offer something for the points they saved.', '推荐可用积分兑换的商品。'),
      rule: given(points.members, `points >= ${points.points} and days_since_order > ${quiet}`),
      from: both(
        'From this shop’s data: the top fifth of the {members, number} members with points holds {points, number} or more.',
        '取自本店数据：{members, number} 位有积分的会员中，最高的五分之一持有 {points, number} 积分及以上。',
      ),
      missing: both(
        'The data is not there: fewer than {fewest} members have points. Import a file of members with points.',
        '缺少数据：有积分的会员少于 {fewest} 位。请导入带积分的会员文件。',
      ),
      values: { ...points, fewest },
    },
    {
      id: 'cycle-due',
      title:
        repeat && repeat.members >= fewest
          ? both('Due again: {category}', '{category}复购到期')
          : both('Due again: the top repeat category', '主力复购品类到期'),
      use: both(
        'Every week: they should be running out, so remind them before they buy elsewhere.',
        '每周一次：差不多该用完了，趁还没去别处购买时提醒。',
      ),
      rule:
        repeat &&
        given(
          repeat.members,
          `orders(${inCategory}) >= 2 and days_since_order(${inCategory}) between ${repeat.days} and ${repeat.days * 2}`,
        ),
      from: both(
        'From this shop’s data: {category} is what the most members ({members, number}) bought again, with a median of {days, plural, one {# day} other {# days}} between two purchases.',
        '取自本店数据：复购会员最多的品类是{category}（{members, number} 位），两次购买间隔的中位数为 {days} 天。',
      ),
      missing: both(
        'The data is not there: no category that {fewest} members bought on two days. Import order lines with categories, or a file of products.',
        '缺少数据：没有 {fewest} 位会员在两天购买过的品类。请导入带品类的订单明细或商品文件。',
      ),
      values: { ...repeat, fewest },
    },
    {
      id: 'coupon-hunters',
      title: both('Coupon hunters', '只认优惠的会员'),
      use: both('To leave out of discounts, or to clear stock with.', '发券时排除，或用于清库存。'),
      rule: discountsKnown ? 'discounted_share >= 60% and orders >= 3' : null,
      from: discountsFrom,
      missing: discountsMissing,
      values: { members: discount.known },
    },
    {
      id: 'full-price',
      title: both('Buys at full price', '原价购买会员'),
      use: both('To leave out of discounts: they come without one.', '发券时排除：没有优惠也会购买。'),
      rule: discountsKnown ? 'discounted_share = 0% and orders >= 3' : null,
      from: discountsFrom,
      missing: discountsMissing,
      values: { members: discount.known },
    },
    {
      id: 'one-store',
      title:
        store && store.stores > 1 && store.buyers >= fewest
          ? both('Loyal to {store}', '{store}忠实会员')
          : both('Loyal to one store', '单店忠实会员'),
      use: both('For news of that store, and for its staff to call.', '适合推送该店活动，由该店导购联系。'),
      rule:
        store && store.stores > 1
          ? given(store.buyers, `order_share(${inStore}) >= 80% and orders >= 3`)
          : null,
      from: both(
        'A fixed threshold: 80% of 3 or more orders; {store} is the one of {stores, number} stores with the most buyers ({buyers, number}).',
        '固定阈值：3 笔及以上订单的 80%；{store}是 {stores, number} 家门店中购买会员最多的（{buyers, number} 位）。',
      ),
      missing: both(
        'The data is not there: orders do not name two stores, or none has {fewest} buyers. Import a column of stores.',
        '缺少数据：订单中没有两家门店，或没有一家有 {fewest} 位购买会员。请导入门店列。',
      ),
      values: { ...store, fewest },
    },
    {
      id: 'never-bought',
      title: both('Joined, never bought', '入会未购'),
      use: both('A first-order offer, a month after joining.', '入会满一个月：用首单优惠促成第一次购买。'),
      rule: 'status = "never bought" and days_since_joined > 30',
      asks: 'joined is known',
      from: both(
        'A fixed threshold: 30 days; of {known, plural, one {# member} other {# members}} the day of joining is known.',
        '固定阈值：30 天；已知 {known, number} 位会员的入会日期。',
      ),
      missing: both(
        'The data is not there: no member has a day of joining. Import a file of members with it.',
        '缺少数据：没有会员有入会日期。请导入带入会日期的会员文件。',
      ),
      values: {},
    },
    {
      id: 'frequent',
      title: both('Buys often', '高频会员'),
      use: both('For news and add-ons: they are in the shop anyway.', '适合新品与连带推荐：他们本来就常来。'),
      rule: given(orders.buyers, `orders(within 365 days) >= ${orders.high}`),
      from: both(
        'From this shop’s data: four of five of the {buyers, number} buyers of the last 365 days have {high, plural, =2 {1 order} other {fewer than # orders}}.',
        '取自本店数据：最近 365 天 {buyers, number} 位购买会员中，五分之四{high, plural, =2 {只有 1 笔订单} other {的订单少于 # 笔}}。',
      ),
      missing: notEnough,
      values: { ...orders, fewest },
    },
    {
      id: 'big-basket',
      title: both('Big baskets', '大单会员'),
      use: both('For bundles and a high minimum spend.', '适合组合装与高门槛满减。'),
      rule: given(average.buyers, `average_order >= ${money(average.minor)}`),
      from: both(
        'From this shop’s data: nine of ten of the {buyers, number} buyers spend less than {amount} an order.',
        '取自本店数据：{buyers, number} 位购买会员中，九成的平均每单低于 {amount}。',
      ),
      missing: notEnough,
      values: { buyers: average.buyers, amount: shown(average.buyers, average.minor), fewest },
    },
    {
      id: 'long-gone',
      title: both('Gone longer than usual', '沉默超出常态'),
      use: both(
        'A strong offer, once: nearly all who come back are back sooner.',
        '力度大、只发一次：会回来的人几乎都已回来。',
      ),
      rule: given(gap.members, `days_since_order > ${gap.days}`),
      from: both(
        'From this shop’s data: nine of ten repeat purchases of the {members, number} members who bought again came within {days, plural, one {# day} other {# days}}.',
        '取自本店数据：{members, number} 位复购会员的再次购买中，九成在 {days} 天内。',
      ),
      missing: notEnough,
      values: { ...gap, fewest },
    },
    {
      id: 'rhythm-late',
      title: both('Later than their own rhythm', '晚于自己的购买节奏'),
      use: both(
        'Every week: who is late by their own habits, however often they buy.',
        '每周一次：按各自习惯已经晚了，与购买频率无关。',
      ),
      rule: 'rhythm_status in ("cooling", "dormant")',
      asks: 'next_order_in is known',
      from: both(
        'From this shop’s data: each member’s own gaps between purchases; {known, plural, one {# member has} other {# members have}} an expected next order.',
        '取自本店数据：每位会员自己的购买间隔；{known, number} 位会员有预计下单日期。',
      ),
      missing: both(
        'Not enough data: too few repeat purchases to know anybody’s rhythm.',
        '数据不足：复购太少，无法判断购买节奏。',
      ),
      values: {},
    },
    {
      id: 'join-anniversary',
      title: both('Anniversary of joining this week', '本周入会纪念日'),
      use: both('Every week: a thank-you that is not about a discount.', '每周一次：一句感谢，不必打折。'),
      rule: 'join_anniversary within next 7 days and days_since_joined > 300',
      asks: 'joined is known',
      from: both(
        'A fixed threshold: 7 days; of {known, plural, one {# member} other {# members}} the day of joining is known.',
        '固定阈值：7 天；已知 {known, number} 位会员的入会日期。',
      ),
      missing: both(
        'The data is not there: no member has a day of joining. Import a file of members with it.',
        '缺少数据：没有会员有入会日期。请导入带入会日期的会员文件。',
      ),
      values: {},
    },
  ]
}
