import type { ModelOutcome } from '../../analytics/scores/scores.ts'
import { type Language, sentence } from '../messages/messages.ts'

/** How the models came out, for people: whether to trust them and why not, and how they did on the time held back. */
export function outcomeSaid(
  language: Language,
  { quality, value, buyers, repeaters, calibration }: ModelOutcome,
): string {
  const sentences = [
    sentence(language, `model-${quality.kind}`),
    ...('because' in quality
      ? quality.because.map((doubt) => sentence(language, `model-doubt-${doubt}`, { buyers, repeaters }))
      : []),
    ...(quality.kind !== 'refused' && 'because' in value
      ? value.because.map((doubt) => sentence(language, `model-${doubt}`))
      : []),
  ]
  if (calibration) {
    const { weeks, predicted, actual, naive } = calibration
    sentences.push(
      sentence(language, 'model-tried', {
        weeks,
        predicted: Math.round(predicted.mean),
        low: Math.round(predicted.low),
        high: Math.round(predicted.high),
        actual,
        off: actual > 0 ? Math.abs(predicted.mean - actual) / actual : 0,
        side: actual === 0 ? 'unknown' : predicted.mean > actual ? 'high' : 'low',
        within: predicted.low <= actual && actual <= predicted.high ? 'yes' : 'no',
        naive: Math.round(naive),
      }),
    )
  }
  return sentences.join(language === 'en' ? ' ' : '')
}
