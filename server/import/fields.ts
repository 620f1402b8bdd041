/**
 * What a column can mean. The names are those of `--map` files. Aliases are headers in lower case
 * without blanks and punctuation, best first, as platforms and tills write them in English and Chinese.
 */
export interface Field {
  readonly type: 'id' | 'date' | 'time' | 'number' | 'text'
  readonly aliases: readonly string[]
}

export const list = (text: string): string[] => text.trim().split(/\s+/)

/** A person's id at WeChat, for one account of the shop or for all of them. */
export const openidHeaders: readonly string[] = list(
  `openid wechatopenid wxopenid weixinopenid memberopenid buyeropenid unionid wechatunionid
  微信openid 会员openid 买家openid 客户openid 用户openid 微信unionid 会员unionid`,
)

export const emailHeaders: readonly string[] = list(
  `customeremail customeremailaddress buyeremail memberemail useremail email emailaddress mail billingemail
  邮箱 电子邮箱 邮箱地址 电子邮件 会员邮箱 客户邮箱 买家邮箱 用户邮箱`,
)

/** What tells people apart besides the number that the shop gives them. */
export const personValues = ['phone', 'openid', 'email'] as const
export type PersonValue = (typeof personValues)[number]

export const fields = {
  orderId: {
    type: 'id',
    aliases:
      list(`orderid ordernumber orderno ordersn order invoiceno invoice invoiceid invoicenumber basketid
      transactionid transactionno receiptid receiptnumber receiptno receipt billno billid ticketid ticketno salesorder
      订单号 订单编号 主订单编号 订单id 单号 交易号 交易单号 小票号 销售单号 账单号 流水号`),
  },
  memberId: {
    type: 'id',
    aliases:
      list(`memberid memberno member customeruniqueid customerid customerno customernumber mastercustomerid customer
      clientid buyerid userid user householdid cardno cardnumber membercard loyaltyid customeruser
      会员id 会员号 会员编号 会员卡号 会员 客户id 客户编号 客户号 顾客id 顾客编号 用户id 用户编号 买家id 买家会员名 买家昵称`),
  },
  /** The buyer's, who is known by it where nothing names the member; a receiver's only where there is no other. */
  phone: {
    type: 'id',
    aliases:
      list(`buyerphone customerphone customerphonenumber memberphone userphone clientphone phone phonenumber phoneno mobile mobilephone
      mobilenumber mobileno cellphone billingphone
      买家手机号 会员手机号 客户手机号 顾客手机号 用户手机号 买家手机 会员手机 客户手机 手机号 手机号码 手机 联系手机 联系电话
      收件人手机号 预约人收货人手机号 收货人手机号提货人手机号 收货人手机号`),
  },
  openid: { type: 'id', aliases: openidHeaders },
  email: { type: 'id', aliases: emailHeaders },
  orderedAt: {
    type: 'date',
    aliases:
      list(`orderedat orderdate ordertime orderdatetime orderpurchasetimestamp purchasedate purchasetimestamp
      createdat ordercreatedat created invoicedate transactiondate transactiontimestamp transactiontime saledate salesdate
      purchasedat datetime timestamp date time
      下单时间 下单日期 订单创建时间 订单提交时间 订单时间 订单日期 创建时间 交易时间 交易日期 成交时间 消费时间 销售时间 销售日期 日期 时间`),
  },
  /** Beside a column of days alone. */
  timeOfDay: {
    type: 'time',
    aliases: list(`time timeofday ordertime transactiontime 时间 下单时间 交易时间`),
  },
  paidAt: {
    type: 'date',
    aliases: list(`paidat paiddate paymentdate paymenttime paytime orderapprovedat
      付款时间 支付时间 买家付款时间 订单付款时间`),
  },
  state: {
    type: 'text',
    aliases: list(
      `orderstatus financialstatus paymentstatus transactionstatus status orderstate 订单状态 支付状态 交易状态 状态`,
    ),
  },
  amount: {
    type: 'number',
    aliases:
      list(`lineamount linetotal netamount netsales amountpaid salesvalue sales totalpaid amount ordertotal total totalamount
      grandtotal paymentvalue paymentamount revenue netrevenue dollarvalue turnover spend value subtotal
      订单实付金额 实付金额 实付 买家实际支付金额 订单实收金额 实收金额 实收 支付金额 成交金额 付款金额 订单金额 订单应付金额 应付金额
      应收订单金额 销售额 消费金额 订单总金额 总金额 小计 金额`),
  },
  orderTotal: { type: 'number', aliases: [] },
  /** What was charged before refunds, beside an amount that may have them taken off: only compared. */
  chargedTotal: {
    type: 'number',
    aliases: list(`ordertotal grandtotal totalamount grossamount grosstotal originaltotal totalcharged total
      订单总金额 总金额 订单总额 应收订单金额 订单应付金额 应付金额 应付总额 订单金额`),
  },
  /** Sales of gift cards and top-ups within the amount, which are no orders. */
  topUp: { type: 'number', aliases: list(`giftcardsales`) },
  /** Charged on top of the amount. */
  tax: { type: 'number', aliases: [] },
  /** Charged for the row on top of its price. Amounts hold it already. */
  shipping: { type: 'number', aliases: list(`freightvalue freight shippingfee shippingcharge 运费`) },
  /** Stored value that the order was paid with, beside the amount: a payment, no reduction. */
  balancePaid: { type: 'number', aliases: [] },
  quantity: {
    type: 'number',
    aliases:
      list(`quantity qty lineitemquantity numberofcds units itemssold unitssold itemquantity orderquantity
      数量 商品数量 购买数量 销售数量 件数 宝贝总数量`),
  },
  unitPrice: {
    type: 'number',
    aliases: list(
      `unitprice price lineitemprice itemprice sellingprice priceeach 单价 商品单价 成交单价 售价 销售单价 价格`,
    ),
  },
  listPrice: {
    type: 'number',
    aliases: list(
      `listprice compareatprice lineitemcompareatprice originalprice retailprice msrp 原价 吊牌价 标价 零售价`,
    ),
  },
  discount: {
    type: 'number',
    aliases: list(`discountamount discounttotal totaldiscount 优惠金额 折扣金额 店铺优惠合计 优惠合计`),
  },
  refundAmount: {
    type: 'number',
    aliases: list(
      `refundedamount refundamount amountrefunded totalrefunded 退款金额 订单已退款金额 已退款金额`,
    ),
  },
  refundedAt: { type: 'date', aliases: list(`refundedat refunddate refundtime 退款时间 退款日期`) },
  refundsOrderId: {
    type: 'id',
    aliases: list(
      `refundsorderid refundedorderid originalorderid originalorder originalinvoice 原订单号 原单号 退款订单号`,
    ),
  },
  cancelled: { type: 'text', aliases: list(`取消类型`) },
  currency: { type: 'text', aliases: list(`currency ordercurrency currencycode 币种 货币`) },
  sku: {
    type: 'id',
    aliases: list(`sku stockcode lineitemsku productid productcode itemid itemcode barcode upc asin
      商品编码 商家编码 商品编号 商品id 货号 规格编码 条码`),
  },
  product: {
    type: 'text',
    aliases: list(`productname product lineitemname itemname item description producttitle title
      商品名称 全部商品名称 品名 商品 选购商品 宝贝标题`),
  },
  category: {
    type: 'text',
    aliases: list(
      `category productcategory categoryname productcategoryname department subcategory 商品分类 商品类目 分类 品类 类目 类别`,
    ),
  },
  store: {
    type: 'text',
    aliases: list(
      `store storename storeid shop shopname branch outlet location 门店 门店名称 归属店铺 下单网点 网点 店铺 店铺名称 服务组织`,
    ),
  },
  channel: {
    type: 'text',
    aliases: list(`channel saleschannel orderchannel source platform 渠道 销售渠道 订单来源 来源渠道`),
  },
  region: {
    type: 'text',
    aliases:
      list(`region province shippingprovince billingprovince customerstate country shippingcountry billingcountry city shippingcity
      省份 收货人省份 省 地区 城市 国家`),
  },
} as const satisfies Record<string, Field>

