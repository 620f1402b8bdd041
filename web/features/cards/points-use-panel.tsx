import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { usePopulation } from '../../filters/population.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './cards.module.css'
import type { PointsAnswer, PointsRow } from './expiring-panel.tsx'

/** What became of all points: given, used, expired, and for which of the reasons that the files state. */
export function PointsUsePanel({ answer }: { answer: Answer<PointsAnswer> }) {
  const t = useTranslations('cards')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.useNeutral')
  const columns: Column<PointsRow>[] = [
    {
      key: 'use',
      header: t('use.what'),
      value: ({ use }) => use,
      cell: ({ kind, use }) => (
        <span className={kind === 'total' ? classes.total : classes.part}>
          {kind === 'total' ? t(`use.${use ?? 'given'}`) : ''}
        </span>
      ),
    },
    {
      key: 'reason',
      header: t('use.reason'),
      value: ({ kind, reason, others }) => (kind === 'total' ? 'all' : others ? 'others' : reason),
      cell: ({ kind, reason, others }) =>
        kind === 'total' ? t('use.all') : others ? t('use.others') : (reason ?? t('use.unsaid')),
    },
    {
      key: 'entries',
      header: t('use.entries'),
      align: 'right',
      value: ({ entries }) => entries,
      cell: ({ entries }) => format.count(entries),
    },
    {
      key: 'points',
      header: t('expiring.points'),
      align: 'right',
      value: ({ points }) => points,
      cell: ({ points }) => format.count(points),
    },
    {
      key: 'share',
      header: t('use.share'),
      align: 'right',
      value: ({ share }) => share?.value ?? null,
      cell: ({ share }) => format.percent(share?.value ?? null),
    },
  ]
  const flows = ({ rows }: PointsAnswer) =>
    (['given', 'redeemed', 'expired'] as const).flatMap((use) => [
      ...rows.filter((row) => row.kind === 'total' && row.use === use),
      ...rows.filter((row) => row.kind === 'reason' && row.use === use),
    ])
  return (
    <QueryPanel
      name={t('use.title')}
      title={({ findings }) => findingText(findings.filter(({ id }) => id === 'points.redeemed'))}
      subtitle={t('use.subtitle')}
      about={population.about}
      definition={t('use.definition')}
      query={answer}
      isEmpty={(data) => flows(data).length === 0}
      empty={{ reason: t('use.empty'), action: <Link to="/data">{t('toData')}</Link> }}
      csvName="points-use"
      minHeight={240}
      listed
      table={(data) => tableOf(columns, flows(data))}
    >
      {(data) => (
        <DataTable
          columns={columns}
          rows={flows(data)}
          rowKey={({ kind, use, reason, others }) => `${kind} ${use} ${others} ${reason}`}
          label={t('use.title')}
          dense
        />
      )}
    </QueryPanel>
  )
}
