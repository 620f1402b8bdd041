/**
 * A rule that chooses members, as data: what the text, the builder and the JSON face share.
 * Figures are as the merchant writes them (money in currency units, 60 for 60%), days are ISO text.
 */
export type Expression =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression }
  | Clause

/** One condition on a member: a subject and what is asked of it. */
export interface Clause {
  readonly kind: 'clause'
  readonly subject: Subject
  readonly test: Test
}

/** A fact of the member, or a count, sum, day or share over those of their orders (or the like) that meet all of `where`. */
export type Subject =
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'measure'; readonly measure: string; readonly where: readonly Condition[] }

/** A condition inside the parentheses of a measure. */
export type Condition =
  | { readonly kind: 'within'; readonly days: number }
  | { readonly kind: 'condition'; readonly field: string; readonly test: Test }

export type Value = string | number | boolean
export const comparators = ['=', '!=', '<', '<=', '>', '>='] as const
export type Comparator = (typeof comparators)[number]

/** What is asked of a value. Every one but `unknown` is false of an unknown value. */
export type Test =
  | { readonly kind: 'compare'; readonly operator: Comparator; readonly value: Value }
  | { readonly kind: 'in'; readonly values: readonly Value[] }
  | { readonly kind: 'between'; readonly from: Value; readonly to: Value }
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }

/** How deep groups and NOTs may nest, how many conditions and listed values a rule may have, how long its text may be. */
export const limits = { depth: 40, clauses: 300, values: 5_000, characters: 200_000 } as const

export const everyone: Expression = { kind: 'everyone' }

/** A group of the parts, flattened: AND within AND is one AND, and one part is itself. */
export function group(kind: 'and' | 'or', parts: readonly Expression[]): Expression {
  const flat = parts.flatMap((part) => (part.kind === kind ? part.parts : [part]))
  return flat.length === 1 ? flat[0]! : { kind, parts: flat }
}

/** The clauses of a rule, in the order in which they are written. */
export function clausesOf(expression: Expression): Clause[] {
  switch (expression.kind) {
    case 'everyone':
      return []
    case 'clause':
      return [expression]
    case 'not':
      return clausesOf(expression.part)
    case 'and':
    case 'or':
      return expression.parts.flatMap(clausesOf)
  }
}
