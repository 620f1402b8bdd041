import { once, type Sql, sql } from '../../../analytics/sql/sql.ts'

const sign = String.raw`[A-Za-z]{0,3}\p{Sc}|[A-Za-z]{3}|[元円]|人民币`
const leading = new RegExp(String.raw`^([-+(]*)(?:${sign})(?=[-+(\d.])`, 'u')
const trailing = new RegExp(String.raw`(?<=[\d.])(?:${sign})([-)]?)$`, 'u')

/** Full-width digits and marks, and signs that mean minus, with what they are in ASCII. */
const wideForms = '０１２３４５６７８９．，－＋（）−–'
const plainForms = '0123456789.,-+()--'
const wideForm = new RegExp(`[${wideForms}]`, 'g')

/** A value without separators of thousands but commas, and without what names any currency or unit. */
const bareOf = (value: string): string =>
  value
    .replace(/[\s_'’]/g, '')
    .replace(wideForm, (form) => plainForms[wideForms.indexOf(form)]!)
    .replace(leading, '$1')
    .replace(trailing, '$1')
    .replace(/^\((.+)\)$/, '-$1')
    .replace(/^([^-]*\d[\d.,]*)-$/, '-$1')

/** Every three letters that name a currency. */
const codes = [...Intl.supportedValuesOf('currency'), 'RMB']

const localSigns: Readonly<Record<string, readonly string[]>> = {
  CNY: ['￥', '元', 'RMB', '人民币'],
  JPY: ['￥', '円'],
}

/** Any three letters, as they stand beside quantities. */
export const anyUnit = 'unit'

const escaped = (text: string) => text.replace(/[$.*+?^()[\]{}|\\]/g, '\\$&')

/** What stands beside an amount of this currency, in capitals: its code and its signs, `US$` and `$` for USD. */
export function ownSigns(currency: string): string[] {
  const signOf = (currencyDisplay: 'symbol' | 'narrowSymbol') =>
    new Intl.NumberFormat('en-US', { style: 'currency', currency, currencyDisplay })
      .formatToParts(0)
      .find(({ type }) => type === 'currency')!.value
  const narrow = signOf('narrowSymbol')
  const dollars = narrow === '$' ? [`${currency.slice(0, 2)}$`] : []
  return [...new Set([currency, signOf('symbol'), narrow, ...dollars, ...(localSigns[currency] ?? [])])].map(
    (sign) => sign.toUpperCase(),
  )
}

/** SQL: whether a text that is no number in the own currency names another one. */
export const namesCurrencySql = (text: Sql): Sql =>
  sql`regexp_matches(${text}, ${`\\d.*[\\p{Sc}元円]|[\\p{Sc}元円].*\\d|(?i)(^|[^a-z])(${codes.join('|')})[\\s.]*[-+(]?[\\d.,]|\\d[\\s.]*(${codes.join('|')})([^a-z]|$)`})`

/** Whether a value reads as a number: signs, currency, separators of thousands, accounting brackets. */
export function isNumber(value: string): boolean {
  return number.test(value) || (/\d|[０-９]/.test(value) && number.test(bareOf(value)))
}

const number = /^[+-]?(\d[\d.,]*|\.\d+)(e[+-]?\d+)?$/i

const shortened = '[\\d０-９]\\s*([万亿萬億千]|[wWkK]$)'
const shortenedValue = new RegExp(shortened, 'u')

/** Whether a value counts in ten thousands or the like (`1.2万`, `3亿`, `1.2w`): mostly it was rounded to that, and what it was nobody knows. */
export const isShortened = (value: string): boolean => shortenedValue.test(value)

/** SQL over a text: the same. */
export const isShortenedSql = (text: Sql): Sql => sql`regexp_matches(${text}, ${shortened})`

/**
 * The decimal mark of formatted numbers: a comma where it stands before other than three digits, or after a
 * point. `undecided` where all that is known are numbers like `1.234`, which are thousands to some.
 */
export function decimalMarkOf(values: readonly string[]): '.' | ',' | 'undecided' {
  const bare = values.map(bareOf)
  const counted = (...shapes: readonly RegExp[]) =>
    bare.filter((value) => shapes.some((shape) => shape.test(value))).length
  const comma = counted(/\d,(\d{1,2}|\d{4,})$/, /\.\d{3},\d+$/, /^-?0,\d+$/, /^-?\d{1,3}(\.\d{3}){2,}$/)
  const point = counted(/\.(\d{0,2}|\d{4,})$/, /,\d{3}\.\d+$/, /^-?(0|\d{4,})\.\d+$/, /^-?\.\d+$/)
  if (comma === 0 && point === 0 && bare.some((value) => isThousandOrDecimal(value))) return 'undecided'
  return comma > point ? ',' : '.'
}

const isThousandOrDecimal = (value: string): boolean => /^-?[1-9]\d{0,2}\.\d{3}$/.test(value)

/** A value that is another number with each of the decimal marks. */
export const undecidedNumber = (values: readonly string[]): string =>
  values.find((value) => isThousandOrDecimal(bareOf(value))) ?? ''

const currencyWords: Readonly<Record<string, string>> = {
  人民币: 'CNY',
  元: 'CNY',
  美元: 'USD',
  美金: 'USD',
  欧元: 'EUR',
  英镑: 'GBP',
  日元: 'JPY',
  港币: 'HKD',
  港元: 'HKD',
  台币: 'TWD',
  新台币: 'TWD',
  韩元: 'KRW',
}

/** The other currency that a column's header names: `Amount (USD)`, `金额（美元）`, `total_usd`; null where it names none. */
export function otherCurrencyOf(header: string, currency: string): string | null {
  const named =
    /[([（［【]\s*([^)\]）］】]+?)\s*[)\]）］】]/.exec(header)?.[1] ??
    /[\s_-](USD|EUR|GBP|CNY|RMB|JPY|HKD|TWD|KRW|AUD|CAD|CHF|SGD)$/i.exec(header)?.[1]
  if (named === undefined) return null
  const sign = currencyWords[named] ?? named.toUpperCase()
  const isCurrency = codes.includes(sign) || /^[A-Z]{0,2}\p{Sc}$/u.test(sign)
  return isCurrency && !ownSigns(currency).includes(sign) ? named : null
}

/** What a value has beside its number, such as `$` or `USD`; empty where it is a number alone. */
export const besideNumber = (value: string): string =>
  value.replace(/[\d０-９\s.,'’_()+．，（）＋－−–-]/g, '')

/** Whether what stands beside a number names another currency. */
export function isOtherCurrency(named: string, currency: string): boolean {
  const sign = currencyWords[named] ?? named.toUpperCase()
  const isCurrency = codes.includes(sign) || /^[A-Z]{0,2}\p{Sc}$/u.test(sign) || sign === '円'
  return isCurrency && !ownSigns(currency).includes(sign)
}

/**
 * SQL over a text column: the number it means, `signs` before or after it. Most values are short and plain; those are an exact
 * count of millionths in `micro`, by integer arithmetic. The rest is in `wide`, a DECIMAL(20, 10),
 * digits beyond the tenth cut, which can't move a rounding half away from zero. Both NULL: no number.
 */
export function numberSql(
  text: Sql,
  decimalMark: '.' | ',',
  signs: readonly string[],
): { micro: Sql; wide: Sql } {
  // `12,34` is no number where the comma separates thousands: what is not grouped as such is not taken for more than it says.
  const separator = decimalMark === '.' ? ',' : '.'
  const isGrouped = (value: Sql) =>
    sql`(strpos(${value}, ${separator}) = 0 or regexp_full_match(${value}, ${
      decimalMark === '.' ? '[-+]?\\d{1,3}(,\\d{2,3})*,\\d{3}(\\.\\d*)?' : '[-+]?\\d{1,3}(\\.\\d{3})+(,\\d*)?'
    }))`
  const point =
    decimalMark === '.'
      ? text
      : sql`case when ${isGrouped(text)} then replace(replace(${text}, '.', ''), ',', '.') end`
  // A double holds every number below 10^8 with at most 6 decimals closely enough to tell its millionths.
  const short = sql`(strlen(${point}) <= 7 or (strlen(${point}) <= 15 and (strpos(${point}, '.') = 0 or strlen(${point}) - strpos(${point}, '.') <= 6)))`
  const micro = sql`case when ${short} then cast(try_cast(try_cast(${point} as double) * 1000000 as decimal(14, 0)) as bigint) end`
  const plain = sql`translate(regexp_replace(${text}, '[\\s\\x{a0}\\x{2009}\\x{202f}\\x{3000}_''’]', '', 'g'), ${wideForms}, ${plainForms})`
  const beside = signs
    .map((sign) => (sign === anyUnit ? '[a-z]{3}' : escaped(sign)))
    .sort((a, b) => b.length - a.length)
    .join('|')
  const unsigned = sql`regexp_replace(regexp_replace(${plain}, ${`(?i)^([-+(]*)(${beside})`}, '\\1'), ${`(?i)(${beside})([-)]?)$`}, '\\2')`
  const bare = sql`regexp_replace(regexp_replace(${unsigned}, '^\\((.+)\\)$', '-\\1'), '^([^-]*\\d)-$', '-\\1')`
  const marked = once(
    bare,
    (digits) =>
      sql`case when ${isGrouped(digits)} then ${
        decimalMark === '.'
          ? sql`replace(${digits}, ',', '')`
          : sql`replace(replace(${digits}, '.', ''), ',', '.')`
      } end`,
  )
  const cut = sql`regexp_replace(${marked}, '^([^.e]*\\.\\d{10})\\d+$', '\\1')`
  return { micro, wide: sql`try_cast(${cut} as decimal(20, 10))` }
}
