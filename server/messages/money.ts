import type { Language } from './messages.ts'

/** Decimals of a currency: 2 for CNY, 0 for JPY. */
export const decimalsOf = (currency: string): number =>
  new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2

/**
 * Minor units as an amount with its sign, such as ¥20.00, in the digits of the language. Whole ones are
 * exact, because they never are a float; parts of one, as of a rounding difference, are shown too.
 */
export function moneyText(minor: number, currency: string, language: Language): string {
  const decimals = decimalsOf(currency)
  const style = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } as const
  if (!Number.isInteger(minor))
    return new Intl.NumberFormat(language, { ...style, maximumFractionDigits: 8 }).format(
      minor / 10 ** decimals,
    )
  const text = decimalText(minor, decimals) as Intl.StringNumericLiteral
  return new Intl.NumberFormat(language, style).format(text)
}

/** Minor units as an exact decimal number with a point: `12.50`. */
export function decimalText(minor: number, decimals: number): string {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0')
  const sign = minor < 0 ? '-' : ''
  return decimals === 0
    ? `${sign}${digits}`
    : `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}
