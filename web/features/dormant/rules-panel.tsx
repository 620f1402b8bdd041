import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { bothHold } from '../../filters/filters.ts'
import { usePopulation } from '../../filters/population.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { type Answer, QueryPanel, tableOf } from '../../ui/query-panel.tsx'
import classes from './dormant.module.css'

type Rules = inferRouterOutputs<AppRouter>['analytics']['dormancyRules']
type Counted = Rules['rows'][number]

const rules = ['fixed', 'rhythm', 'model'] as const
type Rule = (typeof rules)[number]
const statuses = ['active', 'cooling', 'dormant', 'lost'] as const
const fieldOf = { fixed: 'status', rhythm: 'rhythm_status', model: 'model_status' } as const

/** How many buyers have which status by each rule of dormancy, and of how many the rules say the same. */
export function RulesPanel({
  answer,
  segment,
  asOf,
}: {
  answer: Answer<Rules>
  segment?: string
  asOf?: string
}) {
  const t = useTranslations('dormant.rules')
  const s = useTranslations('status')
  const format = useFormat()
  const trpc = useTRPC()
  const population = usePopulation('segment')
  const fitting = useQuery(
    trpc.analytics.foretelling.queryOptions(undefined, { enabled: answer.isFetching, refetchInterval: 700 }),
  )
  const buyers = ({ rows }: Rules) => rows.filter(({ fixed }) => fixed !== 'never bought')
  const columns: Column<Counted>[] = [
    ...rules.map((rule): Column<Counted> => ({
      key: rule,
      header: t(`column.${rule}`),
      value: (row) => row[rule],
      cell: (row) => (row[rule] === null ? '–' : s(`name.${row[rule]}`)),
    })),
    {
      key: 'members',
      header: t('column.members'),
      align: 'right',
      value: ({ members }) => members,
      cell: ({ members }) => format.count(members),
    },
    {
      key: 'risk',
      csvHeader: 'value_at_risk_minor',
      header: t('column.risk'),
      align: 'right',
      value: ({ valueAtRiskMinor }) => valueAtRiskMinor,
      cell: ({ valueAtRiskMinor }) => format.money(valueAtRiskMinor),
    },
  ]
  const byRule = (rows: readonly Counted[]): Column<Rule>[] => [
    {
      key: 'rule',
      header: t('column.rule'),
      value: (rule) => rule,
      cell: (rule) => <span className={classes.rule}>{t(`rule.${rule}`)}</span>,
    },
    ...statuses.map((status): Column<Rule> => ({
      key: status,
      header: s(`name.${status}`),
      align: 'right',
      cell: (rule) => {
        const those = rows.filter((row) => row[rule] === status)
        const members = those.reduce((sum, row) => sum + row.members, 0)
        const value = format.moneyShort(those.reduce((sum, row) => sum + row.valueAtRiskMinor, 0))
        if (members === 0) return format.count(0)
        return (
          <Link
            className={classes.count}
            to="/members"
            search={{ segment: bothHold(segment, `${fieldOf[rule]} = "${status}"`), asOf }}
            title={t('open', { members, value })}
          >
            {format.count(members)}
            <span className={classes.note}>{value}</span>
          </Link>
        )
      },
    })),
  ]
  return (
    <QueryPanel
      name={t('name')}
      title={({ findings: [found] }: Rules) =>
        found?.id === 'dormancy-rules.agree'
          ? t('agree', { share: format.percent(Number(found.values.share)) })
          : t(found?.id === 'dormancy-rules.fixed-alone' ? 'fixedAlone' : 'name')
      }
      subtitle={t('subtitle')}
      about={population.about}
      definition={({ thresholds, rows }: Rules) =>
        population.note(
          `${t('definition', { ...thresholds })} ${t(`risk.${rows[0]?.valueBasis ?? 'before silence'}`)}`,
        )
      }
      query={answer}
      isEmpty={(data) => buyers(data).length === 0}
      empty={{ reason: t('empty') }}
      table={(data) => tableOf(columns, data.rows)}
      csvName="dormancy-rules"
      minHeight={220}
      tools={
        answer.isFetching && typeof fitting.data === 'number' ? (
          <span role="status" className={classes.note}>
            {t('fitting', { share: format.percentShort(fitting.data) })}
          </span>
        ) : null
      }
    >
      {(data) => {
        const said = rules.filter((rule) => buyers(data).some((row) => row[rule] !== null))
        const silent = rules.filter((rule) => !said.includes(rule))
        return (
          <>
            <DataTable label={t('name')} columns={byRule(buyers(data))} rows={said} rowKey={(rule) => rule} />
            {silent.map((rule) => (
              <p key={rule} className={classes.note}>
                {t(`rule.${rule}`)}: {t(`refused.${rule as 'rhythm' | 'model'}`)}
              </p>
            ))}
            <p className={classes.note}>{t(`risk.${data.rows[0]!.valueBasis}`)}</p>
          </>
        )
      }}
    </QueryPanel>
  )
}
