import { workbook } from '../containers/archive.fixture.ts'
import { inGb18030 } from '../encoding/encoded.fixture.ts'
import { sheetRows } from '../variants.fixture.ts'

/** Rows of an export by header; a header that occurs again is written with `#2`. */
export type Rows = readonly Readonly<Record<string, string>>[]

const cell = (value: string) => (/[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value)

/** The text of an export with these columns. */
export const exported = (headers: readonly string[], rows: Rows): string =>
  [
    headers.map((header) => cell(header.replace(/#2$/, ''))).join(','),
    ...rows.map((row) => headers.map((header) => cell(row[header] ?? '')).join(',')),
    '',
  ].join('\n')

/** The same export as it comes: as it is, with a mark, in GB18030 with its columns the other way round, as a workbook. */
export const writings: readonly (readonly [
  string,
  (headers: readonly string[], rows: Rows) => string | Uint8Array,
])[] = [
  ['UTF-8', exported],
  ['UTF-8 with a mark', (headers, rows) => `\ufeff${exported(headers, rows)}`],
  ['GB18030, other order', (headers, rows) => inGb18030(exported(headers.toReversed(), rows))],
  [
    'a workbook',
    (headers, rows) =>
      workbook(
        sheetRows(
          [
            headers.map((header) => header.replace(/#2$/, '')),
            ...rows.map((row) => headers.map((header) => row[header] ?? '')),
          ],
          false,
        ),
      ),
  ],
]

const list = (text: string) => text.trim().split(/\s+/)

export const youzan: { readonly headers: readonly string[]; readonly rows: Rows } = {
  headers:
    list(`订单号 销售渠道 归属店铺 订单类型 订单状态 推广方式 订单创建时间 买家付款时间 付款方式 商品金额合计 运费 店铺优惠合计
    应收订单金额 订单实付金额 支付优惠合计 订单实收金额 全部商品名称 商品种类数 收货人省份 收货人/提货人 收货人手机号/提货人手机号 买家备注 买家昵称
    买家是否会员 买家手机号 分销员 销售导购 订单退款状态 订单已退款金额 商家订单备注 分销员#2 分销员手机号`),
  rows: [
    {
      订单号: 'E20260301101112000000000001',
      订单状态: '交易完成',
      订单创建时间: '2026-03-01 10:11:12',
      买家付款时间: '2026-03-01 10:12:00',
      应收订单金额: '60.00',
      订单实付金额: '60.00',
      订单已退款金额: '0.00',
      全部商品名称: '桂花乌龙(1件),白瓷杯(2件)',
      归属店铺: '湖滨店',
      '收货人手机号/提货人手机号': '13700000009',
      买家手机号: '13900000001',
      分销员: '——',
      '分销员#2': '林某',
      商家订单备注: ' ',
    },
    {
      订单号: 'E20260302101112000000000002',
      订单状态: '交易完成',
      订单创建时间: '2026-03-02 10:11:12',
      买家付款时间: '2026-03-02 10:12:00',
      应收订单金额: '80.00',
      订单实付金额: '80.00',
      订单已退款金额: '30.00',
      全部商品名称: '桂花乌龙(2件)',
      归属店铺: '湖滨店',
      '收货人手机号/提货人手机号': '13700000008',
      买家手机号: '13900000001',
      分销员: '周某',
      '分销员#2': '——',
    },
    {
      // Sent to another member: the buyer is the member.
      订单号: 'E20260303101112000000000003',
      订单状态: '交易关闭',
      订单创建时间: '2026-03-03 10:11:12',
      买家付款时间: '2026-03-03 10:12:00',
      应收订单金额: '45.00',
      订单实付金额: '45.00',
      订单已退款金额: '45.00',
      全部商品名称: '白瓷杯(1件)',
      '收货人手机号/提货人手机号': '13900000001',
      买家手机号: '13900000002',
    },
    {
      订单号: 'E20260304101112000000000004',
      订单状态: '已发货',
      订单创建时间: '2026-03-04 10:11:12',
      买家付款时间: '2026-03-04 10:12:00',
      应收订单金额: '20.00',
      订单实付金额: '20.00',
      订单已退款金额: ' ',
      全部商品名称: '茶巾(1件)',
      '收货人手机号/提货人手机号': '13700000007',
      买家手机号: ' ',
    },
    {
      订单号: 'E20260305101112000000000005',
      订单状态: '待付款',
      订单创建时间: '2026-03-05 10:11:12',
      买家付款时间: '——',
      应收订单金额: '25.00',
      订单实付金额: '0.00',
      订单已退款金额: '——',
      全部商品名称: '茶巾(1件)',
      买家手机号: '——',
    },
    {
      // Of what was asked for besides, the column of what was given back says nothing.
      订单号: 'E20260307101112000000000007',
      订单状态: '交易完成',
      订单创建时间: '2026-03-07 10:11:12',
      买家付款时间: '2026-03-07 10:12:00',
      应收订单金额: '50.00',
      订单实付金额: '50.00',
      订单退款状态: '退款中',
      订单已退款金额: '20.00',
      全部商品名称: '茶巾(1件)',
      买家手机号: '13900000003',
    },
    {
      订单号: 'E20260307101112000000000008',
      订单状态: '交易关闭',
      订单创建时间: '2026-03-07 10:11:12',
      买家付款时间: '2026-03-07 10:12:00',
      应收订单金额: '35.00',
      订单实付金额: '35.00',
      订单退款状态: '全额退款成功',
      订单已退款金额: '——',
      全部商品名称: '茶巾(1件)',
      买家手机号: '13900000003',
    },
    {
      订单号: 'E20260307101112000000000009',
      订单状态: '交易完成',
      订单创建时间: '2026-03-07 10:11:12',
      买家付款时间: '2026-03-07 10:12:00',
      应收订单金额: '15.00',
      订单实付金额: '15.00',
      订单退款状态: '部分退款成功',
      订单已退款金额: ' ',
      全部商品名称: '茶巾(1件)',
      买家手机号: '13900000003',
    },
    {
      订单号: '20260306543065306159',
      订单状态: '交易完成',
      订单创建时间: '2026-03-06 10:11:12',
      买家付款时间: '2026-03-06 10:12:00',
      应收订单金额: '10.00',
      订单实付金额: '10.00',
      订单已退款金额: '0.00',
      全部商品名称: '茶巾(1件)',
      买家手机号: '13900000002',
    },
  ],
}

const weimobRow = (id: string, day: string, phone: string, total: string, more: Record<string, string>) => ({
  订单编号: `${id}\t`,
  下单时间: `2026-03-${day} 09:00:00`,
  订单总金额: total,
  实收金额: total,
  余额抵扣金额: '0.00',
  商品数量: '1',
  服务组织: '城西店',
  '预约人/收货人手机号': `${phone}.0`,
  ...more,
})
export const weimob = {
  headers:
    list(`订单编号 下单时间 订单总金额 余额抵扣金额 实收金额 商品编码 规格编码 商品名称 商品规格 商品数量 预约人/收货人姓名
    预约人/收货人手机号 收货人地址 配送方式 服务组织 商品留言 取消类型 售后类型 售后状态 售后件数 退款金额`),
  rows: [
    weimobRow('600100000000000001', '01', '13800000001', '90.00', { 商品名称: '龙井' }),
    weimobRow('600100000000000001', '01', '13800000001', '90.00', { 商品名称: '茶罐' }),
    weimobRow('600100000000000002', '02', '13800000001', '100.00', { 商品名称: '龙井', 退款金额: '10.00' }),
    weimobRow('600100000000000002', '02', '13800000001', '100.00', { 商品名称: '茶罐', 退款金额: '20.00' }),
    weimobRow('600100000000000003', '03', '13800000003', '50.00', { 商品名称: '茶罐', 取消类型: '买家取消' }),
    weimobRow('600100000000000004', '04', '13800000002', '30.00', {
      商品名称: '茶罐',
      退款金额: '30.00',
      取消类型: '无',
    }),
    // Two items, and as much given back for each.
    weimobRow('600100000000000005', '05', '13800000002', '80.00', { 商品名称: '龙井', 退款金额: '15.00' }),
    weimobRow('600100000000000005', '05', '13800000002', '80.00', { 商品名称: '茶罐', 退款金额: '15.00' }),
    // Paid in part, and in full, from stored value.
    weimobRow('600100000000000006', '06', '13800000003', '100.00', {
      实收金额: '60.00',
      余额抵扣金额: '40.00',
    }),
    weimobRow('600100000000000007', '07', '13800000003', '25.00', {
      实收金额: '0.00',
      余额抵扣金额: '25.00',
    }),
    // Asked for and rejected: nothing was given back. Given back, and not said how much.
    weimobRow('600100000000000008', '08', '13800000004', '70.00', { 售后状态: '申请中', 退款金额: '70.00' }),
    weimobRow('600100000000000009', '08', '13800000004', '65.00', {
      售后状态: '售后关闭',
      退款金额: '65.00',
    }),
    weimobRow('600100000000000010', '08', '13800000004', '55.00', { 售后状态: '售后完成' }),
    weimobRow('600100000000000011', '08', '13800000004', '45.00', { 售后状态: '退款成功', 退款金额: '5.00' }),
  ],
}

const douyinRow = (id: string, sub: string, amount: string, state: string, phone: string) => ({
  主订单编号: `\t${id}`,
  子订单编号: `\t${id}${sub}`,
  选购商品: '手工茶点',
  商品数量: '1',
  订单应付金额: amount,
  收件人: '某某',
  收件人手机号: `\t${phone}`,
  订单提交时间: `2026-03-0${id.at(-1)} 20:00:00`,
  订单状态: state,
})
export const douyin = {
  headers:
    list(`主订单编号 子订单编号 选购商品 商品规格 商品数量 商家编码 订单应付金额 运费 收件人 收件人手机号 详细地址 订单提交时间
    商家备注 订单完成时间 订单状态 售后状态 取消原因 发货时间 平台实际承担优惠金额 商家实际承担优惠金额 达人实际承担优惠金额`),
  rows: [
    douyinRow('690000000000000001', '1', '40.00', '已完成', '13600000001'),
    douyinRow('690000000000000001', '2', '15.50', '已完成', '13600000001'),
    douyinRow('690000000000000002', '1', '70.00', '已关闭', '13600000002'),
    douyinRow('690000000000000003', '1', '20.00', '备货中', '13600000001'),
    douyinRow('690000000000000004', '1', '33.00', '待支付', '13600000002'),
    // Closed after it was given back; given back and not how much; asked for; all of a part of an order.
    { ...douyinRow('690000000000000005', '1', '41.00', '已关闭', '13600000005'), 售后状态: '退款成功' },
    { ...douyinRow('690000000000000006', '1', '42.00', '已完成', '13600000005'), 售后状态: '退款成功' },
    { ...douyinRow('690000000000000007', '1', '43.00', '已完成', '13600000005'), 售后状态: '部分退款成功' },
    { ...douyinRow('690000000000000008', '1', '44.00', '已发货', '13600000005'), 售后状态: '待商家处理' },
    { ...douyinRow('690000000000000009', '1', '30.00', '已完成', '13600000005'), 售后状态: '已全额退款' },
    { ...douyinRow('690000000000000009', '2', '16.00', '已完成', '13600000005'), 售后状态: '-' },
  ],
}

const taobaoRow = (id: string, buyer: string, state: string, [total, paid, back]: readonly string[]) => ({
  订单编号: `="${id}"`,
  买家会员名: buyer,
  买家应付货款: total!,
  买家应付邮费: '0.00',
  总金额: total!,
  买家实际支付金额: paid!,
  订单状态: state,
  收货人姓名: '收货人',
  联系手机: "'13500000009",
  订单创建时间: `2026-03-0${id.at(-1)} 12:00:00`,
  订单付款时间: state === '等待买家付款' || back === '' ? '' : `2026-03-0${id.at(-1)} 12:01:00`,
  宝贝标题: '陈皮 老茶',
  宝贝总数量: '1',
  退款金额: back!,
})
const taobaoHeaders =
  list(`订单编号 买家会员名 买家支付宝账号 买家应付货款 买家应付邮费 总金额 买家实际支付金额 订单状态 收货人姓名 联系手机
  订单创建时间 订单付款时间 宝贝标题 宝贝总数量 退款金额`)
/** The same orders as a report whose paid amounts have refunds taken off, and as one whose have not. */
export const taobao = {
  headers: taobaoHeaders,
  net: [
    taobaoRow('310001', '茶客甲', '交易成功', ['88.00', '88.00', '0.00']),
    taobaoRow('310002', '茶客甲', '交易成功', ['120.00', '90.00', '30.00']),
    taobaoRow('310003', '茶客乙', '交易关闭', ['60.00', '0.00', '60.00']),
    taobaoRow('310004', '茶客乙', '交易关闭', ['45.00', '0.00', '']),
    taobaoRow('310005', '茶客乙', '卖家已发货，等待买家确认', ['15.00', '15.00', '0.00']),
  ],
  notNet: [
    taobaoRow('310001', '茶客甲', '交易成功', ['88.00', '88.00', '0.00']),
    taobaoRow('310002', '茶客甲', '交易成功', ['120.00', '120.00', '30.00']),
    taobaoRow('310003', '茶客乙', '交易关闭', ['60.00', '60.00', '60.00']),
    taobaoRow('310004', '茶客乙', '交易关闭', ['45.00', '0.00', '']),
    taobaoRow('310005', '茶客乙', '卖家已发货，等待买家确认', ['15.00', '15.00', '0.00']),
  ],
}

const shopifyHead = (name: string, email: string, state: string, more: Record<string, string>) => ({
  Name: name,
  Email: email,
  'Financial Status': state,
  'Paid at': state === 'pending' ? '' : '2026-04-05 21:06:21 +0400',
  'Created at': '2026-04-05 21:05:58 +0400',
  Currency: 'AED',
  Taxes: '0.00',
  'Discount Amount': '0.00',
  'Lineitem quantity': '1',
  'Refunded Amount': '0.00',
  Id: `'58${name.slice(1)}`,
  Phone: "'+971500000001",
  ...more,
})
const shopifyItem = (name: string, email: string, quantity: string, product: string, price: string) => ({
  Name: name,
  Email: email,
  'Created at': '2026-04-05 21:05:58 +0400',
  'Lineitem quantity': quantity,
  'Lineitem name': product,
  'Lineitem price': price,
})
export const shopify = {
  headers: [
    'Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total',
    'Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku',
    'Billing Phone,Shipping Phone,Notes,Cancelled at,Refunded Amount,Vendor,Location,Id,Source,Phone',
  ].flatMap((part) => part.split(',')),
  rows: [
    shopifyHead('#71733', 'nour@example.com', 'paid', {
      Subtotal: '110.00',
      Shipping: '10.00',
      Total: '120.00',
      'Lineitem quantity': '2',
      'Lineitem name': 'Oud tea',
      'Lineitem price': '30.00',
      Notes: 'Ring twice,\nthen call.\n\n"Green" door 茶',
    }),
    shopifyItem('#71733', 'nour@example.com', '1', 'Tray', '50.00'),
    shopifyHead('#71734', 'nour@example.com', 'partially_refunded', {
      Subtotal: '75.00',
      Shipping: '5.00',
      Total: '80.00',
      'Lineitem name': 'Tray, large',
      'Lineitem price': '75.00',
      'Refunded Amount': '25.00',
    }),
    shopifyHead('#71735', '', 'paid', {
      Subtotal: '40.00',
      Shipping: '0.00',
      Total: '40.00',
      'Lineitem name': 'Oud tea',
      'Lineitem price': '40.00',
    }),
    shopifyHead('#71736', 'sami@example.com', 'refunded', {
      Subtotal: '60.00',
      Shipping: '0.00',
      Total: '60.00',
      'Lineitem name': 'Oud tea',
      'Lineitem price': '60.00',
      'Refunded Amount': '60.00',
    }),
    shopifyHead('#71737', 'sami@example.com', 'pending', {
      Subtotal: '10.00',
      Shipping: '0.00',
      Total: '10.00',
      'Lineitem name': 'Sample',
      'Lineitem price': '10.00',
    }),
  ],
}

const analyticsHeaders = [
  'Date',
  'Order #',
  'N. Revenue (formatted)',
  'Status',
  'Customer',
  'Customer type',
  'Product(s)',
  'Items sold',
  'Coupon(s)',
  'Net Sales',
  'Attribution',
]
const analyticsRow = (headers: readonly string[], values: readonly string[]) =>
  Object.fromEntries(headers.map((header, i) => [header, values[i]!]))
/** Orders of the WooCommerce analytics with these words for its columns and states. */
export const analytics = (
  headers: readonly string[],
  [completed, cancelled]: readonly [string, string],
  [first, second, third]: readonly [string, string, string],
) => ({
  headers,
  rows: [
    [
      '2026-03-01 10:00:00',
      '9001',
      first,
      completed,
      'Ada Sample',
      'new',
      '2× Rose tea, 1× Cup',
      '3',
      '',
      '0',
      'Direct',
    ],
    [
      '2026-03-02 10:00:00',
      '9002',
      second,
      completed,
      'Ada Sample',
      'returning',
      '1× Cup',
      '1',
      'spring',
      '0',
      '',
    ],
    ['2026-03-03 10:00:00', '9003', third, cancelled, 'Bo Sample', 'new', '1× Cup', '1', '', '0', ''],
  ].map((values) => analyticsRow(headers, values)),
})
export const analyticsEnglish = analytics(
  analyticsHeaders,
  ['Completed', 'Cancelled'],
  ['$1,234.00', '$20.50', '$5.00'],
)
export const analyticsChinese = analytics(
  list(
    '日期 订单编码 净收入（已格式化） 订单状况 顾客 顾客类型 商品（件） 已售件数 优惠券（张） 净销售额 归因来源',
  ),
  ['已完成', '已取消'],
  ['৳2,999', '৳1,20,000', '৳50'],
)
export const analyticsGerman = analytics(
  list(
    'Datum Bestellnr. N.-Umsatz Status Kunde Kundentyp Produkt(e) Verkauft Gutschein(e) Nettoumsatz Zuordnung',
  ),
  ['Abgeschlossen', 'Storniert'],
  ['1.234,00 €', '20,50 €', '5,00 €'],
)

const webToffeeRow = (id: string, status: string, email: string, total: string, refunds = '') => ({
  refund_items: refunds,
  order_id: id,
  order_number: `W-${id}`,
  order_date: `2026-03-0${id.at(-1)} 08:00:00`,
  paid_date: `2026-03-0${id.at(-1)} 08:01:00`,
  status,
  order_total: total,
  order_subtotal: '1.00',
  order_currency: 'USD',
  customer_email: email,
  billing_phone: '5550100',
  shipping_phone: '5550199',
  customer_note: 'leave it\nat the 门',
  line_item_1: 'name:Rose tea|product_id:7|sku:RT|quantity:2|total:20.00',
  'Product Item 1 Name': 'Rose tea',
  'Product Item 1 Quantity': '2',
  'Product Item 1 Total': '20.00',
})
export const webToffee = {
  headers:
    list(`order_id order_number order_date paid_date status shipping_total cart_discount discount_total order_total order_subtotal
    order_currency payment_method customer_id customer_user customer_email billing_email billing_phone shipping_phone shipping_state
    customer_note wt_import_key refund_items line_item_1`).concat([
      'Product Item 1 Name',
      'Product Item 1 Quantity',
      'Product Item 1 Total',
    ]),
  rows: [
    webToffeeRow('501', 'completed', 'ivy@example.com', '45.00'),
    webToffeeRow('502', 'refunded', 'ivy@example.com', '30.00'),
    webToffeeRow('503', 'wc-processing', '', '12.00'),
    webToffeeRow('504', 'cancelled', 'ivy@example.com', '9.00'),
    webToffeeRow(
      '505',
      'completed',
      'ivy@example.com',
      '50.00',
      'amount:5.00|reason:broken|date:2026-03-10 09:00:00;amount:2.50|reason:late; sorry|date:2026-03-12 09:00:00',
    ),
    webToffeeRow('506', 'completed', 'ivy@example.com', '20.00', 'id:3|amount:11.55'),
    // a checkout without an account has its e-mail among the billing columns alone, as everybody has
    { ...webToffeeRow('507', 'completed', '', '8.00'), billing_email: 'jo@example.com' },
    { ...webToffeeRow('508', 'completed', 'ivy@example.com', '6.00'), billing_email: 'office@example.com' },
  ],
}

const squareRow = (id: string, customer: string, amounts: Record<string, string>) => ({
  Date: '2026-03-01',
  Time: '23:30:00',
  'Time Zone': 'Eastern Time (US & Canada)',
  'Gross Sales': '$0.00',
  'Net Sales': '$0.00',
  'Gift Card Sales': '$0.00',
  Tax: '$0.00',
  Tip: '$0.00',
  'Partial Refunds': '$0.00',
  'Transaction ID': id,
  'Payment ID': `P${id}`,
  Description: 'Café crème, 茶',
  'Event Type': 'Payment',
  Location: 'Pier',
  'Customer ID': customer,
  'Customer Name': 'Dee Sample',
  'Transaction Status': 'Complete',
  ...amounts,
})
export const square = {
  headers: [
    'Date,Time,Time Zone,Gross Sales,Discounts,Service Charges,Net Sales,Gift Card Sales,Tax,Tip,Partial Refunds',
    'Total Collected,Source,Card,Card Entry Methods,Cash,Fees,Net Total,Transaction ID,Payment ID,Description',
    'Event Type,Location,Customer ID,Customer Name,Transaction Status,Channel',
  ].flatMap((part) => part.split(',')),
  rows: [
    squareRow('TX1', 'CUST1', {
      'Net Sales': '$27.00',
      Tax: '$2.16',
      Tip: '$2.00',
      'Total Collected': '$31.16',
    }),
    // A gift card is sold: no order.
    squareRow('TX2', 'CUST1', { 'Gift Card Sales': '$50.00', 'Total Collected': '$50.00' }),
    squareRow('TX3', 'CUST2', { 'Net Sales': '$1,012.96', 'Total Collected': '$1,012.96' }),
    // Given back: in full by its own sums, and in part by the column for it.
    squareRow('TX4', 'CUST1', {
      'Event Type': 'Refund',
      'Net Sales': '-$12.00',
      Tax: '-$0.96',
      'Total Collected': '-$12.96',
    }),
    squareRow('TX5', 'CUST2', {
      'Event Type': 'Refund',
      'Partial Refunds': '-$5.00',
      'Total Collected': '-$5.00',
    }),
  ],
}

const itemRow = (id: string, customer: string, item: string, amounts: Record<string, string>) => ({
  Date: '2026-03-01',
  Time: '23:30:00',
  'Time Zone': 'Eastern Time (US & Canada)',
  Category: 'Drinks',
  Item: item,
  Qty: '1.0',
  SKU: 'SK1',
  'Gross Sales': '$0.00',
  Discounts: '$0.00',
  'Net Sales': '$0.00',
  Tax: '$0.00',
  'Transaction ID': id,
  'Payment ID': `P${id}`,
  'Event Type': 'Payment',
  Location: 'Pier',
  'Customer ID': customer,
  'Itemization Type': 'Physical Good',
  ...amounts,
})
export const squareItems = {
  headers: [
    'Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net Sales,Tax',
    'Transaction ID,Payment ID,Device Name,Notes,Details,Event Type,Location,Dining Option,Customer ID,Customer Name',
    'Customer Reference ID,Unit,Count,GTIN,Itemization Type,Commission,Employee,Fulfillment Note,Channel,Token',
  ].flatMap((part) => part.split(',')),
  rows: [
    // Rows of an order that are alike are two pieces, on every order.
    ...['TI1', 'TI2', 'TI3'].flatMap((id) =>
      ['a', 'b'].map(() =>
        itemRow(id, 'CUST1', 'Flat white', { 'Gross Sales': '$5.00', 'Net Sales': '$4.50', Tax: '$0.36' }),
      ),
    ),
    itemRow('TI4', 'CUST2', 'Beans', { 'Net Sales': '$1,020.00', Tax: '$0.00', Qty: '2.0' }),
    itemRow('TI4', 'CUST2', 'Gift card', { 'Net Sales': '$50.00', 'Itemization Type': 'Gift Card' }),
    itemRow('TI5', 'CUST1', 'Flat white', {
      'Event Type': 'Refund',
      Qty: '-1.0',
      'Net Sales': '-$4.50',
      Tax: '-$0.36',
    }),
    itemRow('TI6', '', 'Custom', { 'Net Sales': '$3.00', 'Itemization Type': '' }),
  ],
}
