import { localOfUtcSql } from '../../analytics/calendar/calendar.ts'
import type { Session } from '../../analytics/engine/engine.ts'
import { name, type Sql, sql } from '../../analytics/sql/sql.ts'

/**
 * The fold of DEFINITIONS, "The order is the unit of version": the current lines of an order are
 * always those of one import, which `order_versions` names. An import takes an order over unless its
 * lines of it are a sub-multiset of the current ones; with `replace` also when they are fewer.
 */
export interface FoldedImport {
  readonly importSeq: number
  readonly replace: boolean
}

/**
 * One step of the fold: lets an import take over the orders of `among` (a relation with one column
 * `order_id`) that its lines change. Leaves their ids in the temporary table `taken_over`.
 */
export async function foldStep(
  session: Session,
  { importSeq, replace }: FoldedImport,
  among: Sql,
): Promise<void> {
  await session.run(sql`create or replace temp table coming as
    select order_id, count(*) as lines from import_lines
    where import_seq = ${importSeq} and order_id in (select order_id from ${among}) group by order_id`)
  await session.run(sql`create or replace temp table known as
    select coming.order_id, coming.lines, order_versions.import_seq
    from coming join order_versions on order_versions.order_id = coming.order_id`)
  const counted = (importSeqColumn: Sql) => sql`
    select import_lines.order_id, import_lines.content_hash, count(*) as n
    from import_lines join known on known.order_id = import_lines.order_id
      and import_lines.import_seq = ${importSeqColumn}
    group by all`
  await session.run(sql`create or replace temp table taken_over as
    select order_id from coming where order_id not in (select order_id from known)
    union all
    select distinct coming_line.order_id
    from (${counted(sql`${importSeq}`)}) as coming_line
    left join (${counted(sql`known.import_seq`)}) as current_line
      on current_line.order_id = coming_line.order_id and current_line.content_hash = coming_line.content_hash
    where coming_line.n > coalesce(current_line.n, 0)`)
  if (replace)
    await session.run(sql`insert into taken_over
      select known.order_id from known
      join import_lines on import_lines.order_id = known.order_id and import_lines.import_seq = known.import_seq
      where known.order_id not in (select order_id from taken_over)
      group by known.order_id, known.lines having count(*) > known.lines`)
  await session.run(sql`delete from order_versions where order_id in (select order_id from taken_over)`)
  await session.run(sql`insert into order_versions select order_id, ${importSeq} from taken_over`)
}

/** A row is money given back, not sold: a negative amount, or nothing for a negative quantity. */
const givenBack = sql`(net_minor < 0 or (net_minor = 0 and coalesce(quantity, 0) < 0))`

/** An entry of the books, not a sale: it moves net on its day, but nobody ordered anything. */
const bookkeeping = sql`(contains(lower(product), 'bad debt') or contains(product, '坏账'))`

/**
 * Writes the base rows of the orders in the temporary table `rewritten` (`order_id`) anew from their
 * current lines. Orders that keep their id keep their key. Leaves the keys of everybody whose rows
 * were or are among them in the temporary table `touched_members`.
 */
export async function rewriteOrders(session: Session, timeZone: string): Promise<void> {
  await withNamedOrders(session)
  await session.run(sql`create or replace temp table replaced as
    select order_key, order_id, member_key from orders where order_id in (select order_id from rewritten)`)
  await session.run(sql`create or replace temp table touched_members as
    select member_key from replaced where member_key is not null
    union
    select member_key from refunds where member_key is not null
      and ${refundingOrder} in (select order_id from rewritten)`)
  await session.run(sql`delete from order_lines where order_key in (select order_key from replaced)`)
  await session.run(sql`delete from orders where order_id in (select order_id from rewritten)`)
  await session.run(sql`delete from refunds where ${refundingOrder} in (select order_id from rewritten)`)

  await headsOfRewritten(session)
  await giveKeys(session)
  await session.run(sql`insert into touched_members
    select distinct heads.member_key from heads where heads.member_key is not null
      and heads.member_key not in (select member_key from touched_members)`)

  const local = localOfUtcSql(sql`ordered_at`, timeZone)
  await session.run(sql`insert into orders
    select order_key, order_id, member_key, ordered_at, cast(${local} as date), cast(hour(${local}) as utinyint),
      store, channel, state, gross_minor, discount_minor, net_minor,
      case when bookkeeping then cast(${local} as date) end
    from heads where is_order order by ordered_at, order_key`)
  await session.run(sql`insert into order_lines
    select heads.order_key, cast(line.row_number - heads.first_row + 1 as integer), line.sku, line.product, line.category,
      line.quantity, line.gross_minor, line.discount_minor, line.net_minor
    from ${currentLines} as line join heads on heads.order_id = line.order_id
    where heads.is_order and ${isSold(sql`line.`)}`)
  await writeRefunds(session, timeZone)
  await voidDays(session)
  await memberRegions(session)
}

