import { useTranslations } from 'use-intl'
import { useRestatedCohorts, useRestatedColumn } from '../../filters/restated-note.tsx'
import { useFormat } from '../../ui/format.ts'
import { tableOf } from '../../ui/query-panel.tsx'
import type { RetentionCell } from './triangle.ts'

/** The cells as rows, for the panels' table view and CSV. */
export function useRetentionTable() {
  const t = useTranslations('retention')
  const format = useFormat()
  const restated = useRestatedCohorts('buyers')
  const restatedColumn = useRestatedColumn()
  return (all: readonly RetentionCell[]) => {
    const rows = all.filter(({ period }) => period > 0)
    return tableOf<RetentionCell>(
      [
        {
          key: 'cohort',
          header: t('column.cohort'),
          value: ({ cohort }) => cohort,
          cell: ({ cohort }) => format.month(cohort),
        },
        { key: 'period', header: t('column.period'), align: 'right', value: ({ period }) => period },
        {
          key: 'eligible',
          header: t('column.eligible'),
          align: 'right',
          value: ({ eligible }) => eligible,
          cell: ({ eligible }) => format.count(eligible),
        },
        {
          key: 'returned',
          header: t('column.returned'),
          align: 'right',
          value: ({ returned }) => returned,
          cell: ({ returned }) => format.count(returned),
        },
        {
          key: 'rate',
          header: t('column.rate'),
          align: 'right',
          value: ({ rate }) => rate,
          cell: ({ returned, eligible }) => format.share(returned, eligible),
        },
        {
          key: 'state',
          header: t('column.state'),
          value: ({ state }) => state,
          cell: ({ state }) => t(`state.${state}`),
        },
        {
          key: 'first_seen',
          header: t('column.firstSeen'),
          value: ({ firstSeen }) => String(firstSeen),
          cell: ({ firstSeen }) => (firstSeen ? t('yes') : t('no')),
        },
        ...restatedColumn(rows, ({ cohort, period }) => restated.at(cohort, period)),
      ],
      rows,
    )
  }
}
