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
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const text = `${minor < 0 ? '-' : ''}${whole}${decimals === 0 ? '' : `.${digits.slice(-decimals)}`}`
  return new Intl.NumberFormat(language, style).format(text as Intl.StringNumericLiteral)
}
