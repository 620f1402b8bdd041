import type { Step, Tree } from '../../../analytics/models/tree.ts'
import { type Clause, type Expression, group, type Test } from '../../../analytics/segments/ast.ts'
import { print } from '../../../analytics/segments/print.ts'
import { buyers, type Feature } from './features.ts'

/** The condition on one side of a split. */
export function conditionOf({ feature, at, side }: Step, features: readonly Feature[]): Expression {
  const { conditions, otherwise } = features[feature]!
  const condition = conditions[at - 1]!
  return side === 'from' ? condition : otherwise(condition)
}

/**
 * The rule for the members of a leaf, as of any day: they have bought and are on the leaf's side of each split.
 * Of several splits of one feature the narrowest on either side is left, because it implies the others; two of whole
 * numbers are one range. That they have bought is left out where a condition says it already.
 */
export function ruleOf(path: readonly Step[], features: readonly Feature[]): Expression {
  const asked = [...new Set(path.map(({ feature }) => feature))]
  const conditions = asked.flatMap((feature) => conditionsOn(path, feature, features))
  const bought = path.some(
    ({ feature, side }) => features[feature]!.bought === 'both' || features[feature]!.bought === side,
  )
  const orders = asked.some((feature) => isOrders(features[feature]!))
  return group('and', bought || orders ? conditions : [buyers, ...conditions])
}

function conditionsOn(path: readonly Step[], feature: number, features: readonly Feature[]): Expression[] {
  const own = features[feature]!
  const at = (side: Step['side']) => path.filter((step) => step.feature === feature && step.side === side)
  const from = at('from').reduce((highest, step) => Math.max(highest, step.at), 0)
  const below = at('below').reduce((lowest, step) => Math.min(lowest, step.at), Infinity)
  const least = from > 0 ? valueOf(own, from) : isOrders(own) ? 1 : null
  if (own.whole && least !== null && below < Infinity) {
    const most = valueOf(own, below) - 1
    const { subject } = own.conditions[0]!
    const test: Test =
      least === most
        ? { kind: 'compare', operator: '=', value: least }
        : { kind: 'between', from: least, to: most }
    return [{ kind: 'clause', subject, test }]
  }
  return [
    ...(from > 0 ? [conditionOf({ feature, at: from, side: 'from' }, features)] : []),
    ...(below < Infinity ? [conditionOf({ feature, at: below, side: 'below' }, features)] : []),
  ]
}

/** The number that a condition of a whole-numbered feature asks about. */
function valueOf({ conditions }: Feature, at: number): number {
  const { test } = conditions[at - 1]!
  return test.kind === 'compare' ? Number(test.value) : Number.NaN
}

/** The number of orders itself, of which a buyer has at least one. */
const isOrders = ({ conditions }: Feature): boolean => {
  const { subject } = conditions[0]!
  return subject.kind === 'field' && subject.field === 'orders'
}

/** All conditions of all features, one after the other, and where each feature's begin. */
export function asLeaves(features: readonly Feature[]): { leaves: Clause[]; begins: number[] } {
  const begins: number[] = []
  const leaves: Clause[] = []
  for (const { conditions } of features) {
    begins.push(leaves.length)
    leaves.push(...conditions)
  }
  return { leaves, begins }
}

/** A tree as it is told: each branch with its condition and how many of the tested members are in it. */
export interface Branch {
  /** Canonical text; null for the root. */
  readonly condition: string | null
  readonly members: number
  readonly returned: number
  /** The place of the leaf among the leaves; null: the branch has branches. */
  readonly leaf: number | null
  readonly branches: readonly Branch[]
}

/** `tested`: of each leaf, in the order of `leavesOf`, how many of the tested members ended there and returned. */
export function branchesOf(
  tree: Tree,
  features: readonly Feature[],
  tested: readonly { readonly rows: number; readonly yes: number }[],
): Branch {
  let next = 0
  const visit = (part: Tree, condition: string | null): Branch => {
    if (part.kind === 'leaf') {
      const leaf = next++
      return { condition, members: tested[leaf]!.rows, returned: tested[leaf]!.yes, leaf, branches: [] }
    }
    const { feature, at } = part
    const branches = (['below', 'from'] as const).map((side) =>
      visit(part[side], print(conditionOf({ feature, at, side }, features))),
    )
    return {
      condition,
      members: branches.reduce((sum, { members }) => sum + members, 0),
      returned: branches.reduce((sum, { returned }) => sum + returned, 0),
      leaf: null,
      branches,
    }
  }
  return visit(tree, null)
}
