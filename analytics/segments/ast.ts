/**
 * A rule that chooses members, as data: what the text, the builder and the JSON face share.
 * Figures are as the merchant writes them (money in currency units, 60 for 60%). Days are ISO text, or
 * relative to the day that is asked about (days.ts); months are ISO text such as 2026-01.
 */
export type Expression =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | Clause
  | Random
  | Named
  | OnDay

/** One condition on a member: a subject and what is asked of it. */
export interface Clause {
  readonly kind: 'clause'
  readonly subject: Subject
  readonly test: Test
}

/** A draw of so many percent of all members: the same members whenever the same seed is drawn with. */
export interface Random {
  readonly kind: 'random'
  readonly percent: number
  /** The empty text when none is written. */
  readonly seed: string
}

/** The members of a saved segment, by its newest version. */
export interface Named {
  readonly kind: 'segment'
  readonly name: string
}

/** Those whom the part selected on a day: by what was visible then and with the part's own days counted from then. */
export interface OnDay {
  readonly kind: 'on'
  readonly day: string
  readonly part: Expression
}

/** A fact of the member, or a count, sum, day or share over those of their orders (or the like) that meet all of `where`. */
export type Subject =
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'measure'; readonly measure: string; readonly where: readonly Condition[] }

/** A condition inside the parentheses of a measure. `within`: on the source's own day, in the last `days` days. */
export type Condition =
  | { readonly kind: 'within'; readonly days: number }
  | { readonly kind: 'condition'; readonly field: string; readonly test: Test }

export type Value = string | number | boolean
export const comparators = ['=', '!=', '<', '<=', '>', '>='] as const
export type Comparator = (typeof comparators)[number]
export const textOperators = ['contains', 'not contains', 'starts with', 'ends with'] as const
export type TextOperator = (typeof textOperators)[number]
export const directions = ['last', 'next'] as const
export type Direction = (typeof directions)[number]

/** What is asked of a value. Every one but `unknown` is false of an unknown value. */
export type Test =
  | { readonly kind: 'compare'; readonly operator: Comparator; readonly value: Value }
  | { readonly kind: 'in'; readonly values: readonly Value[] }
  | { readonly kind: 'between'; readonly from: Value; readonly to: Value }
  /** Letter case is ignored. */
  | { readonly kind: 'text'; readonly operator: TextOperator; readonly value: string }
  /** From so many days before the day asked about through that day, or from it through so many days after. */
  | { readonly kind: 'within'; readonly direction: Direction; readonly days: number }
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }

/**
 * How deep groups and NOTs may nest, how many conditions and listed values a rule may have, those of the segments
 * that it names included, how many other days it may ask about, how long its text may be.
 */
export const limits = {
  depth: 40,
  clauses: 300,
  clausesWithSegments: 1_000,
  values: 5_000,
  days: 6,
  characters: 200_000,
} as const

export const everyone: Expression = { kind: 'everyone' }

/** A group of the parts, flattened: AND within AND is one AND, and one part is itself. */
export function group(kind: 'and' | 'or', parts: readonly Expression[]): Expression {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]))
  return flat.length === 1 ? flat[0]! : { kind, parts: flat }
}

/** The parts right inside an expression, in the order in which they are written. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return expression.parts
    case 'not':
    case 'on':
      return [expression.part]
    case 'everyone':
    case 'clause':
    case 'random':
    case 'segment':
      return []
  }
}

/** The clauses of a rule, in the order in which they are written; not those of segments that it names. */
export const clausesOf = (expression: Expression): Clause[] =>
  expression.kind === 'clause' ? [expression] : partsOf(expression).flatMap(clausesOf)

/** The expression with each of its direct parts changed. */
export function withParts(expression: Expression, change: (part: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return { ...expression, parts: expression.parts.map(change) }
    case 'not':
    case 'on':
      return { ...expression, part: change(expression.part) }
    case 'everyone':
    case 'clause':
    case 'random':
    case 'segment':
      return expression
  }
}
