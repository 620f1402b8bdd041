import type { MapOverrides } from './mapping.ts'

/** Mappings of platforms' exports, for files whose headers say less than is known of them. */
export const presets: Readonly<Record<string, MapOverrides>> = {
  shopify: {
    columns: {
      orderId: 'Name',
      memberId: 'Email',
      orderedAt: 'Created at',
      paidAt: 'Paid at',
      state: 'Financial Status',
      orderTotal: 'Total',
      quantity: 'Lineitem quantity',
      unitPrice: 'Lineitem price',
      product: 'Lineitem name',
      sku: 'Lineitem sku',
      refundAmount: 'Refunded Amount',
      currency: 'Currency',
    },
  },
  youzan: {
    columns: {
      orderId: '订单号',
      memberId: '买家手机号',
      orderedAt: '订单创建时间',
      paidAt: '买家付款时间',
      state: '订单状态',
      amount: '订单实付金额',
      refundAmount: '订单已退款金额',
      store: '归属店铺',
      channel: '销售渠道',
      product: '全部商品名称',
      region: '收货人省份',
      quantity: null,
    },
    // An order that was paid and given back is closed too.
    states: { 交易关闭: 'closed-or-refunded', 已关闭: 'closed-or-refunded', 订单关闭: 'closed-or-refunded' },
  },
}

/** The preset all of whose columns a file has. */
export const recognised = (headers: readonly string[]): string | null =>
  Object.entries(presets).find(([, { columns }]) =>
    Object.values(columns ?? {}).every((column) => column === null || headers.includes(String(column))),
  )?.[0] ?? null