/** A refund that names another order is written again with it, and that order with the refund. */
async function withNamedOrders(session: Session): Promise<void> {
  await session.run(sql`create or replace temp table naming as
    select distinct import_lines.order_id, refunds_order_id
    from import_lines join order_versions
      on order_versions.order_id = import_lines.order_id and order_versions.import_seq = import_lines.import_seq
    where refunds_order_id is not null`)
  await session.run(sql`insert into rewritten
    select order_id from (
      select order_id from naming where refunds_order_id in (select order_id from rewritten)
      union
      select refunds_order_id from naming where order_id in (select order_id from rewritten)
    ) as linked where order_id not in (select order_id from rewritten)`)
}

/** The id of the order or credit note that brought a refund, as `writeRefunds` writes refund ids. */
const refundingOrder = sql`regexp_replace(refund_id, '/[^/]*$', '')`

const currentLines = sql`(
  select import_lines.* from import_lines
  join order_versions on order_versions.order_id = import_lines.order_id
    and order_versions.import_seq = import_lines.import_seq
  where import_lines.order_id in (select order_id from rewritten))`

/** The line belongs to what was sold: of a paid order only what was paid; with a total for the whole order, every line. */
const isSold = (line: Sql): Sql => sql`(
  (heads.with_total or not (${line}net_minor < 0 or (${line}net_minor = 0 and coalesce(${line}quantity, 0) < 0)))
  and (heads.state <> 'paid' or ${line}state = 'paid'))`

/** One row per order or credit note of `rewritten`, as its current lines say, into the temporary table `heads`. */
async function headsOfRewritten(session: Session): Promise<void> {
  await session.run(sql`create or replace temp table heads as
    with summed as (
      select order_id,
        arg_min(member_id, (ordered_at, row_number)) filter (where member_id is not null) as member_id,
        min(ordered_at) as ordered_at,
        case when bool_or(state = 'paid') then 'paid' when bool_or(state = 'unpaid') then 'unpaid' else 'closed' end as state,
        arg_min(store, (ordered_at, row_number)) filter (where store is not null) as store,
        arg_min(channel, (ordered_at, row_number)) filter (where channel is not null) as channel,
        max(order_net_minor) as order_net_minor,
        max(order_refund_minor) as order_refund_minor,
        min(row_number) as first_row,
        bool_or(not ${givenBack}) as anything_sold,
        bool_and(coalesce(${bookkeeping}, false)) as bookkeeping
      from ${currentLines} as line group by order_id
    ),
    sold as (
      select line.order_id,
        cast(sum(line.net_minor) as bigint) as net_minor,
        case when count(line.gross_minor) = count(*) then cast(sum(line.gross_minor) as bigint) end as gross_minor,
        case when count(line.discount_minor) = count(*) then cast(sum(line.discount_minor) as bigint) end as discount_minor
      from ${currentLines} as line join summed on summed.order_id = line.order_id
      where (summed.order_net_minor is not null or not ${givenBack})
        and (summed.state <> 'paid' or line.state = 'paid')
      group by line.order_id
    )
    select summed.order_id, summed.member_id, ordered_at, state, store, channel, first_row, order_net_minor,
      order_refund_minor, bookkeeping, order_net_minor is not null as with_total,
      case when order_net_minor is null then anything_sold else order_net_minor >= 0 end as is_order,
      coalesce(order_net_minor, sold.net_minor, 0) as net_minor, sold.gross_minor, sold.discount_minor,
      cast(null as integer) as member_key, cast(null as bigint) as order_key
    from summed left join sold on sold.order_id = summed.order_id`)
}

