import type { useTranslations } from 'use-intl'
import type { Finding } from '../../analytics/metrics/finding.ts'
import { useFormat, type Format } from './format.ts'

const ratios = new Set(['rate', 'before', 'after', 'first', 'second', 'share'])

/** One value of a finding as its sentence shows it, by its name: what ends in Minor is money, `since` a month. */
function written(name: string, value: string | number, format: Format): string | number {
  if (name === 'since' && typeof value === 'string') return format.month(value)
  if (typeof value === 'string') return value
  if (name.endsWith('Minor')) return format.moneyShort(value)
  if (name === 'change') return format.percent(Math.abs(value))
  if (name === 'times') return format.times(value)
  return ratios.has(name) ? format.percent(value) : value
}

/**
 * The sentence of the server's first finding: `retention.fell` is the message `finding.fell` of the page's
 * namespace. Whole numbers stay numbers, so that a message can count them.
 */
export function useFindingText(t: ReturnType<typeof useTranslations<never>>) {
  const format = useFormat()
  return (findings: readonly Finding[]): string => {
    const [finding] = findings
    const key = `finding.${finding?.id.split('.').slice(1).join('.') ?? 'neutral'}`
    const values = Object.fromEntries(
      Object.entries(finding?.values ?? {}).map(([name, value]) => [name, written(name, value, format)]),
    )
    return t(t.has(key as never) ? (key as never) : ('finding.neutral' as never), values as never)
  }
}
