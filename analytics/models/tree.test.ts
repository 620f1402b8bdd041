import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Examples, growTree, leafOf, leavesOf, type Tree } from './tree.ts'

interface Row {
  readonly bins: readonly number[]
  readonly yes: boolean
}

const widths = [3, 4, 2]
const row = fc.record({
  bins: fc.tuple(...widths.map((width) => fc.nat(width - 1))),
  yes: fc.boolean(),
})
const examplesOf = (rows: readonly Row[]): Examples => ({
  bins: widths.map((_, i) => Uint8Array.from(rows, ({ bins }) => bins[i]!)),
  widths,
  outcome: Uint8Array.from(rows, ({ yes }) => (yes ? 1 : 0)),
})

/** Gini impurity of a node times its rows: n · 2p(1 − p). */
function impurity(rows: readonly Row[]): number {
  const p = rows.filter(({ yes }) => yes).length / Math.max(1, rows.length)
  return rows.length * 2 * p * (1 - p)
}

/** The impurity that the best of all splits leaves; that of the node itself when no allowed split lowers it. */
function leastImpurity(rows: readonly Row[], least: number): number {
  const splits = widths.flatMap((width, feature) =>
    Array.from({ length: width - 1 }, (_, i) => {
      const [below, from] = [true, false].map((is) =>
        rows.filter(({ bins }) => bins[feature]! < i + 1 === is),
      )
      return below!.length < least || from!.length < least ? Infinity : impurity(below!) + impurity(from!)
    }),
  )
  return Math.min(impurity(rows), ...splits)
}

/** What is wrong with a tree: a leaf that should have been split or counts amiss, a split that is not the best. */
function wrongWith(tree: Tree, rows: readonly Row[], least: number, depth: number): string[] {
  const best = leastImpurity(rows, least)
  if (tree.kind === 'leaf') {
    const yes = rows.filter((one) => one.yes).length
    return [
      ...(tree.rows === rows.length && tree.yes === yes ? [] : ['counts']),
      ...(depth > 0 && best < impurity(rows) - 1e-6 ? ['not split'] : []),
    ]
  }
  const [below, from] = [true, false].map((is) =>
    rows.filter(({ bins }) => bins[tree.feature]! < tree.at === is),
  )
  return [
    ...(Math.min(below!.length, from!.length) < least ? ['too small'] : []),
    ...(depth === 0 ? ['too deep'] : []),
    ...(Math.abs(impurity(below!) + impurity(from!) - best) > 1e-9 ? ['not the best'] : []),
    ...wrongWith(tree.below, below!, least, depth - 1),
    ...wrongWith(tree.from, from!, least, depth - 1),
  ]
}

test('each split is the best of all, leaves are large enough, and no useful split is left out', () => {
  fc.assert(
    fc.property(
      fc.array(row, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 3 }),
      (rows, leaf, depth) => {
        const tree = growTree(examplesOf(rows), { leaf, depth, chance: 1 })
        expect(wrongWith(tree, rows, leaf, depth)).toEqual([])
      },
    ),
    { numRuns: 300 },
  )
})

test('a row ends in the leaf whose path it meets, and every leaf counts its own', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), (rows) => {
      const tree = growTree(examplesOf(rows), { leaf: 2, depth: 3, chance: 1 })
      const leaves = leavesOf(tree)
      const counts = leaves.map(() => 0)
      for (const { bins } of rows) {
        const at = leafOf(tree, (feature) => bins[feature]!)
        counts[at]!++
        const met = leaves.map(({ path }) =>
          path.every((step) => bins[step.feature]! < step.at === (step.side === 'below')),
        )
        expect(met.map((is, i) => (is ? i : -1)).filter((i) => i >= 0)).toEqual([at])
      }
      expect(counts).toEqual(leaves.map(({ leaf }) => leaf.rows))
    }),
    { numRuns: 100 },
  )
})

test('what decides two ways is found on two levels', () => {
  // returns when few orders and near, or many orders and far
  const rows = Array.from({ length: 400 }, (_, i): Row => {
    const [orders, far] = [i % 3, Math.floor(i / 3) % 2]
    return { bins: [orders, 0, far], yes: far === 1 ? orders === 2 : orders < 2 && i % 5 > 0 }
  })
  const leaves = leavesOf(growTree(examplesOf(rows), { leaf: 20, depth: 2, chance: 0.05 }))
  expect(leaves.map(({ leaf }) => leaf.yes / leaf.rows).toSorted()).toEqual([0, 0, expect.closeTo(0.8, 1), 1])
})

/** Pearson's χ² of a split from its four counts and what they would be if both sides were alike. */
function pearson(rows: readonly Row[], below: readonly Row[]): number {
  const n = rows.length
  const cells = [true, false].flatMap((inside) =>
    [true, false].map((came) => {
      const side = rows.filter((one) => below.includes(one) === inside)
      const expected = (side.length * rows.filter(({ yes }) => yes === came).length) / n
      return (side.filter(({ yes }) => yes === came).length - expected) ** 2 / expected
    }),
  )
  return cells.reduce((sum, cell) => sum + cell, 0)
}

test('a split that chance alone would make as good is not made', () => {
  // one feature with two bins: one split is tried, and made from a χ² of 3.8415 on
  const rowsOf = (yesBelow: number, yesFrom: number) =>
    [0, 1].flatMap((bin) =>
      Array.from({ length: 50 }, (_, i): Row => ({
        bins: [0, 0, bin],
        yes: i < (bin === 0 ? yesBelow : yesFrom),
      })),
    )
  for (let yesFrom = 20; yesFrom <= 40; yesFrom++) {
    const rows = rowsOf(20, yesFrom)
    const below = rows.filter(({ bins }) => bins[2] === 0)
    const tree = growTree(examplesOf(rows), { leaf: 1, depth: 1, chance: 0.05 })
    expect(tree.kind).toBe(pearson(rows, below) > 3.8415 ? 'split' : 'leaf')
  }
})
