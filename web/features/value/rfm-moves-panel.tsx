import { SegmentedControl } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { BarsChart } from '../../ui/bars-chart.tsx'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { HeatTable, type HeatCell } from '../../ui/heat-table.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './rfm-moves-panel.module.css'

type MovesAnswer = inferRouterOutputs<AppRouter>['analytics']['rfmMigration']
type MovesRow = MovesAnswer['rows'][number]

/** Days back that can be chosen. */
export const moveDays = [30, 90, 365] as const
export type MoveDays = (typeof moveDays)[number]

const barHeight = 36
const biggest = 6

/** Who moved from group to group: as a table of both days, and the biggest moves, which is all a phone has room for. */
export function RfmMovesPanel({
  answer,
  days,
  chooseDays,
}: {
  answer: Answer<MovesAnswer>
  days: MoveDays
  chooseDays: (days: MoveDays) => void
}) {
  const t = useTranslations('value')
  const format = useFormat()
  const population = usePopulation()
  const navigate = useNavigate()
  const findingText = useFindingText(t, 'finding.rfmMovesNeutral')
  const narrow = useMediaQuery('(max-width: 767px)') ?? false
  const called = (state: MovesRow['from']) => t(`rfm.group.${state}`)
  return (
    <QueryPanel
      name={t('moves.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={({ since, asOf }) => t('moves.subtitle', { since: format.day(since), day: format.day(asOf) })}
      about={population.about}
      definition={population.note(t('moves.definition'))}
      query={answer}
      isEmpty={({ rows }) => rows.every(({ members }) => members === 0)}
      empty={{ reason: t('rfm.empty') }}
      csvName="rfm-moves"
      minHeight={420}
      tools={
        <SegmentedControl
          size="xs"
          aria-label={t('moves.days')}
          value={String(days)}
          onChange={(value) => chooseDays(moveDays.find((one) => String(one) === value) ?? 90)}
          data={moveDays.map((value) => ({ value: String(value), label: t('rfm.days', { n: value }) }))}
        />
      }
      table={({ rows }) =>
        tableOf<MovesRow>(
          [
            {
              key: 'from',
              header: t('moves.from'),
              value: ({ from }) => from,
              cell: ({ from }) => called(from),
            },
            { key: 'to', header: t('moves.to'), value: ({ to }) => to, cell: ({ to }) => called(to) },
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
          ],
          rows.filter(({ members }) => members > 0),
        )
      }
    >
      {({ rows, asOf }) => {
        const total = (some: readonly MovesRow[]) => some.reduce((sum, { members }) => sum + members, 0)
        const from = [...Map.groupBy(rows, (row) => row.from)].filter(([, some]) => total(some) > 0)
        const to = [...Map.groupBy(rows, (row) => row.to)].filter(([, some]) => total(some) > 0)
        const moved = rows
          .filter((row) => row.from !== row.to && row.members > 0)
          .toSorted((a, b) => b.members - a.members)
          .slice(0, biggest)
        const cellOf = (row: MovesRow, all: number): HeatCell => ({
          value: row.members / all,
          text: row.members === 0 ? '' : format.countShort(row.members),
          spoken: t('moves.spoken', {
            n: row.members,
            members: format.count(row.members),
            share: format.percentShort(row.members / all),
            from: called(row.from),
            to: called(row.to),
          }),
          ...(row.members > 0 && row.membersExpression !== null ? { members: row.membersExpression } : {}),
        })
        return (
          <>
            {narrow ? null : (
              <HeatTable
                label={t('moves.title')}
                corner={t('moves.corner')}
                sizeHeader={t('column.members')}
                columns={to.map(([state]) => called(state))}
                rows={from.map(([state, some]) => ({
                  key: state,
                  label: called(state),
                  shortLabel: called(state),
                  size: format.count(total(some)),
                  cells: to.map(([other]) =>
                    cellOf(
                      some.find((row) => row.to === other)!,
                      total(some),
                    ),
                  ),
                }))}
                domain={[0, 1]}
                ends={[format.percentShort(0), format.percentShort(1)]}
                states={false}
                asOf={asOf}
              />
            )}
            {moved.length === 0 ? null : (
              <>
                <p className={classes.caption}>{t('moves.biggest')}</p>
                <ChartFrame height={moved.length * barHeight} fixed note={asOf}>
                  {(width) => (
                    <BarsChart
                      width={width}
                      barHeight={barHeight}
                      label={t('moves.biggest')}
                      bars={moved.map((row) => ({
                        key: `${row.from} ${row.to}`,
                        name: t('moves.move', { from: called(row.from), to: called(row.to) }),
                        value: row.members,
                        text: format.count(row.members),
                        members: row.membersExpression ?? undefined,
                      }))}
                      onBar={(members) =>
                        void navigate({ to: '/members', search: { segment: members, asOf } })
                      }
                    />
                  )}
                </ChartFrame>
              </>
            )}
          </>
        )
      }}
    </QueryPanel>
  )
}
