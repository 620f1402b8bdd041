import { fields, plainHeader } from '../columns/fields.ts'
import type { Sample } from '../columns/mapping.ts'
import { recognised } from '../platforms/platforms.ts'
import { refundFields } from './fields.ts'

/** A column of what every row is has a value on nearly every row. */
const filled = 0.9

/** What headers of money and of an order's time have in them, whatever else they say. */
const money = /amount|total|price|sales|revenue|paid|金额|价|实付|实收|总额|销售额/
const orderTime =
  /order.*(date|time|at$)|purchase|paid|payment|下单|付款|支付|订单.*(时间|日期)|交易.*(时间|日期)/

const orderTimes: readonly string[] = fields.orderedAt.aliases
/** Times that are of a refund by their name. */
const refundTimes = refundFields.refundedAt.aliases.filter((alias) => !orderTimes.includes(alias))
const refundAmounts: readonly string[] = refundFields.amount.aliases.filter(
  (alias) => alias.includes('refund') || /退|售后/.test(alias),
)

/**
 * Whether a file holds refunds by themselves, told by its headers and by what they leave empty. It has an amount and
 * a time, and every row has the id of a refund; or the only money is what was given back; or every row has the time
 * of a refund, and no order's is there. An order file with columns of refunds leaves them empty on most rows, and
 * has what was sold beside them.
 */
export function holdsRefunds({ headers, records }: Sample): boolean {
  const plain = headers.map(plainHeader)
  const has = (aliases: readonly string[]) => plain.some((header) => aliases.includes(header))
  const hasFilled = (aliases: readonly string[]) =>
    plain.some(
      (header, position) =>
        aliases.includes(header) &&
        records.filter((record) => (record[position] ?? '').trim() !== '').length >= filled * records.length,
    )
  if (!has(refundFields.amount.aliases) || !has(refundFields.refundedAt.aliases)) return false
  if (hasFilled(refundFields.refundId.aliases)) return true
  if (recognised(headers, records) !== null) return false
  if (has(refundAmounts))
    return !plain.some((header) => money.test(header) && !refundAmounts.includes(header))
  return hasFilled(refundTimes) && !plain.some((header) => orderTime.test(header))
}
