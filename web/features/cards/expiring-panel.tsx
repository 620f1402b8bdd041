import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { MembersLink } from '../../ui/members-link.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'

export type PointsAnswer = inferRouterOutputs<AppRouter>['analytics']['points']
export type PointsRow = PointsAnswer['rows'][number]

/** How many points go when, whose they are, and how many belong to members who have gone quiet. */
export function ExpiringPanel({ answer }: { answer: Answer<PointsAnswer> }) {
  const t = useTranslations('cards')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.expiringNeutral')
  const columnsOf = (asOf: string): Column<PointsRow>[] => [
    {
      key: 'days',
      header: t('expiring.when'),
      value: ({ from, to }) => `${from}..${to ?? ''}`,
      cell: ({ from, to }) =>
        from === 0
          ? t('expiring.within', { days: to ?? 0 })
          : to === null
            ? t('expiring.later', { days: (from ?? 1) - 1 })
            : t('expiring.days', { from: from ?? 0, to }),
    },
    {
      key: 'points',
      header: t('expiring.points'),
      align: 'right',
      value: ({ points }) => points,
      cell: ({ points }) => format.count(points),
    },
    {
      key: 'members',
      header: t('column.members'),
      align: 'right',
      value: ({ members }) => members,
      cell: ({ members, membersExpression }) => (
        <MembersLink members={members ? membersExpression : null} asOf={asOf}>
          {format.count(members)}
        </MembersLink>
      ),
    },
    {
      key: 'quiet_members',
      header: t('column.quiet'),
      align: 'right',
      value: ({ quietMembers }) => quietMembers,
      cell: ({ quietMembers, quietExpression }) => (
        <MembersLink members={quietMembers ? quietExpression : null} asOf={asOf}>
          {format.count(quietMembers)}
        </MembersLink>
      ),
    },
    {
      key: 'quiet_points',
      header: t('expiring.quietPoints'),
      align: 'right',
      value: ({ quietPoints }) => quietPoints,
      cell: ({ quietPoints }) => format.count(quietPoints),
    },
  ]
  const windows = ({ rows }: PointsAnswer) => rows.filter(({ kind }) => kind === 'expiring')
  return (
    <QueryPanel
      name={t('expiring.title')}
      title={({ findings }) =>
        findingText(findings.filter(({ id }) => id === 'points.soon' || id === 'points.none-soon'))
      }
      subtitle={({ quietDays }) => t('expiring.subtitle', { days: quietDays })}
      about={population.about}
      definition={({ quietDays }) => population.note(t('expiring.definition', { days: quietDays }))}
      query={answer}
      isEmpty={(data) => windows(data).length === 0}
      empty={{ reason: t('expiring.empty'), action: <Link to="/data">{t('toData')}</Link> }}
      csvName="points-expiring"
      minHeight={240}
      listed
      table={(data) => tableOf(columnsOf(data.asOf), windows(data))}
    >
      {(data) => (
        <DataTable
          columns={columnsOf(data.asOf)}
          rows={windows(data)}
          rowKey={({ from }) => String(from)}
          label={t('expiring.title')}
          dense
        />
      )}
    </QueryPanel>
  )
}
