import { useMediaQuery } from '@mantine/hooks'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { HeatTable, type HeatCell } from '../../ui/heat-table.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'

type HoursAnswer = inferRouterOutputs<AppRouter>['analytics']['hours']
type HoursRow = HoursAnswer['rows'][number]

/** Orders by weekday and hour; on a phone the hours go down. */
export function HoursPanel({ answer }: { answer: Answer<HoursAnswer> }) {
  const t = useTranslations('rhythm')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.hoursNeutral')
  const narrow = useMediaQuery('(max-width: 767px)') ?? false
  return (
    <QueryPanel
      name={t('hours.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={t('hours.subtitle')}
      about={population.about}
      definition={population.note(t('hours.definition'))}
      query={answer}
      isEmpty={({ rows }) => rows.every(({ orders }) => orders === 0)}
      empty={{ reason: t('empty') }}
      csvName="orders-by-hour"
      minHeight={420}
      table={({ rows }) =>
        tableOf<HoursRow>(
          [
            {
              key: 'weekday',
              header: t('column.weekday'),
              value: ({ weekday }) => weekday,
              cell: ({ weekday }) => t(`weekday.${weekday}`),
            },
            {
              key: 'hour',
              header: t('column.hour'),
              align: 'right',
              value: ({ hour }) => hour,
              cell: ({ hour }) => t('clock', { hour }),
            },
            {
              key: 'orders',
              header: t('column.orders'),
              align: 'right',
              value: ({ orders }) => orders,
              cell: ({ orders }) => format.count(orders),
            },
            {
              key: 'days',
              header: t('column.days'),
              align: 'right',
              value: ({ days }) => days,
            },
            {
              key: 'per_day',
              header: t('column.perDay'),
              align: 'right',
              value: ({ perDay }) => perDay,
              cell: ({ perDay }) => format.average(perDay),
            },
          ],
          rows,
        )
      }
    >
      {({ rows, asOf }) => {
        const highest = Math.max(0, ...rows.map(({ perDay }) => perDay ?? 0))
        const write = (value: number | null) => format.average(value, highest < 10 ? 1 : 0)
        const cellOf = (row: HoursRow): HeatCell => ({
          value: row.perDay,
          text: write(row.perDay),
          spoken: t('hours.spoken', {
            weekday: t(`weekday.${row.weekday}`),
            hour: row.hour,
            orders: format.count(row.orders),
            days: row.days,
            perDay: format.average(row.perDay),
          }),
          ...(row.orders > 0 ? { members: row.membersExpression } : {}),
        })
        const perDay = (some: readonly HoursRow[], days: number) =>
          write(days > 0 ? some.reduce((sum, { orders }) => sum + orders, 0) / days : null)
        const byDay = [...Map.groupBy(rows, ({ weekday }) => weekday)]
        const byHour = [...Map.groupBy(rows, ({ hour }) => hour)]
        const all = byDay.reduce((sum, [, some]) => sum + some[0]!.days, 0)
        return (
          <HeatTable
            label={t('hours.title')}
            corner={narrow ? t('column.hour') : t('column.weekday')}
            sizeHeader={t('hours.day')}
            columns={
              narrow
                ? byDay.map(([weekday]) => t(`weekdayShort.${weekday}`))
                : byHour.map(([hour]) => String(hour))
            }
            {...(narrow ? { narrowColumns: byDay.map(([weekday]) => t(`weekdayShort.${weekday}`)) } : {})}
            rows={
              narrow
                ? byHour.map(([hour, some]) => ({
                    key: String(hour),
                    label: t('clock', { hour }),
                    shortLabel: t('clock', { hour }),
                    size: perDay(some, all),
                    cells: some.map(cellOf),
                  }))
                : byDay.map(([weekday, some]) => ({
                    key: weekday,
                    label: t(`weekday.${weekday}`),
                    shortLabel: t(`weekday.${weekday}`),
                    size: perDay(some, some[0]!.days),
                    cells: some.map(cellOf),
                  }))
            }
            domain={[0, highest]}
            ends={['0', write(highest)]}
            states={false}
            asOf={asOf}
          />
        )
      }}
    </QueryPanel>
  )
}
