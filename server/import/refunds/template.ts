import { decimalsOf } from '../../messages/money.ts'
import type { Template } from '../columns/templates.ts'
import { type RefundField, refundFieldNames } from './fields.ts'

/** One invented refund. Amounts in whole units of the currency. */
const example: Readonly<Record<Exclude<RefundField, 'currency' | 'amount'>, string>> = {
  refundId: 'REFUND-1',
  orderId: 'EXAMPLE-1',
  memberId: 'MEMBER-1',
  phone: '13800000000',
  openid: 'oEXAMPLE',
  email: 'member@example.com',
  refundedAt: '2026-02-03 10:00:00',
  state: 'refunded',
  store: 'Main street',
  channel: 'shop',
  sku: 'CUP-07',
  product: 'Cup',
  reason: 'broken',
}

/** Every field of a refunds file, and an invented row. */
export const refundsTemplate = (currency: string): Template => ({
  fields: refundFieldNames,
  rows: [{ ...example, currency, amount: (40).toFixed(decimalsOf(currency)) }],
})
