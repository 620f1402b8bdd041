import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { cellId, lostDigits } from '../reading/cells.ts'
import { instantSql } from '../values/dates.ts'
import { emptyWords, type PersonValue, personValues } from '../columns/fields.ts'
import { isMasked } from '../members/phones.ts'
import { earliest, type NormaliseSettings } from '../values/normalise.ts'
import { isShortenedSql, namesCurrencySql, numberSql, ownSigns } from '../values/numbers.ts'
import { type RefundField, refundStateWords } from './fields.ts'
import { personValue, phoneThatTells, unlessPlaceholder } from '../values/person-values.ts'
import { notePrefix } from './note.ts'

/**
 * A query over a block's rows: each row as a line of a credit note of its own, the columns of `import_lines` that it
 * has, with `reason`, `reason_field` and `reason_value` where it is refused, and `remainder_micro` as for orders.
 * `order_id` is null where the row has no id of its own. Amounts are given back, whatever their sign. Only what was
 * given back needs a date, and may take that of the order that it names; whose that order is it is, so that a phone,
 * openid or e-mail tells of the others alone.
 */
export function refundRows(block: Sql, settings: NormaliseSettings): Sql {
  const { mapping, currency, minorDigits, latest } = settings
  const has = (field: RefundField) => mapping.columns[field] !== undefined
  const raw = (field: RefundField): Sql =>
    has(field) ? name(`c${mapping.columns[field]}`) : sql`cast(null as varchar)`
  const noValue = sql`[${join(['', ...emptyWords])}]`
  const text = (field: RefundField): Sql =>
    has(field)
      ? sql`case when list_contains(${noValue}, lower(${raw(field)})) then null else ${raw(field)} end`
      : raw(field)
  const id = (field: RefundField): Sql =>
    has(field)
      ? cellId(sql`regexp_replace(regexp_replace(${text(field)}, '^="(.*)"$', '\\1'), '^''+', '')`)
      : raw(field)
  const person = (kind: PersonValue): Sql =>
    has(kind) ? personValue(kind, `${kind}_text`, settings) : sql`cast(null as varchar)`
  const values = personValues.filter(has)
  const own = ownSigns(currency)
  const { micro, wide } = has('amount')
    ? numberSql(raw('amount'), mapping.decimalMark, own)
    : { micro: sql`cast(null as bigint)`, wide: sql`cast(null as decimal(20, 10))` }
  const scale = literal(10 ** minorDigits)
  const words = Object.entries({ ...refundStateWords, ...mapping.states })
  const meaning = sql`map([${join(words.map(([word]) => word))}], [${join(words.map(([, means]) => means))}])[lower(${text('state')})]`
  const state = has('state')
    ? sql`case meaning when 'refunded' then 'paid' when 'closed-or-refunded' then 'closed' else meaning end`
    : sql`'paid'`
  const foreignCurrency = has('currency')
    ? sql`(${text('currency')} is not null and upper(${raw('currency')}) not in (${join(own)}))`
    : sql`false`
  const unread = sql`(${text('amount')} is not null and exact is null)`
  const reasons: readonly (readonly [Sql, string, RefundField])[] = [
    ...(['refundId', 'orderId'] as const)
      .filter(has)
      .map((field) => [lostDigits(raw(field)), 'lost-digits', field] as const),
    [foreignCurrency, 'other-currency', 'currency'],
    [sql`${unread} and ${isShortenedSql(raw('amount'))}`, 'short-amount', 'amount'],
    [sql`${unread} and ${namesCurrencySql(raw('amount'))}`, 'other-currency', 'amount'],
    [sql`${text('refundedAt')} is not null and refunded_at is null`, 'bad-date', 'refundedAt'],
    [sql`refunded_at > cast(${latest} as timestamp)`, 'future-date', 'refundedAt'],
    [sql`refunded_at < ${earliest}`, 'old-date', 'refundedAt'],
    [
      sql`${unread} and regexp_full_match(regexp_replace(${raw('amount')}, '[\\s,.''_]', '', 'g'), '\\D{0,4}\\d{11,}\\D{0,4}')`,
      'too-large',
      'amount',
    ],
    [unread, 'bad-amount', 'amount'],
    [sql`exact is not null and coalesce(minor > 9000000000000, true)`, 'too-large', 'amount'],
    // An empty state does not say whether anything was given back.
    [sql`state is null`, 'unknown-refund-state', 'state'],
    [sql`minor is null and state = 'paid'`, 'no-amount', 'amount'],
    [
      sql`refunded_at is null and refunds_order_id is null and state = 'paid'`,
      'undated-refund',
      'refundedAt',
    ],
  ]
  const among = (answer: (field: RefundField, reason: string) => Sql) =>
    sql`case ${join(
      reasons.map(([when, reason, field]) => sql`when ${when} then ${answer(field, reason)}`),
      sql` `,
    )} end`
  const content = (persons: Sql) =>
    sql`hash(order_id, member_id, refunded_at, state, store, channel, sku, product, minor, refunds_order_id,
        refund_reason${persons})`
  return sql`
    with written as (
      select *${values.length === 0 ? sql`` : sql`, ${join(values.map((kind) => sql`${unlessPlaceholder(id(kind))} as ${name(`${kind}_text`)}`))}`}
      from ${block} as block
    ),
    parsed as (
      select *,
        ${join(personValues.map((kind) => sql`${person(kind)} as ${name(`${kind}_read`)}`))},
        cast(${notePrefix} || ${id('refundId')} as varchar) as order_id,
        ${id('memberId')} as written_id,
        ${has('refundedAt') ? instantSql(raw('refundedAt'), mapping.dates.refundedAt ?? 'year-first', mapping.timeZone) : sql`cast(null as timestamp)`} as refunded_at,
        ${id('orderId')} as refunds_order_id,
        ${has('state') ? meaning : sql`cast(null as varchar)`} as meaning,
        ${id('sku')} as sku, ${text('product')} as product,
        ${text('store')} as store, ${text('channel')} as channel, ${text('reason')} as refund_reason,
        cast(abs(coalesce(cast(${micro} as decimal(20, 0)) * cast(0.000001 as decimal(6, 6)), ${wide})) as decimal(28, 10)) as exact
      from written
    ),
    rounded as (
      select *,
        case when refunds_order_id is null then ${phoneThatTells(sql`phone_read`)} end as phone,
        case when refunds_order_id is null then openid_read end as openid,
        case when refunds_order_id is null then email_read end as email,
        case when not ${isMasked(sql`written_id`)} then written_id end as member_id,
        coalesce(${isMasked(sql`written_id`)}, false) as hidden, ${state} as state, try_cast(round(exact * ${scale}, 0) as bigint) as minor from parsed
    )
    select row_number, order_id, member_id, phone, openid, email, cast(null as varchar) as known_by, hidden, cast(null as varchar) as nobody_word, refunded_at as ordered_at, state, store, channel,
      cast(null as varchar) as region, sku, product,
      -coalesce(minor, 0) as net_minor, refunds_order_id, refunded_at, refund_reason,
      cast(coalesce((minor - exact * ${scale}) * ${literal(10 ** (6 - minorDigits))}, 0) as bigint) as remainder_micro,
      ${among((_, reason) => sql`${reason}`)} as reason,
      ${among((field) => sql`${field}`)} as reason_field,
      ${among((field, reason) => (reason === 'other-currency' || reason === 'short-amount' || reason === 'lost-digits' ? raw(field) : sql`null`))} as reason_value,
      case when coalesce(phone, openid, email) is null then ${content(sql``)}
        else ${content(sql`, phone, openid, email`)} end as content_hash
    from rounded`
}

const literal = (integer: number): Sql => ({ kind: 'sql', chunks: [String(integer)] })
