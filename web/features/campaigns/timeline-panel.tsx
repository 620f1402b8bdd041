import { useTranslations } from 'use-intl'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import type { Column } from '../../ui/data-table.tsx'
import { decimalsApart, useFormat } from '../../ui/format.ts'
import { LinesChart } from '../../ui/lines-chart.tsx'
import { usePalette } from '../../ui/palette.ts'
import { type Answer, QueryPanel, tableOf } from '../../ui/query-panel.tsx'
import type { Effect } from './draft.ts'

type Day = NonNullable<Effect['timeline']>['days'][number]

/** Treated and held out day by day: the difference of the shares that had bought, with its interval. */
export function TimelinePanel({ answer, stands }: { answer: Answer<Effect>; stands: boolean }) {
  const t = useTranslations('campaigns.timeline')
  const lift = useTranslations('campaigns.lift')
  const format = useFormat()
  const palette = usePalette()
  if (answer.data && (answer.data.timeline?.days.length ?? 0) < 2) return null
  const points = ({ difference, low, high }: Day, value: number) =>
    format.points(
      value,
      decimalsApart(
        [difference, low, high].map((end) => end * 100),
        1,
      ),
    )
  const subtitle = t(stands ? 'subtitleEntries' : 'subtitle')
  const first = (days: readonly Day[]) => days.find(({ low, high }) => low > 0 || high < 0)
  return (
    <QueryPanel
      name={t('title')}
      title={({ timeline }: Effect) => {
        const told = first(timeline!.days)
        return told ? t('told', { day: format.day(told.day) }) : t('title')
      }}
      subtitle={subtitle}
      definition={t(stands ? 'definitionEntries' : 'definition')}
      query={answer}
      csvName="campaign-day-by-day"
      minHeight={300}
      table={({ timeline }: Effect) => {
        const columns: Column<Day>[] = [
          { key: 'day', header: t('day'), value: ({ day }) => day, cell: ({ day }) => format.day(day) },
          {
            key: 'treated_buyers',
            header: lift('treated'),
            align: 'right',
            value: ({ treated }) => treated,
            cell: ({ treated, ofTreated }) => format.share(treated, ofTreated),
          },
          {
            key: 'held_out_buyers',
            header: lift('heldOut'),
            align: 'right',
            value: ({ heldOut }) => heldOut,
            cell: ({ heldOut, ofHeldOut }) => format.share(heldOut, ofHeldOut),
          },
          ...(['difference', 'low', 'high'] as const).map((key): Column<Day> => ({
            key,
            header: lift(key),
            align: 'right',
            value: (day) => day[key],
            cell: (day) => points(day, day[key]),
          })),
        ]
        return tableOf(columns, timeline!.days)
      }}
    >
      {({ timeline }: Effect) => {
        const { days } = timeline!
        return (
          <ChartFrame height={260} note={days.at(-1)!.day}>
            {(width, height) => (
              <LinesChart
                width={width}
                height={height}
                title={t('title')}
                description={subtitle}
                positions={days.map(({ day }) => format.shortDay(day))}
                positionTitle={(index) => format.day(days[index]!.day)}
                dots={false}
                series={[
                  {
                    key: 'difference',
                    name: lift('difference'),
                    colour: palette.categorical[0] ?? '',
                    strong: true,
                    points: days.map((day) => ({
                      value: day.difference,
                      band: { low: day.low, high: day.high },
                      notes: [
                        t('interval', { low: points(day, day.low), high: points(day, day.high) }),
                        t('arms', {
                          treated: format.share(day.treated, day.ofTreated),
                          heldOut: format.share(day.heldOut, day.ofHeldOut),
                        }),
                      ],
                    })),
                  },
                ]}
                formatValue={(value) => format.points(value)}
                formatTick={(value) => format.countChange(Math.round(value * 100))}
              />
            )}
          </ChartFrame>
        )
      }}
    </QueryPanel>
  )
}
