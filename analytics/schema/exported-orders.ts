import { type Sql, sql } from '../sql/sql.ts'
import { both } from './described.ts'
import { type ExportedTable, memberId, ofMember } from './exported-table.ts'

const ofOrder = sql`left join orders as whole on whole.order_key = base.order_key`

/** Why money was given back, from the row that says so. */
const ofReason = sql`left join (
    select line.order_id || '/' || cast(line.row_number as varchar) as refund_id, line.refund_reason as reason
    from import_lines as line
    join order_versions on order_versions.order_id = line.order_id and order_versions.import_seq = line.import_seq
    where line.refund_reason is not null
  ) as said on said.refund_id = base.refund_id`

/**
 * SQL: a refund's id as outsiders know it. Of a row of a refunds file, whose id in the engine begins with a blank and
 * ends in the row, the number that the file has.
 */
export const refundNumber = (refundId: Sql): Sql => sql`case when starts_with(${refundId}, ' refund:')
  then regexp_replace(substr(${refundId}, length(' refund:') + 1), '/[0-9]+$', '') else ltrim(${refundId}) end`

export const orders: ExportedTable = {
  name: 'orders',
  base: 'orders',
  title: both('Orders', '订单'),
  meaning: both(
    'One row per order as the live imports say it, unpaid and closed ones included.',
    '每笔订单一行，以当前有效的导入为准，含未付款与已关闭的订单。',
  ),
  relation: sql`orders as base ${ofMember}`,
  inside: ['order_key', 'member_key', 'identity_key'],
  columns: [
    {
      name: 'order_id',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.order_id`,
      meaning: both(
        'Order number; made from the row where the file has none.',
        '订单号；文件没有订单号时由该行生成。',
      ),
    },
    {
      ...memberId(sql`member.member_id`),
      meaning: both('Who ordered; empty: a guest order.', '下单会员；空为非会员订单。'),
    },
    {
      name: 'ordered_at',
      type: 'instant',
      origin: 'file',
      past: 'full',
      from: sql`base.ordered_at`,
      meaning: both(
        'When it was paid, else created; the earliest of its lines.',
        '付款时间，没有则为下单时间；取各行中最早的。',
      ),
    },
    {
      name: 'local_day',
      type: 'day',
      origin: 'computed',
      past: 'full',
      from: sql`base.local_day`,
      meaning: both('Day of the order in the shop’s time zone.', '订单在店铺时区的日期。'),
    },
    {
      name: 'local_hour',
      type: 'integer',
      unit: 'hours',
      origin: 'computed',
      past: 'full',
      from: sql`base.local_hour`,
      meaning: both('Hour of that day, 0 to 23.', '当日的小时，0 至 23。'),
    },
    {
      name: 'store',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.store`,
      meaning: both('Store where it was bought.', '购买门店。'),
    },
    {
      name: 'channel',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.channel`,
      meaning: both('Sales channel.', '销售渠道。'),
    },
    {
      name: 'state',
      type: 'text',
      origin: 'file',
      past: 'none',
      from: sql`base.state`,
      meaning: both(
        'unpaid, paid or closed. Refunds stand apart.',
        'unpaid（未付款）、paid（已付款）或 closed（已关闭）。退款另列。',
      ),
    },
    {
      name: 'gross_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'full',
      from: sql`base.gross_minor`,
      meaning: both(
        'Quantity times list price; empty: the file has no list price.',
        '数量 × 原价；空：文件没有原价。',
      ),
    },
    {
      name: 'discount_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'full',
      from: sql`base.discount_minor`,
      meaning: both('Reductions, coupons included; empty: unknown.', '优惠金额，含优惠券；空为未知。'),
    },
    {
      name: 'net_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'full',
      from: sql`base.net_minor`,
      meaning: both('What was charged, before refunds.', '实收金额（退款前）。'),
    },
    {
      name: 'void_day',
      type: 'day',
      origin: 'computed',
      past: 'full',
      from: sql`base.void_day`,
      meaning: both(
        'First day on which linked refunds leave nothing, so that the order no longer counts; empty: never.',
        '退款使订单金额归零、订单不再有效的首日；空：从未。',
      ),
    },
  ],
}

export const orderLines: ExportedTable = {
  name: 'order_lines',
  base: 'order_lines',
  title: both('Order lines', '订单明细'),
  meaning: both('One row per line of an order.', '订单的每个商品行一行。'),
  relation: sql`order_lines as base ${ofOrder}`,
  inside: ['order_key'],
  columns: [
    {
      name: 'order_id',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`whole.order_id`,
      meaning: both('The order of the line.', '所属订单号。'),
    },
    {
      name: 'line_number',
      type: 'integer',
      unit: 'lines',
      origin: 'computed',
      past: 'full',
      from: sql`base.line_number`,
      meaning: both('Place of the line in its order, from 1.', '在订单中的行序，从 1 开始。'),
    },
    {
      name: 'sku',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.sku`,
      meaning: both('Article code.', '商品编码。'),
    },
    {
      name: 'product',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.product`,
      meaning: both('Name of the article.', '商品名称。'),
    },
    {
      name: 'category',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.category`,
      meaning: both('Category of the article.', '商品品类。'),
    },
    {
      name: 'quantity',
      type: 'decimal',
      unit: 'pieces',
      origin: 'file',
      past: 'full',
      from: sql`base.quantity`,
      meaning: both(
        'How many, or how much of what is weighed, with four decimals.',
        '数量，称重商品为重量，保留四位小数。',
      ),
    },
    {
      name: 'gross_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'full',
      from: sql`base.gross_minor`,
      meaning: both(
        'Quantity times list price; empty: the file has no list price.',
        '数量 × 原价；空：文件没有原价。',
      ),
    },
    {
      name: 'discount_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'full',
      from: sql`base.discount_minor`,
      meaning: both('Reductions on the line; empty: unknown.', '该行优惠金额；空为未知。'),
    },
    {
      name: 'net_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'full',
      from: sql`base.net_minor`,
      meaning: both('What was charged for the line, before refunds.', '该行实收金额（退款前）。'),
    },
    {
      name: 'category_of_product',
      type: 'boolean',
      origin: 'computed',
      past: 'none',
      from: sql`base.category_of_product`,
      meaning: both(
        'true: the file has no category for the line, so it has its product’s.',
        'true：文件没有该行的分类，取其商品的分类。',
      ),
    },
  ],
}

