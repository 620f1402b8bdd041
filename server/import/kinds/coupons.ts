import { both } from '../../../analytics/schema/described.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { list } from '../columns/fields.ts'
import { couponUses, isUnknownState } from '../../../analytics/relations/coupons-elsewhere.ts'
import { defineKind } from './kind.ts'
import { memberAliases, personFieldsWith } from './person-fields.ts'

/** Coupons that were issued and used elsewhere, held against the orders. */
export const coupons = defineKind({
  name: 'coupons',
  title: both('Coupons elsewhere', '其他系统的优惠券'),
  about: both(
    'One row per coupon that another system issued, or per use of one: by whom, in which order.',
    '其他系统发放或核销的优惠券，每张券或每次核销一行：谁、在哪笔订单使用。',
  ),
  table: 'import_coupons',
  current: 'coupons_elsewhere',
  key: ['code', 'order'],
  // A use without an order is told by its time, one coupon of many people by its member.
  otherKeys: [
    ['code', 'member', 'campaign', 'usedAt'],
    ['code', 'member', 'usedAt'],
    ['code', 'member'],
    ['code'],
  ],
  ofDeleted: 'pseudonym',
  fields: {
    code: {
      type: 'id',
      column: 'code',
      aliases:
        list(`couponcode couponno couponnumber couponid couponupc vouchercode voucherno voucherid promocode promotioncode discountcode
        redemptioncode giftcode 券码 优惠券码 券号 优惠券编号 优惠码 核销码 卡券码 卡券编号 券id 优惠券id 兑换码`),
      label: both('Coupon code', '券码'),
      meaning: both(
        'The code. A row with the same code and order, else the same code and member, corrects it in a later file.',
        '券码。后续文件中券码和订单相同（否则券码和会员相同）的行会更正它。',
      ),
      example: 'AUTUMN-1',
    },
    name: {
      type: 'text',
      column: 'coupon_name',
      aliases: list(`couponname vouchername coupontype vouchertype couponkind offer offername promotionname
        优惠券名称 券名称 优惠券 券类型 优惠券类型 卡券名称 优惠名称 券种`),
      label: both('Coupon', '优惠券名称'),
      meaning: both('Name or type of the coupon.', '优惠券的名称或类型。'),
      example: '20 off 100',
    },
    campaign: {
      type: 'id',
      column: 'campaign_id',
      aliases: list(
        `campaignid campaignno campaignnumber campaigncode promotionid 活动id 活动编号 营销活动id 营销活动编号`,
      ),
      label: both('Campaign number', '活动编号'),
      meaning: both('The campaign that it was issued in.', '所属活动的编号。'),
      example: 'CAMPAIGN-1',
    },
    campaignName: {
      type: 'text',
      column: 'campaign_name',
      aliases: list(`campaign campaigntitle promotion 活动名称 营销活动 营销活动名称 活动`),
      label: both('Campaign', '活动名称'),
      meaning: both('Name of the campaign.', '活动名称。'),
      example: 'Autumn',
    },
    member: {
      type: 'id',
      column: 'member_id',
      member: true,
      aliases: [...memberAliases, ...list('领取人 使用人')].filter(
        (alias) => alias !== 'id' && alias !== 'member',
      ),
      label: both('Member', '会员'),
      meaning: both(
        'Number of the member who got or used it. Empty where the phone, openid or e-mail tells who it is.',
        '领取或使用的会员的编号。可留空，由手机号、openid 或邮箱识别会员。',
      ),
      example: 'MEMBER-1',
    },
    ...personFieldsWith(list('领取人手机号 领券人手机号 使用人手机号 核销人手机号')),
    issuedAt: {
      type: 'date',
      column: 'issued_at',
      aliases:
        list(`issuetime issuedate issuedon dateissued claimedat claimdate receivedat grantedat sentat createdat
        领取时间 领取日期 发放时间 发放日期 发券时间 发券日期 领券时间 创建时间`),
      label: both('Issued', '发放时间'),
      meaning: both('When it was issued or claimed.', '发放或领取的时间。'),
      example: '2026-01-05 10:00:00',
    },
    validFrom: {
      type: 'day',
      column: 'valid_from',
      future: true,
      aliases: list(
        `validstart startsat startdate validitystart effectivefrom effectivedate 生效时间 生效日期 有效期开始 有效期起 开始时间 使用开始时间`,
      ),
      label: both('Valid from', '生效日期'),
      meaning: both('First day on which it is good.', '可使用的第一天。'),
      example: '2026-01-05',
    },
    validUntil: {
      type: 'day',
      column: 'valid_until',
      future: true,
      aliases: list(
        `validto validend expiresat expirydate expirationdate expireson enddate 失效时间 失效日期 过期时间 过期日期 到期时间 到期日期 有效期至 有效期结束 有效期止 结束时间 使用结束时间`,
      ),
      label: both('Valid until', '失效日期'),
      meaning: both('Last day on which it is good.', '可使用的最后一天。'),
      example: '2026-02-05',
    },
    usedAt: {
      type: 'date',
      column: 'used_at',
      aliases:
        list(`usetime usedate usedon dateused redeemedat redemptiondate redemptiontime redeemedon redeemdate
        使用时间 使用日期 核销时间 核销日期 用券时间`),
      label: both('Used', '使用时间'),
      meaning: both(
        'When it was used. Empty: it was not, unless the state says so.',
        '使用时间。为空则未使用，除非状态另有说明。',
      ),
      example: '2026-01-31 18:06:30',
    },
    order: {
      type: 'id',
      column: 'order_id',
      aliases:
        list(`usedinorder usedorderid usedorder redeemedorderid redemptionorderid orderid ordernumber orderno basketid transactionid receiptno
        使用订单号 使用订单 核销订单号 核销订单 用券订单号 关联订单号 关联订单 订单号 订单编号 小票号`),
      label: both('Order', '使用的订单'),
      meaning: both(
        'The order in which it was used, as in orders files.',
        '使用优惠券的订单号，与订单文件一致。',
      ),
      example: 'EXAMPLE-1',
    },
    discount: {
      type: 'amount',
      column: 'discount_minor',
      aliases: list(
        `discountamount discountvalue facevalue couponvalue couponamount amountoff 优惠金额 抵扣金额 券面额 面额 面值 减免金额 核销金额`,
      ),
      label: both('Discount', '优惠金额'),
      meaning: both('What it took off, or is worth.', '抵扣的金额或面额。'),
      example: '20.00',
    },
    state: {
      type: 'text',
      column: 'state',
      aliases: list(
        `couponstatus couponstate status voucherstatus redemptionstatus 券状态 优惠券状态 使用状态 核销状态 状态`,
      ),
      label: both('State', '状态'),
      meaning: both(
        'Used or not: used, unused, expired, 已使用, 未使用, 已过期 and the like. Other words are kept, and the time of use and the order decide.',
        '是否已使用：已使用、未使用、已过期或 used、unused、expired 等。其他写法保留原文，以使用时间和订单判断。',
      ),
      example: 'used',
    },
  },
  recognised: ({ has, order, any }) =>
    (has('code') || has('name')) &&
    (has('usedAt') || has('issuedAt') || has('validUntil')) &&
    (has('usedAt') || !any(list('createdat 创建时间')) || any(list('couponstatus 券状态 优惠券状态'))) &&
    !order('unitPrice') &&
    !order('quantity') &&
    !any(sales),
  checks: [
    {
      reason: 'names-nothing',
      field: 'code',
      when: sql`code is null and member_id is null and coalesce(phone, openid, email) is null and order_id is null`,
      words: both(
        'The row names no code, no member and no order, so nothing can be told of it.',
        '该行没有券码、会员和订单，无法识别。',
      ),
    },
    {
      reason: 'ends-before',
      field: 'validUntil',
      when: sql`valid_until < valid_from`,
      words: both('The coupon ends before it begins.', '失效日期早于生效日期。'),
    },
  ],
  sentences: {
    uses: both(
      '{n, plural, one {# use} other {# uses}} of coupons in the file.',
      '文件中有 {n, number} 次核销。',
    ),
    matched: both(
      '{n, plural, one {# use is} other {# uses are}} in an order that is here.',
      '其中 {n, number} 次核销的订单已导入。',
    ),
    otherMember: both(
      '{n, plural, one {# use is} other {# uses are}} in an order of another member.',
      '{n, number} 次核销的订单属于另一位会员。',
    ),
    unknownOrder: both(
      '{n, plural, one {# use names an order} other {# uses name orders}} that {n, plural, one {is} other {are}} not imported.',
      '{n, number} 次核销的订单尚未导入。',
    ),
    noOrder: both(
      '{n, plural, one {# use names} other {# uses name}} no order.',
      '{n, number} 次核销没有写明订单。',
    ),
    unknownState: both(
      '{n, plural, one {# row has} other {# rows have}} a state that is not known: the time of use and the order decide.',
      '{n, number} 行的状态无法识别，以使用时间和订单判断。',
    ),
  },
  async count(session, importSeq) {
    // of the file's codes, and of its rows without one, as they stand now
    const ofFile = sql`exists (select 1 from import_coupons as said where said.import_seq = ${importSeq}
      and said.code is not distinct from one.code and said.member_id is not distinct from one.member_id
      and said.order_id is not distinct from one.order_id and said.used_at is not distinct from one.used_at)`
    const [uses] = await session.rows(sql`select count(*) as uses,
        count(*) filter (where finds = 'order') as matched,
        count(*) filter (where finds = 'other-member') as other_member,
        count(*) filter (where finds = 'unknown-order') as unknown_order,
        count(*) filter (where finds = 'no-order') as no_order
      from ${couponUses} as one where ${ofFile}`)
    const [states] = await session.rows(
      sql`select count(*) as rows from coupons_elsewhere as one where ${isUnknownState(sql`one`)} and ${ofFile}`,
    )
    return {
      uses: Number(uses!.uses),
      matched: Number(uses!.matched),
      otherMember: Number(uses!.otherMember),
      unknownOrder: Number(uses!.unknownOrder),
      noOrder: Number(uses!.noOrder),
      unknownState: Number(states!.rows),
    }
  },
})

/** Columns of what was sold: such a file is of orders that name their coupon. */
const sales =
  list(`lineamount linetotal netamount netsales amountpaid salesvalue totalpaid ordertotal grandtotal paymentamount
  订单实付金额 实付金额 实付 实收金额 支付金额 订单金额 订单总金额 下单时间 付款时间 支付时间`)
