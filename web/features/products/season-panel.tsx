import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { HeatTable } from '../../ui/heat-table.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import { useNothingKnown } from './nothing-known.tsx'

type SeasonAnswer = inferRouterOutputs<AppRouter>['analytics']['season']
type SeasonRow = SeasonAnswer['rows'][number]

/** In which months a category is in more orders than usual, or fewer. */
export function SeasonPanel({ answer }: { answer: Answer<SeasonAnswer> }) {
  const t = useTranslations('products')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.seasonNeutral')
  const nothing = useNothingKnown()
  const times = (value: number | null) => (value === null ? '–' : format.times(value))
  return (
    <QueryPanel
      name={t('season.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={t('season.subtitle')}
      about={population.about}
      definition={population.note(t('season.definition'))}
      query={answer}
      isEmpty={({ rows }) => rows.length === 0}
      empty={nothing}
      csvName="season"
      minHeight={420}
      table={({ rows }) =>
        tableOf<SeasonRow>(
          [
            { key: 'item', header: t('column.item'), value: ({ item }) => item },
            {
              key: 'month',
              header: t('season.month'),
              value: ({ month }) => month,
              cell: ({ month }) => format.month(month),
            },
            {
              key: 'orders',
              header: t('season.orders'),
              align: 'right',
              value: ({ share }) => share.numerator,
              cell: ({ share }) => format.count(share.numerator),
            },
            {
              key: 'share',
              header: t('season.share'),
              align: 'right',
              value: ({ share }) => share.value,
              cell: ({ share }) => format.percent(share.value),
            },
            {
              key: 'times',
              header: t('season.times'),
              align: 'right',
              value: (row) => row.times,
              cell: (row) => times(row.times),
            },
            {
              key: 'apart',
              header: t('affinity.verdict'),
              value: ({ apart }) => apart,
              cell: ({ apart }) => (apart === null ? '–' : t(`season.apart.${apart}`)),
            },
            {
              key: 'state',
              header: t('season.state'),
              value: ({ state }) => state,
              cell: ({ state }) => t(`state.${state}`),
            },
          ],
          rows,
        )
      }
    >
      {({ rows, asOf }) => {
        const months = [...new Set(rows.map(({ month }) => month))]
        const highest = Math.max(1, ...rows.map((row) => row.times ?? 0))
        return (
          <HeatTable
            label={t('season.title')}
            corner={t('column.item')}
            sizeHeader={t('season.usual')}
            columns={months.map((month) => format.shortMonth(month))}
            narrowColumns={months.map((month) => String(Number(month.slice(5, 7))))}
            rows={[...Map.groupBy(rows, ({ item }) => item)].map(([item, cells]) => ({
              key: item,
              label: item,
              shortLabel: item,
              size: format.percent(cells[0]?.usual.value ?? null),
              cells: cells.map((cell) => ({
                value: cell.times,
                text: times(cell.times),
                spoken: t('season.spoken', {
                  item,
                  month: format.month(cell.month),
                  share: format.percent(cell.share.value),
                  orders: format.count(cell.share.numerator),
                  times: times(cell.times),
                  apart: cell.apart ?? 'running',
                }),
                inProgress: cell.state === 'in-progress',
                ...(cell.share.numerator > 0 ? { members: cell.membersExpression } : {}),
              })),
            }))}
            domain={[0, Math.min(highest, 3)]}
            ends={[
              format.times(0),
              highest > 3 ? t('season.ormore', { times: format.times(3) }) : format.times(highest),
            ]}
            asOf={asOf}
          />
        )
      }}
    </QueryPanel>
  )
}
