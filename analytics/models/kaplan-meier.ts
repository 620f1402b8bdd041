/** What is known of one who waits: how long, and whether the wait ended then or goes on. */
export interface Wait {
  readonly time: number
  readonly ended: boolean
}

export interface SurvivalStep {
  readonly time: number
  /** Who waited until then. */
  readonly atRisk: number
  readonly ended: number
  /** Share that still waits after it. */
  readonly survival: number
  /** Greenwood's standard error. */
  readonly error: number
}

/**
 * Share that still waits after each time at which a wait ended, where some were watched for less long
 * than others; who is censored at a time was at risk at it.
 * Source: E. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958).
 */
export function kaplanMeier(waits: readonly Wait[]): SurvivalStep[] {
  const byTime = Map.groupBy(
    waits.toSorted((a, b) => a.time - b.time),
    ({ time }) => time,
  )
  let atRisk = waits.length
  let survival = 1
  let greenwood = 0
  const steps: SurvivalStep[] = []
  for (const [time, at] of byTime) {
    const ended = at.filter((wait) => wait.ended).length
    if (ended > 0) {
      survival *= (atRisk - ended) / atRisk
      greenwood += ended / (atRisk * (atRisk - ended))
      steps.push({
        time,
        atRisk,
        ended,
        survival,
        error: survival === 0 ? 0 : survival * Math.sqrt(greenwood),
      })
    }
    atRisk -= at.length
  }
  return steps
}
