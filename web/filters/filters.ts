import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback, useMemo } from 'react'
import { quote } from '../../analytics/segments/print.ts'
import { readFilters, type FilterSearch } from './search.ts'

/** What the analytics procedures take: the address's filters, all that chooses members as one rule. */
export type Question = Omit<FilterSearch, 'compare' | 'other' | 'tiers' | 'regions'>

/** A question that is held against another. */
export type ComparedQuestion = Question & {
  readonly compare?: 'previous' | 'year' | { readonly segment: string }
}

/**
 * The filters in the address and how to change them. `question` goes to the server as it is, `compared` too where the
 * page has a comparison; `set` changes some fields (undefined removes one) and keeps the rest of the address.
 */
export function useFilters() {
  const search = useSearch({ strict: false }) as Record<string, unknown>
  const navigate = useNavigate()
  const key = JSON.stringify(readFilters(search))
  const filters = useMemo(() => JSON.parse(key) as FilterSearch, [key])
  const question = useMemo(() => questionOf(filters), [filters])
  const compared = useMemo(() => comparedOf(filters), [filters])
  const set = useCallback(
    (change: Partial<FilterSearch>) =>
      void navigate({
        to: '.',
        search: ((old: Record<string, unknown>) => ({ ...old, ...change })) as never,
        replace: true,
      }),
    [navigate],
  )
  return { filters, question, compared, set }
}

/** The question that an address asks: its tiers and regions narrow its segment, because they choose members. */
export function questionOf(filters: FilterSearch): Question {
  const { compare: _, other: _other, tiers, regions, segment, ...rest } = filters
  const rules = [segment, anyOf('tier', tiers), anyOf('region', regions)].filter(
    (rule) => rule !== undefined && rule !== 'everyone',
  )
  if (rules.length === 0) return segment === undefined ? rest : { ...rest, segment }
  return { ...rest, segment: rules.reduce((one, other) => bothHold(one, other)) }
}

/** The same with what it is held against; tiers and regions hold there too. */
export function comparedOf(filters: FilterSearch): ComparedQuestion {
  const question = questionOf(filters)
  const { compare, other, tiers, regions } = filters
  if (compare === undefined || (compare === 'segment' && other === undefined)) return question
  if (compare !== 'segment') return { ...question, compare }
  return { ...question, compare: { segment: questionOf({ segment: other, tiers, regions }).segment! } }
}

const anyOf = (field: string, values: readonly string[] | undefined) =>
  values?.length ? `${field} in (${values.map(quote).join(', ')})` : undefined

/** A segment expression narrowed by the page's own: both must hold. */
export function bothHold(one: string | undefined, other: string | undefined): string {
  const parts = [one, other].filter((part) => part && part !== 'everyone')
  return parts.length === 2 ? `(${parts[0]}) AND (${parts[1]})` : (parts[0] ?? 'everyone')
}
