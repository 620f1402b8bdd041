import { SegmentedControl } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { LinesChart } from '../../ui/lines-chart.tsx'
import { MembersLink } from '../../ui/members-link.tsx'
import { usePalette } from '../../ui/palette.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './growth-panel.module.css'

type GrowthAnswer = inferRouterOutputs<AppRouter>['analytics']['growth']
type GrowthRow = GrowthAnswer['rows'][number]
export type GrowthStep = GrowthAnswer['step']

/** A period with its lines by part. */
interface Period {
  readonly from: string
  readonly to: string
  readonly state: GrowthRow['state']
  readonly lines: ReadonlyMap<GrowthRow['part'], GrowthRow>
}

function periodsOf(rows: readonly GrowthRow[]): Period[] {
  return [...Map.groupBy(rows, ({ from }) => from).values()].map((lines) => ({
    from: lines[0]!.from,
    to: lines[0]!.to,
    state: lines[0]!.state,
    lines: new Map(lines.map((line) => [line.part, line])),
  }))
}

/** Active members from period to period: who was, came, returned, went quiet, is. Every figure opens its members. */
export function GrowthPanel({
  answer,
  step,
  chooseStep,
}: {
  answer: Answer<GrowthAnswer>
  step: GrowthStep
  chooseStep: (step: GrowthStep) => void
}) {
  const t = useTranslations('growth')
  const format = useFormat()
  const population = usePopulation()
  const palette = usePalette()
  const navigate = useNavigate()
  const findingText = useFindingText(t)
  const called = ({ from, to }: Period, by: GrowthStep) =>
    by === 'month' ? format.month(from) : format.dayRange(from, to)

  const columnsOf = ({ rows, asOf, step: by }: GrowthAnswer): Column<Period>[] => {
    // what is nowhere needs no column
    const parts = (
      ['start', 'restated', 'new', 'first seen', 'reactivated', 'lapsed', 'end'] as const
    ).filter(
      (part) =>
        (part !== 'restated' && part !== 'first seen') ||
        rows.some((row) => row.part === part && row.members > 0),
    )
    return [
      {
        key: 'from',
        header: t(`column.${by}`),
        value: ({ from }) => from,
        cell: (period) => (
          <span className={classes.period}>
            {by === 'month' ? format.shortMonth(period.from) : format.shortDay(period.from)}
            {period.state === 'in-progress' ? <small>{t('inProgress')}</small> : null}
          </span>
        ),
      },
      ...parts.map((part): Column<Period> => {
        const signed = part !== 'start' && part !== 'end'
        const of = ({ lines }: Period) => lines.get(part)
        return {
          key: part.replace(' ', '_'),
          ...(part === 'end' ? { pinned: true as const } : {}),
          header: t(`column.${part}`),
          align: 'right',
          value: (period) => (signed ? of(period)?.change : of(period)?.members) ?? null,
          cell: (period) => {
            const line = of(period)
            if (!line) return '–'
            return (
              <MembersLink members={line.members > 0 ? line.membersExpression : null} asOf={asOf}>
                {signed ? format.countChange(line.change) : format.count(line.members)}
              </MembersLink>
            )
          },
        }
      }),
      {
        key: 'state',
        csvHeader: 'state',
        header: t('column.state'),
        value: ({ state }) => state,
        cell: ({ state }) => t(`state.${state}`),
      },
    ]
  }

  return (
    <QueryPanel
      name={t('title')}
      title={({ findings }) => findingText(findings)}
      subtitle={({ active }) => t('subtitle', { days: active })}
      about={population.about}
      definition={({ active }) => population.note(t('definition', { days: active }))}
      query={answer}
      isEmpty={({ rows }) => rows.every(({ members }) => members === 0)}
      empty={{ reason: t('empty') }}
      csvName={`growth-by-${step}`}
      minHeight={420}
      listed
      table={(data) => tableOf(columnsOf(data), periodsOf(data.rows).toReversed())}
      tools={
        <SegmentedControl
          size="xs"
          aria-label={t('steps')}
          value={step}
          onChange={(value) => chooseStep(value === 'week' ? 'week' : 'month')}
          data={(['month', 'week'] as const).map((value) => ({ value, label: t(`by.${value}`) }))}
        />
      }
    >
      {(data) => {
        const { rows, asOf, step: by, findings } = data
        const periods = periodsOf(rows)
        return (
          <div className={classes.content}>
            <ChartFrame height={220} note={asOf}>
              {(width, height) => (
                <LinesChart
                  width={width}
                  height={height}
                  title={findingText(findings)}
                  description={t('line')}
                  positions={periods.map((period) =>
                    by === 'month' ? format.shortMonth(period.from) : format.shortDay(period.from),
                  )}
                  positionTitle={(index) => (periods[index] ? called(periods[index], by) : '')}
                  series={[
                    {
                      key: 'active',
                      name: t('line'),
                      colour: palette.categorical[0] ?? '',
                      strong: true,
                      points: periods.map(({ lines, state }) => {
                        const change = (...parts: GrowthRow['part'][]) =>
                          format.count(parts.reduce((sum, part) => sum + (lines.get(part)?.members ?? 0), 0))
                        return {
                          value: lines.get('end')?.members ?? null,
                          inProgress: state === 'in-progress',
                          notes: [
                            t('point', {
                              came: change('new', 'first seen'),
                              returned: change('reactivated'),
                              quiet: change('lapsed'),
                            }),
                            ...(state === 'in-progress' ? [t('inProgress')] : []),
                          ],
                        }
                      }),
                    },
                  ]}
                  formatValue={(value) => format.count(value)}
                  formatTick={(value) => format.countShort(value)}
                  onPoint={(_series, index) => {
                    const members = periods[index]?.lines.get('end')?.membersExpression
                    if (members) void navigate({ to: '/members', search: { segment: members, asOf } })
                  }}
                />
              )}
            </ChartFrame>
            <DataTable
              columns={columnsOf(data).filter(({ key }) => key !== 'state')}
              rows={periods.toReversed()}
              rowKey={({ from }) => from}
              label={t('title')}
              dense
            />
          </div>
        )
      }}
    </QueryPanel>
  )
}