/** New members and orders get keys above all that were ever given; orders that were there keep theirs. */
async function giveKeys(session: Session): Promise<void> {
  await session.run(sql`update keys_given set
    member_key = greatest(member_key, (select coalesce(max(member_key), 0) from members)),
    order_key = greatest(order_key, (select coalesce(max(order_key), 0) from orders),
      (select coalesce(max(order_key), 0) from replaced))`)
  await session.run(sql`insert into members (member_key, member_id)
    select cast((select member_key from keys_given) + row_number() over (order by first_at, member_id) as integer), member_id
    from (
      select member_id, min(ordered_at) as first_at from ${currentLines} as line
      where member_id is not null and member_id not in (select member_id from members) group by member_id
    ) as newcomer`)
  await session.run(sql`update members set stub = false
    where stub and member_id in (select member_id from heads)`)
  await session.run(sql`create or replace temp table heads as
    select heads.* exclude (member_key, order_key), members.member_key,
      coalesce(replaced.order_key, (select order_key from keys_given)
        + row_number() over (order by replaced.order_key is not null, heads.ordered_at, heads.order_id)) as order_key
    from heads
    left join members on members.member_id = heads.member_id
    left join replaced on replaced.order_id = heads.order_id`)
  await session.run(sql`update keys_given set
    member_key = greatest(member_key, (select coalesce(max(member_key), 0) from members)),
    order_key = greatest(order_key, (select coalesce(max(order_key), 0) from heads))`)
}

/**
 * Refunds: lines given back, linked to their own order when it sold anything, else to the order they
 * name, else to none; and what was given back of a whole order. Those without a date of their own take
 * the order's.
 */
async function writeRefunds(session: Session, timeZone: string): Promise<void> {
  const local = localOfUtcSql(sql`refunded_at`, timeZone)
  await session.run(sql`insert into refunds
    with given_back as (
      select heads.order_id || '/' || cast(line.row_number as varchar) as refund_id,
        case when line.refunds_order_id is not null then named.order_key when heads.is_order then heads.order_key end as order_key,
        case when line.refunds_order_id is not null then named.state when heads.is_order then heads.state end as order_state,
        heads.member_key, coalesce(line.refunded_at, line.ordered_at) as refunded_at,
        coalesce(line.store, heads.store) as store, coalesce(line.channel, heads.channel) as channel,
        -line.net_minor as amount_minor, line.state,
        line.refunded_at is null and heads.is_order as date_assumed
      from ${currentLines} as line
      join heads on heads.order_id = line.order_id
      left join orders as named on named.order_id = line.refunds_order_id
      where not heads.with_total and line.net_minor < 0
      union all
      select order_id || '/total', null, null, member_key, ordered_at, store, channel, -order_net_minor, state, false
      from heads where order_net_minor < 0
      union all
      select heads.order_id || '/refund', case when is_order then order_key end, case when is_order then heads.state end,
        member_key, coalesce(dated.refunded_at, ordered_at), store, channel, order_refund_minor, heads.state,
        dated.refunded_at is null
      from heads
      left join (
        select order_id, min(refunded_at) as refunded_at from ${currentLines} as line
        where order_refund_minor > 0 group by order_id
      ) as dated on dated.order_id = heads.order_id
      where order_refund_minor > 0
    )
    select refund_id, order_key, member_key, refunded_at, cast(${local} as date), store, channel, amount_minor,
      coalesce(order_state, state) = 'paid', date_assumed
    from given_back order by refunded_at, refund_id`)
}

/** The first day on which the linked refunds of the rewritten orders leave nothing. */
async function voidDays(session: Session): Promise<void> {
  await session.run(sql`update orders set void_day = gone.day
    from (
      select order_key, min(local_day) as day
      from (
        select refunds.order_key, refunds.local_day, orders.net_minor,
          sum(refunds.amount_minor) over (partition by refunds.order_key order by refunds.local_day) as back_minor
        from refunds join orders on orders.order_key = refunds.order_key
        where refunds.counts and orders.order_id in (select order_id from rewritten)
      ) as running
      where back_minor >= net_minor
      group by order_key
    ) as gone
    where gone.order_key = orders.order_key`)
}

/** A member's region is that of the latest of their current lines that names one. */
async function memberRegions(session: Session): Promise<void> {
  await session.run(sql`update members set region = latest.region
    from (
      select members.member_key, arg_max(line.region, (line.ordered_at, line.order_id, line.row_number)) as region
      from import_lines as line
      join order_versions on order_versions.order_id = line.order_id and order_versions.import_seq = line.import_seq
      join members on members.member_id = line.member_id
      join touched_members on touched_members.member_key = members.member_key
      where line.region is not null
      group by members.member_key
    ) as latest
    where latest.member_key = members.member_key and members.region is distinct from latest.region`)
}

/** Relation of the members that the last `rewriteOrders` of the session touched. */
export const touchedMembers: Sql = sql`(select member_key from ${name('touched_members')})`
