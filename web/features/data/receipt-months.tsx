import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { StatusChip } from '../../ui/status-chip.tsx'
import classes from './data.module.css'
import { useMonthChange } from './month-change.tsx'
import { stackedMonth } from './stacked-month.tsx'

type Told = NonNullable<NonNullable<inferRouterOutputs<AppRouter>['imports']['state']>['receipt']>
/** The receipt of orders or refunds; which stores are silent is told right after the import alone. */
export type Receipt = Omit<Told, 'gaps'> & Partial<Pick<Told, 'gaps'>>
type Month = Receipt['months'][number]

const shownAtFirst = 3

/** What an import does to the months: net and qualifying orders before and after, the latest first. */
export function ReceiptMonths({ receipt: { months, dryRun } }: { receipt: Receipt }) {
  const t = useTranslations('data.months')
  return (
    <MonthChanges
      months={months}
      note={t(dryRun ? 'wouldChange' : 'changed', { count: months.length })}
      foreseen={dryRun}
    />
  )
}

/** Months before and after, a few of them at first; nothing where there is none. */
export function MonthChanges({
  months,
  note,
  foreseen = false,
}: {
  months: readonly Month[]
  note: string
  /** Nothing has been done yet. */
  foreseen?: boolean
}) {
  const t = useTranslations('data.months')
  const format = useFormat()
  const changes = useMonthChange<Month>({ net: t('net'), orders: t('orders') })
  const [all, setAll] = useState(false)
  const onPhone = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  if (months.length === 0) return null
  const columns: Column<Month>[] = [
    {
      key: 'month',
      header: t('month'),
      cell: ({ month, restated }) => (
        <>
          {format.month(month)}{' '}
          {restated ? <StatusChip tone="info">{t(foreseen ? 'wouldRestate' : 'restated')}</StatusChip> : null}
        </>
      ),
      value: ({ month }) => month,
    },
    ...changes,
  ]
  const stacked = stackedMonth(t('month'), columns[0]!, changes)
  return (
    <div className={classes.months}>
      <p className={classes.note}>{note}</p>
      <DataTable
        columns={onPhone ? [stacked] : columns}
        rows={all ? months : months.slice(0, shownAtFirst)}
        rowKey={({ month }) => month}
        label={t('label')}
      />
      {months.length > shownAtFirst && !all ? (
        <Button variant="default" size="xs" onClick={() => setAll(true)}>
          {t('all', { count: months.length })}
        </Button>
      ) : null}
    </div>
  )
}
