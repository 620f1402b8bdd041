import { localOfUtcSql } from '../../../analytics/calendar/calendar.ts'
import type { Session } from '../../../analytics/engine/engine.ts'
import { memberNames, mergedKeys, ownNames } from '../../../analytics/relations/member-names.ts'
import { name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { anyIdentities, resolvedLines } from '../../identity/match.ts'
import { isNote } from '../refunds/note.ts'
import { isOwnLine } from './completed-orders.ts'
import { categoriesOfNewLines } from '../kinds/product-categories.ts'

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
 * One step of the fold: lets an import take over the orders that its lines change, those of `among`
 * (a relation with one column `order_id`) alone where that is given. Leaves in temporary tables
 * `coming` what it has lines of, in `taken_over` the ids of what it took.
 */
export async function foldStep(
  session: Session,
  { importSeq, replace }: FoldedImport,
  among?: Sql,
): Promise<void> {
  const asked = among ? sql`order_id in (select order_id from ${among})` : sql`true`
  await session.run(sql`create or replace temp table coming as
    select order_id, count(*) as lines, count(*) filter (where coalesce(piece, 1) = 1 and ${isOwnLine}) as file_rows from import_lines
    where import_seq = ${importSeq} and ${asked} group by order_id`)
  await session.run(sql`create or replace temp table known as
    select coming.order_id, coming.lines, coming.file_rows, order_versions.import_seq
    from coming join order_versions on order_versions.order_id = coming.order_id`)
  if (!(await anyRow(session, sql`known`))) {
    await session.run(sql`create or replace temp table taken_over as select order_id from coming`)
    await session.run(sql`insert into order_versions select order_id, ${importSeq} from taken_over`)
    return
  }
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

/** What most imports need not ask: whether a table has a row at all. */
async function anyRow(session: Session, table: Sql): Promise<boolean> {
  const [answer] = await session.rows(sql`select exists (select 1 from ${table}) as is_there`)
  return answer!.isThere === true
}

/** A row is money given back, not sold: a negative amount, nothing for a negative quantity, or a row of a refunds file. */
const givenBack = sql`(line.net_minor < 0 or (line.net_minor = 0 and coalesce(line.quantity, 0) < 0)
  or ${isNote(sql`line.order_id`)})`

/** A line belongs to what was sold: of a paid order only what was paid; with a total for the whole order, every line. */
const isSold = (order: Sql): Sql => sql`((${order}.order_net_minor is not null or not ${givenBack})
  and (${order}.state <> 'paid' or line.state = 'paid'))`

/** An entry of the books, not a sale: it moves net on its day, but nobody ordered anything. */
const bookkeeping = sql`(contains(lower(product), 'bad debt') or contains(product, '坏账'))`

/**
 * Writes the base rows of the orders in the temporary table `rewritten` (`order_id`) anew from their
 * current lines. Orders that keep their id keep their key. Leaves the keys of everybody whose rows
 * were or are among them in the temporary table `touched_members`. `whole`: the import whose lines,
 * all of them, are the current ones of `rewritten`; null when they have to be looked up. Answers
 * whether orders had to be written again that `rewritten` did not name; all of them are in `heads`.
 */
export async function rewriteOrders(
  session: Session,
  timeZone: string,
  whole: number | null = null,
): Promise<{ othersToo: boolean }> {
  const othersToo = await withNamedOrders(session)
  const written =
    whole === null || othersToo ? currentLines : sql`(select * from import_lines where import_seq = ${whole})`
  const named = (await anyIdentities(session)) ? resolvedLines(written) : written
  const lines = await withoutReducedTotals(session, named)
  await session.run(sql`create or replace temp table replaced as
    select order_key, order_id, member_key from orders where order_id in (select order_id from rewritten)`)
  await session.run(sql`create or replace temp table touched_members as
    select member_key from replaced where member_key is not null
    union
    select member_key from refunds where member_key is not null
      and ${refundingOrder} in (select order_id from rewritten)`)
  if (await anyRow(session, sql`replaced`)) {
    await session.run(sql`delete from order_lines where order_key in (select order_key from replaced)`)
    await session.run(sql`delete from orders where order_key in (select order_key from replaced)`)
  }
  if (await anyRow(session, sql`refunds`))
    await session.run(sql`delete from refunds where ${refundingOrder} in (select order_id from rewritten)`)

  const merged = await anyRow(session, sql`member_aliases`)
  await welcomeMembers(session, lines, merged)
  await headsOfRewritten(session, lines, merged)
  await session.run(sql`insert into touched_members
    select distinct heads.member_key from heads where heads.member_key is not null
      and heads.member_key not in (select member_key from touched_members)`)
  await touchNamed(session, lines, merged)

  const local = localOfUtcSql(sql`ordered_at`, timeZone)
  await session.run(sql`insert into orders
    select order_key, order_id, member_key, ordered_at, cast(local as date), cast(hour(local) as utinyint),
      store, channel, state, gross_minor, discount_minor, net_minor,
      case when bookkeeping then cast(local as date) end, identity_key
    from (select *, ${local} as local from heads where is_order) as head order by ordered_at, order_key`)
  await session.run(sql`insert into order_lines
    (order_key, line_number, sku, product, category, quantity, gross_minor, discount_minor, net_minor)
    select heads.order_key, cast(line.row_number - heads.first_row + coalesce(line.piece, 1) as integer), line.sku, line.product,
      line.category, line.quantity, case when line.piece is null then line.gross_minor end,
      case when line.piece is null then line.discount_minor end, line.net_minor
    from ${lines} as line join heads on heads.order_id = line.order_id
    where heads.is_order and ${isSold(sql`heads`)}`)
  await categoriesOfNewLines(session)
  await toldApart(session)
  await writeRefunds(session, timeZone, lines)
  await voidDays(session)
  await memberRegions(session)
  return { othersToo }
}

/**
 * A refund that names another order is written again with it, and that order with the refund: the one that
 * it names now and the one that it named before. Answers whether there are such.
 */
async function withNamedOrders(session: Session): Promise<boolean> {
  await session.run(sql`create or replace temp table naming_line as
    select distinct import_seq, order_id, refunds_order_id, state from import_lines where refunds_order_id is not null`)
  await session.run(sql`create or replace temp table naming as
    select distinct naming_line.order_id, refunds_order_id, state
    from naming_line join order_versions
      on order_versions.order_id = naming_line.order_id and order_versions.import_seq = naming_line.import_seq`)
  const counted = sql`select count(*) as orders from rewritten`
  const [before] = await session.rows(counted)
  if (await anyRow(session, sql`refunds`))
    await session.run(sql`insert into rewritten
    select distinct orders.order_id from refunds join orders on orders.order_key = refunds.order_key
    where ${refundingOrder} in (select order_id from rewritten)
      and orders.order_id not in (select order_id from rewritten)`)
  if (await anyRow(session, sql`naming`))
    await session.run(sql`insert into rewritten
    select order_id from (
      select order_id from naming where refunds_order_id in (select order_id from rewritten)
      union
      select refunds_order_id from naming where order_id in (select order_id from rewritten)
    ) as linked where order_id not in (select order_id from rewritten)`)
  const [after] = await session.rows(counted)
  return after!.orders !== before!.orders
}

/** Whom a line of a rewritten order names, now or in another version, has a region by it, though the order be another's. */
async function touchNamed(session: Session, lines: Sql, merged: boolean): Promise<void> {
  const ofAll = sql`(select * from import_lines where order_id in (select order_id from rewritten))`
  const among = (await anyRow(session, sql`replaced`))
    ? (await anyIdentities(session))
      ? resolvedLines(ofAll)
      : ofAll
    : lines
  await session.run(sql`insert into touched_members
    select distinct names.member_key from ${among} as line
    join ${merged ? memberNames : ownNames} as names on names.named = line.member_id
    where names.member_key not in (select member_key from touched_members)`)
}

/** The id of the order or credit note that brought a refund, as `writeRefunds` writes refund ids. */
/** SQL: the order that a refund came with. */
export const refundingOrder = sql`regexp_replace(refund_id, '/[^/]*$', '')`

/** Relation of the current lines of the rewritten orders, whichever imports they are of. */
const currentLines = sql`(
  select import_lines.* from import_lines
  join order_versions on order_versions.order_id = import_lines.order_id
    and order_versions.import_seq = import_lines.import_seq
  where import_lines.order_id in (select order_id from rewritten))`

/** New members get keys above all that were ever given; stubs among the buyers are members again. */
async function welcomeMembers(session: Session, lines: Sql, merged: boolean): Promise<void> {
  const whose = merged
    ? sql`(select coalesce(member_aliases.member_id, any_line.member_id) as member_id, ordered_at
        from ${lines} as any_line left join member_aliases on alias = any_line.member_id)`
    : lines
  await session.run(sql`update keys_given set
    member_key = greatest(member_key, (select coalesce(max(member_key), 0) from members))`)
  await session.run(sql`insert into members (member_key, member_id)
    select cast((select member_key from keys_given) + row_number() over (order by first_at, member_id) as integer), member_id
    from (
      select member_id, min(ordered_at) as first_at from ${whose} as line
      where member_id is not null group by member_id
    ) as buyer where member_id not in (select member_id from members)`)
  await session.run(sql`update keys_given set
    member_key = greatest(member_key, (select coalesce(max(member_key), 0) from members))`)
}

/** The lines have more than one of the three states. */
const statesDiffer = sql`bool_or(state = 'paid') and bool_or(state <> 'paid')
  or bool_or(state = 'unpaid') and bool_or(state <> 'unpaid')`

/** What the lines that `among` tells were charged; list price and discount are null unless each of the lines has one. */
const charged = (among: Sql): Sql => {
  const ofEach = (column: Sql) =>
    sql`case when bool_and(${column} is not null) filter (where ${among})
      then cast(sum(${column}) filter (where ${among}) as bigint) end`
  return sql`cast(sum(line.net_minor) filter (where ${among}) as bigint) as net_minor,
    ${ofEach(sql`line.gross_minor`)} as gross_minor, ${ofEach(sql`line.discount_minor`)} as discount_minor`
}

/**
 * What was given back of an order by its rows. Beside a total it is the order's, on one row or on all. Where
 * each row has an amount it is each row's own, unless all rows repeat one that is not their amount.
 */
const refundOfOrder = sql`case
  when count(order_net_minor) > 0 or (count(order_refund_minor) = count(*)
    and min(order_refund_minor) = max(order_refund_minor) and not bool_and(order_refund_minor = net_minor))
    then max(order_refund_minor)
  else cast(sum(order_refund_minor) as bigint) end`

/**
 * One row per order or credit note of `rewritten`, as its current lines say, into the temporary table
 * `heads`, in order of time. Orders that were there keep their key, new ones get keys above all that
 * were ever given. Texts are numbered before they are gathered: states of a fixed size go to the disk
 * when the memory is short, texts could not.
 */
async function headsOfRewritten(session: Session, lines: Sql, merged: boolean): Promise<void> {
  const earliest = (column: Sql) =>
    sql`arg_min(${column}, cast(epoch_us(ordered_at) as hugeint) * 1099511627776 + row_number) filter (where ${column} is not null)`
  const paid = sql`state = 'paid'`
  await session.run(sql`update keys_given set
    order_key = greatest(order_key, (select coalesce(max(order_key), 0) from orders),
      (select coalesce(max(order_key), 0) from replaced))`)
  await session.run(sql`create or replace temp table places as
    select store, channel,
      case when store is not null then cast(dense_rank() over (order by store) as integer) end as store_number,
      case when channel is not null then cast(dense_rank() over (order by channel) as integer) end as channel_number
    from (select distinct store, channel from ${lines} as line) as named`)
  await session.run(sql`create or replace temp table summed as
    select order_id,
      ${earliest(sql`names.identity_key`)} as named_key,
      min(ordered_at) as ordered_at,
      case when bool_or(${paid}) then 'paid' when bool_or(state = 'unpaid') then 'unpaid' else 'closed' end as state,
      ${earliest(sql`places.store_number`)} as store_number,
      ${earliest(sql`places.channel_number`)} as channel_number,
      max(order_net_minor) as order_net_minor,
      ${refundOfOrder} as order_refund_minor,
      min(row_number) as first_row,
      bool_or(not ${givenBack}) as anything_sold,
      bool_and(coalesce(${bookkeeping}, false)) as bookkeeping,
      -- lines differ in their state, or only some have the total
      (${statesDiffer}) or count(order_net_minor) not in (0, count(*)) as mixed,
      ${charged(sql`(order_net_minor is not null or not ${givenBack})`)}
    from ${lines} as line
    left join ${merged ? memberNames : ownNames} as names on names.named = line.member_id
    left join places on places.store is not distinct from line.store
      and places.channel is not distinct from line.channel
    group by order_id`)
  const [given] = await session.rows(sql`select order_key from keys_given`)
  const owner = merged
    ? sql`coalesce(merged.member_key, summed.named_key) as member_key,
        case when merged.member_key is not null then summed.named_key end as identity_key`
    : sql`summed.named_key as member_key, cast(null as integer) as identity_key`
  await session.run(sql`create or replace temp table heads as
    with of_mixed as (
      select line.order_id, ${charged(sql`true`)}
      from ${lines} as line join (select * from summed where mixed) as summed on summed.order_id = line.order_id
      where ${isSold(sql`summed`)}
      group by line.order_id
    ),
    stores as (select distinct store_number, store from places where store_number is not null),
    channels as (select distinct channel_number, channel from places where channel_number is not null),
    whole as (
      select summed.order_id, ${owner}, summed.ordered_at, summed.state, stores.store, channels.channel,
        summed.order_net_minor, summed.order_refund_minor, summed.first_row, summed.bookkeeping,
        coalesce(order_net_minor, case when mixed then of_mixed.net_minor else summed.net_minor end, 0) as net_minor,
        case when mixed then of_mixed.gross_minor else summed.gross_minor end as gross_minor,
        case when mixed then of_mixed.discount_minor else summed.discount_minor end as discount_minor,
        case when order_net_minor is null then anything_sold else order_net_minor >= 0 end as is_order,
        replaced.order_key as kept_key
      from summed
      left join of_mixed on of_mixed.order_id = summed.order_id
      left join stores on stores.store_number = summed.store_number
      left join channels on channels.channel_number = summed.channel_number
      left join replaced on replaced.order_id = summed.order_id
      ${merged ? sql`left join ${mergedKeys} as merged on merged.identity_key = summed.named_key` : sql``}
      order by kept_key is not null, summed.ordered_at, summed.order_id
    )
    select * exclude (kept_key),
      coalesce(kept_key, cast(${Number(given!.orderKey)} as bigint) + row_number() over ()) as order_key
    from whole`)
  await session.run(sql`drop table summed`)
  await session.run(sql`update members set stub = false
    where stub and member_key in (select member_key from heads)`)
  await session.run(sql`update keys_given set
    order_key = greatest(order_key, (select coalesce(max(order_key), 0) from heads))`)
}

/**
 * The lines, those of an order whose total its negative lines have reduced already without that total, where a refunds
 * file names the order: what was given back then stands apart from what was charged, and can be told to be the same.
 */
async function withoutReducedTotals(session: Session, lines: Sql): Promise<Sql> {
  if (!(await anyRow(session, sql`naming`))) return lines
  await session.run(sql`create or replace temp table reduced as
    select order_id, max(order_refund_minor) as refund_minor,
      coalesce(arg_min(row_number, refunded_at) filter (where order_refund_minor > 0), min(row_number)) as refund_row
    from ${lines} as line
    where order_id in (select refunds_order_id from naming where state = 'paid' and ${isNote(sql`order_id`)})
    group by order_id
    having bool_and(state = 'paid') and bool_or(net_minor < 0)
      and max(order_net_minor) = sum(net_minor) and min(order_net_minor) = sum(net_minor)`)
  if (!(await anyRow(session, sql`reduced`))) return lines
  return sql`(select line.* replace (
      case when reduced.order_id is null then line.order_net_minor end as order_net_minor,
      case when reduced.order_id is null then line.order_refund_minor
        when line.row_number = reduced.refund_row then reduced.refund_minor end as order_refund_minor)
    from ${lines} as line left join reduced on reduced.order_id = line.order_id)`
}

/**
 * What others tell of the refunds of the orders in `heads`, into the temporary table `told_apart`: refunds files, and
 * credit notes among orders.
 */
async function toldApart(session: Session): Promise<void> {
  await session.run(sql`create or replace temp table told_apart as
    select refunds_order_id as order_id,
      cast(coalesce(sum(-net_minor) filter (where ${isNote(sql`order_id`)}), 0) as bigint) as by_files,
      cast(coalesce(sum(-net_minor) filter (where not ${isNote(sql`order_id`)}), 0) as bigint) as by_notes
    from (
      select line.order_id, line.refunds_order_id, line.net_minor, line.state,
        max(line.order_net_minor) over (partition by line.order_id) as order_net_minor
      from import_lines as line
      join order_versions on order_versions.order_id = line.order_id and order_versions.import_seq = line.import_seq
      where line.order_id in (
        select order_id from naming where refunds_order_id in (select order_id from heads where is_order))
    ) as line
    where refunds_order_id <> order_id and refunds_order_id in (select order_id from heads where is_order)
      and order_net_minor is null and net_minor < 0 and state = 'paid'
    group by refunds_order_id`)
}

/**
 * Refunds: lines given back, linked to their own order when it sold anything, else to the order they
 * name, else to none; and what was given back of a whole order. Those that are linked are the order's member's.
 * Those without a date of their own take the order's; a row of a refunds file without one waits for the order
 * that it names.
 *
 * The same money is counted once: what an order itself says was given back (its total, then its negative lines) is
 * left of it as far as it exceeds what refunds files tell of it, and its total as far as it exceeds what credit
 * notes among orders tell besides. These are of the same books as negative lines, which stay beside them.
 */
async function writeRefunds(session: Session, timeZone: string, lines: Sql): Promise<void> {
  const local = localOfUtcSql(sql`refunded_at`, timeZone)
  const ofFile = isNote(sql`heads.order_id`)
  await session.run(sql`insert into refunds
    with given_back as (
      select heads.order_id || '/' || cast(line.row_number as varchar) as refund_id,
        case when line.refunds_order_id is not null then named.order_key when heads.is_order then heads.order_key end as order_key,
        case when line.refunds_order_id is not null then named.state when heads.is_order then heads.state end as order_state,
        case when named.order_key is not null then named.member_key else heads.member_key end as member_key,
        case when named.order_key is not null then named.identity_key else heads.identity_key end as identity_key,
        coalesce(line.refunded_at, case when ${ofFile} then named.ordered_at else line.ordered_at end) as refunded_at,
        coalesce(line.store, heads.store) as store, coalesce(line.channel, heads.channel) as channel,
        -line.net_minor as amount_minor, line.state,
        line.refunded_at is null and (heads.is_order or ${ofFile}) as date_assumed,
        case when heads.is_order and coalesce(line.refunds_order_id, heads.order_id) = heads.order_id then heads.order_id end as own_order,
        line.row_number as place
      from ${lines} as line
      join heads on heads.order_id = line.order_id
      left join orders as named on named.order_id = line.refunds_order_id
      where heads.order_net_minor is null and line.net_minor < 0 and (not ${ofFile} or line.state = 'paid')
      union all
      select order_id || '/total', null, null, member_key, identity_key, ordered_at, store, channel, -order_net_minor, state, false,
        null, null
      from heads where order_net_minor < 0
      union all
      select heads.order_id || '/refund', case when is_order then order_key end, case when is_order then heads.state end,
        member_key, identity_key, coalesce(dated.refunded_at, ordered_at), store, channel,
        order_refund_minor - coalesce(told_apart.by_notes, 0), heads.state,
        dated.refunded_at is null, case when is_order then heads.order_id end, 0
      from heads
      left join (
        select order_id, min(refunded_at) as refunded_at from ${lines} as line
        where order_refund_minor > 0 group by order_id
      ) as dated on dated.order_id = heads.order_id
      left join told_apart on told_apart.order_id = heads.order_id
      where order_refund_minor > coalesce(told_apart.by_notes, 0)
    ),
    counted as (
      select given_back.* replace (case when told_apart.order_id is null then amount_minor
        else least(amount_minor, cast(sum(amount_minor) over (
          partition by coalesce(own_order, refund_id) order by place) as bigint) - by_files) end as amount_minor)
      from given_back left join told_apart on told_apart.order_id = given_back.own_order
    )
    select refund_id, order_key, member_key, refunded_at, cast(${local} as date), store, channel, amount_minor,
      coalesce(order_state, state) = 'paid', date_assumed, identity_key
    from counted where refunded_at is not null and amount_minor > 0 order by refunded_at, refund_id`)
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
        where refunds.counts and refunds.order_key in (select order_key from heads)
      ) as running
      where back_minor >= net_minor
      group by order_key
    ) as gone
    where gone.order_key = orders.order_key`)
}

/** A touched member's region is that of the latest of their current lines that names one. */
export async function memberRegions(session: Session): Promise<void> {
  const lines = (await anyIdentities(session)) ? resolvedLines(sql`import_lines`) : sql`import_lines`
  const merged = await anyRow(session, sql`member_aliases`)
  await session.run(sql`update members set region = latest.region
    from touched_members left join (
      select names.member_key, arg_max(line.region, (line.ordered_at, line.order_id, line.row_number)) as region
      from ${lines} as line
      join order_versions on order_versions.order_id = line.order_id and order_versions.import_seq = line.import_seq
      join ${merged ? memberNames : ownNames} as names on names.named = line.member_id
      join touched_members on touched_members.member_key = names.member_key
      where line.region is not null
      group by names.member_key
    ) as latest on latest.member_key = touched_members.member_key
    where touched_members.member_key = members.member_key and members.region is distinct from latest.region`)
}

/** Relation of the members that the last `rewriteOrders` of the session touched. */
export const touchedMembers: Sql = sql`(select member_key from ${name('touched_members')})`

/** The temporary tables of an import that nothing reads once the orders are written: room for what follows. */
export const foldTables: readonly Sql[] = [
  'coming',
  'known',
  'taken_over',
  'rewritten',
  'naming_line',
  'naming',
  'replaced',
  'places',
  'heads',
  'told_apart',
].map(name)
