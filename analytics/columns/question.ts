import { type Bits, countBits } from './bits.ts'
import type { MemberColumns, RowTable } from './columns.ts'
import {
  addUp,
  addUpBoth,
  type Check,
  type CheckedTest,
  checkAll,
  enoughFor,
  type RowCondition,
  type Rows,
  rowsOf,
} from './totals.ts'

/** A condition on members, as columns answer it. */
export type Leaf =
  | {
      readonly kind: 'rows'
      readonly table: RowTable
      readonly conditions: readonly RowCondition[]
      readonly check: Check
    }
  /** `mask` is 1 at the codes of the fact that will do. */
  | { readonly kind: 'fact'; readonly fact: string; readonly mask: Uint8Array }
  /** Over an amount of the member. */
  | { readonly kind: 'amount'; readonly fact: string; readonly test: CheckedTest }
  /** The bits of the members that meet it. */
  | { readonly kind: 'told'; readonly bits: Uint32Array }

/** A rule over leaves, each by its number. */
export type Node =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'leaf'; readonly leaf: number }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Node[] }
  | { readonly kind: 'not'; readonly part: Node }

/** Rules, whose members are asked for at once. */
export interface Question {
  readonly leaves: readonly Leaf[]
  readonly rules: readonly Node[]
}

/** So many members are gone through at once: a processor has what is read of them at hand. */
export const chunkMembers = 4096
const chunkWords = chunkMembers / 32

/** Answers a question, members by members. */
export class Asker {
  readonly #columns: MemberColumns
  readonly #rules: readonly ReadyNode[]
  readonly #leaves: readonly ReadyLeaf[]
  /** A leaf of several rules is asked of everybody, and once. */
  readonly #isShared: boolean
  readonly #answered: (Bits | undefined)[]
  readonly #members = new Int32Array(chunkMembers)
  readonly #values = new Float64Array(chunkMembers)
  readonly #divisors = new Float64Array(chunkMembers)
  readonly #met = new Uint8Array(chunkMembers)

  constructor(columns: MemberColumns, { leaves, rules }: Question) {
    this.#columns = columns
    this.#leaves = leaves.map((leaf) => ready(leaf, columns))
    this.#rules = rules.map((rule) => cheapFirst(rule, this.#leaves).node)
    this.#isShared = rules.length > 1
    this.#answered = leaves.map(() => undefined)
  }

