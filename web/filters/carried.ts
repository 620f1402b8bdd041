import { useSearch } from '@tanstack/react-router'
import { readFilters, type FilterSearch } from './search.ts'

type Handed = 'segment' | 'tiers' | 'regions' | 'stores' | 'channels' | 'categories'
const ofMembers: readonly Handed[] = ['segment', 'tiers', 'regions']
const everything: readonly Handed[] = [...ofMembers, 'stores', 'channels', 'categories']

/** The filters that each analytic page takes and another one of them would take as well. */
const known: Readonly<Record<string, readonly Handed[]>> = {
  '/': everything,
  '/retention': everything,
  '/value': everything,
  '/products': everything,
  '/rhythm': everything,
  '/stores': everything,
  '/cards': everything,
  '/dormant': ofMembers,
}

/** Whether a page is about orders of chosen members and places, so that its filters mean the same on another. */
const isAnalytic = (path: string) => Object.hasOwn(known, path)

/**
 * What of an address goes along to another page: from one analytic page to the next whom and which places
 * the figures are about, as far as the next one takes them; to and from any other page nothing.
 */
export function carried(from: string, to: string, search: Record<string, unknown>): FilterSearch {
  if (!isAnalytic(from) || !isAnalytic(to)) return {}
  const filters = readFilters(search)
  const kept = known[to]!.filter((name) => known[from]!.includes(name) && filters[name] !== undefined)
  return Object.fromEntries(kept.map((name) => [name, filters[name]]))
}

/** What the page shown hands on to the page at `to`. */
export function useCarried(from: string): (to: string) => FilterSearch {
  const search = useSearch({ strict: false }) as Record<string, unknown>
  return (to) => carried(from, to, search)
}
