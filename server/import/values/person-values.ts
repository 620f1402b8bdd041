import { join, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { type PersonValue, personValues } from '../columns/fields.ts'
import { isMasked, phoneSql } from '../members/phones.ts'

/** What tells people apart, in the order in which it is asked unless an owner says otherwise. */
export const identityKinds = ['id', ...personValues] as const
export type IdentityKind = (typeof identityKinds)[number]

/** The field of a file that has values of a kind. */
export const fieldOfKind = (kind: IdentityKind): 'memberId' | PersonValue =>
  kind === 'id' ? 'memberId' : kind

/** What forms and exports write where nobody has such a value, beside what stands for nothing in any column. */
const placeholders = ['', '0', '无', '未知', '没有', '空', '未绑定', '未填写'] as const

/** Digits or letters of it are hidden: it is shown and finds nobody. */
export const isMaskedText = (text: string): boolean => /[*＊•●]{2,}/.test(text)

const placeholderBegins = [...new Set([...placeholders].map((word) => word.codePointAt(0) ?? 0))]
/** What `trim` takes away: the blanks of Unicode. */
const blanks = [
  0x20,
  0xa0,
  0x1680,
  ...Array.from({ length: 11 }, (_, i) => 0x2000 + i),
  0x202f,
  0x205f,
  0x3000,
]

/** SQL over a text: null where it only says that there is no value. Where it begins is asked first, because few begin so. */
export const unlessPlaceholder = (text: Sql): Sql =>
  sql`case when list_contains([${join([...placeholderBegins, ...blanks])}], ord(${text}))
    and list_contains([${join([...placeholders])}], trim(${text})) then null else ${text} end`

/**
 * SQL over a phone as `phoneSql` writes it: null unless all of it is there and it is one; a number without its area code is
 * none, and neither are two in one cell.
 */
export const phoneThatTells = (phone: Sql): Sql =>
  sql`case when not ${isMasked(phone)} and length(regexp_replace(${phone}, '[^0-9]', '', 'g')) between 8 and 17
      and regexp_matches(${phone}, '[1-9]') and regexp_full_match(${phone}, '\\+?[0-9 ()/.\\-]+') then ${phone} end`

/**
 * SQL over a text: the e-mail that is meant, in lower case. An address copied as a link begins with `mailto:`; dots at
 * the end close a sentence, or name the root of the same domain.
 */
export const plainEmail = (text: Sql): Sql =>
  sql`regexp_replace(regexp_replace(lower(trim(${text})), '^mailto:\\s*([^?]*)(\\?.*)?$', '\\1'), '\\.+$', '')`

/**
 * SQL over a column of texts without placeholders, by name because it is named often: the value by which a person
 * is known again, of a phone as it is kept; null where there is none. A phone is E.164 where the number can be
 * told, an e-mail is in lower case without `mailto:` and dots at its end, an openid as it is written.
 */
export function personValue(
  kind: PersonValue,
  column: string,
  { currency, timeZone }: { readonly currency: string; readonly timeZone: string },
): Sql {
  const text = name(column)
  switch (kind) {
    case 'phone':
      return phoneSql(text, currency, timeZone)
    case 'openid':
      return sql`case when not ${isMasked(text)} then nullif(trim(${text}), '') end`
    case 'email':
      return sql`case when not ${isMasked(text)} and regexp_full_match(${plainEmail(text)}, '[^\\s@,;<>]+@[^\\s@,;<>]+')
        then ${plainEmail(text)} end`
  }
}
