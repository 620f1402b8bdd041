import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { isNothing, lostDigits, shortMarks, wholeDigits } from '../reading/cells.ts'
import { anything, type MayHold } from '../reading/held-bytes.ts'
import { instantSql } from './dates.ts'
import {
  emptyWords,
  type FieldName,
  type PersonValue,
  personValues,
  refundEntry,
  stateWords,
} from '../columns/fields.ts'
import type { KindName } from '../kinds/catalogue.ts'
import type { Mapping } from '../columns/mapping.ts'
import { anyUnit, isShortenedSql, namesCurrencySql, numberSql, ownSigns } from './numbers.ts'
import { isMasked, maskMarks } from '../members/phones.ts'
import { personValue, phoneThatTells, unlessPlaceholder } from './person-values.ts'
import { brokenReasons, fieldSeparator } from '../reading/records.ts'
import { saidBackWords } from '../refunds/fields.ts'

/** Why a row is refused; the sentences are in server/messages. */
export const rowReasons = [
  ...brokenReasons,
  'no-order',
  'no-date',
  'bad-date',
  'future-date',
  /** Another row of its order is refused. */
  'order-refused',
  'old-date',
  'no-amount',
  'bad-amount',
  'bad-quantity',
  'too-large',
  'other-currency',
  'short-amount',
  'unknown-state',
  'lost-digits',
  'no-member',
  'masked-member',
  'bad-number',
  'unknown-consent',
  'unknown-refund-state',
  'undated-refund',
  /** The template's own row. */
  'template-row',
  /** An item of a batch, judged before it became a row. */
  'malformed',
] as const
/** Those of the further kinds are `<kind>.<reason>`. */
export type RowReason = (typeof rowReasons)[number] | `${KindName}.${string}`

export interface NormaliseSettings {
  readonly mapping: Mapping
  readonly currency: string
  /** Digits after the decimal mark of the currency. */
  readonly minorDigits: number
  /** The workspace's: whose numbers phones without a country code are. */
  readonly timeZone: string
  /** Instants after this are refused: ISO text, the moment of import plus a day. */
  readonly latest: string
  readonly fileName: string
}

/** What a column of the kind of cancelling says of an order that was not cancelled. */
const notCancelled = ['无', '否', '未取消', '正常']

/** The columns of a block that the mapping needs, in the file's order. */
export const keptColumns = ({ columns, emailElse, refunds, rest = [] }: Mapping): number[] =>
  [
    ...new Set([
      ...Object.values(columns),
      ...(emailElse === undefined ? [] : [emailElse]),
      ...refunds.charged.flat(),
      ...rest.map(({ position }) => position),
    ]),
  ].sort((a, b) => a - b)

/** A relation of the raw text of a block, read by one thread: `row_number`, `c<position>`. */
export function blockRows(path: string, mapping: Mapping): Sql {
  const columns = [
    sql`'row_number': 'bigint'`,
    ...keptColumns(mapping).map((position) => sql`${name(`c${position}`)}: 'varchar'`),
  ]
  return sql`read_csv(${path}, auto_detect = false, header = false, delim = ${fieldSeparator}, quote = '', escape = '',
    new_line = '\\n', max_line_size = 4194304,
    parallel = false, columns = {${join(columns)}})`
}

/**
 * A query over a block's rows: one normalised row each, with `reason`, `reason_field` and, of another
 * currency, `reason_value` where it is refused, and `remainder`: exact minus rounded amount in minor
 * units. Where the file tells refunds: `charged_minors`, what was charged before them in alternatives,
 * `back_minor`, and `restored_…`: amounts as they are should the refund have been taken off already.
 * Where it tells states of refunds: `refund_doubt`, what its refund leaves open (`refund-doubts.ts`).
 * A row that has an order id may lack time, state and amount, which another row of its order has: `incomplete` says so.
 * What the block's columns can't hold (`columnMayHold`) is not looked for in each value; the rows are the same.
 */
