/** Rows of a table as columns of numbers, in memory that threads share. */
export interface NumberColumns {
  readonly rows: number
  /** The member of each row. */
  readonly member: Int32Array
  readonly amount: Int32Array | Float64Array
  /** Days since 1970. */
  readonly day: Uint16Array
  /** Where a row is not counted by itself: 1 for those that are. */
  readonly counted?: Uint8Array
  /** What conditions ask about, by the name of the column: the place of the row's value in its dictionary. */
  readonly codes: Readonly<Record<string, Codes>>
}

/** The codes of a column, and of each `blockRows` of them the smallest and the largest. */
export interface Codes {
  readonly values: Uint8Array | Uint16Array
  readonly least: Uint16Array
  readonly most: Uint16Array
}

/** Rows that are gone through, or passed over, at once. */
export const blockRows = 4096

/** What of a column a row has to be: `mask` is 1 at the codes that will do, or the amount lies in one of `spans`. */
export type RowCondition =
  | { readonly column: string; readonly mask: Uint8Array }
  | { readonly spans: readonly (readonly [from: number, to: number])[] }

/** What the rows that meet all conditions come to for each member, and what is asked of that. */
export interface TallyPass {
  readonly table: string
  readonly conditions: readonly RowCondition[]
  readonly checks: readonly Check[]
}

export type Total = 'count' | 'amount' | 'first' | 'last'

/** Whether what was added up for a member meets a test. No rows: the count and the amount are 0, the days unknown. */
export interface Check {
  readonly of: Total
  /** The day is told as the days from it to this one. */
  readonly since?: number
  /** The value is multiplied by it before it is compared. */
  readonly scale: number
  /** What the value is divided by, compared without dividing; a ratio is unknown when that is 0. */
  readonly per?: { readonly of: 'count' | 'amount'; readonly over: 'those' | 'all' }
  readonly test: CheckedTest
}

/** A number is met by any of the spans, each end of which belongs to it or not. */
export type CheckedTest =
  | { readonly kind: 'known' | 'unknown' }
  | { readonly kind: 'spans'; readonly spans: readonly Span[] }

export interface Span {
  readonly from: number
  readonly to: number
  readonly withFrom: boolean
  readonly withTo: boolean
}

/** So many checks are answered by the bits of one word. */
export const bitsOfWord = 31

/**
 * Answers the checks of all passes for every member below `members`: an array of words by member for every 31 checks, in
 * the order of the passes and their checks, the first in the lowest bit. `all` tells counts and amounts over all orders.
 */
export function tally(
  tables: Readonly<Record<string, NumberColumns>>,
  passes: readonly TallyPass[],
  members: number,
  all: (of: 'count' | 'amount') => Totals,
): Int32Array<ArrayBuffer>[] {
  const words: Int32Array<ArrayBuffer>[] = []
  let bit = 0
  for (const pass of passes) {
    const totals = new Map<Total, Totals>()
    for (const total of wantedBy(pass.checks)) totals.set(total, emptyTotals(total, members))
    addUp(tables[pass.table]!, pass.conditions, totals)
    for (const check of pass.checks) {
      if (bit % bitsOfWord === 0) words.push(new Int32Array(members))
      answer(check, totals, all, 1 << bit++ % bitsOfWord, words.at(-1)!)
    }
  }
  return words
}

export type Totals = Int32Array | Float64Array

const wantedBy = (checks: readonly Check[]): Set<Total> =>
  new Set(checks.flatMap(({ of, per }) => (per?.over === 'those' ? [of, per.of] : [of])))

/** What a day is where there is none. */
const noDay = -1

function emptyTotals(total: Total, members: number): Totals {
  switch (total) {
    case 'count':
      return new Int32Array(members)
    case 'amount':
      return new Float64Array(members)
    case 'first':
    case 'last':
      return new Int32Array(members).fill(noDay)
  }
}

/** The count or the amount of all rows, by member. */
export function totalOf(table: NumberColumns, of: 'count' | 'amount', members: number): Totals {
  const totals = emptyTotals(of, members)
  addUp(table, [], new Map([[of, totals]]))
  return totals
}

/** Adds the rows that meet the conditions to the totals. */
function addUp(
  table: NumberColumns,
  conditions: readonly RowCondition[],
  totals: ReadonlyMap<Total, Totals>,
): void {
  const filters = conditions.map((condition) => filterOf(table, condition))
  const chosen = new Uint16Array(blockRows)
  for (let from = 0, block = 0; from < table.rows; from += blockRows, block++) {
    const rows = Math.min(blockRows, table.rows - from)
    let left = rows
    let isChosen = false
    for (const filter of filters) {
      const share = filter.share(block)
      if (share === 'none') left = 0
      else if (share === 'some') {
        left = filter.keep(from, chosen, left, isChosen)
        isChosen = true
      }
      if (left === 0) break
    }
    if (left === 0) continue
    if (!isChosen) for (let i = 0; i < rows; i++) chosen[i] = i
    const member = table.member.subarray(from, from + rows)
    for (const [total, sums] of totals) add(table, total, from, rows, member, chosen, left, sums)
  }
}

