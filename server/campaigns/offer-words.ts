import type { Language } from '../messages/messages.ts'
import { sentence } from '../messages/messages.ts'
import { moneyText } from '../messages/money.ts'
import type { CampaignDefinition } from './definition.ts'

/** What a coupon gives and from which spend on, in the words that a customer can be sent. */
export function offerWords(
  language: Language,
  currency: string,
  { offer, minSpendMinor }: Pick<CampaignDefinition, 'offer' | 'minSpendMinor'>,
): string {
  const money = (minor: number) => moneyText(minor, currency, language)
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
