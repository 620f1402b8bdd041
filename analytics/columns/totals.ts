import { mostCodes, type RowColumns } from './columns.ts'

/** What of a row has to be: `mask` is 1 at the codes that will do, or the amount lies in one of `spans`. */
export type RowCondition =
  | {
      readonly column: string
      readonly mask: Uint8Array
      /** Instead of `mask` where rows are counted: several may be of one thing, which is counted once. */
      readonly counted?: Uint8Array
    }
  | { readonly spans: readonly (readonly [from: number, to: number])[] }

export type Total = 'count' | 'amount' | 'first' | 'last'

/** Whether what was added up for a member meets a test. No rows: the count and the amount are 0, the days unknown. */
export interface Check {
  readonly of: Total
  /** The day is told as the days from it to this one. */
  readonly since?: number
  /** The value is multiplied by it before it is compared. */
  readonly scale: number
  /** What the value is divided by, compared without dividing; a ratio is unknown when that is 0. `all`: of all orders. */
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

/** The rows of a table that meet conditions, made ready to be gone through. */
export interface Rows {
  readonly table: RowColumns
  /** The days, as codes, between which they lie. */
  readonly from: number
  readonly to: number
  /** One condition more, which most measures have at most. */
  readonly column: Uint16Array
  readonly mask: Uint8Array
  readonly others: readonly Other[]
  /** There are no conditions. */
  readonly isAll: boolean
  /** There are none but the days. */
  readonly isOfDays: boolean
  /** Those, where they are a span of amounts alone. */
  readonly span?: { readonly amount: RowColumns['amount']; readonly least: number; readonly most: number }
}

interface Coded {
  readonly column: Uint16Array
  readonly mask: Uint8Array
}

interface Ranged {
  readonly amount: RowColumns['amount']
  readonly spans: Spans
}

type Other = Coded | Ranged

type Spans = readonly (readonly [from: number, to: number])[]

const anyCode = new Uint8Array(mostCodes).fill(1)

/** Rows that meet the conditions; `isCounted`: to be counted. */
export function rowsOf(table: RowColumns, conditions: readonly RowCondition[], isCounted: boolean): Rows {
  let [from, to] = [0, mostCodes]
  const coded: Coded[] = []
  const amounts: Ranged[] = []
  for (const one of conditions) {
    if ('spans' in one) {
      amounts.push({ amount: table.amount, spans: one.spans })
      continue
    }
    const mask = isCounted && one.counted ? one.counted : one.mask
    if (one.column === 'day') {
      const [first, last] = [mask.indexOf(1), mask.lastIndexOf(1)]
      from = Math.max(from, first)
      to = Math.min(to, last)
      if (first < 0 || !mask.subarray(first, last + 1).includes(0)) continue
    }
    coded.push({ column: table.codes[one.column]!, mask })
  }
  const [first = { column: table.codes.day!, mask: anyCode }, ...others] = coded
  const [range, ...further] = amounts
  const span = others.length === 0 &&
    further.length === 0 &&
    range?.spans.length === 1 && {
      amount: table.amount,
      least: range.spans[0]![0],
      most: range.spans[0]![1],
    }
  // an amount is the dearest to look at
  const isAll = conditions.length === 0
  const isOfDays = coded.length === 0 && amounts.length === 0
  return {
    table,
    from,
    to,
    ...first,
    others: [...others, ...amounts],
    isAll,
    isOfDays,
    ...(span && { span }),
  }
}

function meetsAll(others: readonly Other[], row: number): boolean {
  for (let i = 0; i < others.length; i++) {
    const other = others[i]!
    if ('mask' in other) {
      if (other.mask[other.column[row]!] !== 1) return false
    } else if (!liesIn(other.amount[row]!, other.spans)) return false
  }
  return true
}

function liesIn(amount: number, spans: Spans): boolean {
  for (let i = 0; i < spans.length; i++) if (amount >= spans[i]![0] && amount <= spans[i]![1]) return true
  return false
}

/**
 * Of the first `length` of `members` what the rows come to, into `totals`; a day that is unknown is NaN, others are codes.
 * Newer rows are looked at first: most conditions ask about the last days. Counting and adding up end with `enough`.
 */
export function addUp(
  rows: Rows,
  of: Total,
  enough: number,
  members: Int32Array,
  length: number,
  totals: Float64Array,
): void {
  switch (of) {
    case 'count':
      return countRows(rows, enough, members, length, totals)
    case 'amount':
      return addAmounts(rows, enough, members, length, totals)
    case 'first':
      return takeFirst(rows, members, length, totals)
    case 'last':
      return takeLast(rows, members, length, totals)
  }
}

function countRows(
  rows: Rows,
  enough: number,
  members: Int32Array,
  length: number,
  totals: Float64Array,
): void {
  const { table, from, to, column, mask, others, span, isAll, isOfDays } = rows
  const { start, count, newest, codes } = table
  if (isAll) {
    for (let i = 0; i < length; i++) totals[i] = count[members[i]!]!
    return
  }
  const day = codes.day!
  const isAlone = others.length === 0
  for (let i = 0; i < length; i++) {
    const member = members[i]!
    if (newest[member]! < from) {
      totals[i] = 0
      continue
    }
    const first = start[member]!
    let row = first + count[member]! - 1
    while (row >= first && day[row]! > to) row--
    let found = 0
    if (isOfDays) for (; row >= first && day[row]! >= from && found < enough; row--) found++
    else if (isAlone)
      for (; row >= first && day[row]! >= from && found < enough; row--) found += mask[column[row]!]!
    else if (span) {
      const { amount, least, most } = span
      for (; row >= first && day[row]! >= from && found < enough; row--)
        found += mask[column[row]!]! & Number(amount[row]! >= least) & Number(amount[row]! <= most)
    } else
      for (; row >= first && day[row]! >= from && found < enough; row--)
        if (mask[column[row]!] === 1 && meetsAll(others, row)) found++
    totals[i] = found
  }
}

function addAmounts(
  rows: Rows,
  enough: number,
  members: Int32Array,
  length: number,
  totals: Float64Array,
): void {
  const { table, from, to, column, mask, others } = rows
  const { start, count, newest, codes, amount } = table
  const day = codes.day!
  const isAlone = others.length === 0
  for (let i = 0; i < length; i++) {
    const member = members[i]!
    if (newest[member]! < from) {
      totals[i] = 0
      continue
    }
    const first = start[member]!
    let row = first + count[member]! - 1
    while (row >= first && day[row]! > to) row--
    let sum = 0
    if (isAlone)
      for (; row >= first && day[row]! >= from && sum < enough; row--)
        sum += mask[column[row]!]! * amount[row]!
    else
      for (; row >= first && day[row]! >= from && sum < enough; row--)
        if (mask[column[row]!] === 1 && meetsAll(others, row)) sum += amount[row]!
    totals[i] = sum
  }
}

/** Of the first `length` of `members` what the rows' amounts come to and how many rows there are. */
export function addUpBoth(
  rows: Rows,
  members: Int32Array,
  length: number,
  amounts: Float64Array,
  counts: Float64Array,
): void {
  const { table, from, to, column, mask, others, isOfDays } = rows
  const { start, count, newest, codes, amount } = table
  const day = codes.day!
  const isAlone = others.length === 0
  for (let i = 0; i < length; i++) {
    const member = members[i]!
    let sum = 0
    let found = 0
    if (newest[member]! >= from) {
      const first = start[member]!
      let row = first + count[member]! - 1
      while (row >= first && day[row]! > to) row--
      if (isOfDays) for (; row >= first && day[row]! >= from; row--, found++) sum += amount[row]!
      else
        for (; row >= first && day[row]! >= from; row--) {
          if (mask[column[row]!] !== 1 || (!isAlone && !meetsAll(others, row))) continue
          sum += amount[row]!
          found++
        }
    }
    amounts[i] = sum
    counts[i] = found
  }
}

function takeLast(rows: Rows, members: Int32Array, length: number, totals: Float64Array): void {
  const { table, from, to, column, mask, others } = rows
  const { start, count, newest, codes } = table
  const day = codes.day!
  const isAlone = others.length === 0
  for (let i = 0; i < length; i++) {
    const member = members[i]!
    if (newest[member]! < from) {
      totals[i] = NaN
      continue
    }
    const first = start[member]!
    let row = first + count[member]! - 1
    while (row >= first && day[row]! > to) row--
    if (isAlone && from === 0) while (row >= first && mask[column[row]!] !== 1) row--
    else
      while (row >= first && day[row]! >= from && (mask[column[row]!] !== 1 || !meetsAll(others, row))) row--
    totals[i] = row >= first && day[row]! >= from ? day[row]! : NaN
  }
}

function takeFirst(rows: Rows, members: Int32Array, length: number, totals: Float64Array): void {
  const { table, from, to, column, mask, others } = rows
  const { start, count, newest, codes } = table
  const day = codes.day!
  for (let i = 0; i < length; i++) {
    const member = members[i]!
    if (newest[member]! < from) {
      totals[i] = NaN
      continue
    }
    let row = start[member]!
    const end = row + count[member]!
    while (row < end && day[row]! < from) row++
    while (row < end && day[row]! <= to && (mask[column[row]!] !== 1 || !meetsAll(others, row))) row++
    totals[i] = row < end && day[row]! <= to ? day[row]! : NaN
  }
}

/**
 * Of the first `length` of `values`, which meet the check, into `met` as 1 or 0. Days are codes, unknown ones NaN;
 * `firstDay` is that of code 0.
 */
export function checkAll(
  check: Check,
  firstDay: number,
  values: Float64Array,
  divisors: Float64Array,
  length: number,
  met: Uint8Array,
): void {
  const { test, per } = check
  if (test.kind !== 'spans') {
    const wanted = test.kind === 'known'
    for (let i = 0; i < length; i++) {
      const isKnown = per ? divisors[i]! > 0 : values[i]! === values[i]!
      met[i] = isKnown === wanted ? 1 : 0
    }
    return
  }
  met.fill(0, 0, length)
  for (const span of test.spans)
    if (per) checkRatios(span, check.scale, values, divisors, length, met)
    else checkValues(ofCodes(span, check, firstDay), values, length, met)
}

/**
 * So many counted rows, or as large a sum, meet the check, or not, as any more do. Sums are never large enough where an
 * amount can be below 0.
 */
export function enoughFor(check: Check, leastAmount: number): number {
  const { of, per, test } = check
  const onlyRises = of === 'count' || (of === 'amount' && leastAmount >= 0)
  if (!onlyRises || per || test.kind !== 'spans') return Infinity
  const ends = test.spans.flatMap((span) => {
    const [least, most] = ofCodes(span, check, 0)
    return [least, most + 1].filter(Number.isFinite)
  })
  return Math.ceil(Math.max(0, ...ends))
}

/** The span of what is counted, added up or taken, of whole numbers with both ends. */
function ofCodes(
  { from, to, withFrom, withTo }: Span,
  { of, since }: Check,
  firstDay: number,
): readonly [number, number] {
  const [least, most] = [withFrom ? from : from + 1, withTo ? to : to - 1]
  if (of === 'count' || of === 'amount') return [least, most]
  return since === undefined
    ? [least - firstDay, most - firstDay]
    : [since - firstDay - most, since - firstDay - least]
}

function checkValues(
  [least, most]: readonly [number, number],
  values: Float64Array,
  length: number,
  met: Uint8Array,
): void {
  for (let i = 0; i < length; i++) if (values[i]! >= least && values[i]! <= most) met[i] = 1
}

function checkRatios(
  { from, to, withFrom, withTo }: Span,
  scale: number,
  values: Float64Array,
  divisors: Float64Array,
  length: number,
  met: Uint8Array,
): void {
  for (let i = 0; i < length; i++) {
    const divisor = divisors[i]!
    if (divisor <= 0) continue
    const above = compared(values[i]!, scale, from, divisor)
    if (above < 0 || (above === 0 && !withFrom)) continue
    const below = compared(values[i]!, scale, to, divisor)
    if (below < 0 || (below === 0 && withTo)) met[i] = 1
  }
}

/** Below, at or above 0 as a · b is below, at or above c · d, exactly; all are whole numbers, or c is infinite. */
function compared(a: number, b: number, c: number, d: number): number {
  const left = a * b
  const right = c * d
  if (Math.max(Math.abs(left), Math.abs(right)) <= Number.MAX_SAFE_INTEGER) return left - right
  if (!Number.isFinite(right)) return -right
  const difference = BigInt(a) * BigInt(b) - BigInt(c) * BigInt(d)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
