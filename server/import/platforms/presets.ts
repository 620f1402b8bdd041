import type { FieldName, PersonValue, StateMeaning } from '../columns/fields.ts'
import type { JoinedProducts } from './joined-products.ts'

/**
 * Whether a platform's amounts have its refunds taken off already. `by-check`: exports of both kinds are
 * known, the file's own figures decide.
 */
export type AmountsAreNet = boolean | 'by-check'

/** What is known of a platform's order export beyond what its headers say. */
export interface Preset {
  /** Headers without which it is not this export, or tells no amounts. */
  readonly needs: readonly string[]
  /** Headers that tell it from others; `marksNeeded` of them have to be there. */
  readonly marks: readonly string[]
  readonly marksNeeded: number
  /** The column of each field: the first of these that the file has. Null: none, whatever the guess. */
  readonly columns: Readonly<Partial<Record<FieldName, string | readonly string[] | null>>>
  /** What takes the place of an e-mail that a row does not have: customers without an account. */
  readonly emailElse?: string
  /** Columns that add up to what was charged before refunds, in alternatives. */
  readonly charged?: readonly (readonly string[])[]
  readonly amountsAreNet: AmountsAreNet
  /** Each row has a refund of its own, also beside a total of the whole order. */
  readonly refundsByRow?: true
  /** Each row has an amount of its own, also where rows of one order are alike. */
  readonly amountsByRow?: true
  /** Its product column names all products of the order. */
  readonly joinedProducts?: JoinedProducts
  /** `*`: every other word. */
  readonly states?: Readonly<Record<string, StateMeaning>>
  /** What the platform's customers are known by, where that is not the first value that a row has. */
  readonly knownBy?: PersonValue
}

/** An order that was paid and given back is closed too. */
const closedAfterRefund = {
  交易关闭: 'closed-or-refunded',
  已关闭: 'closed-or-refunded',
  订单关闭: 'closed-or-refunded',
} as const

/** As stored, and in the languages of shops whose exports are translated. */
const wooStates = {
  ...meaning(
    'paid',
    'wc-completed wc-processing 处理中 abgeschlossen in_bearbeitung completado procesando terminée en_cours',
  ),
  ...meaning(
    'unpaid',
    'wc-pending wc-on-hold wc-checkout-draft 保留 zahlung_ausstehend in_wartestellung pendiente_de_pago en_espera attente_paiement en_attente',
  ),
  ...meaning(
    'closed',
    'wc-cancelled wc-failed 失败 storniert fehlgeschlagen cancelado fallido annulée échouée',
  ),
  ...meaning('refunded', 'wc-refunded rückerstattet reembolsado remboursée'),
}

export const presetNames = [
  'youzan',
  'weimob',
  'douyin',
  'taobao',
  'shopify',
  'woocommerce-analytics',
  'woocommerce-webtoffee',
  'square',
  'square-items',
] as const
export type PresetName = (typeof presetNames)[number]