function add(
  table: NumberColumns,
  total: Total,
  from: number,
  rows: number,
  member: Int32Array,
  chosen: Uint16Array,
  left: number,
  sums: Totals,
): void {
  switch (total) {
    case 'count': {
      const counted = table.counted?.subarray(from, from + rows)
      if (counted)
        for (let i = 0; i < left; i++) {
          const row = chosen[i]!
          sums[member[row]!]! += counted[row]!
        }
      else for (let i = 0; i < left; i++) sums[member[chosen[i]!]!]!++
      return
    }
    case 'amount': {
      const amount = table.amount.subarray(from, from + rows)
      for (let i = 0; i < left; i++) {
        const row = chosen[i]!
        sums[member[row]!]! += amount[row]!
      }
      return
    }
    case 'first': {
      const day = table.day.subarray(from, from + rows)
      for (let i = 0; i < left; i++) {
        const row = chosen[i]!
        const before = sums[member[row]!]!
        if (before === noDay || day[row]! < before) sums[member[row]!] = day[row]!
      }
      return
    }
    case 'last': {
      const day = table.day.subarray(from, from + rows)
      for (let i = 0; i < left; i++) {
        const row = chosen[i]!
        if (day[row]! > sums[member[row]!]!) sums[member[row]!] = day[row]!
      }
    }
  }
}

interface Filter {
  /** How many of a block's rows can meet the condition, by the least and the most of them. */
  share(block: number): 'none' | 'some' | 'all'
  /** Leaves of the rows chosen so far (all `rows`, when none were) those that meet it. */
  keep(from: number, chosen: Uint16Array, rows: number, isChosen: boolean): number
}

function filterOf(table: NumberColumns, condition: RowCondition): Filter {
  if ('spans' in condition) return ofAmount(table.amount, condition.spans)
  const { mask } = condition
  const { values, least, most } = table.codes[condition.column]!
  /** How many codes below each will do. */
  const before = new Int32Array(mask.length + 1)
  for (let code = 0; code < mask.length; code++) before[code + 1] = before[code]! + mask[code]!
  return {
    share(block) {
      const [low, high] = [least[block]!, most[block]!]
      const meeting = before[high + 1]! - before[low]!
      return meeting === 0 ? 'none' : meeting === high - low + 1 ? 'all' : 'some'
    },
    keep(from, chosen, rows, isChosen) {
      const codes = values.subarray(from, from + blockRows)
      let left = 0
      if (isChosen)
        for (let i = 0; i < rows; i++) {
          const row = chosen[i]!
          chosen[left] = row
          left += mask[codes[row]!]!
        }
      else
        for (let row = 0; row < rows; row++) {
          chosen[left] = row
          left += mask[codes[row]!]!
        }
      return left
    },
  }
}

const ofAmount = (
  values: NumberColumns['amount'],
  spans: readonly (readonly [number, number])[],
): Filter => ({
  share: () => (spans.length === 0 ? 'none' : 'some'),
  keep(from, chosen, rows, isChosen) {
    const amounts = values.subarray(from, from + blockRows)
    let left = 0
    for (let i = 0; i < rows; i++) {
      const row = isChosen ? chosen[i]! : i
      const amount = amounts[row]!
      for (const [least, most] of spans)
        if (amount >= least && amount <= most) {
          chosen[left++] = row
          break
        }
    }
    return left
  },
})

/** Sets the bit of every member who meets the check. */
function answer(
  { of, since, scale, per, test }: Check,
  totals: ReadonlyMap<Total, Totals>,
  all: (of: 'count' | 'amount') => Totals,
  bit: number,
  words: Int32Array,
): void {
  const values = totals.get(of)!
  const isDay = of === 'first' || of === 'last'
  const divisors = per && (per.over === 'all' ? all(per.of) : totals.get(per.of)!)
  for (let member = 0; member < words.length; member++) {
    let value = values[member]!
    const divisor = divisors ? divisors[member]! : 1
    const isKnown = divisor > 0 && !(isDay && value === noDay)
    if (test.kind !== 'spans') {
      if (isKnown === (test.kind === 'known')) words[member]! |= bit
      continue
    }
    if (!isKnown) continue
    if (since !== undefined) value = since - value
    for (const { from, to, withFrom, withTo } of test.spans) {
      const above = compared(value, scale, from, divisor)
      if (above < 0 || (above === 0 && !withFrom)) continue
      const below = compared(to, divisor, value, scale)
      if (below < 0 || (below === 0 && !withTo)) continue
      words[member]! |= bit
      break
    }
  }
}

/** Below, at or above 0 as a · b is below, at or above c · d, exactly. */
function compared(a: number, b: number, c: number, d: number): number {
  const [left, right] = [a * b, c * d]
  if (isExact(left) && isExact(right)) return left - right
  const difference = BigInt(a) * BigInt(b) - BigInt(c) * BigInt(d)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** No whole numbers that multiply to it were rounded; an end that is none is infinite. */
const isExact = (product: number) => Math.abs(product) <= Number.MAX_SAFE_INTEGER || !Number.isFinite(product)
