import type { Session } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import { isNote } from './note.ts'

/** What became of the refunds that a file names, whichever import their current rows are of. Counts are of rows. */
export interface GivenBack {
  /** Given back, and the order that they name is here. */
  readonly linked: number
  /** Of these, of an order that is not paid or closed: they count for nothing. */
  readonly ofNoSale: number
  /** Of the linked ones, without a date: that of their order is assumed. */
  readonly dateAssumed: number
  /** Given back, and the order that they name is not here yet. */
  readonly waiting: number
  /** Of these, without a date: they count once the order is here. */
  readonly undated: number
  /** Orders that are not here: how many, and the first of them. */
  readonly unknownOrders: number
  readonly unknownNamed: readonly string[]
  /** Given back, and no order is named. */
  readonly unlinked: number
  /** Not given back yet, and rejected or withdrawn: they count for nothing. */
  readonly pending: number
  readonly closed: number
  /** Orders whose own rows said already what was given back of them: only what is more than these refunds is left of it. */
  readonly saidByOrder: number
}

const mostNamed = 20

/** Counts over the refunds named in the temporary table `coming`, once their orders are written. */
export async function givenBackBy(session: Session): Promise<GivenBack> {
  await session.run(sql`create or replace temp table refund_rows as
    select line.state, line.refunds_order_id, line.refunded_at is null as undated,
      orders.order_id is not null as is_here, orders.state as order_state
    from import_lines as line
    join order_versions on order_versions.order_id = line.order_id and order_versions.import_seq = line.import_seq
    left join orders on orders.order_id = line.refunds_order_id
    where line.order_id in (select order_id from coming)`)
  const [counts] = await session.rows(sql`select
      count(*) filter (where state = 'paid' and is_here) as linked,
      count(*) filter (where state = 'paid' and is_here and order_state <> 'paid') as of_no_sale,
      count(*) filter (where state = 'paid' and is_here and undated) as date_assumed,
      count(*) filter (where state = 'paid' and not is_here and refunds_order_id is not null) as waiting,
      count(*) filter (where state = 'paid' and not is_here and undated) as undated,
      count(distinct refunds_order_id) filter (where state = 'paid' and not is_here) as unknown_orders,
      count(*) filter (where state = 'paid' and refunds_order_id is null) as unlinked,
      count(*) filter (where state = 'unpaid') as pending,
      count(*) filter (where state = 'closed') as closed
    from refund_rows`)
  const unknown = await session.rows(sql`select distinct refunds_order_id from refund_rows
    where state = 'paid' and not is_here and refunds_order_id is not null
    order by refunds_order_id limit ${mostNamed}`)
  return {
    linked: Number(counts!.linked),
    ofNoSale: Number(counts!.ofNoSale),
    dateAssumed: Number(counts!.dateAssumed),
    waiting: Number(counts!.waiting),
    undated: Number(counts!.undated),
    unknownOrders: Number(counts!.unknownOrders),
    unknownNamed: unknown.map(({ refundsOrderId }) => String(refundsOrderId)),
    unlinked: Number(counts!.unlinked),
    pending: Number(counts!.pending),
    closed: Number(counts!.closed),
    saidByOrder: await ordersThatSay(
      session,
      sql`(select refunds_order_id from refund_rows where state = 'paid' and is_here)`,
    ),
  }
}

/** How many of the orders in `among` say themselves that something was given back of them: by their total, or by lines. */
export async function ordersThatSay(session: Session, among: Sql): Promise<number> {
  const [said] = await session.rows(sql`select count(*) as orders from (
    select line.order_id from import_lines as line
    join order_versions on order_versions.order_id = line.order_id and order_versions.import_seq = line.import_seq
    where line.order_id in ${among} and not ${isNote(sql`line.order_id`)}
    group by line.order_id
    having max(order_refund_minor) > 0
      or (bool_or(net_minor < 0 and coalesce(refunds_order_id, line.order_id) = line.order_id)
        and (max(order_net_minor) is null or (max(order_net_minor) = sum(net_minor) and bool_and(state = 'paid'))))
  ) as saying`)
  return Number(said!.orders)
}

/** How many of the orders in `coming` say themselves what refunds files say of them too. Asks `naming`, which the fold leaves. */
export async function ordersToldTwice(session: Session): Promise<number> {
  const notes = sql`(select refunds_order_id from naming
    where ${isNote(sql`order_id`)} and state = 'paid' and refunds_order_id in (select order_id from coming))`
  const [any] = await session.rows(sql`select exists (select 1 from naming) as any_named`)
  return any!.anyNamed === true ? ordersThatSay(session, notes) : 0
}
