import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { MembersLink } from '../../ui/members-link.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import { useNothingKnown } from './nothing-known.tsx'
import classes from './products.module.css'

type AffinityAnswer = inferRouterOutputs<AppRouter>['analytics']['affinity']
type AffinityRow = AffinityAnswer['rows'][number]

/** Pairs that the same members buy, more or less often than chance among members who order as often. */
export function AffinityPanel({ answer }: { answer: Answer<AffinityAnswer> }) {
  const t = useTranslations('products')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.affinityNeutral')
  const nothing = useNothingKnown()
  const columnsOf = (asOf: string): Column<AffinityRow>[] => [
    {
      key: 'one',
      header: t('affinity.pair'),
      value: ({ one }) => one,
      cell: ({ one, other }) => <span className={classes.name}>{t('affinity.and', { one, other })}</span>,
    },
    {
      key: 'both',
      header: t('affinity.both'),
      align: 'right',
      sortable: true,
      value: ({ both }) => both,
      cell: ({ both, membersExpression }) => (
        <MembersLink members={both > 0 ? membersExpression : null} asOf={asOf}>
          {format.count(both)}
        </MembersLink>
      ),
    },
    {
      key: 'expected',
      header: t('affinity.expected'),
      align: 'right',
      value: ({ expected }) => expected,
      cell: ({ expected }) => format.average(expected, 1),
    },
    {
      key: 'lift',
      header: t('affinity.times'),
      align: 'right',
      sortable: true,
      value: ({ lift }) => lift,
      cell: ({ lift }) => format.average(lift),
    },
    {
      key: 'low',
      header: t('column.interval'),
      align: 'right',
      value: ({ low }) => low,
      cell: ({ low, high }) =>
        low === null ? '–' : t('interval', { low: format.average(low), high: format.average(high) }),
    },
    {
      key: 'apart',
      header: t('affinity.verdict'),
      value: ({ apart }) => apart,
      cell: ({ apart }) => t(`affinity.apart.${apart}`),
    },
    {
      key: 'one_alone',
      header: t('affinity.alone'),
      align: 'right',
      value: ({ oneMembers, both }) => oneMembers - both,
      cell: ({ one, other, oneMembers, both, oneWithoutExpression }) => (
        <MembersLink
          members={oneMembers > both ? oneWithoutExpression : null}
          asOf={asOf}
          spoken={t('affinity.aloneSpoken', { one, other })}
        >
          {format.count(oneMembers - both)}
        </MembersLink>
      ),
    },
  ]
  return (
    <QueryPanel
      name={t('affinity.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={t('affinity.subtitle')}
      about={population.about}
      definition={population.note(t('affinity.definition'))}
      query={answer}
      isEmpty={({ rows }) => rows.length === 0}
      empty={nothing}
      csvName="affinity"
      minHeight={420}
      listed
      table={({ rows, asOf }) =>
        tableOf<AffinityRow>(
          [
            columnsOf(asOf)[0]!,
            { key: 'other', header: '', value: ({ other }) => other },
            ...columnsOf(asOf).slice(1, 5),
            { key: 'high', header: '', value: ({ high }) => high },
            ...columnsOf(asOf).slice(5),
          ],
          rows,
        )
      }
    >
      {({ rows, asOf }) => (
        <DataTable
          columns={columnsOf(asOf)}
          rows={rows.slice(0, 20)}
          rowKey={({ one, other }) => JSON.stringify([one, other])}
          label={t('affinity.title')}
          dense
        />
      )}
    </QueryPanel>
  )
}