export const refunds: ExportedTable = {
  name: 'refunds',
  base: 'refunds',
  title: both('Refunds', '退款'),
  meaning: both(
    'One row per dated refund. None is guessed: without an order it reduces net on its own day.',
    '每笔退款一行。不作推测：没有对应订单的退款在其当日减少净销售额。',
  ),
  relation: sql`refunds as base ${ofOrder} ${ofMember} ${ofReason}`,
  inside: ['order_key', 'member_key', 'identity_key'],
  columns: [
    {
      name: 'refund_id',
      type: 'text',
      origin: 'computed',
      past: 'full',
      from: refundNumber(sql`base.refund_id`),
      meaning: both(
        'Id of the refund: the shop’s own where a file of refunds gives it.',
        '退款编号；退款文件有编号时即店铺自己的编号。',
      ),
    },
    {
      name: 'order_id',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`whole.order_id`,
      meaning: both(
        'The order it belongs to; empty: the file does not say.',
        '对应的订单号；空：文件没有说明。',
      ),
    },
    {
      ...memberId(sql`member.member_id`),
      meaning: both('Whose refund it is; empty: a guest’s.', '退款会员；空为非会员。'),
    },
    {
      name: 'refunded_at',
      type: 'instant',
      origin: 'file',
      past: 'full',
      from: sql`base.refunded_at`,
      meaning: both('When it was given back.', '退款时间。'),
    },
    {
      name: 'local_day',
      type: 'day',
      origin: 'computed',
      past: 'full',
      from: sql`base.local_day`,
      meaning: both('Day of the refund in the shop’s time zone.', '退款在店铺时区的日期。'),
    },
    {
      name: 'store',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.store`,
      meaning: both('Store of the refund.', '退款门店。'),
    },
    {
      name: 'channel',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`base.channel`,
      meaning: both('Channel of the refund.', '退款渠道。'),
    },
    {
      name: 'amount_minor',
      type: 'integer',
      unit: 'minor',
      origin: 'file',
      past: 'full',
      from: sql`base.amount_minor`,
      meaning: both('What was given back, positive.', '退款金额，正数。'),
    },
    {
      name: 'counts',
      type: 'boolean',
      origin: 'computed',
      past: 'none',
      from: sql`base.counts`,
      meaning: both(
        'false: linked to an unpaid or closed order, so it changes no figure.',
        'false：对应未付款或已关闭的订单，不影响任何数字。',
      ),
    },
    {
      name: 'date_assumed',
      type: 'boolean',
      origin: 'computed',
      past: 'full',
      from: sql`base.date_assumed`,
      meaning: both(
        'true: the file has no date of refund, so it has its order’s.',
        'true：文件没有退款时间，取订单时间。',
      ),
    },
    {
      name: 'reason',
      type: 'text',
      origin: 'file',
      past: 'full',
      from: sql`said.reason`,
      meaning: both('Why, as a refunds file says it.', '退款原因，以退款文件为准。'),
    },
  ],
}
