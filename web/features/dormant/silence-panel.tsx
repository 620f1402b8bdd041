import type { inferRouterOutputs } from '@trpc/server'
import { useNavigate } from '@tanstack/react-router'
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { usePopulation } from '../../filters/population.ts'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import type { Column } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { usePalette } from '../../ui/palette.ts'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import { niceTicks, textWidth } from '../../ui/scale.ts'
import { fontFamily } from '../../ui/tokens.ts'
import classes from './dormant.module.css'

export type Dormancy = inferRouterOutputs<AppRouter>['analytics']['dormancy']
type Point = Dormancy['rows'][number]

/** How many buyers have been silent for at least so many days, with the rule's thresholds. */
export function SilencePanel({ answer }: { answer: Answer<Dormancy> }) {
  const t = useTranslations('dormant')
  const population = usePopulation('segment')
  const format = useFormat()
  const points = ({ rows }: Dormancy) => rows.filter(({ kind }) => kind === 'silence')
  const columns: Column<Point>[] = [
    { key: 'days', header: t('curve.days'), align: 'right', value: ({ fromDays }) => fromDays },
    {
      key: 'members',
      header: t('curve.members'),
      align: 'right',
      value: ({ members }) => members,
      cell: ({ members }) => format.count(members),
    },
    {
      key: 'value',
      csvHeader: 'yearly_net_minor',
      header: t('curve.value'),
      align: 'right',
      value: ({ valueAtRiskMinor }) => valueAtRiskMinor,
      cell: ({ valueAtRiskMinor }) => format.money(valueAtRiskMinor),
    },
  ]
  const title = ({ findings }: Dormancy) => {
    const [found] = findings
    const values = found?.values ?? {}
    switch (found?.id) {
      case 'dormancy.dormant-value':
        return t('curve.dormant-value', {
          share: format.percent(Number(values.share)),
          fromDays: Number(values.fromDays),
          toDays: Number(values.toDays),
        })
      case 'dormancy.none-dormant':
        return t('curve.none-dormant', { cooling: Number(values.cooling) })
      default:
        return t('curve.neutral')
    }
  }
  return (
    <QueryPanel
      name={t('curve.name')}
      title={(data) => title(data)}
      subtitle={({ thresholds: { active, cooling, dormant } }: Dormancy) =>
        t('curve.subtitle', { active, cooling, dormant })
      }
      query={answer}
      isEmpty={(data) => (points(data)[0]?.members ?? 0) === 0}
      empty={{ reason: t('curve.empty') }}
      about={population.about}
      definition={population.note(t('curve.definition'))}
      table={(data) => tableOf(columns, points(data))}
      csvName="silence"
      minHeight={280}
    >
      {(data) => (
        <ChartFrame height={240} note={data.asOf}>
          {(width, height) => (
            <SilenceChart width={width} height={height} data={data} points={points(data)} />
          )}
        </ChartFrame>
      )}
    </QueryPanel>
  )
}

function SilenceChart({
  width,
  height,
  data: { thresholds, asOf },
  points,
}: {
  width: number
  height: number
  data: Dormancy
  points: readonly Point[]
}) {
  const t = useTranslations('dormant')
  const format = useFormat()
  const palette = usePalette()
  const navigate = useNavigate()
  const last = points.at(-1)?.fromDays ?? 0
  const ticks = niceTicks(points[0]?.members ?? 0)
  const axis = { fontSize: 12, fill: palette.text3, fontFamily }
  const open = (point: Point | undefined) => {
    if (point?.membersExpression)
      void navigate({
        to: '/members',
        search: { segment: point.membersExpression, asOf },
      })
  }
  const limits = [
    { days: thresholds.active, name: t('curve.cooling') },
    { days: thresholds.cooling, name: t('curve.dormant') },
    { days: thresholds.dormant, name: t('curve.lost') },
  ].filter(({ days }) => days < last)
  // where one name would run into the next threshold all are left to the table: one alone says nothing
  const fits = (index: number) => {
    const room = (((limits[index + 1]?.days ?? last) - limits[index]!.days) / last) * (width - 60)
    return textWidth(limits[index]!.name, 12, 400, fontFamily) + 14 < room
  }
  return (
    <LineChart
      width={width}
      height={height}
      data={[...points]}
      margin={{ top: 20, right: 16, bottom: 4, left: 0 }}
      accessibilityLayer
      title={t('curve.name')}
      desc={t('curve.definition')}
      onClick={(state) => open(points[Number(state.activeIndex)])}
    >
      <CartesianGrid vertical={false} stroke={palette.grid} />
      <XAxis
        dataKey="fromDays"
        type="number"
        domain={[0, last]}
        ticks={[0, ...limits.map(({ days }) => days), ...(last > thresholds.dormant ? [last] : [])]}
        tickLine={false}
        axisLine={{ stroke: palette.control }}
        tick={axis}
        height={28}
        tickMargin={8}
      />
      <YAxis
        width={
          Math.ceil(
            Math.max(...ticks.map((tick) => textWidth(format.countShort(tick), 12, 400, fontFamily))),
          ) + 12
        }
        domain={[0, ticks.at(-1) ?? 1]}
        ticks={ticks}
        tickLine={false}
        axisLine={false}
        tick={axis}
        tickFormatter={(value: number) => format.countShort(value)}
      />
      <Tooltip
        isAnimationActive={false}
        cursor={{ stroke: palette.control, strokeDasharray: '2 3' }}
        content={({ active, payload }) => {
          const point = payload?.[0]?.payload as Point | undefined
          return active && point ? (
            <div className={classes.tip}>
              <strong>{t('curve.atLeast', { days: point.fromDays ?? 0 })}</strong>
              {t('curve.open', {
                members: point.members,
                value: format.moneyShort(point.valueAtRiskMinor),
              })}
            </div>
          ) : null
        }}
      />
      {limits.map(({ days, name }) => (
        <ReferenceLine
          key={days}
          x={days}
          stroke={palette.control}
          strokeDasharray="3 3"
          label={{
            value: limits.every((_, at) => fits(at)) ? name : '',
            position: 'insideTopLeft',
            fontSize: 12,
            fill: palette.text2,
            fontFamily,
          }}
        />
      ))}
      <Line
        dataKey="members"
        type="stepAfter"
        stroke={palette.categorical[0]}
        strokeWidth={2}
        dot={false}
        activeDot={{ r: 5, fill: palette.categorical[0], stroke: palette.surface, cursor: 'pointer' }}
        isAnimationActive={false}
      />
    </LineChart>
  )
}
