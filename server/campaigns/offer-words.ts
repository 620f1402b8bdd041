import type { Language } from '../messages/messages.ts'
import { sentence } from '../messages/messages.ts'
import { decimalsOf } from '../segments/evaluation.ts'
import type { CampaignDefinition } from './definition.ts'

/** What a coupon gives and from which spend on, in the words that a customer can be sent. */
export function offerWords(
  language: Language,
  currency: string,
  { offer, minSpendMinor }: Pick<CampaignDefinition, 'offer' | 'minSpendMinor'>,
): string {
  const money = (minor: number) => moneyWords(language, currency, minor)
  const gives =
    offer.kind === 'amount'
      ? sentence(language, 'offer-amount', { amount: money(offer.amountMinor) })
      : offer.capMinor === undefined
        ? sentence(language, 'offer-percent', { percent: offer.percent })
        : sentence(language, 'offer-percent-capped', { percent: offer.percent, cap: money(offer.capMinor) })
  return minSpendMinor === 0
    ? gives
    : sentence(language, 'offer-from', { gives, amount: money(minSpendMinor) })
}

/** Minor units as an amount with its sign, such as ¥20.00; exact, because it never is a float. */
function moneyWords(language: Language, currency: string, minor: number): string {
  const decimals = decimalsOf(currency)
  const digits = String(minor).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const text = decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
  }).format(text as Intl.StringNumericLiteral)
}
