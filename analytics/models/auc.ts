import normalQuantile from '@stdlib/stats-base-dists-normal-quantile'

/** How many rows have a score, and how many of them came true. */
export interface Scored {
  readonly score: number
  readonly rows: number
  readonly yes: number
}

/** The area under the curve with the ends of its interval. */
export interface Auc {
  readonly auc: number
  readonly low: number
  readonly high: number
}

/**
 * The area under the ROC curve: how often, of a row that came true and one that did not, the first has the higher
 * score, ties counted half; with its interval, two-sided at 1 − alpha. Rows with the same score may stand in several
 * entries. Null while all came true or none did, or only one of either.
 * Source: E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, "Comparing the areas under two or more correlated
 * receiver operating characteristic curves", Biometrics 44 (1988), for the variance; the interval is made on the
 * logit, so that it stays within 0 and 1 (M. S. Pepe, "The Statistical Evaluation of Medical Tests", 2003, 5.2.4).
 */
export function aucOf(scored: readonly Scored[], alpha: number): Auc | null {
  const groups = [...Map.groupBy(scored, ({ score }) => score)]
    .toSorted(([a], [b]) => a - b)
    .map(([, same]) => ({
      yes: same.reduce((sum, one) => sum + one.yes, 0),
      no: same.reduce((sum, one) => sum + one.rows - one.yes, 0),
    }))
  const yes = groups.reduce((sum, group) => sum + group.yes, 0)
  const no = groups.reduce((sum, group) => sum + group.no, 0)
  if (yes < 2 || no < 2) return null
  // of a row that came true the share of the others that it is above, and the other way round
  let [noBelow, yesBelow] = [0, 0]
  const placed = groups.map((group) => {
    const ofYes = (noBelow + group.no / 2) / no
    const ofNo = 1 - (yesBelow + group.yes / 2) / yes
    noBelow += group.no
    yesBelow += group.yes
    return { ...group, ofYes, ofNo }
  })
  const auc = placed.reduce((sum, group) => sum + group.yes * group.ofYes, 0) / yes
  const spread = (count: 'yes' | 'no', share: 'ofYes' | 'ofNo', n: number) =>
    placed.reduce((sum, group) => sum + group[count] * (group[share] - auc) ** 2, 0) / (n - 1)
  const error = Math.sqrt(spread('yes', 'ofYes', yes) / yes + spread('no', 'ofNo', no) / no)
  const z = normalQuantile(1 - alpha / 2, 0, 1)
  // nobody stands on the wrong side: the variance says nothing, as of a share of all; Wilson's bound does
  const unseen = z ** 2 / (Math.min(yes, no) + z ** 2)
  if (auc === 1) return { auc, low: 1 - unseen, high: 1 }
  if (auc === 0) return { auc, low: 0, high: unseen }
  const logit = Math.log(auc / (1 - auc))
  const half = (z * error) / (auc * (1 - auc))
  const back = (value: number) => 1 / (1 + Math.exp(-value))
  return { auc, low: back(logit - half), high: back(logit + half) }
}
