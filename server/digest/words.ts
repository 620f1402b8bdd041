import { decimalsOf, decimalText, moneyText } from '../messages/money.ts'
import { type Language, sentence } from '../messages/messages.ts'

const unknown = '–'
/** Of fewer a share is said as "6 of 21". */
const smallPopulation = 30
const at = (day: string) => new Date(`${day}T00:00:00Z`)
const minus = (text: string) => text.replace('-', '−')

/** How a digest writes numbers, amounts and days: as the dashboard does, in one language and currency. */
export function digestFormat(language: Language, currency: string) {
  const zh = language === 'zh-CN'
  const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 })
  const percent = new Intl.NumberFormat(language, {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  })
  const decimals = decimalsOf(currency)
  const short = new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    notation: 'compact',
    minimumFractionDigits: 0,
    maximumSignificantDigits: 3,
  })
  const dates = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(zh ? 'zh-CN' : 'en-GB', { timeZone: 'UTC', ...options })
  const full = dates({ year: 'numeric', month: zh ? 'long' : 'short', day: 'numeric' })
  const yearless = dates({ month: zh ? 'long' : 'short', day: 'numeric' })
  const septShort = (text: string) => text.replace('Sept', 'Sep')
  const day = (iso: string) => septShort(full.format(at(iso)))
  const shortDay = (iso: string) => septShort(yearless.format(at(iso)))
  const signed = (value: number, text: string) => (value > 0 ? `+${text}` : minus(text))
  return {
    money: (minor: number | null) => (minor === null ? unknown : minus(moneyText(minor, currency, language))),
    /** ¥128K, ¥12.8万 */
    moneyShort: (minor: number) =>
      minus(short.format(decimalText(minor, decimals) as Intl.StringNumericLiteral)),
    count: (n: number) => minus(whole.format(n)),
    countChange: (n: number) => signed(n, whole.format(n)),
    moneyChange: (minor: number) =>
      signed(minor, short.format(decimalText(minor, decimals) as Intl.StringNumericLiteral)),
    /** +8.1%; – where what it is compared with is not above 0. */
    change: (now: number, before: number) =>
      before <= 0 ? unknown : signed(now / before - 1, percent.format(now / before - 1)),
    points: (difference: number) => {
      const text = new Intl.NumberFormat(language, {
        minimumFractionDigits: 1,
        maximumFractionDigits: 1,
      }).format(difference * 100)
      return `${signed(difference, text)} ${zh ? '个百分点' : 'pp'}`
    },
    share: (numerator: number, denominator: number) => {
      if (denominator <= 0) return unknown
      if (denominator < smallPopulation)
        return sentence(language, 'digest.of', {
          part: whole.format(numerator),
          total: whole.format(denominator),
        })
      return minus(percent.format(numerator / denominator))
    },
    day,
    /** 16–22 Nov 2026; 2026年11月16–22日 */
    range(from: string, to: string): string {
      if (from.slice(0, 4) !== to.slice(0, 4)) return `${day(from)}–${day(to)}`
      if (from.slice(0, 7) !== to.slice(0, 7))
        return zh ? `${day(from)}–${shortDay(to)}` : `${shortDay(from)} – ${day(to)}`
      return zh ? day(from).replace('日', `–${Number(to.slice(8))}日`) : `${Number(from.slice(8))}–${day(to)}`
    },
  }
}
