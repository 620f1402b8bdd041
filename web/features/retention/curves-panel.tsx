import { useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { usePopulation } from '../../filters/population.ts'
import { useRestatedCohorts } from '../../filters/restated-note.tsx'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFormat } from '../../ui/format.ts'
import { LinesChart, type LineSeries } from '../../ui/lines-chart.tsx'
import { usePalette } from '../../ui/palette.ts'
import { QueryPanel, type Answer } from '../../ui/query-panel.tsx'
import { useRetentionTable } from './retention-table.ts'
import { cohortsOf, meanAt, type Cohort, type RetentionAnswer } from './triangle.ts'

/** How retention falls off: the weighted mean of all cohorts beside a new, an older and a still older one. */
export function CurvesPanel({ answer }: { answer: Answer<RetentionAnswer> }) {
  const t = useTranslations('retention')
  const format = useFormat()
  const population = usePopulation()
  const palette = usePalette()
  const table = useRetentionTable()
  const restated = useRestatedCohorts('buyers')
  const navigate = useNavigate()
  const { why, most } = whyNone(cohortsOf(answer.data?.rows ?? []))
  return (
    <QueryPanel
      name={t('curves.title')}
      title={t('curves.title')}
      subtitle={t('curves.subtitle')}
      about={population.about}
      definition={population.note(t('triangle.definition'))}
      query={answer}
      isEmpty={({ rows }) => curvesOf(cohortsOf(rows)).length === 0}
      empty={{ reason: t(`curves.${why}`, { most: format.count(most), least: leastMembers }) }}
      table={({ rows }) => table(rows)}
      csvName="retention-curves"
      minHeight={300}
    >
      {({ rows, averages, asOf }) => {
        const cohorts = cohortsOf(rows)
        const compared = curvesOf(cohorts)
        const periods = Math.max(
          ...compared.map(({ cells }) => cells.findLastIndex(Boolean) + 1),
          averages.findLastIndex(({ eligible }) => eligible >= leastMembers),
          1,
        )
        const series: LineSeries[] = [
          {
            key: 'mean',
            name: t('meanShort'),
            colour: palette.categorical[0] ?? '',
            strong: true,
            points: averages.slice(1, periods + 1).map(({ rate, returned, eligible }, at) => ({
              value: eligible >= leastMembers ? rate : null,
              restated: restated.mixedAt(meanAt(cohorts, at + 1), at + 1),
              notes: [t('point', { returned: format.count(returned), eligible: format.count(eligible) })],
            })),
          },
          ...compared.map(({ cohort, cells }, index) => ({
            key: cohort,
            name: format.shortMonth(cohort),
            colour: palette.categorical[index + 1] ?? '',
            points: Array.from({ length: periods }, (_, at) => {
              const cell = cells[at]
              return {
                value: cell?.rate ?? null,
                inProgress: cell?.state === 'in-progress',
                restated: restated.at(cohort, at + 1),
                notes: cell
                  ? [
                      t('point', {
                        returned: format.count(cell.returned),
                        eligible: format.count(cell.eligible),
                      }),
                      ...(cell.state === 'in-progress' ? [t('state.in-progress')] : []),
                    ]
                  : [],
              }
            }),
          })),
        ]
        return (
          <ChartFrame note={asOf}>
            {(width, height) => (
              <LinesChart
                width={width}
                height={height}
                title={t('curves.title')}
                description={t('curves.subtitle')}
                positions={Array.from({ length: periods }, (_, index) => String(index + 1))}
                positionTitle={(index) => t('month', { n: index + 1 })}
                series={series}
                formatValue={(value) => format.percent(value)}
                formatTick={(value) =>
                  Number.isInteger(Math.round(value * 1e4) / 100)
                    ? format.percentShort(value)
                    : format.percent(value)
                }
                onPoint={({ key }, index) => {
                  const members = compared.find(({ cohort }) => cohort === key)?.cells[index]
                    ?.membersExpression
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

/** Below this a share is a few people: it is written as such in the table, and drawn nowhere. */
const leastMembers = 30

const isLongEnough = ({ cells }: Cohort): boolean =>
  cells.filter((cell) => cell?.state === 'complete').length >= 3

/** Why no cohort is drawn: none is long enough, those that are began with the data, or are too small; `most`: how many the largest has. */
function whyNone(cohorts: readonly Cohort[]): {
  why: 'empty' | 'emptyFirstSeen' | 'emptySmall'
  most: number
} {
  const long = cohorts.filter(isLongEnough)
  const drawable = long.filter(({ firstSeen }) => !firstSeen)
  const why = long.length === 0 ? 'empty' : drawable.length === 0 ? 'emptyFirstSeen' : 'emptySmall'
  return { why, most: Math.max(0, ...drawable.map(({ size }) => size)) }
}

/** The newest cohort with three complete months, large enough for shares, and the ones half a year and a year older, newest first. */
function curvesOf(cohorts: readonly Cohort[]): Cohort[] {
  const drawn = cohorts.filter(
    (cohort) => !cohort.firstSeen && cohort.size >= leastMembers && isLongEnough(cohort),
  )
  return [-1, -7, -13].flatMap((at) => drawn.at(at) ?? [])
}