export function normalisedRows(
  block: Sql,
  settings: NormaliseSettings,
  columnMayHold: MayHold = anything,
): Sql {
  const { mapping, currency, minorDigits, latest } = settings
  const has = (field: FieldName) => mapping.columns[field] !== undefined
  const mayHold = (field: FieldName, texts: readonly string[]) =>
    (has(field) && columnMayHold(mapping.columns[field]!, texts)) ||
    (field === 'email' && mapping.emailElse !== undefined && columnMayHold(mapping.emailElse, texts))
  const raw = (field: FieldName): Sql => {
    if (!has(field)) return sql`cast(null as varchar)`
    const column = name(`c${mapping.columns[field]}`)
    if (field === 'email' && mapping.emailElse !== undefined)
      return sql`coalesce(case when not ${isNothing(column)} then ${column} end, ${name(`c${mapping.emailElse}`)})`
    if (field !== 'refundAmount' && field !== 'refundedAt') return column
    const listed =
      field === 'refundAmount'
        ? sql`cast(list_sum(list_transform(regexp_extract_all(${column}, 'amount: ?-?([\\d.]+)', 1),
            lambda one: try_cast(one as decimal(18, 4)))) as varchar)`
        : sql`nullif(trim(regexp_extract(${column}, '.*date: ?([^|;]+)', 1)), '')`
    return sql`case when strpos(${column}, ${refundEntry}) > 0 then ${listed} else ${column} end`
  }
  const text = (field: FieldName): Sql =>
    mayHold(field, emptyWords)
      ? sql`case when ${isNothing(raw(field))} then null else ${raw(field)} end`
      : raw(field)
  const digits = (field: FieldName): Sql => (mayHold(field, shortMarks) ? wholeDigits(raw(field)) : sql`null`)
  const id = (field: FieldName): Sql =>
    mayHold(field, [...shortMarks, '.0', "'", '="'])
      ? sql`coalesce(${digits(field)}, case when ends_with(${raw(field)}, '.0') or starts_with(${raw(field)}, '''') or starts_with(${raw(field)}, '="')
          then nullif(trim(regexp_replace(regexp_replace(regexp_replace(${raw(field)}, '^="(.*)"$', '\\1'), '^''+', ''), '^(\\d+)\\.0$', '\\1')), '')
          else ${text(field)} end)`
      : text(field)
  const masked = (field: FieldName): Sql => (mayHold(field, maskMarks) ? isMasked(raw(field)) : sql`false`)
  const person = (kind: PersonValue): Sql =>
    has(kind) ? personValue(kind, `${kind}_text`, settings) : sql`cast(null as varchar)`
  const values = personValues.filter(has)
  const identities = [...(has('memberId') ? (['memberId'] as const) : []), ...values]
  const hidden =
    identities.length === 0
      ? sql`false`
      : sql`(coalesce(${join(identities.map(masked), sql`, false) or coalesce(`)}, false))`
  // what stands in the place of somebody and only says that there is nobody
  const nobody =
    identities.length === 0
      ? sql`cast(null as varchar)`
      : sql`case when not hidden and coalesce(member_id, phone, openid, email) is null
          then coalesce(${join(identities.map((field) => sql`nullif(trim(${id(field)}), '')`))}) end`
  const whole = (field: FieldName): Sql =>
    field === 'orderedAt' && has('timeOfDay')
      ? sql`concat_ws(' ', ${raw(field)}, ${text('timeOfDay')})`
      : raw(field)
  const instant = (field: FieldName): Sql =>
    has(field)
      ? instantSql(whole(field), mapping.dates[field] ?? 'year-first', mapping.timeZone)
      : sql`cast(null as timestamp)`
  const ids = (
    has('memberId')
      ? (['orderId', 'memberId', 'refundsOrderId'] as const)
      : (['orderId', 'phone', 'refundsOrderId'] as const)
  ).filter((field) => mayHold(field, shortMarks))
  const lostDigitsOf = (answer: (field: FieldName) => Sql) =>
    ids.length === 0
      ? sql`null`
      : sql`case ${join(
          ids.map((field) => sql`when ${lostDigits(raw(field))} then ${answer(field)}`),
          sql` `,
        )} end`
  const own = ownSigns(currency)
  // Three letters beside a quantity are a unit, beside money they are a currency.
  const numberOf = (field: NumberField) =>
    numberSql(raw(field), mapping.decimalMark, field === 'quantity' ? [anyUnit] : own)
  const micro = (field: NumberField): Sql => (has(field) ? numberOf(field).micro : sql`cast(null as bigint)`)
  const microOf = (field: NumberField) => name(`${columnName[field]}_micro`)
  const wideOf = (field: NumberField) => name(`${columnName[field]}_wide`)
  const wide = (field: NumberField): Sql =>
    has(field)
      ? sql`case when ${microOf(field)} is null then ${numberOf(field).wide} end`
      : sql`cast(null as decimal(20, 10))`
  const numbers = Object.keys(columnName) as NumberField[]

  // Of a number in millionths or wide: minor units, rounded once, half away from zero.
  const step = literal(10 ** (6 - minorDigits))
  const half = literal(10 ** (6 - minorDigits) / 2)
  const scale = sql`cast(${literal(10 ** minorDigits)} as decimal(4, 0))`
  const minor = (micros: Sql, wides: Sql) => sql`case when ${micros} is not null
    then sign(${micros}) * ((abs(${micros}) + ${half}) // ${step})
    else try_cast(round(${wides} * ${scale}, 0) as bigint) end`
  const remainder = (micros: Sql, wides: Sql, rounded: Sql) => sql`case when ${micros} is not null
    then ${micros} - ${rounded} * ${step}
    else try_cast((${wides} * ${scale} - ${rounded}) * ${step} as bigint) end`
  const words = Object.entries({ ...stateWords, ...mapping.states }).filter(([word]) =>
    mayHold('state', [word]),
  )
  const meant = (word: Sql) =>
    sql`map([${join(words.map(([word]) => word))}], [${join(words.map(([, means]) => means))}])[${word}]`
  // most are written as they are known, and letters of any script are slow to change their case
  const known =
    words.length === 0
      ? sql`cast(null as varchar)`
      : sql`coalesce(${meant(raw('state'))}, ${meant(sql`lower(${raw('state')})`)})`
  const otherwise = mapping.states['*']
  const meaning =
    otherwise === undefined
      ? known
      : sql`coalesce(${known}, case when ${text('state')} is not null then ${otherwise} end)`
  const usesPrice = !has('amount') && has('unitPrice')
  // What stands for nothing is nothing.
  const given = (field: FieldName) => sql`${text(field)} is not null`
  const unread = (field: NumberField) =>
    has(field)
      ? sql`(${microOf(field)} is null and ${wideOf(field)} is null and ${text(field)} is not null)`
      : sql`false`
  const tooLong = (field: NumberField) =>
    has(field)
      ? sql`(${unread(field)} and regexp_full_match(regexp_replace(${raw(field)}, '[\\s,.''_]', '', 'g'), '\\D{0,4}\\d{11,}\\D{0,4}'))`
      : sql`false`
  const money = numbers.filter((field) => field !== 'quantity' && has(field))
  const foreign = (field: NumberField) => sql`(${unread(field)} and ${namesCurrencySql(raw(field))})`
  const shortened = (field: NumberField) => sql`(${unread(field)} and ${isShortenedSql(raw(field))})`
  const shortenedOf = (answer: (field: FieldName) => Sql) =>
    money.length === 0
      ? sql`null`
      : sql`case ${join(
          money.map((field) => sql`when ${shortened(field)} then ${answer(field)}`),
          sql` `,
        )} end`
  const foreignCurrency = has('currency')
    ? sql`(${given('currency')} and upper(${raw('currency')}) not in (${join(own)}))`
    : sql`false`
  const foreignOf = (answer: (field: FieldName) => Sql) =>
    sql`case ${join(
      [
        sql`when ${foreignCurrency} then ${answer('currency')}`,
        ...money.map((field) => sql`when ${foreign(field)} then ${answer(field)}`),
      ],
      sql` `,
    )} end`
  const wholePieces = has('quantity')
    ? sql`quantity_micro % 1000000 = 0 and abs(quantity_micro) < 100000000000`
    : sql`true`
  const pieces = has('quantity') ? sql`(quantity_micro // 1000000)` : sql`1`
  const anyPieces = has('quantity') ? sql`(quantity is not null or ${text('quantity')} is null)` : sql`true`
  // With eight digits before and ten after the point its product with any price is exact; digits beyond the tenth are cut.
  const exactQuantity = has('quantity')
    ? sql`coalesce(try_cast(coalesce(cast(quantity_micro as decimal(20, 0)) * cast(0.000001 as decimal(6, 6)), quantity_wide) as decimal(18, 10)), 1)`
    : sql`cast(1 as decimal(18, 10))`
  // Top-ups and gift cards are within the amount and are no orders; taxes, shipping and stored value may be beside it.
  const beside = (['topUp', 'tax', 'shipping', 'balancePaid'] as const).filter(has).map((field) => {
    const amount = sql`coalesce(${minor(microOf(field), wideOf(field))}, 0)`
    return field === 'topUp' ? sql`- ${amount}` : sql`+ ${amount}`
  })
  const soldOf = (amount: Sql) => sql`(${join([sql`(${amount})`, ...beside], sql` `)})`
  const charged = (position: number): Sql => {
    const { micro, wide } = numberSql(name(`c${position}`), mapping.decimalMark, own)
    return minor(micro, wide)
  }
  const chargedMinors = sql`list_value(${join(
    mapping.refunds.charged.map((sum) => join(sum.map(charged), sql` + `)),
  )})`
  const priceList = (line: Sql) => sql`
      case when list_minor >= ${line} and ${line} >= 0 then list_minor
        when given_minor is not null and ${line} >= 0 then ${line} + given_minor end`
  const reduction = (line: Sql) => sql`
      case when list_minor >= ${line} and ${line} >= 0 then list_minor - ${line}
        when given_minor is not null and ${line} >= 0 then given_minor end`
  const restored = sql`(line_minor + coalesce(refund_minor, 0))`
  const refundColumns = has('refundAmount')
    ? sql`${mapping.refunds.charged.length > 0 ? chargedMinors : sql`cast([] as bigint[])`} as charged_minors,
      case when refund_minor > 0 then refund_minor end as back_minor,
      coalesce(${restored}, 0) as restored_net_minor,
      ${priceList(restored)} as restored_gross_minor,
      ${reduction(restored)} as restored_discount_minor,`
    : sql``
  const said = has('refundState') ? refundsAsSaid(has, mapping.refunds) : null
  // A file that tells times of payment and no states: nothing paid, and at no time.
  const unsaid =
    has('paidAt') && !usesPrice
      ? sql`case when paid_at is null and coalesce(total_minor, line_minor) = 0 and coalesce(refund_minor, 0) = 0 then 'unpaid' else 'paid' end`
      : sql`'paid'`
  const never = sql`false`
  const always = sql`true`

  return sql`
    with micros as (
      select *, ${join([
        ...(has('memberId') ? [sql`${unlessPlaceholder(id('memberId'))} as member_text`] : []),
        ...values.map((kind) => sql`${unlessPlaceholder(id(kind))} as ${name(`${kind}_text`)}`),
        ...numbers.map((field) => sql`${micro(field)} as ${microOf(field)}`),
      ])}
      from ${block}
    ),
    parsed as (
      select *,
        ${id('orderId')} as order_id,
        ${has('memberId') ? sql`case when not ${masked('memberId')} then member_text end` : id('memberId')} as member_id,
        ${join(personValues.map((kind) => sql`${person(kind)} as ${name(kind)}`))},
        ${hidden} as hidden,
        ${instant('orderedAt')} as created_at,
        ${instant('paidAt')} as paid_at,
        ${has('state') ? meaning : sql`cast(null as varchar)`} as meaning,
        ${has('cancelled') ? sql`coalesce(${text('cancelled')} not in (${join(notCancelled)}), false)` : never} as cancelled,
        ${said ? sql`case when ${raw('refundState')} <> '' then ${saidBackWord(raw('refundState'))} end as said_back,` : sql``}
        ${instant('refundedAt')} as refunded_at,
        ${id('refundsOrderId')} as refunds_order_id,
        ${id('sku')} as sku, ${text('product')} as product, ${text('category')} as category,
        ${text('store')} as store, ${text('channel')} as channel, ${text('region')} as region,
        ${join(numbers.map((field) => sql`${wide(field)} as ${wideOf(field)}`))}
      from micros
    ),
    priced as (
      select * ${has('phone') ? sql`replace (${phoneThatTells(sql`phone`)} as phone)` : sql``},
        coalesce(paid_at, created_at) as ordered_at,
        case when quantity_micro is not null then cast(quantity_micro / 1000000 as decimal(18, 4))
          when abs(quantity_wide) < 10000000000 then cast(quantity_wide as decimal(18, 4)) end as quantity,
        ${
          usesPrice
            ? sql`case when ${wholePieces} and abs(price_micro) < 10000000000000 then ${pieces} * price_micro end`
            : sql`case when quantity_micro < 0 then -abs(amount_micro) else amount_micro end`
        } as line_micro,
        case when ${wholePieces} and abs(list_micro) < 10000000000000 then ${pieces} * list_micro end as list_line_micro
      from parsed
    ),
    exact as (
      select *,
        case when line_micro is null then ${
          usesPrice
            ? sql`case when ${anyPieces} then try_cast(regexp_replace(
                cast(${exactQuantity} * coalesce(price_wide, cast(price_micro as decimal(20, 0)) * cast(0.000001 as decimal(6, 6))) as varchar),
                '(\\.\\d{10})\\d+$', '\\1') as decimal(20, 10)) end`
            : sql`case when quantity_micro < 0 then -abs(amount_wide) else amount_wide end`
        } end as line_wide
      from priced
    ),
    rounded as (
      select *,
        ${minor(sql`line_micro`, sql`line_wide`)} as line_alone,
        ${minor(sql`total_micro`, sql`total_wide`)} as total_alone,
        ${soldOf(sql`line_alone`)} as line_minor,
        ${soldOf(sql`total_alone`)} as total_minor,
        ${minor(sql`list_line_micro`, sql`cast(null as decimal(20, 10))`)} as list_minor,
        ${minor(sql`abs(discount_micro)`, sql`abs(discount_wide)`)} as given_minor,
        ${minor(sql`abs(refund_micro)`, sql`abs(refund_wide)`)} as refund_minor,
        ${foreignOf((field) => sql`${field}`)} as foreign_field,
        ${lostDigitsOf((field) => sql`${field}`)} as cut_field,
        ${shortenedOf((field) => sql`${field}`)} as short_field
      from exact
    ),
    ${said ? sql`weighed as (${said}),` : sql``}
    judged as (
      select *,
        case
          when ${has('orderId') ? sql`order_id is null` : never} then 'no-order'
          when cut_field is not null then 'lost-digits'
          when short_field is not null then 'short-amount'
          when foreign_field is not null then 'other-currency'
          when ${has('orderedAt') ? sql`created_at is null and ${given('orderedAt')}` : never} then 'bad-date'
          when ${has('paidAt') ? sql`paid_at is null and ${given('paidAt')}` : never} then 'bad-date'
          when ${has('refundedAt') ? sql`refunded_at is null and ${given('refundedAt')}` : never} then 'bad-date'
          when ordered_at is null and ${has('orderId') ? never : always} then 'no-date'
          when ordered_at > cast(${latest} as timestamp) or refunded_at > cast(${latest} as timestamp) then 'future-date'
          when ordered_at < ${earliest} or refunded_at < ${earliest} then 'old-date'
          when ${unread('quantity')} or ${has('quantity') ? sql`quantity is null and ${given('quantity')}` : never} then 'bad-quantity'
          when ${usesPrice ? tooLong('unitPrice') : tooLong('amount')} or ${tooLong('orderTotal')} then 'too-large'
          when ${usesPrice ? unread('unitPrice') : unread('amount')} then 'bad-amount'
          when ${unread('orderTotal')} then 'bad-amount'
          when ${unread('refundAmount')} or ${unread('tax')} or ${unread('shipping')} or ${unread('balancePaid')} then 'bad-amount'
          when line_wide is not null and line_minor is null or abs(line_minor) > 9000000000000
            or total_wide is not null and total_minor is null or abs(total_minor) > 9000000000000 then 'too-large'
          when line_minor is null and ${has('orderTotal') ? never : always} then 'no-amount'
          when ${has('state') ? sql`meaning is null and ${given('state')}` : never} then 'unknown-state'
        end as reason
      from ${said ? sql`weighed` : sql`rounded`}
    )
    select row_number, order_id, member_id, phone, openid, email,
      case when email is not null or phone is not null then cast(${mapping.knownBy} as varchar) end as known_by,
      hidden, ${nobody} as nobody_word, ordered_at,
      case when meaning = 'closed-or-refunded' and paid_at is not null and refund_minor > 0 then 'paid'
        when cancelled or meaning = 'closed-or-refunded' then 'closed'
        when meaning = 'refunded' then 'paid' else ${has('state') ? sql`meaning` : unsaid} end as state,
      store, channel, region, sku, product, category, quantity,
      -- a list price below what was charged is none
      ${priceList(sql`line_minor`)} as gross_minor,
      ${reduction(sql`line_minor`)} as discount_minor,
      coalesce(line_minor, 0) as net_minor,
      total_minor as order_net_minor,
      case when refund_minor > 0 then refund_minor
        when meaning = 'refunded' then coalesce(total_minor, line_minor) end as order_refund_minor,
      refunds_order_id, refunded_at, cast(null as varchar) as refund_reason,
      ${refundColumns}
      ${said ? sql`refund_doubt,` : sql``}
      ${
        has('orderTotal')
          ? remainder(sql`total_micro`, sql`total_wide`, sql`total_alone`)
          : remainder(sql`line_micro`, sql`line_wide`, sql`line_alone`)
      } as remainder_micro,
      reason,
      case reason
        when 'bad-date' then case
          when ${has('orderedAt') ? sql`created_at is null and ${given('orderedAt')}` : never} then 'orderedAt'
          when ${has('paidAt') ? sql`${given('paidAt')} and paid_at is null` : never} then 'paidAt' else 'refundedAt' end
        when 'no-order' then 'orderId' when 'lost-digits' then cut_field when 'other-currency' then foreign_field when 'short-amount' then short_field when 'unknown-state' then 'state'
        when 'bad-quantity' then 'quantity'
        when 'no-date' then 'orderedAt'
        when 'future-date' then case when ordered_at > cast(${latest} as timestamp) then 'orderedAt' else 'refundedAt' end
        when 'old-date' then case when ordered_at < ${earliest} then 'orderedAt' else 'refundedAt' end
        when 'no-amount' then 'amount' when 'bad-amount' then 'amount' when 'too-large' then 'amount'
      end as reason_field,
      case reason when 'other-currency' then ${foreignOf(raw)} when 'short-amount' then ${shortenedOf(raw)} when 'lost-digits' then ${lostDigitsOf(raw)} end as reason_value,
      -- the same content is known again in a later file, whatever wrote it
      ${values.length === 0 ? content(sql``) : sql`case when coalesce(phone, openid, email) is null then ${content(sql``)} else ${content(sql`, phone, openid, email`)} end`} as content_hash
    from judged`
}

