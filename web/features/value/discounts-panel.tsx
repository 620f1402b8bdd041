import type { inferRouterOutputs } from '@trpc/server'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { MembersLink } from '../../ui/members-link.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'

type DiscountsAnswer = inferRouterOutputs<AppRouter>['analytics']['discounts']
type DiscountsRow = DiscountsAnswer['rows'][number]

/** Who buys at a discount only, and who comes back at full price after a first purchase with one. */
export function DiscountsPanel({ answer }: { answer: Answer<DiscountsAnswer> }) {
  const t = useTranslations('discounts')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t)
  const columnsOf = (asOf: string): Column<DiscountsRow>[] => [
    {
      key: 'what',
      header: t('column.what'),
      value: ({ band, first, second }) => band ?? `${first}, then ${second}`,
      cell: ({ band, first, second }) =>
        band === null ? t('after', { first: first ?? '', second: second ?? '' }) : t(`band.${band}`),
    },
    {
      key: 'members',
      header: t('column.members'),
      align: 'right',
      value: ({ members }) => members,
      cell: ({ members, membersExpression }) => (
        <MembersLink members={members > 0 ? membersExpression : null} asOf={asOf}>
          {format.count(members)}
        </MembersLink>
      ),
    },
    {
      key: 'share',
      header: t('column.share'),
      align: 'right',
      value: ({ share }) => share.value,
      cell: ({ share }) => format.share(share.numerator, share.denominator),
    },
    {
      key: 'low',
      header: t('column.interval'),
      align: 'right',
      value: ({ low }) => low,
      cell: ({ low, high }) =>
        low === null ? '' : t('interval', { low: format.percent(low), high: format.percent(high) }),
    },
  ]
  return (
    <QueryPanel
      name={t('title')}
      title={({ findings }) => findingText(findings)}
      subtitle={({ leastOrders, withinDays }) => t('subtitle', { orders: leastOrders, days: withinDays })}
      about={population.about}
      definition={({ leastOrders, withinDays }) =>
        population.note(t('definition', { orders: leastOrders, days: withinDays }))
      }
      query={answer}
      isEmpty={({ rows }) => rows.every(({ members }) => members === 0)}
      empty={{ reason: t('empty'), action: <Link to="/data">{t('toData')}</Link> }}
      csvName="discounts"
      minHeight={420}
      listed
      table={({ rows, asOf }) => tableOf(columnsOf(asOf), rows)}
    >
      {({ rows, asOf }) => (
        <DataTable
          columns={columnsOf(asOf)}
          rows={rows}
          rowKey={({ band, first, second }) => band ?? `${first} ${second}`}
          label={t('title')}
          dense
        />
      )}
    </QueryPanel>
  )
}
