import { useTranslations } from 'use-intl'
import { StatusChip } from '../../../ui/status-chip.tsx'

export function Sureness({
  found,
  confidence,
  without,
}: {
  found: boolean
  confidence: number
  /** What it means that there is none; undefined where one is needed. */
  without: string | undefined
}) {
  const t = useTranslations('data')
  if (!found)
    return without ? (
      <StatusChip tone="info">{without}</StatusChip>
    ) : (
      <StatusChip tone="bad">{t('sure.missing')}</StatusChip>
    )
  if (confidence >= 0.8) return <StatusChip tone="good">{t('sure.yes')}</StatusChip>
  return <StatusChip tone="warn">{t('sure.check')}</StatusChip>
}
