import type { Step, Tree } from '../../../analytics/models/tree.ts'
import { type Clause, type Expression, group } from '../../../analytics/segments/ast.ts'
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
 * Of several splits of one feature the narrowest on either side is left, because it implies the others.
 */
export function ruleOf(path: readonly Step[], features: readonly Feature[]): Expression {
  const narrowest = path.filter(
    (step) =>
      !path.some(
        (other) =>
          other.feature === step.feature &&
          other.side === step.side &&
          (step.side === 'from' ? other.at > step.at : other.at < step.at),
      ),
  )
  const conditions = narrowest.map((step) => conditionOf(step, features))
  const implied = narrowest.some((step) => impliesBought(step, features))
  return group('and', implied ? conditions : [buyers, ...conditions])
}

/** At least so many orders, at least one, are said already. */
function impliesBought({ feature, side }: Step, features: readonly Feature[]): boolean {
  if (side !== 'from') return false
  const { subject } = features[feature]!.conditions[0]!
  return subject.kind === 'field' ? subject.field === 'orders' : subject.measure === 'orders'
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
