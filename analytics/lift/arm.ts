/** One arm's outcome over its members: how many, the sum of the outcome, the sum of its squares. */
export interface Arm {
  readonly n: number
  readonly sum: number
  readonly sumOfSquares: number
}

/** A yes-or-no outcome: 1 squared is 1. */
export const proportionArm = (n: number, yes: number): Arm => ({ n, sum: yes, sumOfSquares: yes })

export const mean = (arm: Arm): number => arm.sum / arm.n

/** Sample variance (divisor n − 1), never below 0 by rounding; needs n ≥ 2. */
export const variance = (arm: Arm): number =>
  Math.max(0, (arm.sumOfSquares - (arm.sum * arm.sum) / arm.n) / (arm.n - 1))

/** Treated minus held out, in the outcome's own unit, with the ends of its interval. */
export interface Difference {
  readonly difference: number
  readonly low: number
  readonly high: number
}
