import chiSquareCdf from '@stdlib/stats-base-dists-chisquare-cdf'

/** Rows to learn from: each feature in bins from 0 on, in the order of its values, and whether it came true. */
export interface Examples {
  /** One array per feature, a bin per row. */
  readonly bins: readonly Uint8Array[]
  /** How many bins each feature has. */
  readonly widths: readonly number[]
  /** 1 where it came true, else 0. */
  readonly outcome: Uint8Array
}

export interface TreeLimits {
  /** How many splits lie between the root and a leaf at most. */
  readonly depth: number
  /** A leaf has at least so many rows. */
  readonly leaf: number
  /** A split is made when it would be as good by chance at most so often, over all splits that its node was tried with; 1: always. */
  readonly chance: number
}

export interface Leaf {
  readonly kind: 'leaf'
  readonly rows: number
  /** How many of them came true. */
  readonly yes: number
}

export type Tree =
  | Leaf
  | {
      readonly kind: 'split'
      readonly feature: number
      /** Rows whose bin is below this go to `below`, all others to `from`. */
      readonly at: number
      readonly below: Tree
      readonly from: Tree
    }

/**
 * A classification tree (CART): each node is split where that lowers the Gini impurity most, of equals by the first
 * feature and its lowest bin, until the limits say stop or no split lowers it. It is not pruned: instead a split has
 * to be better than chance (χ² with Bonferroni over the node's splits), so that no branch tells of noise.
 * Sources: L. Breiman, J. Friedman, R. Olshen, C. Stone, "Classification and Regression Trees" (1984);
 * T. Hothorn, K. Hornik, A. Zeileis, "Unbiased recursive partitioning", JCGS 15 (2006), for when to stop.
 */
export function growTree(examples: Examples, limits: TreeLimits): Tree {
  return grow(examples, Uint32Array.from(examples.outcome.keys()), limits, limits.depth)
}

function grow(examples: Examples, rows: Uint32Array, limits: TreeLimits, depth: number): Tree {
  const { bins, outcome } = examples
  const yes = rows.reduce((sum, row) => sum + outcome[row]!, 0)
  const leaf: Leaf = { kind: 'leaf', rows: rows.length, yes }
  if (depth === 0 || yes === 0 || yes === rows.length) return leaf
  const best = bestSplit(examples, rows, yes, limits)
  if (!best) return leaf
  const { feature, at } = best
  const own = bins[feature]!
  const below = rows.filter((row) => own[row]! < at)
  const from = rows.filter((row) => own[row]! >= at)
  return {
    kind: 'split',
    feature,
    at,
    below: grow(examples, below, limits, depth - 1),
    from: grow(examples, from, limits, depth - 1),
  }
}

/** The split that lowers impurity most; null when none with leaves large enough does. */
function bestSplit(
  { bins, widths, outcome }: Examples,
  rows: Uint32Array,
  yes: number,
  { leaf: least, chance }: TreeLimits,
): { feature: number; at: number } | null {
  const n = rows.length
  let best: { feature: number; at: number } | null = null
  let [most, tried] = [0, 0]
  for (const [feature, own] of bins.entries()) {
    const counts = new Float64Array(widths[feature]!)
    const trues = new Float64Array(widths[feature]!)
    for (const row of rows) {
      const bin = own[row]!
      counts[bin]!++
      trues[bin]! += outcome[row]!
    }
    let [left, leftYes] = [0, 0]
    for (let at = 1; at < counts.length; at++) {
      left += counts[at - 1]!
      leftYes += trues[at - 1]!
      if (left < least || n - left < least || counts[at - 1] === 0) continue
      tried++
      const gain = gainOf(left, leftYes, n, yes)
      if (gain > most * (1 + 1e-12) && gain > 1e-9) {
        most = gain
        best = { feature, at }
      }
    }
  }
  // most · n ÷ (Y(n − Y)) is Pearson's χ² of the two leaves
  const byChance = 1 - chiSquareCdf((most * n * n) / (yes * (n - yes)), 1)
  return Math.min(1, byChance * tried) <= chance ? best : null
}

/** By how much a split lowers the sum over rows of the Gini impurity, but for a constant factor: (l·Y − L·n)² ÷ (L·R·n). */
const gainOf = (left: number, leftYes: number, n: number, yes: number): number =>
  (leftYes * n - yes * left) ** 2 / (left * (n - left) * n)

/** A split on the way to a leaf and the side that the leaf is on. */
export interface Step {
  readonly feature: number
  readonly at: number
  readonly side: 'below' | 'from'
}

/** Each leaf with the splits that lead to it, those with lower bins first. */
export function leavesOf(tree: Tree, path: readonly Step[] = []): { leaf: Leaf; path: readonly Step[] }[] {
  if (tree.kind === 'leaf') return [{ leaf: tree, path }]
  const { feature, at } = tree
  return (['below', 'from'] as const).flatMap((side) =>
    leavesOf(tree[side], [...path, { feature, at, side }]),
  )
}

/** The position of the leaf, among `leavesOf`, in which a row ends; `binOf` tells the row's bin of a feature. */
export function leafOf(tree: Tree, binOf: (feature: number) => number): number {
  if (tree.kind === 'leaf') return 0
  if (binOf(tree.feature) < tree.at) return leafOf(tree.below, binOf)
  return leavesOf(tree.below).length + leafOf(tree.from, binOf)
}
