import { mbgNbd } from './beta-geometric.ts'
import type { Fit } from './fit.ts'
import type { Histories } from './histories.ts'
import { paretoNbd } from './pareto.ts'
import type { PurchaseModel } from './purchase-model.ts'

/** A model with what was fitted of it. */
export interface FittedModel {
  readonly model: PurchaseModel
  readonly fit: Fit<string>
}

/** Those whose chance of being alive may be shown. They have as many parameters: the likelier is the better. */
export const candidates = [mbgNbd, paretoNbd] as readonly PurchaseModel[]

/** The likeliest of the models whose search ended in a maximum, or of all where none did. */
export function selected(histories: Histories, prior: number): FittedModel {
  const fits = candidates.map((model) => ({ model, fit: model.fit(histories, prior) }))
  const ended = fits.filter(({ fit }) => fit.converged)
  return (ended.length > 0 ? ended : fits).reduce((a, b) =>
    b.fit.logLikelihood > a.fit.logLikelihood ? b : a,
  )
}
