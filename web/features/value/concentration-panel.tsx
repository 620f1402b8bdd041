import { useNavigate } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpi-strip.tsx'
import { LinesChart } from '../../ui/lines-chart.tsx'
import { usePalette } from '../../ui/palette.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './value-curve-panel.module.css'

type ConcentrationAnswer = inferRouterOutputs<AppRouter>['analytics']['concentration']
type ConcentrationRow = ConcentrationAnswer['rows'][number]

/** How few members bring how much of net: the curve from the biggest down, and what the top brings. */
export function ConcentrationPanel({ answer }: { answer: Answer<ConcentrationAnswer> }) {
  const t = useTranslations('value')
  const format = useFormat()
  const population = usePopulation()
  const palette = usePalette()
  const navigate = useNavigate()
  const findingText = useFindingText(t, 'finding.concentrationNeutral')
  return (
    <QueryPanel
      name={t('concentration.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={t('concentration.subtitle')}
      about={population.about}
      definition={population.note(t('concentration.definition'))}
      query={answer}
      isEmpty={({ rows }) => rows.every(({ netMinor }) => netMinor === 0)}
      empty={{ reason: t('rfm.empty') }}
      csvName="concentration"
      minHeight={380}
      table={({ rows }) =>
        tableOf<ConcentrationRow>(
          [
            {
              key: 'kind',
              header: t('rfm.column.what'),
              value: ({ kind, percent }) => `${kind} ${percent}`,
              cell: ({ kind, percent }) => t(`concentration.${kind}`, { percent }),
            },
            {
              key: 'members',
              header: t('column.members'),
              align: 'right',
              value: ({ members }) => members,
              cell: ({ members }) => format.count(members),
            },
            {
              key: 'net_minor',
              header: t('rfm.column.net'),
              align: 'right',
              value: ({ netMinor }) => netMinor,
              cell: ({ netMinor }) => format.money(netMinor),
            },
            {
              key: 'share',
              header: t('concentration.share'),
              align: 'right',
              value: ({ share }) => share.value,
              cell: ({ share }) => format.percent(share.value),
            },
            {
              key: 'at_least_minor',
              header: t('concentration.atLeast'),
              align: 'right',
              value: ({ atLeastMinor }) => atLeastMinor,
              cell: ({ atLeastMinor }) => format.money(atLeastMinor),
            },
            {
              key: 'gini',
              header: 'Gini',
              align: 'right',
              value: ({ gini }) => gini,
              cell: ({ gini }) => (gini === null ? '' : gini.toFixed(3)),
            },
          ],
          rows,
        )
      }
    >
      {({ rows, asOf }) => {
        const top = (percent: number) => rows.find((row) => row.kind === 'top' && row.percent === percent)
        const all = rows.find(({ kind }) => kind === 'all')
        const curve = rows
          .filter(({ kind, percent }) => kind === 'top' && percent % 5 === 0)
          .toSorted((a, b) => a.percent - b.percent)
        return (
          <div className={classes.content}>
            <KpiStrip
              items={[
                ...[1, 10, 20].flatMap((percent) => {
                  const row = top(percent)
                  return row
                    ? {
                        label: t('concentration.top', { percent }),
                        value: format.percent(row.share.value),
                        base: t('concentration.from', {
                          n: row.members,
                          members: format.count(row.members),
                          least: format.money(row.atLeastMinor),
                        }),
                      }
                    : []
                }),
                ...(all?.gini == null
                  ? []
                  : [
                      {
                        label: t('concentration.gini'),
                        value: all.gini.toFixed(2),
                        base: t('ofMembers', { n: all.members, members: format.count(all.members) }),
                        definition: t('concentration.giniDefinition'),
                      },
                    ]),
              ]}
            />
            <ChartFrame note={asOf}>
              {(width, height) => (
                <LinesChart
                  width={width}
                  height={height}
                  title={findingText(answer.data?.findings ?? [])}
                  description={t('concentration.subtitle')}
                  positions={['0', ...curve.map(({ percent }) => `${percent}%`)]}
                  positionTitle={(index) =>
                    index === 0
                      ? t('concentration.nobody')
                      : t('concentration.top', { percent: curve[index - 1]?.percent ?? 0 })
                  }
                  series={[
                    {
                      key: 'members',
                      name: t('concentration.line'),
                      colour: palette.categorical[0] ?? '',
                      strong: true,
                      points: [
                        { value: 0 },
                        ...curve.map(({ share, members, atLeastMinor }) => ({
                          value: share.value,
                          notes: [
                            t('concentration.from', {
                              n: members,
                              members: format.count(members),
                              least: format.money(atLeastMinor),
                            }),
                          ],
                        })),
                      ],
                    },
                    {
                      key: 'equal',
                      name: t('concentration.equal'),
                      colour: palette.text3,
                      points: [{ value: 0 }, ...curve.map(({ percent }) => ({ value: percent / 100 }))],
                    },
                  ]}
                  formatValue={(value) => format.percent(value)}
                  formatTick={(value) => format.percentShort(value)}
                  dots={false}
                  onPoint={(_series, index) => {
                    const members = curve[index - 1]?.membersExpression
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
