import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { MembersLink } from '../../ui/members-link.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import { useNothingKnown } from './nothing-known.tsx'
import classes from './products.module.css'

type ItemsAnswer = inferRouterOutputs<AppRouter>['analytics']['products']
type ItemRow = ItemsAnswer['rows'][number]

/** What brings net, is bought again, is begun with by those who come back, is left and taken up. */
export function ItemsPanel({ answer }: { answer: Answer<ItemsAnswer> }) {
  const t = useTranslations('products')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.itemsNeutral')
  const nothing = useNothingKnown()
  const columnsOf = (asOf: string): Column<ItemRow>[] => {
    const opens = (members: string | null, count: number, text: string) => (
      <MembersLink members={count > 0 ? members : null} asOf={asOf}>
        {text}
      </MembersLink>
    )
    return [
      {
        key: 'item',
        header: t('column.item'),
        value: ({ item }) => item ?? 'all',
        cell: ({ item }) => <span className={classes.name}>{item ?? t('all')}</span>,
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
        key: 'members',
        header: t('column.members'),
        align: 'right',
        sortable: true,
        value: ({ members }) => members,
        cell: ({ members, membersExpression }) => opens(membersExpression, members, format.count(members)),
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
      {
        key: 'begun_with',
        header: t('column.began'),
        align: 'right',
        sortable: true,
        value: ({ returned }) => returned.denominator,
        cell: ({ returned, beganExpression }) =>
          opens(beganExpression, returned.denominator, format.count(returned.denominator)),
      },
      {
        key: 'came_back',
        header: t('column.returned'),
        align: 'right',
        sortable: true,
        value: ({ returned }) => returned.value,
        cell: ({ returned, returnedExpression, apart }) => (
          <span data-apart={apart} className={classes.rate}>
            {opens(
              returnedExpression,
              returned.numerator,
              format.share(returned.numerator, returned.denominator),
            )}
            {apart === 'better' || apart === 'worse' ? <small>{t(`apart.${apart}`)}</small> : null}
          </span>
        ),
      },
      {
        key: 'low',
        header: t('column.interval'),
        align: 'right',
        value: ({ low }) => low,
        cell: ({ low, high }) =>
          low === null
            ? '–'
            : t('interval', { low: format.percentShort(low), high: format.percentShort(high) }),
      },
      {
        key: 'came_over',
        header: t('column.cameOver'),
        align: 'right',
        sortable: true,
        value: ({ cameOver }) => cameOver,
        cell: ({ kind, cameOver, cameOverExpression }) =>
          kind === 'all' ? '' : opens(cameOverExpression, cameOver, format.countChange(cameOver)),
      },
      {
        key: 'switched_away',
        header: t('column.switched'),
        align: 'right',
        sortable: true,
        value: ({ switchedAway }) => switchedAway,
        cell: ({ kind, switchedAway, switchedExpression }) =>
          kind === 'all'
            ? ''
            : opens(switchedExpression, switchedAway, format.countChange(-switchedAway + 0)),
      },
      {
        key: 'gone',
        header: t('column.gone'),
        align: 'right',
        sortable: true,
        value: ({ gone }) => gone,
        cell: ({ kind, gone, goneExpression }) =>
          kind === 'all' ? '' : opens(goneExpression, gone, format.countChange(-gone + 0)),
      },
    ]
  }
  return (
    <QueryPanel
      name={t('items.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={({ withinDays, windowDays }) => t('items.subtitle', { days: withinDays, window: windowDays })}
      about={population.about}
      definition={({ withinDays, windowDays }) =>
        population.note(t('items.definition', { days: withinDays, window: windowDays }))
      }
      query={answer}
      isEmpty={({ rows }) => rows.every(({ kind }) => kind === 'all')}
      empty={nothing}
      csvName="products"
      minHeight={420}
      listed
      table={({ rows, asOf }) => tableOf(columnsOf(asOf), rows)}
    >
      {({ rows, asOf }) => (
        <DataTable
          columns={columnsOf(asOf)}
          rows={rows}
          rowKey={({ item }) => item ?? ''}
          label={t('items.title')}
          dense
        />
      )}
    </QueryPanel>
  )
}
