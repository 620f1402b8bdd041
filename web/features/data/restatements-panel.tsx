import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { RestatedPeriod, Told } from '../../../server/import/orders/restatements.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import classes from './data.module.css'
import { stackedMonth } from './stacked-month.tsx'

const shownAtFirst = 6

/** Months whose figures are no longer what they were, and by which file. Nothing while there is none. */
export function RestatementsPanel() {
  const t = useTranslations('data.restated')
  const trpc = useTRPC()
  const format = useFormat()
  const onPhone = useMediaQuery('(max-width: 600px)', false, { getInitialValueInEffect: false })
  const [all, setAll] = useState(false)
  const money = ({ netMinor }: { netMinor: number }) => format.money(netMinor)
  const change = (
    key: string,
    header: string,
    textOf: (row: RestatedPeriod) => string,
  ): Column<RestatedPeriod> => ({ key, header, align: 'right', cell: textOf, value: textOf })
  const buying = (whose: 'returning' | 'new') => [
    change(`${whose}_net`, t(`${whose}Net`), (row) => moved(row[whose], money)),
    change(`${whose}_buyers`, t(`${whose}Buyers`), (row) =>
      moved(row[whose], ({ buyers }) => format.count(buyers)),
    ),
  ]
  const changes = [
    change('net', t('net'), ({ all }) => moved(all, money)),
    change('orders', t('orders'), ({ all }) => moved(all, ({ orders }) => format.count(orders))),
    ...buying('returning'),
    ...buying('new'),
  ]
  const restated = useAnswer(trpc.imports.restated.queryOptions())
  if (!restated.data || restated.data.length === 0) return null
  const columns: Column<RestatedPeriod>[] = [
    {
      key: 'month',
      header: t('month'),
      cell: ({ from, ...told }) => (
        <>
          {format.month(from)}
          {causesOf(told).map(({ cause, fileName, at }) => (
            <div key={at} className={classes.when}>
              {t(`cause.${cause}`, { file: fileName ?? '', at: format.instant(at) })}
            </div>
          ))}
        </>
      ),
      value: ({ from }) => from,
    },
    ...changes,
  ]
  const stacked = stackedMonth(t('month'), columns[0]!, changes)
  return (
    <QueryPanel
      title={(rows: readonly RestatedPeriod[]) => t('title', { count: rows.length })}
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
            rowKey={({ from }) => from}
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

/** What a figure was and is; nothing where it stayed. */
function moved<F>(told: Told<F> | null, write: (figure: F) => string): string {
  if (!told) return ''
  const [before, after] = [write(told.before), write(told.after)]
  return before === after ? '' : `${before} → ${after}`
}

/** What changed the figures of a month, each once, the newest first. */
const causesOf = ({ all, returning, new: ofNew }: Pick<RestatedPeriod, 'all' | 'returning' | 'new'>) =>
  [
    ...new Map([all, returning, ofNew].flatMap((told) => (told ? [[told.at, told] as const] : []))).values(),
  ].toSorted((a, b) => b.at.localeCompare(a.at))
