import { Link, useNavigate } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { useTRPC } from '../../trpc.ts'
import { BarsChart } from '../../ui/bars-chart.tsx'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFindingText } from '../../ui/finding.ts'
import { useFormat } from '../../ui/format.ts'
import { KpiStrip } from '../../ui/kpi-strip.tsx'
import { LinesChart } from '../../ui/lines-chart.tsx'
import { usePalette } from '../../ui/palette.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './forecast-panel.module.css'

type ClvAnswer = inferRouterOutputs<AppRouter>['analytics']['clv']
type ClvRow = ClvAnswer['rows'][number]
type Models = NonNullable<ClvAnswer['models']>

const barHeight = 36
const ofKind = (rows: readonly ClvRow[], kind: ClvRow['kind']) => rows.filter((row) => row.kind === kind)
const monthsOf = (days: number | null) => Math.round((days ?? 0) / 30.4)

/** What members are expected to spend in a year: the fan, the chances to buy again, and how the model came out. */
export function ForecastPanel({ answer }: { answer: Answer<ClvAnswer> }) {
  const t = useTranslations('value')
  const format = useFormat()
  const population = usePopulation()
  const navigate = useNavigate()
  const findingText = useFindingText(t, 'finding.clvNeutral')
  const trpc = useTRPC()
  const fitting = useQuery(
    trpc.analytics.foretelling.queryOptions(undefined, { enabled: answer.isFetching, refetchInterval: 700 }),
  )
  const says = useOutcomeText()
  const kindOf = ({ kind, days, fromPercent, toPercent, frequency }: ClvRow): string => {
    switch (kind) {
      case 'observed':
        return t('clv.lastDays', { n: days ?? 0 })
      case 'forecast':
        return t('clv.nextDays', { n: days ?? 0 })
      case 'alive':
        return t('clv.chance', {
          from: format.percentShort((fromPercent ?? 0) / 100),
          to: format.percentShort((toPercent ?? 0) / 100),
        })
      case 'calibration':
        return t('clv.repeats', { n: frequency ?? 0 })
    }
  }
  return (
    <QueryPanel
      name={t('clv.title')}
      title={({ findings }) => findingText(findings)}
      subtitle={t('clv.subtitle')}
      about={population.about}
      definition={({ models, clvDiscountPercent: discount }) =>
        [
          population.note(t('clv.definition', { discount, percent: format.percent(discount / 100) })),
          ...(models ? says.howFitted(models) : []),
        ].join(' ')
      }
      query={answer}
      csvName="predicted-clv"
      minHeight={420}
      tools={
        answer.isFetching && typeof fitting.data === 'number' ? (
          <span role="status" className={classes.fitting}>
            {t('clv.fitting', { share: format.percentShort(fitting.data) })}
          </span>
        ) : null
      }
      table={({ rows }) =>
        tableOf<ClvRow>(
          [
            {
              key: 'kind',
              header: t('rfm.column.what'),
              value: ({ kind, days, fromPercent, frequency }) =>
                `${kind} ${days ?? fromPercent ?? frequency ?? ''}`,
              cell: kindOf,
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
              header: t('clv.column.net'),
              align: 'right',
              value: ({ netMinor }) => netMinor,
              cell: ({ kind, netMinor }) => (kind === 'calibration' ? '' : format.money(netMinor)),
            },
            {
              key: 'low_minor',
              header: t('clv.column.low'),
              align: 'right',
              value: ({ lowMinor }) => lowMinor,
              cell: ({ lowMinor }) => (lowMinor === null ? '' : format.money(lowMinor)),
            },
            {
              key: 'high_minor',
              header: t('clv.column.high'),
              align: 'right',
              value: ({ highMinor }) => highMinor,
              cell: ({ highMinor }) => (highMinor === null ? '' : format.money(highMinor)),
            },
            {
              key: 'at_risk_minor',
              header: t('clv.column.atRisk'),
              align: 'right',
              value: ({ atRiskMinor }) => atRiskMinor,
              cell: ({ atRiskMinor }) => (atRiskMinor === null ? '' : format.money(atRiskMinor)),
            },
            {
              key: 'predicted',
              header: t('clv.column.predicted'),
              align: 'right',
              value: ({ predicted }) => predicted,
              cell: ({ predicted }) => (predicted === null ? '' : format.count(Math.round(predicted))),
            },
            {
              key: 'actual',
              header: t('clv.column.actual'),
              align: 'right',
              value: ({ actual }) => actual,
              cell: ({ actual }) => (actual === null ? '' : format.count(actual)),
            },
            {
              key: 'naive',
              header: t('clv.column.naive'),
              align: 'right',
              value: ({ naive }) => naive,
              cell: ({ naive }) => (naive === null ? '' : format.count(Math.round(naive))),
            },
          ],
          rows,
        )
      }
    >
      {({ rows, models, asOf }) => {
        if (!models) return null
        const forecast = ofKind(rows, 'forecast')
        const bands = ofKind(rows, 'alive')
        const year = forecast.at(-1)
        const members = bands.reduce((sum, band) => sum + band.members, 0)
        const atRisk = bands.reduce((sum, band) => sum + (band.atRiskMinor ?? 0), 0)
        const likely = bands
          .filter(({ fromPercent }) => (fromPercent ?? 0) >= 50)
          .reduce((sum, band) => sum + band.members, 0)
        return (
          <div className={classes.content}>
            <Outcome models={models} says={says} />
            {members === 0 ? null : (
              <KpiStrip
                items={[
                  {
                    label: t('clv.year'),
                    value: year ? format.moneyShort(year.netMinor) : '–',
                    base: year
                      ? t('clv.between', {
                          low: format.moneySaid(year.lowMinor ?? 0),
                          high: format.moneySaid(year.highMinor ?? 0),
                        })
                      : t('clv.noAmounts'),
                  },
                  {
                    label: t('clv.perMember'),
                    value: year ? format.money(Math.round((year.netMinor ?? 0) / members)) : '–',
                    base: t('ofMembers', { n: members, members: format.count(members) }),
                  },
                  {
                    label: t('clv.likely'),
                    value: format.count(likely),
                    base: t('clv.ofBuyers', { share: format.share(likely, members) }),
                  },
                  {
                    label: t('clv.atRisk'),
                    value: year ? format.moneyShort(atRisk) : '–',
                    base: t('clv.atRiskBase'),
                  },
                ]}
              />
            )}
            {forecast.length === 0 ? null : (
              <ChartFrame note={asOf}>
                {(width, height) => <Fan rows={rows} width={width} height={height} />}
              </ChartFrame>
            )}
            {members === 0 ? null : (
              <div>
                <h3 className={classes.heading}>{t('clv.chances')}</h3>
                <ChartFrame height={bands.length * barHeight} fixed note={asOf}>
                  {(width) => (
                    <BarsChart
                      width={width}
                      barHeight={barHeight}
                      label={t('clv.chances')}
                      bars={bands.toReversed().map((band) => ({
                        key: String(band.fromPercent),
                        name: kindOf(band),
                        value: band.members,
                        text: format.count(band.members),
                        note:
                          band.netMinor === null
                            ? ''
                            : t('clv.bandNote', {
                                net: format.moneyShort(band.netMinor),
                                risk: format.moneyShort(band.atRiskMinor),
                              }),
                        members: band.members > 0 ? (band.membersExpression ?? undefined) : undefined,
                      }))}
                      onBar={(segment) => void navigate({ to: '/members', search: { segment, asOf } })}
                    />
                  )}
                </ChartFrame>
              </div>
            )}
          </div>
        )
      }}
    </QueryPanel>
  )
}