export type FieldName = keyof typeof fields
export const fieldNames = Object.keys(fields) as FieldName[]

/** Begins the amount where a cell lists refunds: `amount:5.00|reason:…|date:…`, several by `;`. */
export const refundEntry = 'amount:'

/** A header as aliases are written. */
export const plainHeader = (header: string): string =>
  header.toLowerCase().replace(/[\s_\-./\\#()（）:：'"]+/g, '')

export type OrderState = 'unpaid' | 'paid' | 'closed'
/**
 * `refunded`: paid, and all of it given back. `closed-or-refunded`: closed; but paid, and its refund
 * given back, where the row has a time of payment and a refund.
 */
export type StateMeaning = OrderState | 'refunded' | 'closed-or-refunded'

const words = (meaning: StateMeaning, text: string): [string, StateMeaning][] =>
  text
    .trim()
    .split(/\s*[\n|]\s*/)
    .map((word) => [word, meaning])

/** What the words of a state column mean, in lower case. Others are asked for. */
export const stateWords: Readonly<Record<string, StateMeaning>> = Object.fromEntries(
  [
    ...words(
      'paid',
      `paid | complete | completed | delivered | shipped | fulfilled | processing | invoiced | approved | confirmed | success |
     succeeded | captured | settled | closed paid | partially_refunded | partially refunded | partially_paid | done | finished | ok | sale |
     已付款 | 已支付 | 已完成 | 交易成功 | 交易完成 | 待发货 | 已发货 | 待收货 | 已收货 | 已签收 | 支付成功 | 完成 | 成功 | 部分退款 | 买家已付款 |
     买家已付款，等待卖家发货 | 卖家已发货，等待买家确认 | 待自提 | 已核销 | 待评价 | 等待商家发货 |
     等待发货 | 等待卖家发货 | 商家已发货 | 卖家已发货 | 等待买家收货 | 待提货 | 已提货`,
    ),
    ...words(
      'unpaid',
      `unpaid | pending | pending payment | pending_payment | on-hold | on hold | authorized | created | awaiting payment | open | draft |
     checkout-draft | partially_authorized | expired authorization |
     待付款 | 未付款 | 未支付 | 待支付 | 等待买家付款 | 已下单 | 待确认`,
    ),
    ...words(
      'closed',
      `closed | cancelled | canceled | void | voided | failed | expired | declined | unavailable | rejected |
     已关闭 | 交易关闭 | 已取消 | 取消 | 关闭 | 订单关闭 | 订单取消 | 支付失败 | 超时关闭`,
    ),
    ...words(
      'refunded',
      `refunded | refund | returned | fully refunded | 已退款 | 退款成功 | 全额退款 | 退款完成 | 交易关闭（已退款）`,
    ),
  ].filter(([word]) => word !== ''),
)

/** What stands for nothing in exports. In lower case. */
export const emptyWords = [
  'null',
  'nan',
  'n/a',
  '#n/a',
  'none',
  '-',
  '--',
  '—',
  '——',
  '\\n',
  'undefined',
] as const
