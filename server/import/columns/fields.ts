/**
 * What a column can mean. The names are those of `--map` files. Aliases are headers in lower case
 * without blanks and punctuation, best first, as platforms and tills write them in English and Chinese.
 */
export interface Field {
  readonly type: 'id' | 'date' | 'time' | 'number' | 'text'
  readonly aliases: readonly string[]
}

export const list = (text: string): string[] => text.trim().split(/\s+/)

/** A person's id at WeChat, for one account of the shop or for all of them, or at WeCom (企业微信). */
export const openidHeaders: readonly string[] = list(
  `openid wechatopenid wxopenid weixinopenid memberopenid buyeropenid unionid wechatunionid
  externaluserid wecomexternaluserid qywxexternaluserid externalcontactid 外部联系人id 企微外部联系人id 企业微信外部联系人id 客户外部联系人id
  企微客户id 企业微信客户id
  微信openid 会员openid 买家openid 客户openid 用户openid 微信unionid 会员unionid`,
)

export const emailHeaders: readonly string[] = list(
  `customeremail customeremailaddress buyeremail memberemail useremail email emailaddress mail billingemail
  邮箱 电子邮箱 邮箱地址 电子邮件 会员邮箱 客户邮箱 买家邮箱 用户邮箱
  電子信箱 電子郵件 信箱 會員信箱 買家信箱 メールアドレス メール eメール 電子メール 이메일 이메일주소 회원이메일 주문자이메일 구매자이메일`,
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
      订单号 订单编号 主订单编号 订单id 单号 交易号 交易单号 小票号 销售单号 账单号 流水号
      訂單號 訂單編號 訂單號碼 單號 交易序號 注文番号 注文id 注文no 受注番号 受注id オーダー番号 주문번호 주문id 주문no 거래번호`),
  },
  memberId: {
    type: 'id',
    aliases:
      list(`memberid memberno member customeruniqueid customerid customerno customernumber mastercustomerid customer
      clientid buyerid userid user householdid cardno cardnumber membercard loyaltyid customeruser
      会员id 会员号 会员编号 会员卡号 会员 客户id 客户编号 客户号 顾客id 顾客编号 用户id 用户编号 买家id 买家会员名 买家昵称
      會員id 會員號 會員編號 會員代號 會員卡號 顧客編號 客戶編號 会員番号 会員no 顧客番号 顧客コード 会員コード 회원번호 회원id 회원아이디 고객번호 고객id 구매자id 주문자id`),
  },
  /** The buyer's, who is known by it where nothing names the member; a receiver's only where there is no other. */
  phone: {
    type: 'id',
    aliases:
      list(`buyerphone customerphone customerphonenumber memberphone userphone clientphone phone phonenumber phoneno mobile mobilephone
      mobilenumber mobileno cellphone billingphone
      买家手机号 会员手机号 客户手机号 顾客手机号 用户手机号 买家手机 会员手机 客户手机 手机号 手机号码 手机 联系手机 联系电话
      收件人手机号 预约人收货人手机号 收货人手机号提货人手机号 收货人手机号
      買家電話 會員手機 會員電話 手機號碼 手機號 手機 行動電話 聯絡電話 購買人電話 携帯電話 携帯電話番号 携帯番号 電話番号 注文者電話番号 휴대폰 휴대폰번호 휴대전화 휴대전화번호 핸드폰 핸드폰번호 주문자휴대폰 주문자휴대전화 구매자연락처 연락처 전화번호`),
  },
  openid: { type: 'id', aliases: openidHeaders },
  email: { type: 'id', aliases: emailHeaders },
  orderedAt: {
    type: 'date',
    aliases:
      list(`orderedat orderdate ordertime orderdatetime orderpurchasetimestamp purchasedate purchasetimestamp
      createdat ordercreatedat created invoicedate transactiondate transactiontimestamp transactiontime saledate salesdate
      purchasedat datetime timestamp date time
      下单时间 下单日期 订单创建时间 订单提交时间 订单时间 订单日期 创建时间 交易时间 交易日期 成交时间 消费时间 销售时间 销售日期 日期 时间
      下單時間 下單日期 訂單時間 訂單日期 訂單成立時間 建立時間 交易時間 成立日期 時間 注文日 注文日時 注文日付 注文時間 受注日 受注日時 購入日 購入日時 日付 日時 주문일 주문일시 주문일자 주문날짜 주문시간 구매일 구매일시 날짜 일자`),
  },
  /** Beside a column of days alone. */
  timeOfDay: {
    type: 'time',
    aliases: list(`time timeofday ordertime transactiontime 时间 下单时间 交易时间
      時間 注文時間 時刻 시간 주문시간`),
  },
  paidAt: {
    type: 'date',
    aliases: list(`paidat paiddate paymentdate paymenttime paytime orderapprovedat
      付款时间 支付时间 买家付款时间 订单付款时间
      付款時間 付款日期 支付時間 入金日 入金日時 決済日 決済日時 支払日 결제일 결제일시 결제일자 결제시간 입금일`),
  },
  state: {
    type: 'text',
    aliases: list(
      `orderstatus financialstatus paymentstatus transactionstatus status orderstate 订单状态 支付状态 交易状态 状态
      訂單狀態 付款狀態 狀態 注文状況 注文ステータス 受注ステータス ステータス 状態 주문상태 결제상태 상태`,
    ),
  },
  amount: {
    type: 'number',
    aliases:
      list(`lineamount linetotal netamount netsales amountpaid salesvalue sales totalpaid amount ordertotal total totalamount
      grandtotal paymentvalue paymentamount revenue netrevenue dollarvalue turnover spend value subtotal
      订单实付金额 实付金额 实付 买家实际支付金额 订单实收金额 实收金额 实收 支付金额 成交金额 付款金额 订单金额 订单应付金额 应付金额
      应收订单金额 销售额 消费金额 订单总金额 总金额 小计 金额
      實付金額 實收金額 支付金額 付款金額 訂單實付金額 訂單金額 訂單總額 訂單總金額 消費金額 總金額 總計 合計金額 小計 金額 支払金額 決済金額 お支払い金額 ご請求金額 請求金額 注文金額 購入金額 売上金額 合計 결제금액 실결제금액 총결제금액 최종결제금액 주문금액 총주문금액 구매금액 합계 합계금액 총금액 금액`),
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
      数量 商品数量 购买数量 销售数量 件数 宝贝总数量
      數量 購買數量 商品數量 件數 個数 数量点数 注文数 注文数量 購入数 購入数量 수량 주문수량 구매수량 상품수량`),
  },
  unitPrice: {
    type: 'number',
    aliases: list(
      `unitprice price lineitemprice itemprice sellingprice priceeach 单价 商品单价 成交单价 售价 销售单价 价格
      單價 商品單價 售價 単価 商品単価 販売価格 価格 단가 상품단가 판매가 판매가격 판매단가 가격`,
    ),
  },
  listPrice: {
    type: 'number',
    aliases: list(
      `listprice compareatprice lineitemcompareatprice originalprice retailprice msrp 原价 吊牌价 标价 零售价
      定價 定価 通常価格 정가 소비자가`,
    ),
  },
  discount: {
    type: 'number',
    aliases: list(`discountamount discounttotal totaldiscount 优惠金额 折扣金额 店铺优惠合计 优惠合计
      折扣金額 優惠金額 折抵金額 値引額 値引き額 割引額 割引金額 할인금액 할인액`),
  },
  refundAmount: {
    type: 'number',
    aliases: list(
      `refundedamount refundamount amountrefunded totalrefunded 退款金额 订单已退款金额 已退款金额
      退款金額 返金額 返金金額 환불금액 환불액`,
    ),
  },
  refundedAt: {
    type: 'date',
    aliases: list(`refundedat refunddate refundtime 退款时间 退款日期
      退款時間 返金日 返金日時 환불일 환불일시 환불일자`),
  },
  /** How far a refund has come: only what was given back counts. */
  refundState: {
    type: 'text',
    aliases: list(`refundstate refundstatus 退款状态 订单退款状态 售后状态
      退款狀態 返金状況 환불상태`),
  },
  refundsOrderId: {
    type: 'id',
    aliases: list(
      `refundsorderid refundedorderid originalorderid originalorder originalinvoice 原订单号 原单号 退款订单号
      原訂單編號 原訂單號 元注文番号 원주문번호`,
    ),
  },
  cancelled: { type: 'text', aliases: list(`取消类型`) },
  currency: {
    type: 'text',
    aliases: list(`currency ordercurrency currencycode 币种 货币
      幣別 幣種 通貨 통화`),
  },
  sku: {
    type: 'id',
    aliases: list(`sku stockcode lineitemsku productid productcode itemid itemcode barcode upc asin
      商品编码 商家编码 商品编号 商品id 货号 规格编码 条码
      商品編號 商品貨號 貨號 商品代碼 商品番号 商品コード 商品no 品番 상품코드 상품번호 품목코드`),
  },
  product: {
    type: 'text',
    aliases: list(`productname product lineitemname itemname item description producttitle title
      商品名称 全部商品名称 品名 商品 选购商品 宝贝标题
      商品名稱 品名規格 商品名 상품명 제품명 품목명`),
  },
  category: {
    type: 'text',
    aliases: list(
      `category productcategory categoryname productcategoryname department subcategory 商品分类 商品类目 分类 品类 类目 类别
      商品分類名稱 分類名稱 類別 分類 商品類別 カテゴリ カテゴリー 商品カテゴリ 商品カテゴリー 카테고리 상품카테고리 상품분류 분류`,
    ),
  },
  store: {
    type: 'text',
    aliases: list(
      `store storename storeid shop shopname branch outlet location 门店 门店名称 归属店铺 下单网点 网点 店铺 店铺名称 服务组织
      門市 門市名稱 門店名稱 分店 商店名稱 店鋪 店舗 店舗名 店名 支店 매장 매장명 지점 지점명 점포 점포명`,
    ),
  },
  channel: {
    type: 'text',
    aliases: list(`channel saleschannel orderchannel source platform 渠道 销售渠道 订单来源 来源渠道
      通路 銷售通路 訂單來源 来源 販売チャネル チャネル 流入経路 판매채널 채널 유입경로`),
  },
  region: {
    type: 'text',
    aliases:
      list(`region province shippingprovince billingprovince customerstate country shippingcountry billingcountry city shippingcity
      省份 收货人省份 省 地区 城市 国家
      縣市 收件縣市 都道府県 地域 지역 시도`),
  },
} as const satisfies Record<string, Field>

export type FieldName = keyof typeof fields
export const fieldNames = Object.keys(fields) as FieldName[]

/** Begins the amount where a cell lists refunds: `amount:5.00|reason:…|date:…`, several by `;`. */
export const refundEntry = 'amount:'

/** Places in a list of aliases from here on say the same: lists of several languages are long. */
export const farthest = 40

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
