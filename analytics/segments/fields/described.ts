import type { Phrase } from '../phrase.ts'

export interface InBothLanguages {
  readonly en: string
  readonly 'zh-CN': string
}

/**
 * `count` is a whole number, `money` an amount in currency units, `percent` a share, `day` a local day, `month` a month
 * such as 2026-01, `anniversary` a day that returns every year, `choice` one of the listed words, `flag` true or false,
 * `set` several texts of which one is asked for.
 */
export type Kind =
  | 'count'
  | 'money'
  | 'percent'
  | 'day'
  | 'month'
  | 'anniversary'
  | 'text'
  | 'choice'
  | 'flag'
  | 'set'

/** Whether the values of a kind lie in an order: these are compared with < and asked with between. */
export const isOrdered = (kind: Kind): boolean =>
  kind === 'count' || kind === 'money' || kind === 'percent' || kind === 'day' || kind === 'month'

/** Whether a past day can be asked: from the dates of what happened, or not because only today's value is kept. */
export type History = 'full' | 'none'

/** Which list of values that occur in the data completes the text. */
export type ValueList =
  | 'categories'
  | 'stores'
  | 'channels'
  | 'regions'
  | 'tags'
  | 'tiers'
  | 'products'
  | 'skus'

/** One of the words of a `choice`. */
export interface Choice {
  readonly value: string
  readonly title: InBothLanguages
  /** Written with a capital letter inside an English sentence too. */
  readonly proper?: true
}

/** What every entry says of itself, whatever it asks about. */
export interface Described {
  /** The word in a rule. */
  readonly name: string
  /** The word in a rule that is written in Chinese: letters without a space, unique among its like. */
  readonly chinese: string
  /** What Shopify's segments call the same; read, never printed. */
  readonly shopify?: string
  readonly title: InBothLanguages
  readonly help: InBothLanguages
  readonly history: History
  readonly unit?: 'orders' | 'items' | 'days' | 'points' | 'coupons' | 'years'
  /** A number that is no amount: tests of it are said in words of their own. */
  readonly said?: 'hours' | 'purchase days'
  readonly choices?: readonly Choice[]
  readonly list?: ValueList
  /** The value itself moves by one with every day that passes. */
  readonly daily?: 1 | -1
  /** A count that may be below 0. */
  readonly signed?: true
}

/** How a condition reads as a phrase about members, in both languages. */
export interface PhraseInBothLanguages {
  readonly en: Phrase
  readonly 'zh-CN': Phrase
}

export const both = (en: string, zh: string): InBothLanguages => ({ en, 'zh-CN': zh })

/** A choice whose English title is the word itself. */
export const choice = (value: string, zh: string): Choice => ({
  value,
  title: both(value[0]!.toUpperCase() + value.slice(1), zh),
})

/** The statuses of dormancy, by whichever rule. */
export const statusChoices: readonly Choice[] = [
  choice('active', '活跃'),
  choice('cooling', '趋冷'),
  choice('dormant', '沉睡'),
  choice('lost', '流失'),
  choice('never bought', '从未购买'),
]
