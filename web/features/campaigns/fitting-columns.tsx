import { useMediaQuery } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Column } from '../../ui/data-table.tsx'
import composer from './composer.module.css'

/**
 * The columns as they fit the screen: on a phone the ends of the interval (columns `low` and `high`) stand below
 * the estimate, and `spare` columns are left to the CSV.
 */
export function useFitting<Row>(
  columns: readonly Column<Row>[],
  estimate: string,
  spare: readonly string[] = [],
): readonly Column<Row>[] {
  const isNarrow = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  if (!isNarrow) return columns
  const cellOf = (key: string, row: Row): ReactNode =>
    columns.find((column) => column.key === key)?.cell?.(row) ?? '–'
  return columns
    .filter(({ key }) => key !== 'low' && key !== 'high' && !spare.includes(key))
    .map((column) =>
      column.key === estimate
        ? {
            ...column,
            cell: (row: Row) => (
              <IntervalCell value={column.cell?.(row)} low={cellOf('low', row)} high={cellOf('high', row)} />
            ),
          }
        : column,
    )
}

function IntervalCell({ value, low, high }: { value: ReactNode; low: ReactNode; high: ReactNode }) {
  const t = useTranslations('campaigns.timeline')
  return (
    <>
      {value}
      {low === '–' && high === '–' ? null : (
        <div className={composer.interval}>{t('interval', { low: String(low), high: String(high) })}</div>
      )}
    </>
  )
}
