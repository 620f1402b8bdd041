import { useNavigate } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { bothHold } from '../../filters/filters.ts'
import { usePopulation } from '../../filters/population.ts'
import { useRestatedColumn, useRestatedPeriods } from '../../filters/restated-note.tsx'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import type { Column } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { LinesChart, type LineSeries } from '../../ui/lines-chart.tsx'
import { usePalette } from '../../ui/palette.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'

type Overview = inferRouterOutputs<AppRouter>['analytics']['overview']
type Week = Overview['rows'][number]

const weeksOf = ({ rows }: Overview) => rows.filter(({ kind }) => kind === 'step')

/** Net of new and of returning members, week by week. */
export function SalesPanel({ query }: { query: Answer<Overview> }) {
  const t = useTranslations('thisWeek')
  const format = useFormat()
  const population = usePopulation()
  const palette = usePalette()
  const navigate = useNavigate()
  const restated = useRestatedPeriods(query.data ? weeksOf(query.data) : [])
  const restatedColumn = useRestatedColumn()
  const restatedWeek = ({ from }: Week) => {
    const { all, returning, new: ofNew } = restated.get(from) ?? {}
    return [returning, ofNew].filter((sentence) => sentence !== undefined).join('\n') || all
  }
  const newNet = (week: Week) => week.newNetMinor + week.firstSeenNetMinor
  const money = (key: string, header: string, value: (week: Week) => number): Column<Week> => ({
    key,
    header,
    align: 'right',
    value,
    cell: (week) => format.money(value(week)),
  })
  const columns: Column<Week>[] = [
    {
      key: 'week',
      header: t('sales.week'),
      value: ({ from }) => from,
      cell: ({ from, to }) => format.dayRange(from, to),
    },
    money('returning_net_minor', t('sales.returning'), ({ returningNetMinor }) => returningNetMinor),
    money('new_net_minor', t('sales.new'), newNet),
    money('guest_net_minor', t('sales.guests'), ({ guestNetMinor }) => guestNetMinor),
    {
      key: 'state',
      header: t('sales.state'),
      value: ({ state }) => state,
      cell: ({ state }) => t(`sales.${state}`),
    },
  ]
  const title = ({ findings }: Overview) => {
    const [found] = findings
    const change = format.percent(Math.abs(Number(found?.values.change ?? 0)))
    const most = String(found?.values.most ?? '')
    switch (found?.id) {
      case 'overview.rose':
        return t('sales.rose', { change, most })
      case 'overview.fell':
        return t('sales.fell', { change, most })
      case 'overview.steady':
        return t('sales.steady')
      default:
        return t('sales.neutral')
    }
  }
  const guestShare = ({ rows }: Overview) => rows.find(({ kind }) => kind === 'current')?.guestShare.value
  return (
    <QueryPanel
      name={t('sales.name')}
      title={population.title(t('sales.name'))}
      subtitle={(data: Overview) => {
        const subtitle = t('sales.subtitle', { share: format.percent(guestShare(data) ?? null) })
        const sentence = title(data)
        return sentence === t('sales.neutral')
          ? subtitle
          : t('sales.withFinding', { finding: sentence, subtitle })
      }}
      query={query}
      isEmpty={(data) => weeksOf(data).every(({ netMinor, orders }) => netMinor === 0 && orders === 0)}
      empty={{ reason: t('sales.empty') }}
      definition={t('sales.definition')}
      table={(data) => {
        const weeks = weeksOf(data)
        return tableOf([...columns, ...restatedColumn(weeks, restatedWeek)], weeks)
      }}
      csvName="sales-by-week"
      minHeight={280}
    >
      {(data) => {
        const weeks = weeksOf(data)
        const line = (
          key: 'returning' | 'new',
          name: string,
          colour: string,
          value: (week: Week) => number,
          buyers: (week: Week) => number,
        ): LineSeries => ({
          key,
          name,
          colour,
          points: weeks.map((week) => ({
            value: value(week),
            inProgress: week.state === 'in-progress',
            restated: restated.get(week.from)?.[key],
            notes: [
              t('sales.buyers', { buyers: buyers(week) }),
              ...(week.state === 'in-progress' ? [t('sales.running')] : []),
            ],
          })),
        })
        const series = [
          line(
            'returning',
            t('sales.returning'),
            palette.categorical[0] ?? '',
            ({ returningNetMinor }) => returningNetMinor,
            ({ returningBuyers }) => returningBuyers,
          ),
          line(
            'new',
            t('sales.new'),
            palette.categorical[1] ?? '',
            newNet,
            ({ newBuyers, firstSeenBuyers }) => newBuyers + firstSeenBuyers,
          ),
        ]
        return (
          <ChartFrame height={260} note={data.asOf}>
            {(width, height) => (
              <LinesChart
                width={width}
                height={height}
                title={t('sales.name')}
                description={t('sales.definition')}
                positions={weeks.map(({ from }) => format.shortDay(from))}
                positionTitle={(index) => {
                  const week = weeks[index]
                  return week ? format.dayRange(week.from, week.to) : ''
                }}
                series={series}
                formatValue={(value) => format.money(value)}
                formatTick={(value) => format.moneyShort(value)}
                onPoint={({ key }, index) => {
                  const week = weeks[index]
                  if (!week) return
                  const kind =
                    key === 'new'
                      ? `first_order between ${week.from} and ${week.to}`
                      : `first_order < ${week.from}`
                  void navigate({
                    to: '/members',
                    search: {
                      segment: bothHold(week.membersExpression, kind),
                      asOf: data.asOf,
                    },
                  })
                }}
              />
            )}
          </ChartFrame>
        )
      }}
    </QueryPanel>
  )
}