/** What the members spent in the year before and are expected to spend in the year after, added up from a year ago. */
function Fan({ rows, width, height }: { rows: readonly ClvRow[]; width: number; height: number }) {
  const t = useTranslations('value')
  const format = useFormat()
  const palette = usePalette()
  const observed = ofKind(rows, 'observed').toSorted((a, b) => (b.days ?? 0) - (a.days ?? 0))
  const forecast = ofKind(rows, 'forecast')
  const spent = observed[0]?.netMinor ?? 0
  // net of the last so many days is the end less what came before
  const before = observed.map(({ days, netMinor }) => ({ days, value: spent - (netMinor ?? 0) }))
  const now = before.length
  const positions = [
    ...before.map(({ days }) => t('clv.monthsAgo', { n: monthsOf(days) })),
    t('clv.today'),
    ...forecast.map(({ days }) => t('clv.monthsAhead', { n: monthsOf(days) })),
  ]
  const none = { value: null }
  const colour = palette.categorical[0] ?? ''
  return (
    <LinesChart
      width={width}
      height={height}
      title={t('clv.fan')}
      description={t('clv.subtitle')}
      positions={positions}
      positionTitle={(index) => positions[index] ?? ''}
      series={[
        {
          key: 'observed',
          name: t('clv.observed'),
          colour,
          strong: true,
          points: [...before.map(({ value }) => ({ value })), { value: spent }, ...forecast.map(() => none)],
        },
        {
          key: 'forecast',
          name: t('clv.expected'),
          colour,
          dashed: true,
          points: [
            ...Array.from({ length: now }, () => none),
            { value: spent, band: { low: spent, high: spent } },
            ...forecast.map(({ netMinor, lowMinor, highMinor }) => ({
              value: spent + (netMinor ?? 0),
              inProgress: true,
              band: { low: spent + (lowMinor ?? 0), high: spent + (highMinor ?? 0) },
              notes: [
                t('clv.more', {
                  net: format.money(netMinor),
                  low: format.money(lowMinor),
                  high: format.money(highMinor),
                }),
              ],
            })),
          ],
        },
      ]}
      formatValue={(value) => format.money(value)}
      formatTick={(value) => format.moneyShort(value)}
      marks={[{ index: now, label: t('clv.today') }]}
    />
  )
}

