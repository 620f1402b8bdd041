import { useMediaQuery } from '@mantine/hooks'
import { useTranslations } from 'use-intl'
import composer from './composer.module.css'

/** Whether there is room for the ends of an interval in columns of their own. */
export const useNarrow = (): boolean =>
  useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })

/** An estimate with its interval below it, where columns for the ends have no room. */
export function IntervalCell({ value, low, high }: { value: string; low: string; high: string }) {
  const t = useTranslations('campaigns.timeline')
  return (
    <>
      {value}
      {low === '–' && high === '–' ? null : (
        <div className={composer.interval}>{t('interval', { low, high })}</div>
      )}
    </>
  )
}
