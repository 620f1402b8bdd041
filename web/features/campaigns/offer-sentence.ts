import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import type { Definition } from './draft.ts'

/** The offer in a sentence, made from the rule alone. */
export function useOfferSentence(): (definition: Definition) => string {
  const t = useTranslations('campaigns.offer')
  const format = useFormat()
  return ({ offer, minSpendMinor, validDays, validTo }) => {
    const gives =
      offer.kind === 'amount'
        ? t('amount', { amount: format.money(offer.amountMinor) })
        : offer.capMinor === undefined
          ? t('percent', { percent: `${offer.percent}%` })
          : t('percentCapped', { percent: `${offer.percent}%`, cap: format.money(offer.capMinor) })
    const least = minSpendMinor ? t('minSpend', { amount: format.money(minSpendMinor) }) : ''
    const good =
      validTo === undefined ? t('days', { days: validDays ?? 0 }) : t('through', { day: format.day(validTo) })
    return `${gives}${least}${good}${t('once')}`
  }
}
