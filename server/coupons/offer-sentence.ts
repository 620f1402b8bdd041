import type { Words } from '../../analytics/schema/described.ts'
import { type Language, sentence } from '../messages/messages.ts'
import { moneyText } from '../messages/money.ts'
import { isBeside, type Offer } from './offer.ts'
import { type Named, type OfferTerms, usesOf } from './terms.ts'

/** What a coupon is good for, whenever that is. */
export interface OfferRule {
  readonly offer: Offer
  readonly minSpendMinor: number
  readonly terms: OfferTerms
}

/** Days are local and inclusive. */
export type GoodOn =
  | { readonly kind: 'days'; readonly days: number }
  | { readonly kind: 'through'; readonly first?: string | undefined; readonly last: string }

/** A rule with what is said around it. */
export interface SaidRule extends OfferRule {
  readonly currency: string
  readonly good?: GoodOn | undefined
  readonly budgetMinor?: number | undefined
  /** One code for many: so often in all. */
  readonly sharedUses?: number | undefined
}

/**
 * One sentence from the rule alone, as the member understands it: what it gives, on what, from which spend on, where,
 * until when, how often and beside what.
 */
export const offerSentence = (language: Language, rule: SaidRule): string =>
  `${[withDays(language, rule), ...limits(language, rule)].join(separator[language])}${stop[language]}`

/** The sentence in both languages, for screens that show either. */
export const offerSentences = (rule: SaidRule): Words => ({
  en: offerSentence('en', rule),
  'zh-CN': offerSentence('zh-CN', rule),
})

/** What it gives and how it is limited, for a cell of a file beside the last day: no full stop, and nothing of a single use. */
export const offerWords = (language: Language, currency: string, rule: OfferRule): string => {
  const { terms } = rule
  const once = usesOf(terms) === 1
  const said = { ...rule, currency }
  return [goodFor(language, said), ...limits(language, said).slice(once ? 1 : 0)].join(separator[language])
}

/** What it gives alone, for places of a few signs: the whole sentence cut off there may end within an amount. */
export const offerGives = (language: Language, currency: string, offer: Offer): string =>
  givesText(language, offer, (minor) => moneyText(minor, currency, language))

const separator: Record<Language, string> = { en: '; ', 'zh-CN': '；' }
const stop: Record<Language, string> = { en: '.', 'zh-CN': '。' }

function withDays(language: Language, rule: SaidRule): string {
  const gives = goodFor(language, rule)
  const { good } = rule
  if (!good) return gives
  if (good.kind === 'days') return sentence(language, 'offer-days', { gives, days: good.days })
  const last = dayText(language, good.last)
  return good.first === undefined
    ? sentence(language, 'offer-through', { gives, day: last })
    : sentence(language, 'offer-between', { gives, first: dayText(language, good.first), last })
}

function goodFor(language: Language, { offer, minSpendMinor, terms, currency }: SaidRule): string {
  const money = (minor: number) => moneyText(minor, currency, language)
  const things = thingsIn(language, terms.only)
  const others = thingsIn(language, terms.except)
  const kind = isBeside(offer) && offer.kind !== 'points' ? 'with' : 'on'
  let gives = givesText(language, offer, money)
  if (things.length > 0 && others.length > 0)
    gives = sentence(language, `offer-${kind}-but`, {
      gives,
      things: listed(language, things),
      others: listed(language, others),
    })
  else if (things.length > 0)
    gives = sentence(language, `offer-${kind}`, { gives, things: listed(language, things) })
  else if (others.length > 0)
    gives = sentence(language, kind === 'on' ? 'offer-not-on' : 'offer-with-not', {
      gives,
      others: listed(language, others),
    })
  if (minSpendMinor > 0)
    gives = sentence(language, things.length + others.length > 0 ? 'offer-from-these' : 'offer-from', {
      gives,
      amount: money(minSpendMinor),
    })
  if (terms.only?.stores)
    gives = sentence(language, 'offer-in-stores', { gives, stores: listed(language, terms.only.stores) })
  if (terms.except?.stores)
    gives = sentence(language, 'offer-not-in-stores', {
      gives,
      stores: listed(language, terms.except.stores),
    })
  return gives
}

function givesText(language: Language, offer: Offer, money: (minor: number) => string): string {
  switch (offer.kind) {
    case 'amount':
      return sentence(language, 'offer-amount', { amount: money(offer.amountMinor) })
    case 'percent':
      return offer.capMinor === undefined
        ? sentence(language, 'offer-percent', { off: offText(language, offer.percent) })
        : sentence(language, 'offer-percent-capped', {
            off: offText(language, offer.percent),
            cap: money(offer.capMinor),
          })
    case 'free_shipping':
      return sentence(language, 'offer-free-shipping', { worth: money(offer.worthMinor) })
    case 'gift':
      return sentence(language, 'offer-gift', { gift: offer.gift, worth: money(offer.worthMinor) })
    case 'points':
      return offer.capMinor === undefined
        ? sentence(language, 'offer-points', { times: offer.times })
        : sentence(language, 'offer-points-capped', { times: offer.times, cap: money(offer.capMinor) })
  }
}

/** A percentage as shop people say it: 15 off a hundred in English, in Chinese what is left of ten, 8.5 (折). */
const offText = (language: Language, percent: number): string =>
  String(language === 'en' ? percent : Math.round((100 - percent) * 100) / 1000)

/** How often first, then beside what. */
function limits(language: Language, { terms, currency, budgetMinor, sharedUses }: SaidRule): string[] {
  const { usesPerCoupon, usesPerMember } = terms
  return [
    sharedUses !== undefined
      ? sentence(language, 'offer-shared', { uses: sharedUses, most: usesPerMember ?? 0 })
      : usesPerMember !== undefined && usesPerMember > usesPerCoupon
        ? sentence(language, 'offer-uses-each', { uses: usesPerCoupon, most: usesPerMember })
        : sentence(language, 'offer-uses', { uses: usesOf(terms) }),
    ...(terms.withMemberPrice ? [] : [sentence(language, 'offer-no-member-price')]),
    ...(terms.stackGroup === null ? [] : [sentence(language, 'offer-group', { group: terms.stackGroup })]),
    ...(terms.refuseWhenSpent && budgetMinor !== undefined
      ? [sentence(language, 'offer-while-budget', { budget: moneyText(budgetMinor, currency, language) })]
      : []),
  ]
}

/** Names of lines, categories first; numbers of items are called so. */
const thingsIn = (language: Language, named: Named | undefined): string[] => [
  ...(named?.categories ?? []),
  ...(named?.products ?? []),
  ...(named?.skus ?? []).map((sku) => sentence(language, 'offer-item', { sku })),
]

const listed = (language: Language, names: readonly string[]): string =>
  new Intl.ListFormat(language, { type: 'conjunction' }).format(names)

/** A local day as people write it. */
export function dayText(language: Language, day: string): string {
  const style = { timeZone: 'UTC', year: 'numeric', day: 'numeric' } as const
  const at = new Date(`${day}T00:00:00Z`)
  return language === 'en'
    ? new Intl.DateTimeFormat('en-GB', { ...style, month: 'short' }).format(at).replace('Sept', 'Sep')
    : new Intl.DateTimeFormat('zh-CN', { ...style, month: 'long' }).format(at)
}