  /** Puts the bits of the members of a chunk that each rule selects in their places in `selected`. */
  answer(chunk: number, selected: readonly Bits[]): void {
    const from = chunk * chunkWords
    const to = Math.min(from + chunkWords, this.#columns.known.length)
    const known = this.#columns.known.slice(from, to)
    this.#answered.fill(undefined)
    for (const [i, rule] of this.#rules.entries()) selected[i]!.set(this.#select(rule, known, from), from)
  }

  /** Those of `left` whom it selects; `left` stays as it is. */
  #select(node: ReadyNode, left: Bits, from: number): Bits {
    switch (node.kind) {
      case 'everyone':
        return left
      case 'and': {
        let still = left
        for (const part of node.parts) {
          if (isEmpty(still)) break
          still = this.#selectPart(part, still, from)
        }
        if (!this.#isShared)
          node.parts.sort((a, b) => a.cost / (1.001 - a.share) - b.cost / (1.001 - b.share))
        return still
      }
      case 'or': {
        const open = left.slice()
        const found = new Uint32Array(left.length)
        for (const part of node.parts) {
          if (isEmpty(open)) break
          const some = this.#selectPart(part, open, from)
          for (let word = 0; word < found.length; word++) {
            found[word]! |= some[word]!
            open[word]! &= ~some[word]!
          }
        }
        if (!this.#isShared)
          node.parts.sort((a, b) => a.cost / (0.001 + a.share) - b.cost / (0.001 + b.share))
        return found
      }
      case 'not': {
        const some = this.#select(node.part, left, from)
        return left.map((word, i) => word & ~some[i]!)
      }
      case 'leaf': {
        if (!this.#isShared) return this.#ask(node.leaf, left, from)
        const known = this.#columns.known.slice(from, from + left.length)
        const answer = (this.#answered[node.leaf] ??= this.#ask(node.leaf, known, from))
        return left.map((word, i) => word & answer[i]!)
      }
    }
  }

  /** Notes what the part took and whom it left, so that the parts that leave the most for the least come first. */
  #selectPart(part: Part, left: Bits, from: number): Bits {
    if (this.#isShared) return this.#select(part.node, left, from)
    const asked = countBits(left)
    const began = performance.now()
    const some = this.#select(part.node, left, from)
    const taken = (performance.now() - began) / asked
    if (asked < fewAsked) return some
    // a turn of somebody else's in between is not the part's
    part.cost = part.isKnown ? 0.75 * part.cost + 0.25 * Math.min(taken, 2 * part.cost) : taken
    const share = countBits(some) / asked
    part.share = part.isKnown ? 0.75 * part.share + 0.25 * share : share
    part.isKnown = true
    return some
  }

  #ask(number: number, left: Bits, from: number): Bits {
    const leaf = this.#leaves[number]!
    if (leaf.kind === 'told') return left.map((word, i) => word & leaf.bits[from + i]!)
    if (leaf.kind === 'fact') return lookedUp(leaf.codes, leaf.mask, left, 32 * from)
    const length = listed(left, 32 * from, this.#members)
    const met = this.#met
    if (leaf.kind === 'amount') {
      for (let i = 0; i < length; i++) this.#values[i] = leaf.amounts[this.#members[i]!]!
      checkAll(leaf.check, 0, this.#values, this.#divisors, length, met)
      return this.#found(length, left, from)
    }
    const { check, rows, enough, divisor } = leaf
    if (divisor?.isSame) addUpBoth(rows, this.#members, length, this.#values, this.#divisors)
    else {
      addUp(rows, check.of, enough, this.#members, length, this.#values)
      if (divisor) addUp(divisor.rows, divisor.of, Infinity, this.#members, length, this.#divisors)
    }
    checkAll(check, this.#columns.firstDay, this.#values, this.#divisors, length, met)
    return this.#found(length, left, from)
  }

  /** Of the members that were listed, those that meet what was checked, as bits. */
  #found(length: number, left: Bits, from: number): Bits {
    const found = new Uint32Array(left.length)
    for (let i = 0; i < length; i++) {
      const bit = this.#members[i]! - 32 * from
      found[bit >>> 5]! |= this.#met[i]! << (bit & 31)
    }
    return found
  }
}

const isEmpty = (bits: Bits): boolean => bits.every((word) => word === 0)

/** The members of the bits, the first of which is that of `first`; answers how many. */
function listed(bits: Bits, first: number, members: Int32Array): number {
  let length = 0
  for (let word = 0; word < bits.length; word++)
    for (let left = bits[word]!; left !== 0; left &= left - 1)
      members[length++] = first + 32 * word + (31 - Math.clz32(left & -left))
  return length
}

/** Of the bits, the first of which is that of the member `first`, those whose code will do. */
function lookedUp(codes: Int32Array, mask: Uint8Array, left: Bits, first: number): Bits {
  const found = new Uint32Array(left.length)
  for (let word = 0; word < left.length; word++) {
    if (left[word] === 0) continue
    const from = first + 32 * word
    let met = 0
    for (let bit = 0; bit < 32; bit++) met |= mask[codes[from + bit]!]! << bit
    found[word] = left[word]! & met
  }
  return found
}

type ReadyLeaf = { readonly cost: number } & (
  | { readonly kind: 'told'; readonly bits: Bits }
  | { readonly kind: 'fact'; readonly codes: Int32Array; readonly mask: Uint8Array }
  | { readonly kind: 'amount'; readonly amounts: Float64Array; readonly check: Check }
  | {
      readonly kind: 'rows'
      readonly check: Check
      readonly rows: Rows
      /** More than that is counted or added up for nothing. */
      readonly enough: number
      readonly divisor?: {
        readonly rows: Rows
        readonly of: 'count' | 'amount'
        /** The rows whose amounts are added up are those that are counted. */
        readonly isSame: boolean
      }
    }
)

/** A rule whose parts are put in another order as it turns out what they take and whom they leave. */
type ReadyNode =
  | { readonly kind: 'everyone' }
  | { readonly kind: 'leaf'; readonly leaf: number }
  | { readonly kind: 'and' | 'or'; readonly parts: Part[] }
  | { readonly kind: 'not'; readonly part: ReadyNode }

interface Part {
  readonly node: ReadyNode
  /** Of asking one member: a guess, which is compared with guesses, until it is known. */
  cost: number
  /** Of the members that were asked, how many it selects. */
  share: number
  isKnown: boolean
}

/** Of fewer members the time says nothing. */
const fewAsked = 64

function ready(leaf: Leaf, { tables, facts, amounts, leastAmount }: MemberColumns): ReadyLeaf {
  switch (leaf.kind) {
    case 'told':
      return { ...leaf, cost: 0 }
    case 'fact':
      return { kind: 'fact', codes: facts[leaf.fact]!, mask: leaf.mask, cost: 1 }
    case 'amount':
      return {
        kind: 'amount',
        amounts: amounts[leaf.fact]!,
        check: { of: 'amount', scale: 1, test: leaf.test },
        cost: 2,
      }
    case 'rows': {
      const { check, conditions } = leaf
      const { of, per } = check
      const table = tables[leaf.table]
      const rows = rowsOf(table, conditions, of === 'count')
      const divided =
        per?.over === 'all'
          ? rowsOf(tables.orders, [], per.of === 'count')
          : rowsOf(table, conditions, per?.of === 'count')
      return {
        kind: 'rows',
        check,
        rows,
        enough: enoughFor(check, leastAmount[leaf.table]),
        ...(per && {
          divisor: {
            rows: divided,
            of: per.of,
            isSame: per.over === 'those' && of === 'amount' && per.of === 'count' && areSame(conditions),
          },
        }),
        cost: costOf(rows) + (per ? costOf(divided) : 0),
      }
    }
  }
}

/** About how much longer it takes than to look at a fact: by the days that are asked about. */
const costOf = ({ from, to, others }: Rows): number =>
  5 + Math.min(50, Math.max(0, to - from) / 30) * (1 + others.length)

/** Whether the same rows are counted and added up. */
const areSame = (conditions: readonly RowCondition[]): boolean =>
  conditions.every((one) => 'spans' in one || !one.counted)

/** The rule with the parts that seem cheaper first, until their costs are known. */
function cheapFirst(
  node: Node,
  leaves: readonly ReadyLeaf[],
): { readonly node: ReadyNode; readonly cost: number } {
  switch (node.kind) {
    case 'everyone':
      return { node, cost: 0 }
    case 'leaf':
      return { node, cost: leaves[node.leaf]!.cost }
    case 'not': {
      const part = cheapFirst(node.part, leaves)
      return { node: { kind: 'not', part: part.node }, cost: part.cost }
    }
    case 'and':
    case 'or': {
      const parts = node.parts
        .map((part) => ({ ...cheapFirst(part, leaves), share: 0.5, isKnown: false }))
        .toSorted((a, b) => a.cost - b.cost)
      const cost = parts.reduce((sum, part) => sum + part.cost, 0)
      return { node: { kind: node.kind, parts }, cost }
    }
  }
}
