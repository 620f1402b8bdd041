import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { Button } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { StatusChip } from '../../ui/status-chip.tsx'
import classes from './data.module.css'

type Receipt = NonNullable<NonNullable<inferRouterOutputs<AppRouter>['imports']['state']>['receipt']>
type Month = Receipt['months'][number]

const shownAtFirst = 3

/** What an import does to the months: net and qualifying orders before and after, the latest first. */
export function ReceiptMonths({ receipt: { months, dryRun } }: { receipt: Receipt }) {
  const t = useTranslations('data.months')
  const format = useFormat()
  const [all, setAll] = useState(false)
  if (months.length === 0) return null
  const columns: Column<Month>[] = [
    {
      key: 'month',
      header: t('month'),
      cell: ({ month, restated }) => (
        <>
          {format.month(month)} {restated ? <StatusChip tone="info">{t('restated')}</StatusChip> : null}
        </>
      ),
      value: ({ month }) => month,
    },
    {
      key: 'net',
      header: t('net'),
      align: 'right',
      cell: ({ before, after }) => change(format.money(before.netMinor), format.money(after.netMinor)),
      value: ({ after }) => after.netMinor,
    },
    {
      key: 'orders',
      header: t('orders'),
      align: 'right',
      cell: ({ before, after }) => change(format.count(before.orders), format.count(after.orders)),
      value: ({ after }) => after.orders,
    },
  ]
  return (
    <div className={classes.months}>
      <p className={classes.note}>{t(dryRun ? 'wouldChange' : 'changed', { count: months.length })}</p>
      <DataTable
        columns={columns}
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

const change = (before: string, after: string) => (before === after ? after : `${before} → ${after}`)
