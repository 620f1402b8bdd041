import { type Arm, variance } from './arm.ts'

/** An arm whose members are also known by a figure from before the campaign, which it can't have changed. */
export interface ArmWithBefore extends Arm {
  /** The figure from before: its sum, the sum of its squares, and of its products with the outcome. */
  readonly before: { readonly sum: number; readonly sumOfSquares: number; readonly sumOfProducts: number }
}

export interface Adjusted {
  readonly treated: Arm
  readonly heldOut: Arm
  /** How much of a unit from before is taken off the outcome for. */
  readonly theta: number
  /** Share of the variance of the difference that is gone; below 0 where the figure from before only adds noise. */
  readonly varianceReduction: number
}

/**
 * The arms with the outcome less θ times the figure from before (centred over both arms), which leaves the
 * expected difference as it is and takes out what was different by chance before. θ is the slope within the
 * arms, pooled. Null when it can't be told: an arm has fewer than two members or the figure does not vary.
 * Source: A. Deng, Y. Xu, R. Kohavi, T. Walker, "Improving the sensitivity of online controlled experiments
 * by utilizing pre-experiment data", WSDM 2013.
 */
export function adjustedForBefore(treated: ArmWithBefore, heldOut: ArmWithBefore): Adjusted | null {
  if (treated.n < 2 || heldOut.n < 2) return null
  const arms = [treated, heldOut]
  const within = (of: (arm: ArmWithBefore) => number) => arms.reduce((total, arm) => total + of(arm), 0)
  const beforeSquares = within(({ n, before }) => before.sumOfSquares - before.sum ** 2 / n)
  if (!(beforeSquares > 1e-9 * within(({ before }) => before.sumOfSquares))) return null
  const theta = within(({ n, sum, before }) => before.sumOfProducts - (before.sum * sum) / n) / beforeSquares
  const centre = within(({ before }) => before.sum) / within(({ n }) => n)
  const [a, b] = arms.map(({ n, sum, sumOfSquares, before }): Arm => {
    const centred = before.sum - n * centre
    const squares = before.sumOfSquares - 2 * centre * before.sum + n * centre ** 2
    const products = before.sumOfProducts - centre * sum
    return {
      n,
      sum: sum - theta * centred,
      sumOfSquares: Math.max(0, sumOfSquares - 2 * theta * products + theta ** 2 * squares),
    }
  }) as [Arm, Arm]
  const squaredError = (x: Arm, y: Arm) => variance(x) / x.n + variance(y) / y.n
  const raw = squaredError(treated, heldOut)
  return {
    treated: a,
    heldOut: b,
    theta,
    varianceReduction: raw === 0 ? 0 : 1 - squaredError(a, b) / raw,
  }
}
