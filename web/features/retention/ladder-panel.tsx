import { useNavigate } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { BarsChart } from '../../ui/bars-chart.tsx'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpi-strip.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './ladder-panel.module.css'

type RepurchaseAnswer = inferRouterOutputs<AppRouter>['analytics']['repurchase']
type RepurchaseRow = RepurchaseAnswer['rows'][number]

const barHeight = 40

/** Whether buyers buy again: the window's repurchase rate, and from each purchase day to the next. */
export function LadderPanel({ answer }: { answer: Answer<RepurchaseAnswer> }) {
  const t = useTranslations('retention')
  const format = useFormat()
  const population = usePopulation()
  const findingText = useFindingText(t, 'finding.repurchase.neutral')
  const navigate = useNavigate()
  return (
    <QueryPanel
      name={t('ladder.title')}
      title={({ findings }) =>
        findingText(findings.map(({ id, values }) => ({ id: `retention.${id}`, values })))
      }
      subtitle={({ withinDays }) => t('ladder.subtitle', { days: withinDays })}
      about={population.about}
      definition={({ withinDays }) => population.note(t('ladder.definition', { days: withinDays }))}
      query={answer}
      isEmpty={({ rows }) => rows.every(({ members }) => members === 0)}
      empty={{ reason: t('ladder.empty') }}
      csvName="repurchase"
      minHeight={320}
      table={({ rows }) =>
        tableOf<RepurchaseRow>(
          [
            {
              key: 'measure',
              header: t('column.measure'),
              value: ({ measure, n }) => (n === null ? measure : `${n} to ${n + 1}`),
              cell: ({ measure, n }) =>
                n === null ? t(`measure.${measure}`) : t('step', { n, next: n + 1 }),
            },
            {
              key: 'members',
              header: t('column.eligible'),
              align: 'right',
              value: ({ members }) => members,
              cell: ({ members }) => format.count(members),
            },
            {
              key: 'repeated',
              header: t('column.again'),
              align: 'right',
              value: ({ repeated }) => repeated,
              cell: ({ repeated }) => format.count(repeated),
            },
            {
              key: 'rate',
              header: t('column.share'),
              align: 'right',
              value: ({ rate }) => rate,
              cell: ({ repeated, members }) => format.share(repeated, members),
            },
          ],
          rows,
        )
      }
    >
      {({ rows, asOf, withinDays }) => {
        const steps = rows.filter(({ measure, members }) => measure === 'ladder' && members > 0)
        const byOrders = rows.find(({ measure }) => measure === 'orders')
        const byDays = rows.find(({ measure }) => measure === 'purchase-days')
        return (
          <div className={classes.content}>
            {byOrders && byDays ? (
              <KpiStrip
                items={[
                  {
                    label: t('rateByOrders'),
                    value: format.share(byOrders.repeated, byOrders.members),
                    base: t('ofBuyers', { n: byOrders.members, buyers: format.count(byOrders.members) }),
                  },
                  {
                    label: t('rateByDays'),
                    value: format.share(byDays.repeated, byDays.members),
                    base: t('ofBuyers', { n: byDays.members, buyers: format.count(byDays.members) }),
                  },
                  {
                    label: t('buyers'),
                    value: format.count(byOrders.members),
                    base: t('buyersSplit', {
                      fresh: format.count(byOrders.newMembers),
                      firstSeen: format.count(byOrders.firstSeenMembers),
                      returning: format.count(byOrders.returningMembers),
                    }),
                  },
                ]}
              />
            ) : null}
            <ChartFrame height={steps.length * barHeight} fixed note={asOf}>
              {(width) => (
                <BarsChart
                  width={width}
                  barHeight={barHeight}
                  label={t('ladder.subtitle', { days: withinDays })}
                  bars={steps.map(({ n, rate, repeated, members, membersExpression }) => ({
                    key: String(n),
                    name: t('step', { n: n ?? 0, next: (n ?? 0) + 1 }),
                    value: rate ?? 0,
                    text: format.share(repeated, members),
                    note: t('point', { returned: format.count(repeated), eligible: format.count(members) }),
                    members: membersExpression ?? undefined,
                  }))}
                  onBar={(members) => void navigate({ to: '/members', search: { segment: members, asOf } })}
                />
              )}
            </ChartFrame>
          </div>
        )
      }}
    </QueryPanel>
  )
}
