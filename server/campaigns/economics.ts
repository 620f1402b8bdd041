import type { OutcomeRow } from './measurement.ts'

/** A figure with the ends of its interval; null ends: too little has happened, or there is no such end. */
export interface Ranged {
  readonly value: number
  readonly low: number | null
  readonly high: number | null
}

/** What a campaign brought over all treated members, and what that cost. Money in minor units. */
export interface Economics {
  /** What coupons gave: discounts, which are off net already because that is what was charged, and what stood beside the basket. */
  readonly couponCostMinor: number
  /** Of that, delivery, gifts and points: off no order's net. */
  readonly besideMinor: number
  readonly messages: number
  readonly messageCostMinor: number
  readonly orders: Ranged
  /** More net than without the campaign, after coupons and messages. */
  readonly netMinor: Ranged
  /** More margin than without the campaign, after coupons and messages; null where a cost is not known. */
  readonly marginMinor: Ranged | null
  /**
   * Coupons and messages for each order that would not have been. Null when there is no more of them than
   * without the campaign; `high` null: the interval of orders does not exclude 0, so there is no upper end.
   */
  readonly costPerOrderMinor: Ranged | null
}

/** Null when nothing can be told: nobody was held out, or the verdict is withheld. */
export function economicsOf(
  outcomes: readonly OutcomeRow[],
  treated: number,
  costs: { couponCostMinor: number; besideMinor: number; messages: number; messageCostMinor: number },
): Economics | null {
  const row = (name: OutcomeRow['outcome']) => outcomes.find(({ outcome }) => outcome === name)
  const total = (of: OutcomeRow | undefined, less = 0): Ranged | null => {
    if (!of || of.difference === null || of.verdict === 'withheld') return null
    const sum = (each: number | null) => (each === null ? null : each * treated - less)
    return { value: sum(of.difference)!, low: sum(of.low), high: sum(of.high) }
  }
  const orders = total(row('orders'))
  const less = costs.messageCostMinor + costs.besideMinor
  const net = total(row('net'), less)
  if (!orders || !net) return null
  const spent = costs.couponCostMinor + costs.messageCostMinor
  const each = (of: number | null) => (of === null || of <= 0 ? null : Math.round(spent / of))
  const costPerOrder = each(orders.value)
  const margin = total(row('margin'), less)
  return {
    ...costs,
    orders,
    netMinor: whole(net),
    marginMinor: margin && whole(margin),
    costPerOrderMinor:
      costPerOrder === null ? null : { value: costPerOrder, low: each(orders.high), high: each(orders.low) },
  }
}

const whole = ({ value, low, high }: Ranged): Ranged => ({
  value: Math.round(value),
  low: low === null ? null : Math.round(low),
  high: high === null ? null : Math.round(high),
})
