import { farthest, inverseOf, type Minimum, minimise, type Objective } from './minimise.ts'

/** A model fitted to a shop's members. */
export interface Fit<Parameter extends string> {
  readonly parameters: Readonly<Record<Parameter, number>>
  readonly logLikelihood: number
  /** How many it was fitted to. */
  readonly members: number
  /** Of the parameters' logarithms, in the parameters' order; null where the data leave one of them open. */
  readonly covariance: readonly (readonly number[])[] | null
  /** By the delta method; null likewise. */
  readonly standardErrors: Readonly<Record<Parameter, number>> | null
  /** A minimum was found, inside of the bounds: without, the parameters mean nothing. */
  readonly converged: boolean
}

/** A parameter of a model with a value that is usual for shops: where the search begins, and where the prior leans to. */
export type Usual<Parameter extends string> = Readonly<Record<Parameter, number>>

/** What is left of a slope where a search has come to its end, per member. */
const endedBelow = 1e-6

/**
 * The maximum of a likelihood over positive parameters, searched from the usual values and from others
 * around them. `prior`: weight of a normal prior on each parameter's logarithm around the usual one, in
 * members' worth of information; 0: maximum likelihood. `start`: a fit whose maximum is near, such as that of a part of the members.
 * Never throws and never answers NaN: what has no maximum has not converged.
 */
export function fitted<Parameter extends string>(
  objective: Objective,
  usual: Usual<Parameter>,
  members: number,
  prior: number,
  start?: Fit<Parameter>,
): Fit<Parameter> {
  const names = Object.keys(usual) as Parameter[]
  const centre = names.map((name) => Math.log(usual[name]))
  const leaning: Objective = (logs) => {
    const { value, gradient } = objective(logs)
    const pulled = logs.map((log, i) => log - centre[i]!)
    return {
      value: value + (prior / members / 2) * pulled.reduce((sum, by) => sum + by * by, 0),
      gradient: gradient.map((slope, i) => slope + (prior / members) * pulled[i]!),
    }
  }
  const named = (of: (place: number) => number) =>
    Object.fromEntries(names.map((name, i) => [name, of(i)])) as Record<Parameter, number>
  let best = start
    ? minimise(
        leaning,
        names.map((name) => Math.log(start.parameters[name])),
        start.covariance?.map((row) => row.map((value) => value * start.members)),
      )
    : minimise(leaning, centre)
  for (const by of [2, -2])
    if (!isMinimum(best)) {
      const other = minimise(
        leaning,
        centre.map((log, i) => log + (i === 1 ? by : by / 2)),
      )
      if (!(best.value <= other.value)) best = other
    }
  const inverted = inverseOf(best.hessian)
  const covariance = inverted && inverted.map((row) => row.map((value) => value / members))
  return {
    parameters: named((i) => Math.exp(best.at[i]!)),
    logLikelihood: -objective(best.at).value * members,
    members,
    covariance,
    standardErrors: covariance && named((i) => Math.exp(best.at[i]!) * Math.sqrt(covariance[i]![i]!)),
    converged: covariance !== null && isMinimum(best),
  }
}

const isMinimum = ({ at, slope }: Minimum): boolean =>
  slope < endedBelow && at.every((log) => Math.abs(log) < farthest - 1e-6)
