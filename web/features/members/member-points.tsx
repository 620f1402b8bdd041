import { useTranslations } from 'use-intl'
import type { Column } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { FirstRows } from './first-rows.tsx'
import type { Member } from './member.ts'
import classes from './members.module.css'

type Entry = Member['pointsList'][number] & { readonly place: number }

/** The points ledger of a member; nothing where none was imported. */
export function MemberPoints({ entries }: { entries: Member['pointsList'] }) {
  const t = useTranslations('members')
  const format = useFormat()
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
  return (
    <Panel title={title} subtitle={t('points.subtitle')}>
      <FirstRows
        label={title}
        columns={columns}
        onPhone={['time', 'reason', 'change']}
        rows={entries.map((entry, place) => ({ ...entry, place }))}
        first={10}
        rowKey={({ place }) => String(place)}
      />
    </Panel>
  )
}
