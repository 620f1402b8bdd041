import { buying } from './buying.ts'
import type { Field } from './field.ts'
import type { ConditionField, Measure } from './measure.ts'
import { habits } from './habits.ts'
import { orderMeasures } from './orders.ts'
import { profile } from './profile.ts'
import { touches } from './touches.ts'

/** Everything a rule can ask of a member. Adding a field is adding an entry to one of these lists. */
export const fields: readonly Field[] = [...buying, ...habits, ...profile, ...touches]

/** Counts, sums, days and shares with conditions in parentheses, those over one source together. */
export const measures: readonly Measure[] = [...orderMeasures]

/** What the measures are over, each once. */
export const sources = [...new Set(measures.map(({ source }) => source))]

const byName = <T extends { readonly name: string }>(entries: readonly T[]): ReadonlyMap<string, T> =>
  new Map(entries.map((entry) => [entry.name, entry]))

export const fieldsByName = byName(fields)
export const measuresByName = byName(measures)
const conditionsBySource = new Map(sources.map(({ name, conditions }) => [name, byName(conditions)]))

/** What can be asked inside a measure's parentheses, by name; empty for a measure that does not exist. */
export function conditionsOf(measure: string): ReadonlyMap<string, ConditionField> {
  const source = measuresByName.get(measure)?.source.name
  return (source !== undefined && conditionsBySource.get(source)) || new Map()
}

/** What a clause compares: the field, measure or condition it is about. */
export type Asked = Field | Measure | ConditionField
