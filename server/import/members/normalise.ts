import { localOfUtcSql } from '../../../analytics/calendar/calendar.ts'
import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { instantSql } from '../values/dates.ts'
import { cellId, cellNumber, cellText, lostDigits, roundedTo } from '../reading/cells.ts'
import { personValues } from '../columns/fields.ts'
import type { NormaliseSettings } from '../values/normalise.ts'
import { isShortenedSql, namesCurrencySql, ownSigns } from '../values/numbers.ts'
import { consentWords, genderWords, type MemberField } from './fields.ts'
import { personValue, phoneThatTells, unlessPlaceholder } from '../values/person-values.ts'
import { isMasked } from './phones.ts'

/** What stands for a day that nobody told: `0000-00-00`, and a day of the year without the year. */
const noDay = '0000.*|\\d{1,2}[-/.月]\\d{1,2}日?'

/**
 * A query over a block's rows: one normalised row of a member each, the columns of `import_members` without the
 * import's number, with `reason`, `reason_field` and `reason_value` where it is refused, and `unread_email`: whether it
 * has an e-mail that is none. A birthday is a day
 * without a zone; the day of joining is the workspace's, in `timeZone`.
 */
export function memberRows(block: Sql, settings: NormaliseSettings): Sql {
  const { mapping, currency, minorDigits, latest, timeZone } = settings
  const has = (field: MemberField) => mapping.columns[field] !== undefined
  const raw = (field: MemberField): Sql =>
    has(field) ? name(`c${mapping.columns[field]}`) : sql`cast(null as varchar)`
  const text = (field: MemberField): Sql => (has(field) ? cellText(raw(field)) : raw(field))
  const id = cellId(text('memberId'))
  const meaning = (field: MemberField, words: Readonly<Record<string, string>>) =>
    sql`map([${join(Object.keys(words))}], [${join(Object.values(words))}])[lower(${text(field)})]`
  const instant = (field: MemberField, zone: string): Sql =>
    has(field)
      ? instantSql(text(field), mapping.dates[field] ?? 'year-first', zone)
      : sql`cast(null as timestamp)`
  const day = (field: MemberField) =>
    sql`(${text(field)} is not null and not regexp_full_match(${text(field)}, ${noDay}))`
  const own = ownSigns(currency)
  const number = (field: MemberField, digits: number): Sql => {
    if (!has(field)) return sql`cast(null as bigint)`
    return roundedTo(cellNumber(text(field), mapping.decimalMark, own), digits)
  }
  const foreign = sql`(${has('storedValue') ? namesCurrencySql(text('storedValue')) : sql`false`})`
  const unread = (field: MemberField, value: Sql) => sql`(${text(field)} is not null and ${value} is null)`
  const told = ['memberId', 'phone', 'openid', 'email'] as const
  const nobody = sql`(member_id is null and ${phoneThatTells(sql`phone`)} is null and openid is null and email is null)`
  const reasons: readonly (readonly [Sql, string, MemberField])[] = [
    [lostDigits(raw('memberId')), 'lost-digits', 'memberId'],
    [sql`member_id is null and ${lostDigits(raw('phone'))}`, 'lost-digits', 'phone'],
    [sql`${nobody} and ${isMasked(sql`written_id`)}`, 'masked-member', 'memberId'],
    [sql`${nobody} and ${isMasked(sql`phone`)}`, 'masked-member', 'phone'],
    [nobody, 'no-member', told.find(has) ?? 'memberId'],
    [sql`birthday is null and ${day('birthday')}`, 'bad-date', 'birthday'],
    [sql`joined_at is null and ${day('joinedAt')}`, 'bad-date', 'joinedAt'],
    [sql`birthday > cast(${latest} as timestamp)`, 'future-date', 'birthday'],
    [sql`joined_at > cast(${latest} as timestamp)`, 'future-date', 'joinedAt'],
    [unread('points', sql`points`), 'bad-number', 'points'],
    [
      sql`${unread('storedValue', sql`stored_value_minor`)} and ${isShortenedSql(text('storedValue'))}`,
      'short-amount',
      'storedValue',
    ],
    [sql`${unread('storedValue', sql`stored_value_minor`)} and ${foreign}`, 'other-currency', 'storedValue'],
    [unread('storedValue', sql`stored_value_minor`), 'bad-amount', 'storedValue'],
    [sql`abs(points) > 9000000000000 or abs(stored_value_minor) > 9000000000000`, 'too-large', 'storedValue'],
    [unread('consent', sql`said_consent`), 'unknown-consent', 'consent'],
    [sql`consent_at is null and ${day('consentAt')}`, 'bad-date', 'consentAt'],
    [sql`consent_at > cast(${latest} as timestamp)`, 'future-date', 'consentAt'],
  ]
  const among = (answer: (field: MemberField, reason: string) => Sql) =>
    sql`case ${join(
      reasons.map(([when, reason, field]) => sql`when ${when} then ${answer(field, reason)}`),
      sql` `,
    )} end`
  return sql`
    with written as (
      select *, ${join([
        sql`${id} as written_id`,
        ...personValues
          .filter(has)
          .map((kind) => sql`${unlessPlaceholder(text(kind))} as ${name(`${kind}_text`)}`),
      ])}
      from ${block} as block
    ),
    parsed as (
      select *,
        case when not ${isMasked(sql`written_id`)} then ${unlessPlaceholder(sql`written_id`)} end as member_id,
        coalesce(nullif(trim(concat_ws(' ', ${text('name')}, ${text('familyName')})), ''), ${text('nickname')}) as name,
        ${join(
          personValues.map(
            (kind) =>
              sql`${has(kind) ? personValue(kind, `${kind}_text`, settings) : raw(kind)} as ${name(kind)}`,
          ),
        )},
        ${meaning('gender', genderWords)} as gender,
        cast(${instant('birthday', 'UTC')} as date) as birthday,
        ${instant('joinedAt', mapping.timeZone)} as joined_at,
        ${text('region')} as region, ${text('channel')} as channel, ${text('tier')} as tier,
        ${number('points', 0)} as points,
        ${number('storedValue', minorDigits)} as stored_value_minor,
        ${meaning('consent', consentWords)} as said_consent,
        ${instant('consentAt', mapping.timeZone)} as consent_at
      from written
    )
    select row_number, member_id, name, phone, gender, birthday,
      cast(${localOfUtcSql(sql`joined_at`, timeZone)} as date) as joined_day,
      region, channel, tier, points, stored_value_minor, openid, email, nullif(said_consent, 'unknown') as consent,
      case when said_consent <> 'unknown' then consent_at end as consent_at,
      ${has('email') ? sql`email_text is not null and email is null` : sql`false`} as unread_email,
      ${among((_, reason) => sql`${reason}`)} as reason,
      ${among((field) => sql`${field}`)} as reason_field,
      ${among((field, reason) => (reason === 'lost-digits' || reason === 'unknown-consent' || reason === 'other-currency' || reason === 'short-amount' ? text(field) : sql`null`))} as reason_value
    from parsed`
}
