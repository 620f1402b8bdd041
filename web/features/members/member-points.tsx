import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import type { Member } from './member.ts'
import classes from './members.module.css'

type Entry = Member['pointsList'][number]

/** The rows before somebody asks for more. */
const first = 10

/** The points ledger of a member; nothing where none was imported. */
export function MemberPoints({ entries }: { entries: readonly Entry[] }) {
  const t = useTranslations('members')
  const format = useFormat()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const [all, showAll] = useState(false)
  if (entries.length === 0) return null
  const columns: Column<Entry>[] = [
    {
      key: 'time',
      header: t('points.time'),
      value: ({ changedAt }) => changedAt,
      cell: ({ changedAt }) => <span className={classes.line}>{format.instant(changedAt)}</span>,
    },
    {
      key: 'reason',
      header: t('points.reason'),
      value: ({ reason }) => reason,
      cell: ({ reason }) => reason ?? '–',
    },
    {
      key: 'order',
      header: t('points.order'),
      value: ({ orderId }) => orderId,
      cell: ({ orderId }) => <span className={classes.line}>{orderId ?? '–'}</span>,
    },
    {
      key: 'expires',
      header: t('points.expires'),
      value: ({ expiresDay }) => expiresDay,
      cell: ({ expiresDay }) => <span className={classes.line}>{format.day(expiresDay)}</span>,
    },
    {
      key: 'change',
      header: t('points.change'),
      align: 'right',
      value: ({ change }) => change,
      cell: ({ change }) => `${change > 0 ? '+' : ''}${format.count(change)}`,
    },
    {
      key: 'balance',
      header: t('points.balance'),
      align: 'right',
      value: ({ balanceAfter }) => balanceAfter,
      cell: ({ balanceAfter }) => format.count(balanceAfter),
    },
  ]
  const title = t('points.title', { entries: entries.length })
  const rows = (all ? entries : entries.slice(0, first)).map((entry, place) => ({ ...entry, place }))
  return (
    <Panel title={title} subtitle={t('points.subtitle')}>
      <DataTable
        label={title}
        columns={onPhone ? columns.filter(({ key }) => ['time', 'reason', 'change'].includes(key)) : columns}
        rows={rows}
        rowKey={({ place }) => String(place)}
        dense
      />
      {!all && entries.length > first ? (
        <div className={classes.more}>
          <Button variant="default" onClick={() => showAll(true)}>
            {t('more')}
          </Button>
        </div>
      ) : null}
    </Panel>
  )
}
