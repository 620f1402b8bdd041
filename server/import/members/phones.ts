import { type Sql, sql } from '../../../analytics/sql/sql.ts'

/** How a country writes its numbers: with the zero of its trunk lines, if it has one, and how many digits without it. */
interface Country {
  readonly code: string
  readonly trunk: '0' | ''
  readonly national: string
}

/** Where a workspace is: phones without a country code are of its currency's country, else of its time zone's. */
export interface Home {
  readonly currency: string
  readonly timeZone: string
}

const countries = {
  // Mobiles without a zero; fixed lines with the zero of their area code.
  CN: { code: '86', trunk: '', national: '1[3-9]\\d{9}' },
  NANP: { code: '1', trunk: '', national: '[2-9]\\d{2}[2-9]\\d{6}' },
  GB: { code: '44', trunk: '0', national: '[1-9]\\d{8,9}' },
  DE: { code: '49', trunk: '0', national: '[1-9]\\d{5,11}' },
  FR: { code: '33', trunk: '0', national: '[1-9]\\d{8}' },
  JP: { code: '81', trunk: '0', national: '[1-9]\\d{8,9}' },
  HK: { code: '852', trunk: '', national: '[2-9]\\d{7}' },
} as const satisfies Record<string, Country>

const byZone: readonly (readonly [RegExp, Country])[] = [
  [/^(Asia\/(Shanghai|Urumqi|Chongqing|Harbin)|PRC)$/, countries.CN],
  [/^Asia\/Hong_Kong$/, countries.HK],
  [/^Asia\/Tokyo$/, countries.JP],
  [/^Europe\/London$/, countries.GB],
  [/^Europe\/Berlin$/, countries.DE],
  [/^Europe\/Paris$/, countries.FR],
]
const byCurrency: Readonly<Record<string, Country>> = {
  CNY: countries.CN,
  HKD: countries.HK,
  JPY: countries.JP,
  GBP: countries.GB,
  USD: countries.NANP,
  CAD: countries.NANP,
}

/** Whose numbers stand without a country code: those of the currency's country, else of the time zone's; null: not known. */
const countryOf = (currency: string, timeZone: string): Country | null =>
  byCurrency[currency] ?? byZone.find(([zones]) => zones.test(timeZone))?.[1] ?? null

/** One of these stands in whatever `isMasked` says of that digits are hidden. */
export const maskMarks = ['*', '＊', '•', '●'] as const
/** SQL: whether digits of a phone are hidden. */
export const isMasked = (phone: Sql): Sql => sql`regexp_matches(${phone}, ${`[${maskMarks.join('')}]{2,}`})`

/**
 * SQL over a text column: the phone as E.164 where the number can be told, else as it is written. Masked ones
 * stay as they are. Apostrophes before it and what spreadsheets make of it (`138….0`) are no part of it.
 */
export function phoneSql(text: Sql, currency: string, timeZone: string): Sql {
  const country = countryOf(currency, timeZone)
  const written = sql`nullif(trim(regexp_replace(regexp_replace(${text}, '^''+', ''), '^(\\+?\\d+)\\.0$', '\\1')), '')`
  const bare = sql`regexp_replace(regexp_replace(regexp_replace(${written}, '[\\s()（）.\\-]', '', 'g'), '^\\+?(\\d+)\\(0\\)', '+\\1'), '^00', '+')`
  const national = country
    ? sql`when regexp_full_match(${bare}, ${`${country.trunk}${country.national}`})
        then ${`+${country.code}`} || ${bare}[${country.trunk.length + 1}:]
      when regexp_full_match(${bare}, ${`${country.code}${country.national}`}) then '+' || ${bare}`
    : sql``
  const fixedLine =
    country === countries.CN
      ? sql`when regexp_full_match(${bare}, '0[1-9]\\d{8,10}') then '+86' || ${bare}[2:]`
      : sql``
  return sql`case when ${isMasked(written)} then ${written}
    when regexp_full_match(${bare}, '\\+[1-9]\\d{6,14}') then ${bare}
    ${national} ${fixedLine} else ${written} end`
}

/**
 * SQL over an id that may be a phone: as a list, what it is as a phone of this workspace (`phoneSql`) and, where it begins
 * with a country's code, of that country; a list without any where it is none.
 */
export function phonesOfIdSql(id: Sql, { currency, timeZone }: Home): Sql {
  const digits = sql`regexp_replace(${id}, '[\\s()（）.+\\-]', '', 'g')`
  const international = Object.values(countries)
    .map(({ code, national }) => `${code}${national}`)
    .join('|')
  return sql`case when regexp_full_match(${id}, '\\+?[0-9 ()（）/.\\-]{8,}')
    then [${phoneSql(id, currency, timeZone)},
      case when regexp_full_match(${digits}, ${international}) then '+' || ${digits} end]
    else [] end`
}

/** What may be kept of a phone that somebody types in whole: as written, and as E.164 in the countries that write it so. */
export function keptForms(typed: string): string[] {
  const bare = typed.replace(/[\s()（）.-]/g, '').replace(/^00/, '+')
  const forms = Object.values(countries).flatMap(({ code, trunk, national }) =>
    new RegExp(`^${trunk}${national}$`).test(bare)
      ? [`+${code}${bare.slice(trunk.length)}`]
      : new RegExp(`^${code}${national}$`).test(bare)
        ? [`+${bare}`]
        : [],
  )
  if (/^0[1-9]\d{8,10}$/.test(bare)) forms.push(`+86${bare.slice(1)}`)
  return [...new Set([typed, bare, ...forms])]
}
