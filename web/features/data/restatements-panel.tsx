import { useTranslations } from 'use-intl'
import type { Restatement } from '../../../server/import/restatements.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import classes from './data.module.css'

/** Months whose figures are no longer what they were, and by which file. Nothing while there is none. */
export function RestatementsPanel() {
  const t = useTranslations('data.restated')
  const trpc = useTRPC()
  const format = useFormat()
  const restated = useAnswer(trpc.imports.restated.queryOptions())
  if (!restated.data || restated.data.length === 0) return null
  const change = (before: string, after: string) => (before === after ? after : `${before} → ${after}`)
  const columns: Column<Restatement>[] = [
    {
      key: 'month',
      header: t('month'),
      cell: ({ month, cause, fileName, at }) => (
        <>
          {format.month(month)}
          <div className={classes.when}>
            {t(`cause.${cause}`, { file: fileName, at: format.instant(at) })}
          </div>
        </>
      ),
      value: ({ month }) => month,
    },
    {
      key: 'net_minor',
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
    <QueryPanel
      title={(rows: readonly Restatement[]) => t('title', { count: rows.length })}
      name={t('name')}
      subtitle={t('subtitle')}
      query={restated}
      table={(rows) => tableOf(columns, rows)}
      csvName="restated-months"
      listed
      minHeight={80}
    >
      {(rows) => <DataTable columns={columns} rows={rows} rowKey={({ month }) => month} label={t('name')} />}
    </QueryPanel>
  )
}
