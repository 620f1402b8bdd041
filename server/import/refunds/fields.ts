import { type Field, fields, list, type StateMeaning } from '../columns/fields.ts'

/** What a column of a file of refunds can mean, as `fields` says it of orders. */
export const refundFields = {
  refundId: {
    type: 'id',
    aliases:
      list(`refundid refundno refundnumber refundsn returnid returnno creditnoteid creditnoteno creditnote creditmemo aftersaleid
      退款编号 退款单号 退款单编号 退款id 售后单号 售后编号 售后单编号 售后id 退货单号 维权编号 退单号
      退款編號 退款單號 退貨單號 返金番号 返品番号 환불번호 반품번호`),
  },
  /** The order that money is given back of. */
  orderId: {
    type: 'id',
    aliases: [
      ...list(`refundsorderid refundedorderid originalorderid originalorder originalinvoice
      原订单号 原订单编号 原单号 退款订单号 关联订单号 关联订单编号
      原訂單編號 原訂單號 元注文番号 원주문번호`),
      ...fields.orderId.aliases,
    ],
  },
  memberId: { type: 'id', aliases: fields.memberId.aliases },
  /** Of a refund that names no order: who it is of, where nothing names the member. */
  phone: { type: 'id', aliases: fields.phone.aliases },
  openid: { type: 'id', aliases: fields.openid.aliases },
  email: { type: 'id', aliases: fields.email.aliases },
  refundedAt: {
    type: 'date',
    aliases: [
      ...list(`refundedat refunddate refundtime refundcompletedat refundfinishedat refundcreatedat processedat
      退款时间 退款日期 退款完成时间 退款成功时间 退款完结时间 退款到账时间 售后完成时间 售后完结时间 完结时间 完成时间
      退款申请时间 退款的申请时间 售后申请时间 申请时间
      退款時間 返金日 返金日時 返品日 환불일 환불일시 환불일자`),
      ...list(`createdat created datetime timestamp date time 创建时间 日期 时间`),
    ],
  },
  amount: {
    type: 'number',
    aliases:
      list(`refundamount refundedamount amountrefunded refundtotal totalrefunded refundvalue refund amount total
      退款金额 买家退款金额 实退金额 实际退款金额 退款总金额 退款总额 应退金额 售后金额 订单已退款金额 已退款金额 金额
      退款金額 返金額 返金金額 환불금액 환불액`),
  },
  state: {
    type: 'text',
    aliases: list(`refundstatus refundstate returnstatus status state 退款状态 售后状态 处理状态 状态
      退款狀態 返金状況 환불상태`),
  },
  store: { type: 'text', aliases: fields.store.aliases },
  channel: { type: 'text', aliases: fields.channel.aliases },
  sku: { type: 'id', aliases: fields.sku.aliases },
  product: { type: 'text', aliases: fields.product.aliases },
  reason: {
    type: 'text',
    aliases: list(`refundreason returnreason reason note 退款原因 售后原因 退货原因 申请原因 原因
      退貨原因 返金理由 返品理由 환불사유 반품사유`),
  },
  currency: { type: 'text', aliases: fields.currency.aliases },
} as const satisfies Record<string, Field>

export type RefundField = keyof typeof refundFields
export const refundFieldNames = Object.keys(refundFields) as RefundField[]

/**
 * What the words of a refund's state mean, in lower case: `paid` is given back, `unpaid` not yet, `closed` never.
 * Others are asked for.
 */
export const refundStateWords: Readonly<Record<string, StateMeaning>> = {
  ...words(
    'paid',
    `refunded | refund | success | succeeded | successful | completed | complete | done | settled | paid | finished | ok | partially refunded | partially_refunded | fully refunded |
    退款成功 | 成功 | 已退款 | 退款完成 | 退款完结 | 已完成 | 完成 | 已完结 | 完结 | 售后成功 | 售后完成 | 售后完结 | 全额退款 | 部分退款 | 同意退款，退款成功 |
    全额退款成功 | 已全额退款 | 全部退款 | 全部退款成功 | 部分退款成功 | 已部分退款`,
  ),
  ...words(
    'unpaid',
    `pending | processing | requested | open | in progress | in_progress | approved | waiting | created | unpaid |
    退款中 | 待退款 | 部分退款中 | 全额退款中 | 退款处理中 | 处理中 | 售后中 | 售后处理中 | 申请中 | 已申请 | 待处理 | 待审核 | 审核中 | 已同意 | 待商家处理 | 待商家同意 | 待卖家处理 | 待买家处理 |
    待买家退货 | 待退货 | 退货中 | 待商家收货 | 待卖家收货 | 买家已经申请退款，等待卖家同意 | 卖家已经同意退款，等待买家退货 | 买家已经退货，等待卖家确认收货`,
  ),
  ...words(
    'closed',
    `closed | cancelled | canceled | rejected | declined | refused | denied | failed | void | voided | expired | withdrawn |
    退款关闭 | 关闭 | 已关闭 | 售后关闭 | 已取消 | 取消 | 已撤销 | 撤销 | 买家撤销 | 买家已撤销 | 拒绝 | 已拒绝 | 商家拒绝 | 商家已拒绝 | 卖家拒绝退款 | 退款失败 | 失败 | 售后失败 | 驳回 | 已驳回`,
  ),
}

const whole = /^(refunded|fully refunded|(已)?(全额|全部)退款(成功)?)$/
const part = /^(partially.refunded|(已)?部分退款(成功)?)$/

/** What the word of a refund's state says beside an order: nothing was given back yet or ever, something, a part, or all. */
export type SaidBack = 'not-given' | 'given' | 'part' | 'whole'

/** The same words, in lower case, as they stand beside orders. Others say nothing there. */
export const saidBackWords: Readonly<Record<string, SaidBack>> = Object.fromEntries(
  Object.entries(refundStateWords).map(([word, meaning]) => [
    word,
    meaning !== 'paid' ? 'not-given' : whole.test(word) ? 'whole' : part.test(word) ? 'part' : 'given',
  ]),
)

function words(meaning: StateMeaning, text: string): Record<string, StateMeaning> {
  return Object.fromEntries(text.split(/\s*\|\s*/).map((word) => [word.trim(), meaning]))
}
