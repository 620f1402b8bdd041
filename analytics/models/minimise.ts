/** The mean negative log-likelihood of a member, and its derivatives, at the logarithms of the parameters. */
export type Objective = (logs: readonly number[]) => { value: number; gradient: number[] }

export interface Minimum {
  readonly at: readonly number[]
  readonly value: number
  /** The largest derivative that is left, without sign. */
  readonly slope: number
  /** Second derivatives. */
  readonly hessian: readonly (readonly number[])[]
}

/** How far the logarithm of a parameter may go: e^±14. What ends there has no minimum. */
export const farthest = 14
const flat = 1e-9
const mostSteps = 200

/**
 * A minimum of a smooth function by BFGS with backtracking, then Newton's steps with the second derivatives
 * where that ends, from differences of the first. `inverseNear`: that of the second derivatives near a minimum where the start is
 * near one, which leads there in fewer steps. Source: J. Nocedal, S. J. Wright, "Numerical Optimization" (2006), ch. 3 and 6.
 */
export function minimise(
  objective: Objective,
  start: readonly number[],
  inverseNear?: readonly (readonly number[])[],
): Minimum {
  const identity = start.map((_, row) => start.map((_, column): number => (row === column ? 1 : 0)))
  let at = [...start]
  let here = objective(at)
  let inverse = inverseNear?.map((row) => [...row]) ?? identity
  for (let step = 0; step < mostSteps && largest(here.gradient) > flat; step++) {
    let direction = times(inverse, here.gradient).map((value) => -value)
    if (dot(direction, here.gradient) >= 0) {
      inverse = identity
      direction = here.gradient.map((value) => -value)
    }
    // what is left to gain is less than a value that adds up a hundred thousand terms shows: Newton's steps need no value
    if (-dot(direction, here.gradient) < 1e-13 * Math.abs(here.value)) break
    const long = largest(direction)
    if (long > 2) direction = direction.map((value) => (2 * value) / long)
    const next = stepped(objective, at, here, direction)
    if (!next) break
    const moved = next.at.map((value, i) => value - at[i]!)
    const turned = next.gradient.map((value, i) => value - here.gradient[i]!)
    const settled = here.value - next.value < 1e-15 * Math.abs(here.value)
    at = next.at
    here = next
    inverse = updated(inverse, moved, turned)
    if (settled) break
  }
  const hessian = secondDerivatives(objective, at, here.gradient)
  const inverted = inverseOf(hessian)
  for (let step = 0; inverted && step < 3 && largest(here.gradient) > 1e-12; step++) {
    const to = at.map((value, i) => value - dot(inverted[i]!, here.gradient))
    if (to.some((value) => !(Math.abs(value) < farthest))) break
    const next = objective(to)
    if (!(largest(next.gradient) < largest(here.gradient))) break
    at = to
    here = next
  }
  return { at, value: here.value, slope: largest(here.gradient), hessian }
}

/** Half as far until it goes down enough (Armijo); null where no step does. */
function stepped(
  objective: Objective,
  at: readonly number[],
  here: { value: number; gradient: readonly number[] },
  direction: readonly number[],
) {
  const descent = dot(direction, here.gradient)
  for (let halved = 0, length = 1; halved < 40; halved++, length /= 2) {
    const to = at.map((value, i) => Math.min(farthest, Math.max(-farthest, value + length * direction[i]!)))
    const there = objective(to)
    if (there.value <= here.value + 1e-4 * length * descent + 1e-16) return { at: to, ...there }
  }
  return null
}

function updated(inverse: number[][], moved: readonly number[], turned: readonly number[]): number[][] {
  const curvature = dot(moved, turned)
  if (!(curvature > 1e-14)) return inverse
  const applied = times(inverse, turned)
  const scale = (1 + dot(turned, applied) / curvature) / curvature
  return inverse.map((row, i) =>
    row.map(
      (value, j) =>
        value +
        scale * moved[i]! * moved[j]! -
        (applied[i]! * moved[j]! + moved[i]! * applied[j]!) / curvature,
    ),
  )
}

/** From how the first derivatives change a little beside `at`, where they are `gradient`. */
function secondDerivatives(
  objective: Objective,
  at: readonly number[],
  gradient: readonly number[],
): number[][] {
  const width = 1e-6
  const rows = at.map((_, i) => {
    const beside = objective(at.map((value, j) => (i === j ? value + width : value))).gradient
    return beside.map((slope, j) => (slope - gradient[j]!) / width)
  })
  return rows.map((row, i) => row.map((value, j) => (value + rows[j]![i]!) / 2))
}

/** Null where it has none, or where what it inverts is not positive definite: there is no minimum then. */
export function inverseOf(matrix: readonly (readonly number[])[]): number[][] | null {
  const size = matrix.length
  const lower = matrix.map(() => Array<number>(size).fill(0))
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i]![j]!
      for (let k = 0; k < j; k++) rest -= lower[i]![k]! * lower[j]![k]!
      if (i === j && !(rest > 1e-14)) return null
      lower[i]![j] = i === j ? Math.sqrt(rest) : rest / lower[j]![j]!
    }
  const columns = matrix.map((_, column) => {
    const solved = Array<number>(size).fill(0)
    for (let i = 0; i < size; i++) {
      let rest = i === column ? 1 : 0
      for (let k = 0; k < i; k++) rest -= lower[i]![k]! * solved[k]!
      solved[i] = rest / lower[i]![i]!
    }
    for (let i = size - 1; i >= 0; i--) {
      let rest = solved[i]!
      for (let k = i + 1; k < size; k++) rest -= lower[k]![i]! * solved[k]!
      solved[i] = rest / lower[i]![i]!
    }
    return solved
  })
  return columns
}

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0)

const times = (matrix: readonly (readonly number[])[], vector: readonly number[]): number[] =>
  matrix.map((row) => dot(row, vector))

const largest = (vector: readonly number[]): number =>
  vector.reduce((most, value) => (Math.abs(value) <= most ? most : Math.abs(value)), 0)
