import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Restatement } from '../../../server/import/restatements.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import classes from './data.module.css'
import { useMonthChange } from './month-change.tsx'
import { stackedMonth } from './stacked-month.tsx'

const shownAtFirst = 6

/** Months whose figures are no longer what they were, and by which file. Nothing while there is none. */
export function RestatementsPanel() {
  const t = useTranslations('data.restated')
  const trpc = useTRPC()
  const format = useFormat()
  const onPhone = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  const [all, setAll] = useState(false)
  const changes = useMonthChange<Restatement>({ net: t('net'), orders: t('orders') })
  const restated = useAnswer(trpc.imports.restated.queryOptions())
  if (!restated.data || restated.data.length === 0) return null
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
    ...changes,
  ]
  const stacked = stackedMonth(t('month'), columns[0]!, changes)
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
      {(rows) => (
        <>
          <DataTable
            columns={onPhone ? [stacked] : columns}
            rows={all ? rows : rows.slice(0, shownAtFirst)}
            rowKey={({ month }) => month}
            label={t('name')}
          />
          {rows.length > shownAtFirst && !all ? (
            <Button variant="default" size="xs" mt={12} onClick={() => setAll(true)}>
              {t('all', { count: rows.length })}
            </Button>
          ) : null}
        </>
      )}
    </QueryPanel>
  )
}
