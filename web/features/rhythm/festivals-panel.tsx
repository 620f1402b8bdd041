import { useMediaQuery } from '@mantine/hooks'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { MembersLink } from '../../ui/members-link.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './rhythm.module.css'

type DaysAnswer = inferRouterOutputs<AppRouter>['analytics']['specialDays']
type DaysRow = DaysAnswer['rows'][number]

interface Held {
  readonly festival: NonNullable<DaysRow['festival']>
  readonly on: DaysRow | undefined
  readonly before: DaysRow | undefined
}

/** What stands beside each other on a phone; the rest stands beneath. */
const stackedColumns = ['festival', 'before_index', 'on_index']

/** Festivals, on their day and in the week before, as times the usual. */
export function FestivalsPanel({ answer }: { answer: Answer<DaysAnswer> }) {
  const t = useTranslations('rhythm')
  const format = useFormat()
  const population = usePopulation()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const titleOf = ({ findings: [found] }: DaysAnswer) => {
    const festival = found?.values.festival
    if (found === undefined || found.id === 'special-days.neutral') return t('festivals.title')
    if (typeof festival !== 'string') return t('finding.evenFestivals')
    const values = { festival: t(`festival.${festival}`), times: format.times(Number(found.values.times)) }
    return found.id === 'special-days.on' ? t('finding.on', values) : t('finding.before', values)
  }
  const heldOf = (rows: readonly DaysRow[]): Held[] =>
    [...Map.groupBy(rows, ({ festival }) => festival)]
      .flatMap(([festival, some]) =>
        festival === null
          ? []
          : {
              festival,
              on: some.find(({ kind }) => kind === 'festival'),
              before: some.find(({ kind }) => kind === 'before festival'),
            },
      )
      .toSorted((a, b) => (b.on?.index ?? 0) - (a.on?.index ?? 0))
  const intervalOf = ({ low, high }: DaysRow) =>
    t('interval', { low: format.average(low), high: format.average(high) })
  const columnsOf = (asOf: string): Column<Held>[] => [
    {
      key: 'festival',
      header: t('column.festival'),
      value: ({ festival }) => festival,
      cell: ({ festival, on }) => (
        <span className={onPhone ? classes.stacked : classes.name}>
          {t(`festival.${festival}`)}
          {onPhone ? <small>{format.day(on?.newest ?? null)}</small> : null}
        </span>
      ),
    },
    {
      key: 'newest',
      header: t('column.newest'),
      value: ({ on }) => on?.newest ?? null,
      cell: ({ on }) => <span className={classes.name}>{format.day(on?.newest ?? null)}</span>,
    },
    {
      key: 'times',
      header: t('column.times'),
      align: 'right',
      value: ({ on, before }) => on?.times ?? before?.times ?? null,
    },
    ...(['before', 'on'] as const).flatMap((part): Column<Held>[] => [
      {
        key: `${part}_index`,
        header: t(`column.${part}`),
        align: 'right',
        sortable: true,
        value: (held) => held[part]?.index ?? null,
        cell: (held) => {
          const row = held[part]
          if (!row) return '–'
          return (
            <span className={classes.index} data-apart={row.apart}>
              <MembersLink members={row.orders > 0 ? row.membersExpression : null} asOf={asOf}>
                {format.average(row.index)}
              </MembersLink>
              {onPhone ? <small>{intervalOf(row)}</small> : null}
              {row.apart === 'not told' ? null : <small>{t(`apart.${row.apart}`)}</small>}
            </span>
          )
        },
      },
      {
        key: `${part}_low`,
        header: t('column.interval'),
        align: 'right',
        value: (held) => held[part]?.low ?? null,
        cell: (held) => {
          const row = held[part]
          return row ? intervalOf(row) : '–'
        },
      },
    ]),
  ]
  return (
    <QueryPanel
      name={t('festivals.title')}
      title={titleOf}
      subtitle={t('festivals.subtitle')}
      about={population.about}
      definition={population.note(t('festivals.definition'))}
      query={answer}
      isEmpty={({ rows }) => rows.every(({ festival }) => festival === null)}
      empty={{ reason: t('festivals.empty') }}
      csvName="festivals"
      minHeight={420}
      listed
      table={({ rows, asOf }) => tableOf(columnsOf(asOf), heldOf(rows))}
    >
      {({ rows, asOf }) => (
        <DataTable
          columns={
            onPhone ? columnsOf(asOf).filter(({ key }) => stackedColumns.includes(key)) : columnsOf(asOf)
          }
          rows={heldOf(rows)}
          rowKey={({ festival }) => festival}
          label={t('festivals.title')}
          dense
        />
      )}
    </QueryPanel>
  )
}
