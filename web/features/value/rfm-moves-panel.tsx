import { SegmentedControl } from '@mantine/core'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import { MovesTable } from './moves-table.tsx'

type MovesAnswer = inferRouterOutputs<AppRouter>['analytics']['rfmMigration']
type MovesRow = MovesAnswer['rows'][number]

/** Days back that can be chosen. */
export const moveDays = [30, 90, 365] as const
export type MoveDays = (typeof moveDays)[number]

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
  const findingText = useFindingText(t, 'finding.rfmMovesNeutral')
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
      {({ rows, asOf }) => (
        <MovesTable
          rows={rows}
          states={[...new Set(rows.map(({ from }) => from))]}
          called={called}
          label={t('moves.title')}
          corner={t('moves.corner')}
          asOf={asOf}
        />
      )}
    </QueryPanel>
  )
}
