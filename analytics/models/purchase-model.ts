import type { Fit } from './fit.ts'
import { type Histories, type History } from './histories.ts'

/** Mean and mean square of a number of purchases that nobody knows yet. */
export interface Moments {
  readonly mean: number
  readonly square: number
}

/** A model of when members buy and when they stop for good. */
export interface PurchaseModel<Parameter extends string = string> {
  readonly name: 'mbg-nbd' | 'bg-nbd' | 'pareto-nbd'
  /** Whether its chance of being alive may be shown: where one purchase is never the last it is none. */
  readonly tellsAlive: boolean
  /** Fits it to members; `prior` and `start` as `fitted` takes them. */
  fit(histories: Histories, prior: number, start?: Fit<Parameter>): Fit<Parameter>
  /** The chance that the member will buy again if given for ever. */
  alive(parameters: Readonly<Record<Parameter, number>>, history: History): number
  /** Purchase days within the next weeks of a member who is alive. */
  purchasesIfAlive(parameters: Readonly<Record<Parameter, number>>, history: History, weeks: number): Moments
}

/** Purchase days that are expected of a member within the next weeks. */
export const expectedPurchases = <Parameter extends string>(
  model: PurchaseModel<Parameter>,
  parameters: Readonly<Record<Parameter, number>>,
  history: History,
  weeks: number,
): number => model.alive(parameters, history) * model.purchasesIfAlive(parameters, history, weeks).mean
