import type { useTranslations } from 'use-intl'
import type { Finding } from '../../analytics/metrics/finding.ts'
import { useFormat, type Format } from './format.ts'

const ratios = new Set(['rate', 'before', 'after', 'first', 'second', 'share'])

/** One value of a finding as its sentence shows it, by its name: what ends in Minor is money, `since` a month, `day` a day. */
function written(name: string, value: string | number, format: Format): string | number {
  if (name === 'since' && typeof value === 'string') return format.month(value)
  if (name === 'day' && typeof value === 'string') return format.day(value)
  if (typeof value === 'string') return value
  if (name.endsWith('Minor')) return format.moneySaid(value)
  if (name === 'change') return format.percent(Math.abs(value))
  if (name === 'times') return format.times(value)
  return ratios.has(name) ? format.percent(value) : value
}

/** The message of a finding: `retention.fell` is `finding.fell`; `neutral` when there is none, or no words for it. */
export function findingKey(
  [finding]: readonly Finding[],
  has: (key: string) => boolean,
  neutral = 'finding.neutral',
): string {
  const key = `finding.${finding?.id.split('.').slice(1).join('.') ?? 'neutral'}`
  return finding && has(key) ? key : neutral
}

/**
 * The sentence of the server's first finding, in the page's namespace; a page with several panels names
 * each one's own neutral message. Whole numbers stay numbers, so that a message can count them.
 */
export function useFindingText(t: ReturnType<typeof useTranslations<never>>, neutral?: string) {
  const format = useFormat()
  return (findings: readonly Finding[]): string => {
    const values = Object.fromEntries(
      Object.entries(findings[0]?.values ?? {}).map(([name, value]) => [name, written(name, value, format)]),
    )
    return t(findingKey(findings, (key) => t.has(key as never), neutral) as never, values as never)
  }
}
