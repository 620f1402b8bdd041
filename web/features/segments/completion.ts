import { comparators } from '../../../analytics/segments/ast.ts'
import {
  type Asked,
  conditionsOf,
  fields,
  fieldsByName,
  measures,
  measuresByName,
} from '../../../analytics/segments/fields/catalogue.ts'
import { isOrdered } from '../../../analytics/segments/fields/described.ts'
import { quote } from '../../../analytics/segments/print.ts'
import { type Token, tokens } from '../../../analytics/segments/tokens.ts'
import type { Values } from './drafts.ts'

/** One thing that may stand at the cursor. */
export interface Proposal {
  /** What is written. */
  readonly label: string
  /** What it is, in the language of the screen. */
  readonly detail?: string
  readonly kind: 'field' | 'keyword' | 'value'
}

const keyword = (label: string): Proposal => ({ label, kind: 'keyword' })
const is = (token: Token | undefined, kind: Token['kind'], ...values: string[]) =>
  token?.kind === kind && values.includes(token.value)

/**
 * What may stand at the end of `before`, the text up to the cursor, and from where it replaces: the
 * start of the word or text that is being typed.
 */
export function proposals(
  before: string,
  values: Values,
  language: 'en' | 'zh-CN',
): { from: number; options: readonly Proposal[] } {
  const all = tokens(before).filter(({ kind }) => kind !== 'end')
  const last = all.at(-1)
  const typing =
    last && last.to === before.length && (last.kind === 'word' || last.kind === 'broken') ? last : null
  const done = typing ? all.slice(0, -1) : all
  return { from: typing?.from ?? before.length, options: optionsAfter(done, values, language) }
}

function optionsAfter(done: readonly Token[], values: Values, language: 'en' | 'zh-CN'): Proposal[] {
  const inside = openMeasure(done)
  const measure = inside === null ? null : done[inside - 1]!.value
  const last = done.at(-1)
  const operator = inList(done) ?? done.length - 1
  const before = done[operator]
  if (is(before, 'symbol', ...comparators) || (is(before, 'word', 'in') && inList(done) !== null)) {
    const asked = named(done, operator, measure)
    return asked ? valuesFor(asked, values, language) : []
  }
  if (is(last, 'word', 'is')) return [keyword('known'), keyword('unknown')]
  if (is(last, 'word', 'in')) return [keyword('(')]
  if (last?.kind === 'word' && askedNamed(last.value, measure))
    return operatorsFor(askedNamed(last.value, measure)!)
  if (measure !== null && (is(last, 'symbol', ',') || done.length - 1 === inside))
    return [
      keyword('within 90 days'),
      keyword('between'),
      ...[...conditionsOf(measure).values()].map(({ name, title }) => ({
        label: name,
        detail: title[language],
        kind: 'field' as const,
      })),
    ]
  if (last === undefined || is(last, 'word', 'and', 'or', 'not') || is(last, 'symbol', '('))
    return [
      ...fields.map(({ name, title }) => ({ label: name, detail: title[language], kind: 'field' as const })),
      ...measures.map(({ name, title }) => ({
        label: `${name}(`,
        detail: title[language],
        kind: 'field' as const,
      })),
      ...['not', 'everyone'].map(keyword),
    ]
  return inside === null ? ['and', 'or'].map(keyword) : []
}

/** Index of the parenthesis of `orders(` or `spend(` that is still open, or null. */
function openMeasure(done: readonly Token[]): number | null {
  const open: number[] = []
  done.forEach((token, i) => {
    if (is(token, 'symbol', '(')) open.push(i)
    if (is(token, 'symbol', ')')) open.pop()
  })
  return open.findLast((i) => measuresByName.has(done[i - 1]?.value ?? '')) ?? null
}

/** Index of the `in` whose list is still open at the end, or null. */
function inList(done: readonly Token[]): number | null {
  for (let i = done.length - 1; i > 0; i--) {
    if (is(done[i], 'symbol', ')')) return null
    if (is(done[i], 'symbol', '(')) return is(done[i - 1], 'word', 'in') ? i - 1 : null
  }
  return null
}

const askedNamed = (name: string, measure: string | null): Asked | undefined =>
  measure === null ? fieldsByName.get(name) : conditionsOf(measure).get(name)

/** The field that stands before the operator. A measure ends with a parenthesis and is compared with a number. */
const named = (done: readonly Token[], operator: number, measure: string | null): Asked | undefined =>
  askedNamed(done[operator - 1]?.value ?? '', measure)

function valuesFor(asked: Asked, values: Values, language: 'en' | 'zh-CN'): Proposal[] {
  if (asked.kind === 'flag') return [keyword('true'), keyword('false')]
  if (asked.choices)
    return asked.choices.map(({ value, title }) => ({
      label: quote(value),
      detail: title[language],
      kind: 'value',
    }))
  return (values[asked.list ?? ''] ?? []).map((value) => ({ label: quote(value), kind: 'value' }))
}

function operatorsFor(asked: Asked): Proposal[] {
  const words = isOrdered(asked.kind) ? ['>=', '<=', '=', '>', '<', '!=', 'between'] : ['=']
  return [...words, 'in (', 'is known', 'is unknown'].map(keyword)
}
