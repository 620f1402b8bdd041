import { localOfUtcSql } from '../../../analytics/calendar/calendar.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { cellId, cellNumber, cellText, lostDigits, roundedTo } from '../reading/cells.ts'
import { instantSql } from '../values/dates.ts'
import { personValues } from '../columns/fields.ts'
import { isMasked } from '../members/phones.ts'
import type { NormaliseSettings } from '../values/normalise.ts'
import { anyUnit, isShortenedSql, namesCurrencySql, ownSigns } from '../values/numbers.ts'
import { lacks } from './catalogue.ts'
import { personValue, phoneThatTells, unlessPlaceholder } from '../values/person-values.ts'
import { fieldsOf, type Kind, type KindField, nameFromFile, tellsPeople, yesAndNo } from './kind.ts'

/** What stands for a day that nobody told. */
const noDay = '0000.*'
const separators = '[,，;；|｜、]'

/**
 * A query over a block's rows: one normalised row each, the columns of the kind's import table without the
 * import's number, with `reason`, `reason_field` and `reason_value` where it is refused. A row with several
 * values in a separated field is several rows of one number.
 */
export function kindRows(
  kind: Kind,
  block: Sql,
  settings: NormaliseSettings & { readonly timeZone: string },
): Sql {
  const { mapping, currency, minorDigits, latest, timeZone, fileName } = settings
  const { passedWithout } = mapping
  const positions = mapping.columns as Readonly<Record<string, number>>
  const fields = fieldsOf(kind)
  const has = (field: string) => positions[field] !== undefined
  const raw = (field: string): Sql => (has(field) ? name(`c${positions[field]}`) : sql`cast(null as varchar)`)
  const text = (field: string): Sql => (has(field) ? cellText(raw(field)) : raw(field))
  const number = (field: string, digits: number): Sql => {
    const signs = digits === 0 ? [anyUnit] : ownSigns(currency)
    return roundedTo(cellNumber(text(field), mapping.decimalMark, signs), digits)
  }
  const words = Object.entries(yesAndNo)
  const decimal = (of: Sql): Sql => sql`try_cast(coalesce(
    map([${join(words.map(([word]) => word))}], [${join(words.map(([, means]) => means))}])[lower(${of})],
    round(${cellNumber(of, mapping.decimalMark, ownSigns(currency))}, 6)) as decimal(24, 6))`
  const kept = mapping.rest ?? []
  // numbers as numbers, everything else as it is written
  const rest =
    kept.length === 0
      ? sql`cast(null as varchar)`
      : sql`cast(json_object(${join(
          kept.map(({ position, header }) => {
            const cell = cellText(name(`c${position}`))
            return sql`${header}, coalesce(to_json(cast(${decimal(cell)} as double)), to_json(${cell}))`
          }),
        )}) as varchar)`
  const instant = (field: string): Sql =>
    instantSql(
      text(field),
      mapping.dates[field as keyof typeof mapping.dates] ?? 'year-first',
      mapping.timeZone,
    )
  const ofPeople = tellsPeople(kind)
  const written = (field: string) => name(`${field}_text`)
  const value = (field: string, { type, separated, fromFile, member, tells }: KindField): Sql => {
    if (tells && !has(field)) return raw(field)
    if (tells === 'phone') return phoneThatTells(personValue(tells, `${field}_text`, settings))
    if (tells) return personValue(tells, `${field}_text`, settings)
    switch (type) {
      case 'id': {
        const id = cellId(text(field))
        return member && ofPeople ? sql`case when not ${isMasked(id)} then ${unlessPlaceholder(id)} end` : id
      }
      case 'text':
        return separated
          ? sql`unnest(coalesce(nullif(list_distinct(list_filter(
              list_transform(string_split_regex(${text(field)}, ${separators}), lambda one: trim(nfc_normalize(one), ${' \u3000'})),
              lambda one: one <> '')), []), [cast(null as varchar)]))`
          : fromFile
            ? sql`coalesce(${text(field)}, ${nameFromFile(fileName)})`
            : text(field)
      case 'date':
        return has(field) ? instant(field) : sql`cast(null as timestamp)`
      case 'day':
        return has(field)
          ? sql`cast(${localOfUtcSql(instant(field), timeZone)} as date)`
          : sql`cast(null as date)`
      case 'number':
        return has(field) ? number(field, 0) : sql`cast(null as bigint)`
      case 'amount':
        return has(field) ? number(field, minorDigits) : sql`cast(null as bigint)`
      case 'decimal':
        return has(field) ? decimal(text(field)) : sql`cast(null as decimal(24, 6))`
      case 'rest':
        return rest
    }
  }
  const said = (field: string) => name(`said_${kind.fields[field]!.column}`)
  const given = (field: string, { type }: KindField): Sql =>
    type === 'date' || type === 'day'
      ? sql`(${said(field)} is not null and not regexp_full_match(${said(field)}, ${noDay}))`
      : sql`(${said(field)} is not null)`
  const whole = (field: string): Sql => cellNumber(said(field), mapping.decimalMark, [anyUnit])
  type Reason = readonly [when: Sql, reason: string, field: string]
  const values = ofPeople ? personValues.filter(has) : []
  const nobody = (number: Sql) =>
    sql`(${number} is null and ${ofPeople ? sql`coalesce(${join(personValues.map((one) => name(one)))}) is null` : sql`true`})`
  const memberReasons = (field: string, { column }: KindField): Reason[] => {
    const number = name(column)
    if (!ofPeople) return [[isMasked(number), 'masked-member', field]]
    return [
      ...(has('phone')
        ? [[sql`(${number} is null and ${lostDigits(said('phone'))})`, 'lost-digits', 'phone'] as const]
        : []),
      [sql`(${nobody(number)} and ${isMasked(said(field))})`, 'masked-member', field],
      ...values.map((one): Reason => [
        sql`(${nobody(number)} and ${isMasked(said(one))})`,
        'masked-member',
        one,
      ]),
    ]
  }
  const reasons: Reason[] = fields.flatMap(([field, one]): Reason[] => {
    const column = name(one.column)
    const unread = sql`(${given(field, one)} and ${column} is null)`
    switch (one.type) {
      case 'id':
        if (one.tells) return []
        return [
          [lostDigits(said(field)), 'lost-digits', field],
          ...(one.member ? memberReasons(field, one) : []),
        ]
      case 'date':
      case 'day':
        return [
          [unread, 'bad-date', field],
          [one.future ? sql`false` : sql`${column} > cast(${latest} as timestamp)`, 'future-date', field],
        ]
      case 'number':
        return [
          [sql`(${unread} or ${whole(field)} % 1 <> 0)`, 'bad-number', field],
          [sql`abs(${column}) > 9000000000000`, 'too-large', field],
        ]
      case 'amount':
        return [
          [sql`(${unread} and ${isShortenedSql(said(field))})`, 'short-amount', field],
          [sql`(${unread} and ${namesCurrencySql(said(field))})`, 'other-currency', field],
          [unread, 'bad-amount', field],
          [sql`abs(${column}) > 9000000000000`, 'too-large', field],
        ]
      case 'decimal':
        return [[unread, 'bad-number', field]]
      case 'text':
      case 'rest':
        return []
    }
  })
  reasons.push(
    ...fields.flatMap(([field, { column, needed, member }]): Reason[] =>
      needed
        ? [[member ? nobody(name(column)) : sql`${name(column)} is null`, lacks(kind, field), field]]
        : [],
    ),
    ...(kind.checks ?? []).map(({ when, reason, field }): Reason => [
      when,
      `${kind.name}.${reason}`,
      field as string,
    ]),
  )
  const among = (answer: (field: string, reason: string) => Sql) =>
    sql`case ${join(
      reasons.map(([when, reason, field]) => sql`when ${when} then ${answer(field, reason)}`),
      sql` `,
    )} end`
  const checked = fields.filter(([, { type }]) => type !== 'text' && type !== 'rest')
  return sql`
    with written as (
      select *${join(
        values.map((field) => sql`, ${unlessPlaceholder(text(field))} as ${written(field)}`),
        sql``,
      )} from ${block} as block
    ),
    parsed as (
      select row_number,
        ${join([
          ...fields.map(([field, one]) => sql`${value(field, one)} as ${name(one.column)}`),
          ...checked.map(([field]) => sql`${text(field)} as ${said(field)}`),
        ])}
      from written
    )
    select row_number, ${join(fields.map(([, { column }]) => name(column)))},
      ${reasons.length === 0 ? sql`cast(null as varchar)` : among((_, reason) => sql`${reason}`)} as reason,
      ${reasons.length === 0 ? sql`cast(null as varchar)` : among((field) => sql`${field}`)} as reason_field,
      ${among((field, reason) => (reason === 'other-currency' || reason === 'lost-digits' || reason === 'short-amount' ? said(field) : sql`cast(null as varchar)`))} as reason_value
    from parsed${passedWithout === undefined ? sql`` : sql` where ${name(kind.fields[passedWithout]!.column)} is not null`}`
}
