import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { MembersLink } from '../../ui/members-link.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './stores.module.css'

export type PlacesAnswer = inferRouterOutputs<AppRouter>['analytics']['places']
export type PlacesRow = PlacesAnswer['rows'][number]

/** Every store, channel or region: its net and how it moved, its buyers, who of them is new and who came again. */
export function PlacesPanel({ answer }: { answer: Answer<PlacesAnswer> }) {
  const t = useTranslations('stores')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.placesNeutral')
  const columnsOf = ({ asOf, by }: PlacesAnswer): Column<PlacesRow>[] => {
    const opens = (members: string, count: number, text: string) => (
      <MembersLink members={count > 0 ? members : null} asOf={asOf}>
        {text}
      </MembersLink>
    )
    return [
      {
        key: 'place',
        header: t(`column.${by}`),
        value: ({ kind, place }) => (kind === 'all' ? 'all' : place),
        cell: ({ kind, place }) => (
          <span className={classes.name}>{kind === 'all' ? t('all') : (place ?? t(`unknown.${by}`))}</span>
        ),
      },
      {
        key: 'net_minor',
        header: t('column.net'),
        align: 'right',
        sortable: true,
        value: ({ netMinor }) => netMinor,
        cell: ({ netMinor }) => format.moneyWhole(netMinor),
      },
      {
        key: 'net_share',
        header: t('column.share'),
        align: 'right',
        value: ({ netShare }) => netShare.value,
        cell: ({ netShare }) => format.percent(netShare.value),
      },
      {
        key: 'before_net_minor',
        header: t('column.before'),
        align: 'right',
        sortable: true,
        value: ({ beforeNetMinor }) => beforeNetMinor,
        cell: ({ beforeNetMinor }) => format.moneyWhole(beforeNetMinor),
      },
      {
        key: 'change',
        header: t('column.change'),
        align: 'right',
        sortable: true,
        value: ({ change }) => change,
        cell: ({ change }) => (
          <span className={classes.change} data-better={change === null ? undefined : String(change > 0)}>
            {format.change(change)}
          </span>
        ),
      },
      {
        key: 'guest_share',
        header: t('column.guests'),
        align: 'right',
        sortable: true,
        value: ({ guestShare }) => guestShare.value,
        cell: ({ guestShare }) => format.percent(guestShare.value),
      },
      {
        key: 'buyers',
        header: t('column.buyers'),
        align: 'right',
        sortable: true,
        value: ({ buyers }) => buyers,
        cell: ({ buyers, membersExpression }) => opens(membersExpression, buyers, format.count(buyers)),
      },
      {
        key: 'new_buyers',
        header: t('column.new'),
        align: 'right',
        sortable: true,
        value: ({ newBuyers }) => newBuyers,
        cell: ({ newBuyers, newExpression }) => opens(newExpression, newBuyers, format.count(newBuyers)),
      },
      {
        key: 'repeat_share',
        header: t('column.repeated'),
        align: 'right',
        sortable: true,
        value: ({ repeated }) => repeated.value,
        cell: ({ repeated, repeatedExpression }) =>
          opens(
            repeatedExpression,
            repeated.numerator,
            format.share(repeated.numerator, repeated.denominator),
          ),
      },
    ]
  }
  return (
    <QueryPanel
      name={t('places.title')}
      title={({ findings }) => findingText(findings.filter(({ id }) => id !== 'places.guests'))}
      subtitle={({ by }) => t('places.subtitle', { by })}
      about={population.about}
      definition={({ by }) => population.note(t('places.definition', { by }))}
      query={answer}
      isEmpty={({ rows }) => rows.every(({ kind }) => kind === 'all')}
      empty={{ reason: t('places.empty'), action: <Link to="/data">{t('toData')}</Link> }}
      csvName="places"
      minHeight={320}
      listed
      table={(data) => tableOf(columnsOf(data), data.rows)}
    >
      {(data) => (
        <DataTable
          columns={columnsOf(data)}
          rows={data.rows}
          rowKey={({ kind, place }) => `${kind} ${place}`}
          label={t('places.title')}
          dense
        />
      )}
    </QueryPanel>
  )
}