/** The model's outcome as sentences. */
function useOutcomeText() {
  const t = useTranslations('value')
  const format = useFormat()
  return {
    quality: ({ quality, buyers, repeaters }: Models): string[] => [
      t(`clv.outcome.${quality.kind}`),
      ...('because' in quality
        ? quality.because.map((doubt) => t(`clv.doubt.${doubt}`, { buyers, repeaters }))
        : []),
    ],
    value: ({ quality, value }: Models): string[] =>
      quality.kind !== 'refused' && 'because' in value
        ? value.because.map((doubt) => t(`clv.amounts.${doubt}`))
        : [],
    tried: ({ calibration }: Models): string | null => {
      if (!calibration) return null
      const { weeks, predicted, actual, naive } = calibration
      return t('clv.tried', {
        weeks,
        predicted: format.count(Math.round(predicted.mean)),
        low: format.count(Math.round(predicted.low)),
        high: format.count(Math.round(predicted.high)),
        actual: format.count(actual),
        off: format.share(Math.abs(predicted.mean - actual), actual),
        side: predicted.mean > actual ? 'high' : 'low',
        within: predicted.low <= actual && actual <= predicted.high ? 'yes' : 'no',
        naive: format.count(Math.round(naive)),
      })
    },
    howFitted: ({ model, parameters, spend }: Models): string[] => {
      if (!model || !parameters) return []
      const listed = (values: Readonly<Record<string, number>>) =>
        Object.entries(values)
          .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
          .join(', ')
      return [
        t('clv.fitted', { model: t(`clv.model.${model}`), parameters: listed(parameters) }),
        ...(spend ? [t('clv.fittedAmounts', { parameters: listed(spend) })] : []),
      ]
    },
  }
}

function Outcome({ models, says }: { models: Models; says: ReturnType<typeof useOutcomeText> }) {
  const t = useTranslations('value')
  const { kind } = models.quality
  const tried = says.tried(models)
  return (
    <div className={classes.outcome} data-kind={kind}>
      <p>{[...says.quality(models), ...says.value(models)].join(' ')}</p>
      {tried ? <p>{tried}</p> : null}
      {kind === 'refused' ? (
        <p>
          {t('clv.instead')} <Link to="/dormant">{t('clv.rhythm')}</Link>
        </p>
      ) : null}
    </div>
  )
}
