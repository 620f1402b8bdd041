/** What the purchase models know of one member. Times in weeks. */
export interface History {
  /** Purchase days after the first: x. */
  readonly frequency: number
  /** From the first purchase day to the last: t_x; 0 where there is one. */
  readonly recency: number
  /** From the first purchase day to the day of asking: T. */
  readonly age: number
}

/** Members of one history each, with how many there are of it: the likelihoods see nothing else of them. */
export interface Histories {
  readonly frequency: Int32Array
  readonly recency: Float64Array
  readonly age: Float64Array
  readonly members: Float64Array
  /** Of all of them together. */
  readonly total: number
  /** Which of these histories each member has, in the members' order. */
  readonly of: Int32Array
}

const daysAWeek = 7

/**
 * Gathers members with the same history on the day. Of a million members some hundred thousand are left;
 * some ten thousand of histories that are rounded to weeks before.
 */
export function gathered(
  frequency: ArrayLike<number>,
  recency: ArrayLike<number>,
  age: ArrayLike<number>,
): Histories {
  const days = (weeks: number) => Math.round(weeks * daysAWeek)
  let oldest = 0
  for (let at = 0; at < age.length; at++) oldest = Math.max(oldest, days(age[at]!))
  const span = oldest + 1
  const placeOf = new Map<number, number>()
  const first: number[] = []
  const members: number[] = []
  const of = new Int32Array(age.length)
  for (let at = 0; at < age.length; at++) {
    const key = (frequency[at]! * span + days(recency[at]!)) * span + days(age[at]!)
    const place = placeOf.get(key)
    of[at] = place ?? first.length
    if (place === undefined) {
      placeOf.set(key, first.length)
      first.push(at)
      members.push(1)
    } else members[place]!++
  }
  return {
    frequency: Int32Array.from(first, (at) => frequency[at]!),
    recency: Float64Array.from(first, (at) => recency[at]!),
    age: Float64Array.from(first, (at) => age[at]!),
    members: Float64Array.from(members),
    total: age.length,
    of,
  }
}

/** The different values of a column, and which of them stands in each row: a logarithm is taken once of each. */
export function distinct(column: ArrayLike<number>): { values: Float64Array; at: Int32Array } {
  const placeOf = new Map<number, number>()
  const at = Int32Array.from(column, (value) => {
    const place = placeOf.get(value) ?? placeOf.size
    placeOf.set(value, place)
    return place
  })
  return { values: Float64Array.from(placeOf.keys()), at }
}
