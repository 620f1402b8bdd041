import type { Condition } from '../ast.ts'
import { buying } from './buying.ts'
import type { InBothLanguages } from './described.ts'
import { couponMeasures } from './coupons.ts'
import type { Field } from './field.ts'
import { foretold } from './foretold.ts'
import type { ConditionField, Measure } from './measure.ts'
import { habits } from './habits.ts'
import { orderMeasures } from './order-measures.ts'
import { pointMeasures } from './points.ts'
import { profile } from './profile.ts'
import { rfmFields } from './rfm.ts'
import { touches } from './touches.ts'

/** Everything a rule can ask of a member. Adding a field is adding an entry to one of these lists. */
export const fields: readonly Field[] = [
  ...buying,
  ...habits,
  ...rfmFields,
  ...foretold,
  ...profile,
  ...touches,
]

/** Counts, sums, days and shares with conditions in parentheses, those over one source together. */
export const measures: readonly Measure[] = [...orderMeasures, ...couponMeasures, ...pointMeasures]

/** What the measures are over, each once. */
export const sources = [...new Set(measures.map(({ source }) => source))]

type Entries<T> = ReadonlyMap<string, T>
interface Called {
  readonly name: string
  readonly chinese: string
  readonly shopify?: string
}
const byName = <T extends Called>(entries: readonly T[]): Entries<T> =>
  new Map(entries.map((entry) => [entry.name, entry]))
/** By the words of both languages, and Shopify's. */
const byWord = <T extends Called>(entries: readonly T[]): Entries<T> =>
  new Map([
    ...entries.flatMap((entry) => (entry.shopify === undefined ? [] : [[entry.shopify, entry] as const])),
    ...entries.map((entry) => [entry.name, entry] as const),
    ...entries.map((entry) => [entry.chinese, entry] as const),
  ])

export const fieldsByName = byName(fields)
export const measuresByName = byName(measures)
export const fieldsByWord = byWord(fields)
export const measuresByWord = byWord(measures)

const bySource = (conditionsBy: (entries: readonly ConditionField[]) => Entries<ConditionField>) => {
  const all = new Map(sources.map(({ name, conditions }) => [name, conditionsBy(conditions)]))
  return (measure: string): Entries<ConditionField> => {
    const source = measuresByName.get(measure)?.source.name
    return (source !== undefined && all.get(source)) || new Map()
  }
}

/** What can be asked inside a measure's parentheses, by name; empty for a measure that does not exist. */
export const conditionsOf = bySource(byName)
/** The same by the words of both languages. */
export const conditionsByWord = bySource(byWord)

const names: ReadonlySet<string> = new Set(
  [...fields, ...measures, ...sources.flatMap(({ conditions }) => conditions)].flatMap(
    ({ name, chinese, shopify }: Called) => [name, chinese, ...(shopify === undefined ? [] : [shopify])],
  ),
)
/** Whether a text is the word of a field, a measure or a condition, in either language or Shopify's. */
export const isName = (text: string): boolean => names.has(text)

const words: ReadonlyMap<string, InBothLanguages> = new Map(
  [...sources.flatMap(({ conditions }) => conditions), ...measures, ...fields].flatMap(
    ({ name, chinese }) => {
      const both = { en: name, 'zh-CN': chinese }
      return [[name, both] as const, [chinese, both] as const]
    },
  ),
)
/** The words of a field, a measure or a condition in both languages, by either of them. */
export const calledBy = (word: string): InBothLanguages | undefined => words.get(word)

/** What a clause compares: the field, measure or condition it is about. */
export type Asked = Field | Measure | ConditionField

/** The Chinese names, longer ones before those that they begin with. */
export const chineseNames: readonly string[] = [...names]
  .filter((name) => /\p{Script=Han}/u.test(name))
  .toSorted((a, b) => b.length - a.length)

/** The first measure that can be asked by a condition of that word, and the condition; a word of no condition has none. */
export function asksInside(word: string): { measure: Measure; field: ConditionField } | undefined {
  for (const measure of measures) {
    const field = conditionsByWord(measure.name).get(word)
    if (field) return { measure, field }
  }
  return undefined
}

/** A condition for a measure's parentheses to begin with. */
export const firstOf = ({ source }: Measure): Condition => source.first ?? { kind: 'within', days: 180 }
