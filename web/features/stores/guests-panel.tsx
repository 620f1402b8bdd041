import { useTranslations } from 'use-intl'
import { usePopulation } from '../../filters/population.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import type { PlacesAnswer, PlacesRow } from './places-panel.tsx'
import classes from './stores.module.css'

interface Side {
  readonly who: 'members' | 'guests'
  readonly orders: number
  readonly netMinor: number
  readonly average: PlacesRow['memberAverage']
  readonly discount: PlacesRow['memberDiscount']
  readonly refunded: PlacesRow['memberRefunded']
}

/** Members beside guests: what an order of theirs brings, how much of it is discount, how much is given back. */
export function GuestsPanel({ answer }: { answer: Answer<PlacesAnswer> }) {
  const t = useTranslations('stores')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.guestsNeutral')
  const sides = ({ rows: [all] }: PlacesAnswer): Side[] =>
    all === undefined
      ? []
      : [
          {
            who: 'members',
            orders: all.memberOrders,
            netMinor: all.memberNetMinor,
            average: all.memberAverage,
            discount: all.memberDiscount,
            refunded: all.memberRefunded,
          },
          {
            who: 'guests',
            orders: all.guestOrders,
            netMinor: all.guestNetMinor,
            average: all.guestAverage,
            discount: all.guestDiscount,
            refunded: all.guestRefunded,
          },
        ]
  const columns: Column<Side>[] = [
    {
      key: 'who',
      header: t('column.who'),
      value: ({ who }) => who,
      cell: ({ who }) => <span className={classes.name}>{t(`who.${who}`)}</span>,
    },
    {
      key: 'orders',
      header: t('column.orders'),
      align: 'right',
      value: ({ orders }) => orders,
      cell: ({ orders }) => format.count(orders),
    },
    {
      key: 'net_minor',
      header: t('column.net'),
      align: 'right',
      value: ({ netMinor }) => netMinor,
      cell: ({ netMinor }) => format.moneyWhole(netMinor),
    },
    {
      key: 'average_minor',
      header: t('column.average'),
      align: 'right',
      value: ({ average }) => average.minor,
      cell: ({ average }) => format.money(average.minor),
    },
    {
      key: 'discount_share',
      header: t('column.discount'),
      align: 'right',
      value: ({ discount }) => discount.value,
      cell: ({ discount }) => format.percent(discount.value),
    },
    {
      key: 'refunded_share',
      header: t('column.refunded'),
      align: 'right',
      value: ({ refunded }) => refunded.value,
      cell: ({ refunded }) => format.percent(refunded.value),
    },
  ]
  return (
    <QueryPanel
      name={t('guests.title')}
      title={({ findings }) => findingText(findings.filter(({ id }) => id === 'places.guests'))}
      subtitle={t('guests.subtitle')}
      about={population.about}
      definition={t('guests.definition')}
      query={answer}
      isEmpty={(data) => sides(data).every(({ orders, netMinor }) => orders === 0 && netMinor === 0)}
      empty={{ reason: t('guests.empty') }}
      csvName="members-and-guests"
      minHeight={160}
      listed
      table={(data) => tableOf(columns, sides(data))}
    >
      {(data) => (
        <DataTable
          columns={columns}
          rows={sides(data)}
          rowKey={({ who }) => who}
          label={t('guests.title')}
          dense
        />
      )}
    </QueryPanel>
  )
}