/** What the order's side of a closed order may call it when it was given back, beside the words of refunds. */
const closedBy = ['退款', '买家申请退款']

const saidBackWord = (word: Sql): Sql => {
  const words = [...Object.entries(saidBackWords), ...closedBy.map((one) => [one, 'given'] as const)]
  return sql`map([${join(words.map(([one]) => one))}], [${join(words.map(([, says]) => says))}])[lower(${word})]`
}

/**
 * The rows of `rounded` with their refunds as the states beside them say, and `refund_doubt`. An amount that was asked for
 * or rejected is none. All was given back where the word says so of an amount that is the row's own, and of an order
 * that was paid, closed and given back; what else was given back without an amount is not guessed.
 */
function refundsAsSaid(
  has: (field: FieldName) => boolean,
  { byRow, amountIsGiven }: Mapping['refunds'],
): Sql {
  const notGiven = amountIsGiven ? sql`false` : sql`said_back = 'not-given' and refund_minor > 0`
  const unsized = sql`coalesce(refund_minor, 0) = 0 and coalesce(total_minor, line_minor) > 0 and not cancelled`
  const wasPaid = has('paidAt') ? sql`paid_at is not null` : sql`true`
  const isPaid = has('state') ? sql`meaning = 'paid'` : sql`true`
  const meaning = byRow
    ? sql`meaning`
    : sql`case when meaning = 'closed-or-refunded' and said_back in ('given', 'whole') and ${wasPaid} and refund_minor > 0 then 'paid'
        when meaning = 'closed-or-refunded' and said_back in ('given', 'whole') and ${wasPaid} and ${unsized} then 'refunded'
        ${has('orderTotal') ? sql`` : sql`when said_back = 'whole' and ${isPaid} and ${unsized} then 'refunded'`}
        else meaning end`
  return sql`select * replace (
      case when ${notGiven} then null else refund_minor end as refund_minor,
      ${meaning} as meaning),
      case when ${notGiven} and coalesce(meaning, 'paid') = 'paid' then 'not-given'
        when said_back in (${byRow || has('orderTotal') ? sql`'whole', ` : sql``}'given', 'part') and coalesce(meaning, 'paid') = 'paid' and ${unsized} then 'unsized'
      end as refund_doubt
    from rounded`
}

/** The hash of a row's content, with more values at the end. */
const content = (more: Sql): Sql =>
  sql`hash(order_id, member_id, ordered_at, meaning, cancelled, store, channel, region, sku, product, category, quantity,
        list_minor, given_minor, line_minor, total_minor, refund_minor, refunds_order_id, refunded_at${more})`

/**
 * SQL: the instant before which nothing was sold. Systems write the first day that they know where they have none
 * (1970-01-01, 1899-12-30, 0001-01-01), and what was taken for a day would begin the data.
 */
export const earliest = sql`timestamp '1970-01-03'`

/** The numeric fields and their columns' names. */
const columnName = {
  quantity: 'quantity',
  unitPrice: 'price',
  amount: 'amount',
  orderTotal: 'total',
  listPrice: 'list',
  discount: 'discount',
  refundAmount: 'refund',
  topUp: 'topup',
  tax: 'tax',
  shipping: 'shipping',
  balancePaid: 'balance',
} as const satisfies Partial<Record<FieldName, string>>
type NumberField = keyof typeof columnName

const literal = (integer: number): Sql => ({ kind: 'sql', chunks: [String(integer)] })
