import type { Connection, QueryOptions } from '../../../analytics/engine/engine.ts'
import { join, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { type Language, sentence } from '../../messages/messages.ts'
import type { Mapping } from '../columns/mapping.ts'

/**
 * What the refunded rows of a file say of its amounts. A row (an order, where the file has totals of
 * whole orders) says that they are net when paid = total − refund, that they are not when paid = total.
 */
export interface RefundCheck {
  readonly unit: 'rows' | 'orders'
  readonly refunded: number
  /** Of these, with a total to compare with. */
  readonly compared: number
  readonly net: number
  readonly notNet: number
  /** Of the refunded ones, those of which more was given back than paid: no total is needed to doubt them. */
  readonly moreThanPaid: number
  readonly verdict: 'net' | 'not-net' | 'undecided'
  readonly amountsAreNet: boolean
  /** What decided: the merchant, the file that mended rows are the rest of, the file's figures, what is known of the platform, or nothing of these. */
  readonly by: 'mapping' | 'rest' | 'figures' | 'platform' | 'default'
}

/** A verdict holds for at least half of the refunded rows, and for this many times those that say otherwise. */
const overwhelming = 9

/** Compares amounts with refunds over the accepted rows; null where the file tells no refunds. */
export async function checkRefunds(
  engine: Connection,
  accepted: Sql,
  { columns, refunds }: Mapping,
  options: QueryOptions,
): Promise<RefundCheck | null> {
  if (columns.refundAmount === undefined) return null
  const whole = columns.orderTotal !== undefined && columns.orderId !== undefined
  const back = refunds.byRow ? sql`sum(back_minor)` : sql`max(back_minor)`
  // The total may stand on one row of an order alone.
  const charged = sql`list_value(${join(refunds.charged.map((_, i) => sql`max(charged_minors[${i + 1}])`))})`
  const compared = whole
    ? sql`select max(order_net_minor) as paid, ${refunds.charged.length > 0 ? charged : sql`cast([] as bigint[])`} as charged, cast(${back} as bigint) as back
        from ${accepted} as line group by order_id having max(back_minor) > 0`
    : sql`select coalesce(order_net_minor, net_minor) as paid, charged_minors as charged, back_minor as back
        from ${accepted} as line where back_minor > 0`
  const [counts] = await engine.rows(
    sql`select count(*) as refunded,
      count(*) filter (where len(list_filter(charged, lambda one: one is not null)) > 0) as compared,
      count(*) filter (where back > paid and paid >= 0) as more,
      count(*) filter (where is_net and not is_whole) as net,
      count(*) filter (where is_whole and not is_net) as whole
    from (
      select *, coalesce(list_contains(list_transform(charged, lambda one: one - back), paid), false) as is_net,
        coalesce(list_contains(charged, paid), false) as is_whole
      from (${compared}) as compared)`,
    options,
  )
  const refunded = Number(counts!.refunded)
  if (refunded === 0) return null
  const net = Number(counts!.net)
  const notNet = Number(counts!.whole)
  const holds = (these: number, others: number) =>
    these * 2 >= refunded && these >= overwhelming * others && these > 0
  const verdict = holds(net, notNet) ? 'net' : holds(notNet, net) ? 'not-net' : 'undecided'
  const found = {
    unit: whole ? 'orders' : 'rows',
    refunded,
    compared: Number(counts!.compared),
    net,
    notNet,
    moreThanPaid: Number(counts!.more),
    verdict,
  } as const
  if (refunds.said !== null) return { ...found, amountsAreNet: refunds.said, by: 'mapping' }
  if (refunds.before !== undefined) return { ...found, amountsAreNet: refunds.before, by: 'rest' }
  if (verdict !== 'undecided') return { ...found, amountsAreNet: verdict === 'net', by: 'figures' }
  if (typeof refunds.known === 'boolean') return { ...found, amountsAreNet: refunds.known, by: 'platform' }
  return { ...found, amountsAreNet: false, by: 'default' }
}

/**
 * The accepted rows with refunds that belong to their order as a whole, and with amounts as charged: of
 * amounts that are net of refunds these are put back, so that each is taken off once, on its own date.
 * `content_hash` follows, because the content does. Null where the rows are so already.
 */
export function settledRefunds(
  accepted: Sql,
  { columns, refunds }: Mapping,
  amountsAreNet: boolean,
): Sql | null {
  if (columns.refundAmount === undefined || (!amountsAreNet && !refunds.byRow)) return null
  const hash = amountsAreNet
    ? sql`case when back_minor is not null then hash(content_hash, 'net') else content_hash end`
    : sql`content_hash`
  const ofOrder = sql`(partition by order_id)`
  if (columns.orderId === undefined)
    return sql`select line.* replace (restored_net_minor as net_minor, restored_gross_minor as gross_minor,
      restored_discount_minor as discount_minor, ${hash} as content_hash) from ${accepted} as line`
  if (columns.orderTotal !== undefined) {
    const sumOrMost = (column: Sql) =>
      refunds.byRow
        ? sql`cast(sum(${column}) over ${ofOrder} as bigint)`
        : sql`max(${column}) over ${ofOrder}`
    const putBack = amountsAreNet ? sql`coalesce(${sumOrMost(sql`back_minor`)}, 0)` : sql`0`
    return sql`select line.* replace (
        max(order_net_minor) over ${ofOrder} + ${putBack} as order_net_minor,
        coalesce(${sumOrMost(sql`back_minor`)}, max(order_refund_minor) over ${ofOrder}) as order_refund_minor, ${hash} as content_hash)
      from ${accepted} as line`
  }
  // Each row has its own: their sum stands on the first, where it can't be taken for one that all repeat.
  const amounts = amountsAreNet
    ? sql`restored_net_minor as net_minor, restored_gross_minor as gross_minor, restored_discount_minor as discount_minor,`
    : sql``
  return sql`select line.* replace (${amounts}
      case when row_number = min(row_number) over ${ofOrder}
        then cast(sum(order_refund_minor) over ${ofOrder} as bigint) end as order_refund_minor,
      ${hash} as content_hash)
    from ${accepted} as line`
}

/** What the check found and what is done with it, for the receipt. */
export function refundSentence(language: Language, check: RefundCheck): string {
  const { unit, refunded, compared, net, notNet, moreThanPaid, verdict, amountsAreNet, by } = check
  const found =
    compared === 0
      ? sentence(language, 'refunds.unchecked', { unit, refunded })
      : sentence(language, `refunds.${verdict}`, { unit, refunded, net, notNet })
  const done = sentence(language, 'refunds.told', { found, net: amountsAreNet ? 'yes' : 'no', by })
  return verdict === 'undecided' && by === 'default' && moreThanPaid > 0
    ? `${done}${sentence(language, 'refunds.more', { unit, rows: moreThanPaid })}`
    : done
}
