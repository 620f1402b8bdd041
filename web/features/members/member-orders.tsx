import { useMediaQuery } from '@mantine/hooks'
import { useTranslations } from 'use-intl'
import type { Column } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { StatusChip } from '../../ui/status-chip.tsx'
import { FirstRows } from './first-rows.tsx'
import type { Member } from './member.ts'
import classes from './members.module.css'

/** Every order of a member, and what was given back without one. */
export function MemberOrders({ member }: { member: Member }) {
  const t = useTranslations('members')
  const format = useFormat()
  type Entry = Member['orderList'][number]
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const stateOf = ({ state, qualifies }: Entry) =>
    state !== 'paid' ? (
      <StatusChip tone="off">{t(`state.${state}`)}</StatusChip>
    ) : qualifies ? (
      <span className={classes.line}>{t('state.paid')}</span>
    ) : (
      <StatusChip tone="warn">{t('state.refunded')}</StatusChip>
    )
  const columns: Column<Entry>[] = [
    {
      key: 'day',
      header: t('order.time'),
      value: ({ orderedAt }) => orderedAt,
      cell: ({ orderedAt, day }) => (
        <span className={classes.line}>{onPhone ? format.day(day) : format.instant(orderedAt)}</span>
      ),
    },
    {
      key: 'order',
      header: t('order.id'),
      value: ({ orderId }) => orderId,
      cell: ({ orderId }) => <span className={classes.line}>{orderId}</span>,
    },
    {
      key: 'items',
      header: t('order.items'),
      value: ({ items }) => items,
      cell: (entry) => (
        <>
          <span className={classes.items}>{entry.items ?? '–'}</span>
          {/* what keeps an order from counting has no column there */}
          {onPhone && !entry.qualifies ? <div>{stateOf(entry)}</div> : null}
          {onPhone && entry.refundedMinor !== 0 ? (
            <div className={classes.note}>
              {t('order.refundedAmount', { amount: format.money(-entry.refundedMinor) })}
            </div>
          ) : null}
        </>
      ),
    },
    {
      key: 'store',
      header: t('order.store'),
      value: ({ store }) => store,
      cell: ({ store }) => <span className={classes.line}>{store ?? '–'}</span>,
    },
    {
      key: 'channel',
      header: t('order.channel'),
      value: ({ channel }) => channel,
      cell: ({ channel }) => <span className={classes.line}>{channel ?? '–'}</span>,
    },
    {
      key: 'state',
      header: t('order.state'),
      value: ({ state }) => state,
      cell: stateOf,
    },
    {
      key: 'refunded',
      header: t('order.refunded'),
      align: 'right',
      value: ({ refundedMinor }) => refundedMinor,
      cell: ({ refundedMinor }) => (refundedMinor === 0 ? '–' : format.money(-refundedMinor)),
    },
    {
      key: 'net',
      header: t('order.net'),
      align: 'right',
      value: ({ netMinor }) => netMinor,
      cell: ({ netMinor }) => format.money(netMinor),
    },
  ]
  const uncounted = member.orderList.filter(({ qualifies }) => !qualifies).length
  const title = t('orders.title', { orders: member.orderList.length, uncounted })
  const apart = member.refundList.filter(({ orderId }) => orderId === null)
  return (
    <Panel
      title={title}
      subtitle={
        apart.length > 0
          ? t('orders.unlinked', {
              refunds: apart.length,
              amount: apart.map(({ amountMinor }) => format.money(amountMinor)).join(', '),
            })
          : t('orders.subtitle')
      }
    >
      {member.orderList.length > 0 ? (
        <FirstRows
          label={title}
          columns={columns}
          onPhone={['day', 'items', 'net']}
          rows={member.orderList}
          first={20}
          rowKey={({ orderId }) => orderId}
        />
      ) : (
        <p className={classes.note}>{t('timeline.empty')}</p>
      )}
    </Panel>
  )
}
