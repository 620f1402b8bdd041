import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useLanguage, type Language } from './language.tsx'
import { useWorkspace } from './workspace.tsx'

/** The two sentences that numbers need: "6 of 21" and a day's weekday. */
interface Words {
  ofTotal: (part: string, total: string) => string
}

const smallPopulation = 30
const minus = (text: string) => text.replace('-', '−')
type Decimal = Intl.StringNumericLiteral

/** Minor units as an exact decimal text: (128450, 2) → "1284.50". No float in between. */
export function decimalOf(minor: number, digits: number): string {
  if (!Number.isSafeInteger(minor)) throw new RangeError(`${minor} is not a whole amount of minor units`)
  const all = String(Math.abs(minor)).padStart(digits + 1, '0')
  const whole = all.slice(0, all.length - digits)
  return `${minor < 0 ? '-' : ''}${whole}${digits > 0 ? `.${all.slice(-digits)}` : ''}`
}

/**
 * Everything the product writes with digits, for one language and currency. Amounts are integers of minor
 * units, ratios are numbers between 0 and 1 that the server computed, days are ISO days of the business
 * calendar. An unknown (`null`) is "–", never 0.
 */
export function makeFormat(language: Language, currency: string, timeZone: string, words: Words) {
  const zh = language === 'zh-CN'
  const currencyStyle = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } as const
  const full = new Intl.NumberFormat(language, currencyStyle)
  const digits = full.resolvedOptions().maximumFractionDigits ?? 2
  const short = new Intl.NumberFormat(language, {
    ...currencyStyle,
    notation: 'compact',
    minimumFractionDigits: 0,
    maximumSignificantDigits: 3,
  })
  const shortPlain = new Intl.NumberFormat(language, {
    ...currencyStyle,
    minimumFractionDigits: 0,
    maximumFractionDigits: 0,
  })
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 })
  const wholeShort = new Intl.NumberFormat(language, { notation: 'compact', maximumSignificantDigits: 3 })
  const decimals = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
  const fixed = (digits: number) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const oneDecimal = new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  })
  const noDecimal = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 })
  const dates = zh ? 'zh-CN' : 'en-GB'
  const dateFormat = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(dates, { timeZone: 'UTC', ...options })
  const fullDay = dateFormat({ year: 'numeric', month: zh ? 'long' : 'short', day: 'numeric' })
  const yearless = dateFormat({ month: zh ? 'long' : 'short', day: 'numeric' })
  const fullMonth = dateFormat({ year: 'numeric', month: zh ? 'long' : 'short' })
  const monthName = dateFormat({ month: 'short' })
  const weekdayName = dateFormat({ weekday: 'short' })
  const instantFormat = new Intl.DateTimeFormat(dates, {
    timeZone,
    year: 'numeric',
    month: zh ? 'long' : 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const at = (iso: string) => new Date(`${iso.slice(0, 10)}T00:00:00Z`)
  const septShort = (text: string) => text.replace('Sept', 'Sep')
  const unknown = '–'
  // zh counts in 万 from 10,000, en in K from 1,000; below that a number is short as it is.
  const shortFrom = zh ? 10_000 : 1_000
  const sign = (value: number, text: string) => (value > 0 ? `+${text}` : text)

  const moneyOf = (minor: number) => minus(full.format(decimalOf(minor, digits) as Decimal))
  const moneyShortOf = (minor: number) => {
    const amount = decimalOf(minor, digits)
    const size = Math.abs(Number(amount))
    if (minor === 0) return shortPlain.format(0)
    const style = size < 100 ? short : size < shortFrom ? shortPlain : short
    return minus(style.format(amount as Decimal))
  }
  const percentOf = (ratio: number) => minus(oneDecimal.format(ratio))
  const pointsOf = (difference: number, digits = 1) => {
    const hundredths = minus(fixed(digits).format(difference * 100))
    return sign(difference, zh ? `${hundredths} 个百分点` : `${hundredths} pp`)
  }
  const dayOf = (iso: string) => septShort(fullDay.format(at(iso)))
  const shortDayOf = (iso: string) => septShort(yearless.format(at(iso)))
  const [yearOf, monthOf, dateOf] = [
    (iso: string) => iso.slice(0, 4),
    (iso: string) => iso.slice(0, 7),
    (iso: string) => String(Number(iso.slice(8, 10))),
  ]

  return {
    /** ¥128,450.50: tables and exports. */
    money: (minor: number | null) => (minor === null ? unknown : moneyOf(minor)),
    /** ¥128K, ¥12.8万: KPIs and axes, three digits. */
    moneyShort: (minor: number | null) => (minor === null ? unknown : moneyShortOf(minor)),
    /** ¥128K, but $37.30: in a sentence, where a lone decimal reads as a slip. */
    moneySaid: (minor: number) =>
      Math.abs(Number(decimalOf(minor, digits))) < 100 && minor !== 0 ? moneyOf(minor) : moneyShortOf(minor),
    /** ¥1,284: cells of one column, where decimals would be noise. */
    moneyWhole: (minor: number | null) =>
      minor === null ? unknown : minus(shortPlain.format(decimalOf(minor, digits) as Decimal)),
    /** +¥3.8万: a difference of amounts. */
    moneyChange: (minor: number | null) => (minor === null ? unknown : sign(minor, moneyShortOf(minor))),
    /** 1,126 */
    count: (n: number | null) => (n === null ? unknown : minus(whole.format(n))),
    /** 1.13K, 1.13万: axes. */
    countShort: (n: number | null) =>
      n === null ? unknown : minus((Math.abs(n) < shortFrom ? whole : wholeShort).format(n)),
    /** +612 */
    countChange: (n: number | null) => (n === null ? unknown : sign(n, minus(whole.format(n)))),
    /** 1.46: an average of counts, with two decimals unless more are asked for. */
    average: (value: number | null, digits = 2) =>
      value === null ? unknown : minus(fixed(digits).format(value)),
    /** 8.7: how many times as much; 0.03 of what is less than a tenth. */
    times: (value: number) => minus((value > 0 && value < 0.1 ? fixed(2) : decimals).format(value)),
    /** 31.4% of many, "6 of 21" of fewer than 30, "–" of none. */
    share: (numerator: number, denominator: number) => {
      if (denominator === 0) return unknown
      if (denominator < smallPopulation)
        return words.ofTotal(whole.format(numerator), whole.format(denominator))
      return percentOf(numerator / denominator)
    },
    /** 31% of many, 6/21 of fewer than 30: heat cells. */
    shareShort: (numerator: number, denominator: number) => {
      if (denominator === 0) return unknown
      if (denominator < smallPopulation) return `${whole.format(numerator)}/${whole.format(denominator)}`
      return noDecimal.format(numerator / denominator)
    },
    /** 31.4% */
    percent: (ratio: number | null) => (ratio === null ? unknown : percentOf(ratio)),
    /** 31%: heat cells and axes. */
    percentShort: (ratio: number | null) => (ratio === null ? unknown : minus(noDecimal.format(ratio))),
    /** +4.2%: a relative change. */
    change: (ratio: number | null) => (ratio === null ? unknown : sign(ratio, percentOf(ratio))),
    /** −1.8 pp, −1.8 个百分点: a difference of two shares. */
    points: (ratioDifference: number | null, digits = 1) =>
      ratioDifference === null ? unknown : pointsOf(ratioDifference, digits),
    /** 15 Nov 2026, 2026年11月15日 */
    day: (iso: string | null) => (iso === null ? unknown : dayOf(iso)),
    /** 15 Nov, 11月15日: axes within a year. */
    shortDay: (iso: string | null) => (iso === null ? unknown : shortDayOf(iso)),
    /** Sun 15 Nov 2026, 2026年11月15日 周日 */
    weekday: (iso: string) =>
      zh ? `${dayOf(iso)} ${weekdayName.format(at(iso))}` : `${weekdayName.format(at(iso))} ${dayOf(iso)}`,
    /** Nov 2026, 2026年11月 */
    month: (iso: string | null) => (iso === null ? unknown : septShort(fullMonth.format(at(iso)))),
    /** Nov ’26, 26年11月: where a month must be narrow. */
    shortMonth: (iso: string) =>
      zh
        ? `${iso.slice(2, 4)}年${Number(iso.slice(5, 7))}月`
        : `${septShort(monthName.format(at(iso)))} ’${iso.slice(2, 4)}`,
    /** 9–15 Nov 2026, 2026年11月9–15日. Made by hand: Intl writes a Chinese range as 11/9. */
    dayRange: (from: string, to: string) => {
      if (from === to) return dayOf(from)
      if (monthOf(from) === monthOf(to))
        return zh ? `${dayOf(from).slice(0, -1)}–${dateOf(to)}日` : `${dateOf(from)}–${dayOf(to)}`
      if (yearOf(from) === yearOf(to))
        return zh ? `${dayOf(from)}–${shortDayOf(to)}` : `${shortDayOf(from)} – ${dayOf(to)}`
      return zh ? `${dayOf(from)}–${dayOf(to)}` : `${dayOf(from)} – ${dayOf(to)}`
    },
    /** 15 Nov 2026, 14:05 in the workspace's time zone. */
    instant: (iso: string | number | null) =>
      iso === null ? unknown : septShort(instantFormat.format(new Date(iso))),
    /** Currency units as typed by a person, in minor units: "12.5" → 1250; null when it is not an amount. */
    minorOf: (typed: string): number | null => {
      const match = /^(\d{1,12})(?:\.(\d*))?$/.exec(typed.trim().replaceAll(',', ''))
      if (!match || (match[2] ?? '').replace(/0+$/, '').length > digits) return null
      return Number(match[1] + (match[2] ?? '').slice(0, digits).padEnd(digits, '0'))
    },
    /** The currency's symbol and its decimals, for inputs. */
    symbol: full.formatToParts(0).find((part) => part.type === 'currency')?.value ?? currency,
    decimals: digits,
    /** Minor units as an exact decimal text in currency units, for inputs and segment expressions. */
    decimal: (minor: number) => decimalOf(minor, digits),
  }
}

/**
 * How many decimals show every one of these values apart from zero: `least`, or up to four more. The bound
 * that decides a verdict must not read as 0.
 */
export function decimalsApart(values: readonly (number | null)[], least: number): number {
  const readsAsZero = (digits: number) =>
    values.some((value) => value !== null && value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits)
  let digits = least
  while (digits < least + 4 && readsAsZero(digits)) digits++
  return digits
}

export type Format = ReturnType<typeof makeFormat>

/** The formats of the language and workspace on the screen. */
export function useFormat(): Format {
  const { language } = useLanguage()
  const { currency, timeZone } = useWorkspace()
  const t = useTranslations('ui')
  return useMemo(
    () =>
      makeFormat(language, currency, timeZone, { ofTotal: (part, total) => t('ofTotal', { part, total }) }),
    [language, currency, timeZone, t],
  )
}
