import { useNavigate } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFormat } from '../../ui/format.ts'
import { LinesChart } from '../../ui/lines-chart.tsx'
import { usePalette } from '../../ui/palette.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'

type DaysAnswer = inferRouterOutputs<AppRouter>['analytics']['specialDays']
type DaysRow = DaysAnswer['rows'][number]

const ofMonth = (rows: readonly DaysRow[]) => rows.filter(({ dayOfMonth }) => dayOfMonth !== null)

/** Paydays: every day of the month as times the usual, with its interval. */
export function MonthPanel({ answer }: { answer: Answer<DaysAnswer> }) {
  const t = useTranslations('rhythm')
  const format = useFormat()
  const population = usePopulation()
  const palette = usePalette()
  const navigate = useNavigate()
  const titleOf = (rows: readonly DaysRow[]) => {
    const [most] = ofMonth(rows)
      .filter(({ apart }) => apart === 'more')
      .toSorted((a, b) => b.index - a.index)
    return most
      ? t('finding.month', { date: most.dayOfMonth ?? 0, times: format.average(most.index) })
      : t('finding.evenMonth')
  }
  return (
    <QueryPanel
      name={t('month.title')}
      title={({ rows }) => titleOf(rows)}
      subtitle={t('month.subtitle')}
      about={population.about}
      definition={population.note(t('month.definition'))}
      query={answer}
      isEmpty={({ rows }) => ofMonth(rows).length === 0}
      empty={{ reason: t('festivals.empty') }}
      csvName="days-of-month"
      minHeight={320}
      table={({ rows }) =>
        tableOf<DaysRow>(
          [
            { key: 'day', header: t('column.date'), align: 'right', value: ({ dayOfMonth }) => dayOfMonth },
            { key: 'times', header: t('column.times'), align: 'right', value: ({ times }) => times },
            {
              key: 'index',
              header: t('column.index'),
              align: 'right',
              value: ({ index }) => index,
              cell: ({ index }) => format.average(index),
            },
            {
              key: 'low',
              header: t('column.low'),
              align: 'right',
              value: ({ low }) => low,
              cell: ({ low }) => format.average(low),
            },
            {
              key: 'high',
              header: t('column.high'),
              align: 'right',
              value: ({ high }) => high,
              cell: ({ high }) => format.average(high),
            },
            {
              key: 'apart',
              header: t('column.apart'),
              value: ({ apart }) => apart,
              cell: ({ apart }) => t(`apart.${apart}`),
            },
          ],
          ofMonth(rows),
        )
      }
    >
      {({ rows, asOf }) => {
        const days = ofMonth(rows)
        return (
          <ChartFrame note={asOf}>
            {(width, height) => (
              <LinesChart
                width={width}
                height={height}
                title={titleOf(rows)}
                description={t('month.subtitle')}
                positions={days.map(({ dayOfMonth }) => String(dayOfMonth))}
                positionTitle={(index) => t('month.day', { date: days[index]?.dayOfMonth ?? 0 })}
                series={[
                  {
                    key: 'times',
                    name: t('month.line'),
                    colour: palette.categorical[0] ?? '',
                    strong: true,
                    points: days.map(({ index, low, high, times, apart }) => ({
                      value: index,
                      band: { low, high },
                      notes: [
                        t('interval', { low: format.average(low), high: format.average(high) }),
                        t('month.times', { n: times }),
                        t(`apart.${apart}`),
                      ],
                    })),
                  },
                ]}
                formatValue={(value) => format.average(value)}
                formatTick={(value) => format.times(value)}
                dots={false}
                onPoint={(_series, index) => {
                  const members = days[index]?.membersExpression
                  if (members) void navigate({ to: '/members', search: { segment: members, asOf } })
                }}
              />
            )}
          </ChartFrame>
        )
      }}
    </QueryPanel>
  )
}
