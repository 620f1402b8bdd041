import { useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { usePopulation } from '../../filters/population.ts'
import { useRestatedCohorts, useRestatedColumn } from '../../filters/restated-note.tsx'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpi-strip.tsx'
import { LinesChart, type LineSeries } from '../../ui/lines-chart.tsx'
import { usePalette } from '../../ui/palette.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './value-curve-panel.module.css'
import { blendedAt, cohortValuesOf, type CohortValue, type ValueAnswer } from './values.ts'

/** The ages at which the strip states the value. */
const ages = [0, 3, 6, 12]

/** What a member has brought by each age: all cohorts blended, beside a new, an older and a still older one. */
export function ValueCurvePanel({ answer }: { answer: Answer<ValueAnswer> }) {
  const t = useTranslations('value')
  const format = useFormat()
  const population = usePopulation()
  const palette = usePalette()
  const navigate = useNavigate()
  const restated = useRestatedCohorts('netMinor')
  const restatedColumn = useRestatedColumn()
  const findingText = useFindingText(t)
  return (
    <QueryPanel
      name={t('curve.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={t('curve.subtitle')}
      about={population.about}
      definition={population.note(t('curve.definition'))}
      query={answer}
      isEmpty={({ blended }) => blended.length === 0}
      empty={{ reason: t('curve.empty') }}
      csvName="value-by-age"
      minHeight={380}
      table={({ rows, blended }) => {
        const cohorts = cohortValuesOf(rows)
        return tableOf(
          [
            {
              key: 'period',
              header: t('column.period'),
              align: 'right',
              value: ({ period }) => period,
            },
            {
              key: 'cohorts',
              header: t('column.cohorts'),
              align: 'right',
              value: ({ cohorts }) => cohorts,
            },
            {
              key: 'members',
              header: t('column.members'),
              align: 'right',
              value: ({ members }) => members,
              cell: ({ members }) => format.count(members),
            },
            {
              key: 'step_minor',
              header: t('column.step'),
              align: 'right',
              value: ({ stepMinor }) => stepMinor,
              cell: ({ stepMinor }) => format.money(stepMinor),
            },
            {
              key: 'cumulative_minor',
              header: t('column.cumulative'),
              align: 'right',
              value: ({ cumulativeMinor }) => cumulativeMinor,
              cell: ({ cumulativeMinor }) => format.money(cumulativeMinor),
            },
            {
              key: 'state',
              header: t('column.state'),
              value: () => 'complete',
              cell: () => t('state.complete'),
            },
            ...restatedColumn(blended, ({ period }) =>
              restated.mixedThrough(blendedAt(cohorts, period), period),
            ),
          ],
          blended,
        )
      }}
    >
      {({ rows, blended, asOf }) => {
        const cohorts = cohortValuesOf(rows)
        const compared = comparedOf(cohorts)
        const mixed = (period: number) => restated.mixedThrough(blendedAt(cohorts, period), period)
        const periods = blended.length
        const series: LineSeries[] = [
          {
            key: 'blended',
            name: t('blended'),
            colour: palette.categorical[0] ?? '',
            strong: true,
            points: blended.map(({ period, cumulativeMinor, members }) => ({
              value: cumulativeMinor,
              restated: mixed(period),
              notes: [t('ofMembers', { n: members, members: format.count(members) })],
            })),
          },
          ...compared.map(({ cohort, size, cells }, index) => ({
            key: cohort,
            name: format.shortMonth(cohort),
            colour: palette.categorical[index + 1] ?? '',
            points: Array.from({ length: periods }, (_, period) => ({
              value: cells[period]?.value?.minor ?? null,
              notes: [t('ofMembers', { n: size, members: format.count(size) })],
              restated: restated.through(cohort, period),
            })),
          })),
        ]
        return (
          <div className={classes.content}>
            <KpiStrip
              items={ages.flatMap((age) => {
                const point = blended[age]
                const sentence = mixed(age)
                return point
                  ? {
                      ...(sentence === undefined ? {} : { restated: sentence }),
                      label: age === 0 ? t('age0') : t('age', { n: age }),
                      value: format.money(point.cumulativeMinor),
                      base: t('ofMembers', { n: point.members, members: format.count(point.members) }),
                    }
                  : []
              })}
            />
            <ChartFrame note={asOf}>
              {(width, height) => (
                <LinesChart
                  width={width}
                  height={height}
                  title={findingText(answer.data?.findings ?? [])}
                  description={t('curve.subtitle')}
                  positions={Array.from({ length: periods }, (_, period) => String(period))}
                  positionTitle={(period) => (period === 0 ? t('age0') : t('age', { n: period }))}
                  series={series}
                  formatValue={(value) => format.money(value)}
                  formatTick={(value) => format.moneyShort(value)}
                  onPoint={({ key }) => {
                    const members = compared.find(({ cohort }) => cohort === key)?.members
                    if (members) void navigate({ to: '/members', search: { segment: members, asOf } })
                  }}
                />
              )}
            </ChartFrame>
          </div>
        )
      }}
    </QueryPanel>
  )
}

/** The newest new cohort of at least 30 members with three complete months, and the ones half a year and a year older. */
function comparedOf(cohorts: readonly CohortValue[]): CohortValue[] {
  const drawn = cohorts.filter(
    ({ cells, firstSeen, size }) =>
      !firstSeen && size >= 30 && cells.filter((cell) => cell?.state === 'complete').length >= 3,
  )
  return [-1, -7, -13].flatMap((at) => drawn.at(at) ?? [])
}
