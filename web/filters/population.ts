import { useTranslations } from 'use-intl'
import { useFilters, type Question } from './filters.ts'

/** The facts of the segment language that are read from a member's orders. */
const ofOrders = new Set([
  'orders',
  'spend',
  'purchase_days',
  'net',
  'average_order',
  'value_at_risk',
  'first_order',
  'second_order',
  'last_order',
  'days_since_order',
  'status',
  'first_seen',
  'p_alive',
  'predicted_clv',
  'model_status',
  'value_decile',
])

/** Whether a rule picks members by what they bought or when: its figures then partly restate the rule. */
export function selectsOnOrders(rule: string): boolean {
  const words = rule.replaceAll(/"(?:[^"\\]|\\.)*"/g, ' ').match(/[a-z_]+/gi) ?? []
  return words.some((word) => ofOrders.has(word.toLowerCase()))
}

/** Whom the figures are about: everybody's orders, or those of a segment, of stores, of channels, with certain categories. */
export function populationOf({
  segment,
  stores,
  channels,
  categories,
}: Question): 'all' | 'segment' | 'places' | 'both' {
  const narrowed = segment !== undefined && segment !== 'everyone'
  const places = [stores, channels, categories].some((chosen) => chosen?.length)
  return narrowed ? (places ? 'both' : 'segment') : places ? 'places' : 'all'
}

/** Which of the two kinds of places narrow the figures. */
export function placesOf({ stores, channels }: Question): 'none' | 'stores' | 'channels' | 'both' {
  if (stores?.length) return channels?.length ? 'both' : 'stores'
  return channels?.length ? 'channels' : 'none'
}

/**
 * Names the population where a page states its figures. `of` puts it before the lead, once for all panels
 * under it; `title` adds it to the title of a panel that stands beside others of another population; `about`
 * is what a panel's picture says of it, which leaves the page behind; `where` names the places alone.
 * `note` adds to a definition what a rule about orders, or a category, does to figures about orders. `only`: the filter that
 * the page's questions take, where they leave the others out.
 */
export function usePopulation(only?: 'segment') {
  const t = useTranslations('filters')
  const filters = useFilters().question
  const question = only ? { segment: filters.segment } : filters
  const population = populationOf(question)
  const biased = question.segment !== undefined && selectsOnOrders(question.segment)
  const { stores = [], channels = [], categories = [] } = question
  const where = t('population.where', {
    places: placesOf(question),
    stores: stores.length,
    store: stores[0] ?? '',
    channels: channels.length,
    channel: channels[0] ?? '',
    categories: categories.length,
    category: categories[0] ?? '',
  })
  const about = population === 'all' ? undefined : t('population.about', { population, where })
  return {
    population,
    where,
    about,
    of: (sentence: string): string =>
      about === undefined ? sentence : t('population.of', { about, sentence }),
    title: (title: string): string =>
      about === undefined ? title : t('population.title', { population, where, title }),
    note: (definition: string): string =>
      [
        definition,
        ...(categories.length > 0 ? [t('population.wholeOrders')] : []),
        ...(biased ? [t('population.selectsOnOrders')] : []),
      ].join(' '),
  }
}