/** Order exports of platforms. Where one has the buyer's and the receiver's phone, the buyer's tells the member. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  youzan: {
    needs: ['订单号', '订单实付金额'],
    marks:
      list(`买家手机号 买家付款时间 归属店铺 销售渠道 全部商品名称 商品种类数 订单已退款金额 订单退款状态 订单实收金额 店铺优惠合计
      支付优惠合计 应收订单金额 买家是否会员 订单抵用积分数 订单星级 团长订单 推广方式`),
    marksNeeded: 3,
    columns: {
      orderId: '订单号',
      memberId: ['会员ID', '会员编号'],
      phone: '买家手机号',
      orderedAt: '订单创建时间',
      paidAt: '买家付款时间',
      state: '订单状态',
      amount: '订单实付金额',
      orderTotal: null,
      refundAmount: '订单已退款金额',
      refundState: '订单退款状态',
      store: ['归属店铺', '下单网点'],
      channel: ['销售渠道', '订单来源'],
      product: '全部商品名称',
      region: '收货人省份',
      quantity: null,
      unitPrice: null,
      category: null,
    },
    charged: [['应收订单金额']],
    amountsAreNet: false,
    joinedProducts: 'counts-behind',
    states: closedAfterRefund,
  },
  weimob: {
    needs: ['订单编号', '实收金额'],
    marks: list(
      `取消类型 余额抵扣金额 订单总金额 预约人/收货人姓名 预约人/收货人手机号 服务组织 售后类型 售后件数 商品留言 规格编码`,
    ),
    marksNeeded: 3,
    columns: {
      orderId: '订单编号',
      phone: ['买家手机号', '会员手机号', '预约人/收货人手机号'],
      orderedAt: '下单时间',
      paidAt: ['付款时间', '支付时间'],
      state: '订单状态',
      cancelled: '取消类型',
      orderTotal: '实收金额',
      balancePaid: '余额抵扣金额',
      amount: null,
      unitPrice: null,
      quantity: '商品数量',
      sku: ['商品编码', '规格编码'],
      product: '商品名称',
      store: '服务组织',
      refundAmount: '退款金额',
      refundState: '售后状态',
    },
    charged: [['订单总金额']],
    amountsAreNet: 'by-check',
    refundsByRow: true,
    states: closedAfterRefund,
  },
  douyin: {
    needs: ['主订单编号', '订单应付金额'],
    marks:
      list(`子订单编号 选购商品 商品规格 商家编码 收件人手机号 订单提交时间 订单完成时间 平台实际承担优惠金额
      商家实际承担优惠金额 达人实际承担优惠金额`),
    marksNeeded: 3,
    columns: {
      orderId: '主订单编号',
      phone: ['买家手机号', '收件人手机号'],
      orderedAt: '订单提交时间',
      paidAt: ['支付完成时间', '支付时间'],
      state: '订单状态',
      amount: '订单应付金额',
      unitPrice: null,
      quantity: '商品数量',
      sku: '商家编码',
      product: '选购商品',
      refundAmount: '退款金额',
      refundState: '售后状态',
      region: '省',
    },
    amountsByRow: true,
    amountsAreNet: false,
    states: {
      ...closedAfterRefund,
      待支付: 'unpaid',
      备货中: 'paid',
      部分发货: 'paid',
      已支付: 'paid',
    },
  },
  taobao: {
    needs: ['订单编号', '买家实际支付金额'],
    marks:
      list(`买家会员名 买家支付宝账号 买家应付货款 买家应付邮费 总金额 返点积分 订单付款时间 宝贝标题 宝贝种类 宝贝总数量
      买家实际支付积分 是否是O2O交易`),
    marksNeeded: 2,
    columns: {
      orderId: '订单编号',
      memberId: ['买家会员名', '买家支付宝账号'],
      phone: ['买家手机号', '买家手机'],
      orderedAt: '订单创建时间',
      paidAt: '订单付款时间',
      state: '订单状态',
      amount: '买家实际支付金额',
      quantity: null,
      unitPrice: null,
      product: '宝贝标题',
      category: null,
      store: ['店铺名称'],
      refundAmount: '退款金额',
      // Why it was closed tells that it was given back.
      refundState: ['退款状态', '售后状态', '订单关闭原因'],
    },
    charged: [['总金额'], ['买家应付货款', '买家应付邮费']],
    amountsAreNet: 'by-check',
    states: closedAfterRefund,
  },
  shopify: {
    needs: ['Name', 'Total', 'Lineitem quantity'],
    marks: [
      'Financial Status',
      'Fulfillment Status',
      'Paid at',
      'Lineitem name',
      'Lineitem price',
      'Lineitem sku',
      'Refunded Amount',
      'Outstanding Balance',
      'Accepts Marketing',
    ],
    marksNeeded: 3,
    columns: {
      orderId: 'Name',
      memberId: ['Customer ID', 'Customer Id'],
      email: 'Email',
      phone: ['Phone', 'Billing Phone'],
      orderedAt: 'Created at',
      paidAt: 'Paid at',
      state: 'Financial Status',
      orderTotal: 'Total',
      amount: null,
      quantity: 'Lineitem quantity',
      unitPrice: 'Lineitem price',
      listPrice: 'Lineitem compare at price',
      product: 'Lineitem name',
      sku: 'Lineitem sku',
      refundAmount: 'Refunded Amount',
      currency: 'Currency',
      store: 'Location',
      channel: 'Source',
      region: ['Shipping Province', 'Billing Province'],
    },
    charged: [
      ['Subtotal', 'Shipping', 'Taxes'],
      ['Subtotal', 'Shipping'],
    ],
    amountsAreNet: false,
    knownBy: 'email',
  },
  'woocommerce-analytics': {
    needs: ['Order #', 'N. Revenue (formatted)'],
    marks: ['Customer type', 'Product(s)', 'Items sold', 'Coupon(s)', 'Net Sales', 'Attribution', 'Status'],
    marksNeeded: 2,
    states: wooStates,
    columns: {
      orderId: 'Order #',
      // A name tells nobody from a namesake.
      memberId: null,
      phone: null,
      openid: null,
      email: null,
      orderedAt: 'Date',
      state: 'Status',
      amount: ['N. Revenue (formatted)', 'Net Sales'],
      orderTotal: null,
      product: 'Product(s)',
      quantity: null,
      unitPrice: null,
      channel: 'Attribution',
    },
    amountsAreNet: false,
    joinedProducts: 'counts-before',
  },
  'woocommerce-webtoffee': {
    needs: ['order_id', 'order_total'],
    marks: [
      'order_number',
      'wt_import_key',
      'refund_items',
      'line_item_1',
      'Product Item 1 Name',
      'order_subtotal',
      'cart_discount',
      'shipping_tax_total',
      'billing_email',
      'customer_user',
      'download_permissions',
    ],
    marksNeeded: 3,
    columns: {
      orderId: 'order_id',
      // Numbers of accounts are not in every version, and 0 for whoever has none.
      memberId: null,
      email: ['customer_email', 'billing_email'],
      phone: 'billing_phone',
      orderedAt: 'order_date',
      paidAt: 'paid_date',
      state: 'status',
      amount: 'order_total',
      orderTotal: null,
      // Each refund as `amount:5.00|reason:…|date:…`.
      refundAmount: 'refund_items',
      refundedAt: 'refund_items',
      currency: 'order_currency',
      region: ['shipping_state', 'billing_state'],
      // Of an order's items the columns name, none is the whole order.
      product: null,
      sku: null,
      quantity: null,
      unitPrice: null,
      category: null,
    },
    emailElse: 'billing_email',
    amountsAreNet: false,
    states: wooStates,
    knownBy: 'email',
  },
  square: {
    needs: ['Transaction ID', 'Total Collected'],
    marks: [
      'Gross Sales',
      'Net Sales',
      'Gift Card Sales',
      'Partial Refunds',
      'Event Type',
      'Card Entry Methods',
      'Square Gift Card',
      'Payment ID',
      'Net Total',
    ],
    marksNeeded: 4,
    columns: {
      orderId: 'Transaction ID',
      memberId: ['Customer ID', 'Customer Reference ID'],
      orderedAt: 'Date',
      timeOfDay: 'Time',
      state: 'Transaction Status',
      amount: 'Total Collected',
      orderTotal: null,
      topUp: 'Gift Card Sales',
      refundAmount: 'Partial Refunds',
      discount: null,
      quantity: null,
      unitPrice: null,
      // A text of all items; a device is no product either.
      product: 'Description',
      sku: null,
      category: null,
      store: 'Location',
      channel: ['Channel', 'Source'],
    },
    charged: [['Net Sales', 'Tax', 'Tip']],
    amountsAreNet: 'by-check',
  },
  'square-items': {
    needs: ['Transaction ID', 'Item', 'Net Sales'],
    marks: [
      'Qty',
      'Price Point Name',
      'Modifiers Applied',
      'Gross Sales',
      'Event Type',
      'Itemization Type',
      'Dining Option',
      'Payment ID',
      'GTIN',
    ],
    marksNeeded: 4,
    columns: {
      orderId: 'Transaction ID',
      memberId: ['Customer ID', 'Customer Reference ID'],
      orderedAt: 'Date',
      timeOfDay: 'Time',
      state: 'Itemization Type',
      amount: 'Net Sales',
      tax: 'Tax',
      orderTotal: null,
      unitPrice: null,
      discount: null,
      quantity: 'Qty',
      product: 'Item',
      sku: 'SKU',
      category: 'Category',
      store: 'Location',
      channel: 'Channel',
    },
    amountsByRow: true,
    // Refunds are rows of their own.
    amountsAreNet: false,
    // A gift card that is sold is no order.
    states: { 'gift card': 'closed', gift_card: 'closed', '*': 'paid' },
  },
}

/** States with blanks written as `_`. */
function meaning(state: StateMeaning, words: string): Record<string, StateMeaning> {
  return Object.fromEntries(list(words).map((word) => [word.replaceAll('_', ' '), state]))
}

/** A hand-written list of words. */
function list(text: string): string[] {
  return text.trim().split(/\s+/)
}
