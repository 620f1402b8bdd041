/** Rows of a table as columns of numbers, in memory that threads share. */
export interface NumberColumns {
  readonly rows: number
  /** The member of each row. */
  readonly member: Int32Array
  readonly amount: Int32Array | Float64Array
  /** Days after the first one, which is told in days since 1970. */
  readonly day: Uint16Array
  readonly firstDay: number
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
    const table = tables[pass.table]!
    addUp(table, pass.conditions, totals)
    for (const check of pass.checks) {
      if (bit % bitsOfWord === 0) words.push(new Int32Array(members))
      answer(check, totals, all, table.firstDay, 1 << (bit++ % bitsOfWord), words.at(-1)!)
    }
  }
  return words
}

export type Totals = Int32Array | Float64Array

const wantedBy = (checks: readonly Check[]): Set<Total> =>
  new Set(checks.flatMap(({ of, per }) => (per?.over === 'those' ? [of, per.of] : [of])))

/** What the first and the last day are where there is none: after and before every day. */
const noFirst = 1 << 20
const noLast = -1

function emptyTotals(total: Total, members: number): Totals {
  switch (total) {
    case 'count':
      return new Int32Array(members)
    case 'amount':
      return new Float64Array(members)
    case 'first':
      return new Int32Array(members).fill(noFirst)
    case 'last':
      return new Int32Array(members).fill(noLast)
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
  const everyRow = Uint16Array.from({ length: blockRows }, (_, row) => row)
  const kept = new Uint16Array(blockRows)
  const shares: Share[] = filters.map(() => 'some')
  for (let from = 0, block = 0; from < table.rows; from += blockRows, block++) {
    for (const [i, filter] of filters.entries()) shares[i] = filter.share(block)
    if (shares.includes('none')) continue
    let chosen = everyRow
    let left = Math.min(blockRows, table.rows - from)
    for (const [i, filter] of filters.entries()) {
      if (shares[i] === 'all' || left === 0) continue
      left = filter.keep(from, chosen, left, kept)
      chosen = kept
    }
    for (const [total, sums] of totals) add(table, total, from, chosen, left, sums)
  }
}

// Below there is a function for each type of array: a loop over arrays of several types is several times slower. So is
// one with a condition that no processor foresees, hence the arithmetic where a comparison would do.

function add(
  { member, amount, day, counted }: NumberColumns,
  total: Total,
  from: number,
  chosen: Uint16Array,
  left: number,
  sums: Totals,
): void {
  switch (total) {
    case 'count':
      if (counted) return addCounted(member, counted, from, chosen, left, sums as Int32Array)
      return addRows(member, from, chosen, left, sums as Int32Array)
    case 'amount':
      if (amount instanceof Int32Array)
        return addIntegers(member, amount, from, chosen, left, sums as Float64Array)
      return addDoubles(member, amount, from, chosen, left, sums as Float64Array)
    case 'first':
      return takeFirst(member, day, from, chosen, left, sums as Int32Array)
    case 'last':
      return takeLast(member, day, from, chosen, left, sums as Int32Array)
  }
}

function addRows(member: Int32Array, from: number, chosen: Uint16Array, left: number, sums: Int32Array) {
  for (let i = 0; i < left; i++) sums[member[from + chosen[i]!]!]!++
}

function addCounted(
  member: Int32Array,
  counted: Uint8Array,
  from: number,
  chosen: Uint16Array,
  left: number,
  sums: Int32Array,
) {
  for (let i = 0; i < left; i++) {
    const row = from + chosen[i]!
    sums[member[row]!]! += counted[row]!
  }
}

function addIntegers(
  member: Int32Array,
  amount: Int32Array,
  from: number,
  chosen: Uint16Array,
  left: number,
  sums: Float64Array,
) {
  for (let i = 0; i < left; i++) {
    const row = from + chosen[i]!
    sums[member[row]!]! += amount[row]!
  }
}

function addDoubles(
  member: Int32Array,
  amount: Float64Array,
  from: number,
  chosen: Uint16Array,
  left: number,
  sums: Float64Array,
) {
  for (let i = 0; i < left; i++) {
    const row = from + chosen[i]!
    sums[member[row]!]! += amount[row]!
  }
}

function takeFirst(
  member: Int32Array,
  day: Uint16Array,
  from: number,
  chosen: Uint16Array,
  left: number,
  sums: Int32Array,
) {
  for (let i = 0; i < left; i++) {
    const row = from + chosen[i]!
    const one = member[row]!
    const before = sums[one]!
    const later = day[row]! - before
    sums[one] = before + (later & (later >> 31)) // the less of both
  }
}

function takeLast(
  member: Int32Array,
  day: Uint16Array,
  from: number,
  chosen: Uint16Array,
  left: number,
  sums: Int32Array,
) {
  for (let i = 0; i < left; i++) {
    const row = from + chosen[i]!
    const one = member[row]!
    const before = sums[one]!
    const later = day[row]! - before
    sums[one] = before + (later & ~(later >> 31)) // the greater of both
  }
}

/** How many of a block's rows can meet a condition, by the least and the most of their codes. */
type Share = 'none' | 'some' | 'all'

interface Filter {
  share(block: number): Share
  /** Of the first `left` rows of `chosen`, counted from `from`, puts those that meet it into `kept`; answers how many. */
  keep(from: number, chosen: Uint16Array, left: number, kept: Uint16Array): number
}

function filterOf({ amount, codes }: NumberColumns, condition: RowCondition): Filter {
  if ('spans' in condition) {
    const { spans } = condition
    return {
      share: () => (spans.length === 0 ? 'none' : 'some'),
      keep: (from, chosen, left, kept) =>
        amount instanceof Int32Array
          ? keepIntegers(amount, spans, from, chosen, left, kept)
          : keepDoubles(amount, spans, from, chosen, left, kept),
    }
  }
  const { mask } = condition
  const { values, least, most } = codes[condition.column]!
  /** How many codes below each will do. */
  const before = new Int32Array(mask.length + 1)
  for (let code = 0; code < mask.length; code++) before[code + 1] = before[code]! + mask[code]!
  return {
    share(block) {
      const [low, high] = [least[block]!, most[block]!]
      const meeting = before[high + 1]! - before[low]!
      return meeting === 0 ? 'none' : meeting === high - low + 1 ? 'all' : 'some'
    },
    keep(from, chosen, left, kept) {
      const isAll = chosen !== kept
      if (values instanceof Uint8Array)
        return isAll
          ? keepBytesOfAll(values, mask, from, left, kept)
          : keepBytes(values, mask, from, chosen, left, kept)
      return isAll
        ? keepShortsOfAll(values, mask, from, left, kept)
        : keepShorts(values, mask, from, chosen, left, kept)
    },
  }
}

function keepBytes(
  codes: Uint8Array,
  mask: Uint8Array,
  from: number,
  chosen: Uint16Array,
  left: number,
  kept: Uint16Array,
): number {
  let count = 0
  for (let i = 0; i < left; i++) {
    const row = chosen[i]!
    kept[count] = row
    count += mask[codes[from + row]!]!
  }
  return count
}

/** The same where no row was left out yet. */
function keepBytesOfAll(
  codes: Uint8Array,
  mask: Uint8Array,
  from: number,
  left: number,
  kept: Uint16Array,
): number {
  let count = 0
  for (let row = 0; row < left; row++) {
    kept[count] = row
    count += mask[codes[from + row]!]!
  }
  return count
}

function keepShorts(
  codes: Uint16Array,
  mask: Uint8Array,
  from: number,
  chosen: Uint16Array,
  left: number,
  kept: Uint16Array,
): number {
  let count = 0
  for (let i = 0; i < left; i++) {
    const row = chosen[i]!
    kept[count] = row
    count += mask[codes[from + row]!]!
  }
  return count
}

/** The same where no row was left out yet. */
function keepShortsOfAll(
  codes: Uint16Array,
  mask: Uint8Array,
  from: number,
  left: number,
  kept: Uint16Array,
): number {
  let count = 0
  for (let row = 0; row < left; row++) {
    kept[count] = row
    count += mask[codes[from + row]!]!
  }
  return count
}

type Spans = readonly (readonly [from: number, to: number])[]

/** Amounts are not negative and spans don't overlap. */
function keepIntegers(
  amounts: Int32Array,
  spans: Spans,
  from: number,
  chosen: Uint16Array,
  left: number,
  kept: Uint16Array,
): number {
  if (spans.length > 1) return keepAny(amounts, spans, from, chosen, left, kept)
  const before = spans[0]![0] - 1
  const after = spans[0]![1] + 1
  let count = 0
  for (let i = 0; i < left; i++) {
    const row = chosen[i]!
    const amount = amounts[from + row]!
    kept[count] = row
    count += ((before - amount) & (amount - after)) >>> 31 // 1 where both are below 0
  }
  return count
}

const keepDoubles = (
  amounts: Float64Array,
  spans: Spans,
  from: number,
  chosen: Uint16Array,
  left: number,
  kept: Uint16Array,
): number => keepAny(amounts, spans, from, chosen, left, kept)

function keepAny(
  amounts: NumberColumns['amount'],
  spans: Spans,
  from: number,
  chosen: Uint16Array,
  left: number,
  kept: Uint16Array,
): number {
  let count = 0
  for (let i = 0; i < left; i++) {
    const row = chosen[i]!
    const amount = amounts[from + row]!
    kept[count] = row
    for (const [least, most] of spans) if (amount >= least && amount <= most) count++
  }
  return count
}

/** Sets the bit of every member who meets the check. */
function answer(
  { of, since, scale, per, test }: Check,
  totals: ReadonlyMap<Total, Totals>,
  all: (of: 'count' | 'amount') => Totals,
  firstDay: number,
  bit: number,
  words: Int32Array,
): void {
  const values = totals.get(of)!
  const isDay = of === 'first' || of === 'last'
  if (per) {
    const divisors = per.over === 'all' ? all(per.of) : totals.get(per.of)!
    if (test.kind === 'spans')
      for (const span of test.spans) answerRatio(values, scale, divisors, span, bit, words)
    else if (test.kind === 'known') answerWithin(divisors, 1, Infinity, bit, words)
    else answerWithin(divisors, -Infinity, 0, bit, words)
    return
  }
  if (test.kind !== 'spans') {
    // a count and an amount are never unknown
    if (isDay)
      answerWithin(
        values,
        ...(test.kind === 'known' ? ([0, noFirst - 1] as const) : unknownDay[of]),
        bit,
        words,
      )
    else if (test.kind === 'known') answerWithin(values, -Infinity, Infinity, bit, words)
    return
  }
  for (const { from, to, withFrom, withTo } of test.spans) {
    // whole numbers
    const least = withFrom ? from : from + 1
    const most = withTo ? to : to - 1
    if (!isDay) answerWithin(values, least, most, bit, words)
    else {
      const [first, last] = since === undefined ? [least, most] : [since - most, since - least]
      answerWithin(values, Math.max(0, first - firstDay), Math.min(noFirst - 1, last - firstDay), bit, words)
    }
  }
}

const unknownDay = { first: [noFirst, noFirst], last: [noLast, noLast] } as const

function answerWithin(values: Totals, least: number, most: number, bit: number, words: Int32Array): void {
  if (values instanceof Int32Array) answerIntegers(values, least, most, bit, words)
  else answerDoubles(values, least, most, bit, words)
}

/** Beyond what is counted. */
const farAway = 1 << 30

function answerIntegers(values: Int32Array, least: number, most: number, bit: number, words: Int32Array) {
  const before = Math.max(-farAway, Math.min(farAway, least)) - 1
  const after = Math.max(-farAway, Math.min(farAway, most)) + 1
  for (let member = 0; member < words.length; member++) {
    const value = values[member]!
    words[member]! |= bit & (((before - value) & (value - after)) >> 31) // where both are below 0
  }
}

function answerDoubles(values: Float64Array, least: number, most: number, bit: number, words: Int32Array) {
  for (let member = 0; member < words.length; member++) {
    const value = values[member]!
    words[member]! |= Number(value >= least) & Number(value <= most) ? bit : 0
  }
}

/** A ratio is unknown when it is divided by 0. */
function answerRatio(
  values: Totals,
  scale: number,
  divisors: Totals,
  { from, to, withFrom, withTo }: Span,
  bit: number,
  words: Int32Array,
) {
  const largest = Math.max(
    largestOf(values) * scale,
    largestOf(divisors) * Math.max(...[from, to].filter(Number.isFinite).map(Math.abs), 0),
  )
  if (largest < Number.MAX_SAFE_INTEGER) {
    // products of whole numbers, none of them rounded
    const more = withFrom ? 0 : 1
    const less = withTo ? 0 : 1
    const wanted = { from, to, more, less, scale }
    if (divisors instanceof Float64Array) answerDoubleRatio(values, divisors, wanted, bit, words)
    else if (values instanceof Float64Array) answerAverage(values, divisors, wanted, bit, words)
    else answerShare(values, divisors, wanted, bit, words)
    return
  }
  for (let member = 0; member < words.length; member++) {
    const divisor = divisors[member]!
    if (divisor <= 0) continue
    const above = compared(values[member]!, scale, from, divisor)
    if (above < 0 || (above === 0 && !withFrom)) continue
    const below = compared(to, divisor, values[member]!, scale)
    if (below > 0 || (below === 0 && withTo)) words[member]! |= bit
  }
}

interface Ratio {
  readonly from: number
  readonly to: number
  /** Added to the products of the ends, which belong to it or not. */
  readonly more: number
  readonly less: number
  readonly scale: number
}

function answerAverage(
  values: Float64Array,
  divisors: Int32Array,
  { from, to, more, less, scale }: Ratio,
  bit: number,
  words: Int32Array,
) {
  for (let member = 0; member < words.length; member++) {
    const divisor = divisors[member]!
    const value = values[member]! * scale
    if (divisor > 0 && value >= from * divisor + more && value <= to * divisor - less) words[member]! |= bit
  }
}

function answerShare(
  values: Int32Array,
  divisors: Int32Array,
  { from, to, more, less, scale }: Ratio,
  bit: number,
  words: Int32Array,
) {
  for (let member = 0; member < words.length; member++) {
    const divisor = divisors[member]!
    const value = values[member]! * scale
    if (divisor > 0 && value >= from * divisor + more && value <= to * divisor - less) words[member]! |= bit
  }
}

function answerDoubleRatio(
  values: Totals,
  divisors: Float64Array,
  { from, to, more, less, scale }: Ratio,
  bit: number,
  words: Int32Array,
) {
  for (let member = 0; member < words.length; member++) {
    const divisor = divisors[member]!
    const value = values[member]! * scale
    if (divisor > 0 && value >= from * divisor + more && value <= to * divisor - less) words[member]! |= bit
  }
}

const largestOf = (values: Totals): number =>
  values instanceof Int32Array ? largestInteger(values) : largestDouble(values)

function largestInteger(values: Int32Array): number {
  let largest = 0
  for (let member = 0; member < values.length; member++) {
    const value = values[member]!
    if (value > largest) largest = value
  }
  return largest
}

/** Negative ones too. */
function largestDouble(values: Float64Array): number {
  let largest = 0
  for (let member = 0; member < values.length; member++) {
    const value = values[member]!
    if (value > largest) largest = value
    else if (-value > largest) largest = -value
  }
  return largest
}

/** Below, at or above 0 as a · b is below, at or above c · d, exactly. */
function compared(a: number, b: number, c: number, d: number): number {
  const left = a * b
  const right = c * d
  if (!Number.isFinite(left) || !Number.isFinite(right)) return left - right
  const difference = BigInt(a) * BigInt(b) - BigInt(c) * BigInt(d)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
