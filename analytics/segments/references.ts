import { type Clause, type Expression, type OnDay, partsOf, type Random } from './ast.ts'
import { resolveDay } from './days.ts'
import { fieldsByName } from './fields/catalogue.ts'

/** The saved segments that a rule names itself, each once, in the order in which they are written. */
export function segmentsIn(expression: Expression): string[] {
  const named = (part: Expression): string[] =>
    part.kind === 'segment' ? [part.name] : partsOf(part).flatMap(named)
  return [...new Set(named(expression))]
}

export type References =
  /** All segments that the rule is made of, by name. */
  | { readonly kind: 'found'; readonly segments: ReadonlyMap<string, Expression> }
  | { readonly kind: 'missing'; readonly name: string }
  /** The names from one segment back to itself. */
  | { readonly kind: 'circle'; readonly names: readonly string[] }

/**
 * What the segments that a rule names come to, and those that they name. `own`: the names of the rule
 * itself, which it can't be made of.
 */
export function resolveSegments(
  expression: Expression,
  saved: ReadonlyMap<string, Expression>,
  own: readonly string[] = [],
): References {
  const segments = new Map<string, Expression>()
  const visit = (rule: Expression, path: readonly string[]): References | null => {
    for (const name of segmentsIn(rule)) {
      const at = path.indexOf(name)
      if (at >= 0) return { kind: 'circle', names: [...path.slice(at), name] }
      if (segments.has(name)) continue
      const found = saved.get(name)
      if (!found) return { kind: 'missing', name }
      const wrong = visit(found, [...path, name])
      if (wrong) return wrong
      segments.set(name, found)
    }
    return null
  }
  return visit(expression, own) ?? { kind: 'found', segments }
}

/** How many conditions a rule has with those of the segments that it names, each time that it names them. */
export function clausesWithSegments(
  expression: Expression,
  segments: ReadonlyMap<string, Expression>,
): number {
  const counts = new Map<string, number>()
  const count = (part: Expression): number => {
    if (part.kind === 'clause' || part.kind === 'random') return 1
    if (part.kind !== 'segment') return partsOf(part).reduce((total, one) => total + count(one), 0)
    const known = counts.get(part.name) ?? count(segments.get(part.name)!)
    counts.set(part.name, known)
    return known
  }
  return count(expression)
}

/** A part of a rule with the ISO day that it is asked about, that of the whole rule first. */
export interface AskedOn {
  readonly day: string
  readonly part: Expression
}

/** The rule, and its parts that ask about other days, through the segments that it names. */
export function askedOn(
  expression: Expression,
  asOf: string,
  segments: ReadonlyMap<string, Expression>,
): AskedOn[] {
  const found: AskedOn[] = [{ day: asOf, part: expression }]
  const visit = (part: Expression, day: string): void => {
    if (part.kind === 'segment') return visit(segments.get(part.name)!, day)
    if (part.kind !== 'on') return partsOf(part).forEach((one) => visit(one, day))
    const other = resolveDay(part.day, day)
    found.push({ day: other, part: part.part })
    visit(part.part, other)
  }
  visit(expression, asOf)
  return found
}

/** What an explanation needs a value of. */
export type Leaf = Clause | Random | OnDay

/** The leaves of a rule in the order in which they are written, with those of the segments that it names. */
export function leavesOf(expression: Expression, segments: ReadonlyMap<string, Expression>): Leaf[] {
  switch (expression.kind) {
    case 'clause':
    case 'random':
    case 'on':
      return [expression]
    case 'segment':
      return leavesOf(segments.get(expression.name)!, segments)
    default:
      return partsOf(expression).flatMap((part) => leavesOf(part, segments))
  }
}

/** The clauses of a rule that are about its own day, with those of the segments that it names. */
export const clausesOnDay = (expression: Expression, segments: ReadonlyMap<string, Expression>): Clause[] =>
  leavesOf(expression, segments).filter((leaf) => leaf.kind === 'clause')

/** Whether a rule asks of its own day what the models foretell. */
export const asksForetold = (expression: Expression, segments: ReadonlyMap<string, Expression>): boolean =>
  clausesOnDay(expression, segments).some(({ subject }) => {
    if (subject.kind !== 'field') return false
    const field = fieldsByName.get(subject.field)
    return field !== undefined && field.kind !== 'set' && field.foretold === true
  })
