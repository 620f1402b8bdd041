import { decimalsOf } from '../../messages/money.ts'
import { type FieldName, fieldNames } from './fields.ts'
import type { Template } from './templates.ts'

/**
 * The columns of a file whose every header is the name of a field, as in the template with or without
 * columns taken out: each is what it says. Null for any other file.
 */
export function canonicalColumns(headers: readonly string[]): Partial<Record<FieldName, string>> | null {
  const named = headers.filter((header): header is FieldName => (fieldNames as string[]).includes(header))
  return headers.length > 1 && named.length === headers.length && new Set(named).size === named.length
    ? Object.fromEntries(named.map((field) => [field, field]))
    : null
}

/** One invented order with two lines, of which the second is half given back. Amounts in whole units of the currency. */
const examples: readonly Partial<Record<FieldName, string | number>>[] = [
  {
    sku: 'TEA-01',
    product: 'Green tea',
    quantity: 2,
    unitPrice: 60,
    listPrice: 70,
    discount: 20,
    amount: 120,
  },
  { sku: 'CUP-07', product: 'Cup', quantity: 1, unitPrice: 80, listPrice: 80, discount: 0, amount: 80 },
]

/** What both rows of the example say of their order. */
const exampleOrder: Partial<Record<FieldName, string | number>> = {
  orderId: 'EXAMPLE-1',
  memberId: 'MEMBER-1',
  phone: '+8613800000000',
  openid: 'oExample0000000000000000001',
  email: 'ann@shop.example',
  orderedAt: '2026-01-31 18:05:00',
  paidAt: '2026-01-31 18:06:30',
  state: 'paid',
  orderTotal: 200,
  chargedTotal: 200,
  topUp: 0,
  tax: 0,
  shipping: 0,
  balancePaid: 0,
  refundAmount: 40,
  refundedAt: '2026-02-03 10:00:00',
  refundState: 'partially refunded',
  category: 'tea',
  store: 'Main street',
  channel: 'shop',
  region: 'Shanghai',
}

const money: readonly FieldName[] = [
  'chargedTotal',
  'topUp',
  'tax',
  'shipping',
  'balancePaid',
  'unitPrice',
  'listPrice',
  'discount',
  'amount',
  'orderTotal',
  'refundAmount',
]

/** Every field of an orders file, and two invented rows. */
export function ordersTemplate(currency: string): Template {
  const decimals = decimalsOf(currency)
  const cell = (field: FieldName, row: Partial<Record<FieldName, string | number>>) => {
    const value = { ...exampleOrder, currency, ...row }[field] ?? null
    return money.includes(field) && typeof value === 'number' ? value.toFixed(decimals) : value
  }
  return {
    fields: fieldNames,
    rows: examples.map((row) => Object.fromEntries(fieldNames.map((field) => [field, cell(field, row)]))),
  }
}
