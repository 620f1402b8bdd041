import { csvRow } from '../../csv/csv.ts'
import { decimalsOf } from '../../messages/money.ts'
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

/** A CSV file with every field of a refunds file, named as in `--map`, and an invented row to be overwritten. */
export function refundsTemplate(currency: string): string {
  const row = { ...example, currency, amount: (40).toFixed(decimalsOf(currency)) }
  return `\uFEFF${csvRow(refundFieldNames)}${csvRow(refundFieldNames.map((field) => row[field]))}`
}
