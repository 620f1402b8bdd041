import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceLine,
  Tooltip,
  useActiveTooltipLabel,
  useIsTooltipActive,
  usePlotArea,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  YAxis,
} from 'recharts'
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import classes from './lines-chart.module.css'
import { usePalette } from './palette.ts'
import { niceTicks, spread, textWidth } from './scale.ts'
import { fontFamily } from './tokens.ts'

/** One point: its value (null is unknown: the line stops), whether it may still change, its tooltip's rows. */
export interface LinePoint {
  readonly value: number | null
  readonly inProgress?: boolean
  /** What the tooltip says below the value: n, interval, state. */
  readonly notes?: readonly string[]
  /** The ends of its interval: a band behind the line. */
  readonly band?: { readonly low: number; readonly high: number }
  /** How the point's period came to other figures later, as a sentence: marked ↻, told in the tooltip. */
  readonly restated?: string | undefined
}

export interface LineSeries {
  readonly key: string
  readonly name: string
  readonly colour: string
  readonly strong?: boolean
  /** Foretold, not observed. */
  readonly dashed?: boolean
  readonly points: readonly LinePoint[]
}

/**
 * Lines over a shared axis: filled dots are complete, open ones in progress; each line is named at its
 * end. One tab stop: left and right step through the positions, up and down through the lines of one; a
 * click on a point, or Enter, calls `onPoint`.
 */
export function LinesChart({
  width,
  height,
  title,
  description,
  positions,
  positionTitle,
  series,
  formatValue,
  formatTick,
  onPoint,
  dots = true,
  marks = [],
}: {
  width: number
  height: number
  title: string
  description: string
  /** The labels along the x axis. */
  positions: readonly string[]
  /** The tooltip's heading for a position. */
  positionTitle: (index: number) => string
  series: readonly LineSeries[]
  formatValue: (value: number) => string
  formatTick: (value: number) => string
  onPoint?: (series: LineSeries, index: number) => void
  dots?: boolean
  /** Positions at which something happened, and what, in a few letters. */
  marks?: readonly { readonly index: number; readonly label: string }[]
}) {
  const t = useTranslations('ui')
  const palette = usePalette()
  const activeRef = useRef<number | null>(null)
  const [line, chooseLine] = useState(0)
  const here = onPoint
    ? (index: number) => series.filter(({ points }) => (points[index]?.value ?? null) !== null)
    : () => []
  const chosenAt = (index: number) => here(index)[Math.min(line, here(index).length - 1)]
  const press = (event: KeyboardEvent) => {
    const index = activeRef.current
    if (!onPoint || index === null) return
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key]
    if (step !== undefined) {
      const count = here(index).length
      chooseLine((Math.min(line, count - 1) + step + count) % Math.max(1, count))
      event.preventDefault()
    } else if (event.key === 'Enter') {
      const chosen = chosenAt(index)
      if (chosen) onPoint(chosen, index)
    }
  }
  const values = series.flatMap(({ points }) =>
    points.flatMap(({ value, band }) =>
      value === null ? [] : [value, ...(band ? [band.low, band.high] : [])],
    ),
  )
  const ticks = niceTicks(Math.max(0, ...values), Math.min(0, ...values))
  const labelWidth = Math.max(0, ...series.map(({ name }) => textWidth(name, 12, 600, fontFamily)))
  const tickText = (value: number) => (value === 0 ? '0' : formatTick(value))
  const tickWidth = Math.max(...ticks.map((tick) => textWidth(tickText(tick), 12, 400, fontFamily)))
  const rows = positions.map((position, index) => ({
    position,
    index,
    ...Object.fromEntries(series.map(({ key, points }) => [key, points[index]?.value ?? null])),
  }))
  const axis = { fontSize: 12, fill: palette.text3, fontFamily }
  /** What the tooltip says of restated points at a position: what several lines have in common once. */
  const restatedAt = (index: number) => [
    ...new Set(
      series.flatMap(({ points }) => {
        const point = points[index]
        return point && point.value !== null && point.restated ? point.restated : []
      }),
    ),
  ]
  const marked = positions.some((_, index) => restatedAt(index).length > 0)
  return (
    <div onKeyDown={press}>
      <LineChart
        width={width}
        height={marked ? height - legendHeight : height}
        data={rows}
        margin={{ top: 12, right: Math.ceil(labelWidth) + 26, bottom: 4, left: 0 }}
        accessibilityLayer
        title={title}
        desc={description}
      >
        <CartesianGrid vertical={false} stroke={palette.grid} />
        <XAxis
          dataKey="index"
          tickLine={false}
          axisLine={{ stroke: palette.control }}
          tick={axis}
          tickFormatter={(index: number) => positions[index] ?? ''}
          minTickGap={24}
          interval="preserveStartEnd"
          height={28}
          tickMargin={8}
          padding={{ left: 8, right: 8 }}
        />
        <YAxis
          width={Math.ceil(tickWidth) + 12}
          domain={[ticks[0] ?? 0, ticks.at(-1) ?? 1]}
          ticks={ticks}
          tickLine={false}
          axisLine={false}
          tick={axis}
          tickFormatter={tickText}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: palette.control, strokeDasharray: '2 3' }}
          content={({ active, label }) => {
            const index = Number(label)
            return active && positions[index] !== undefined ? (
              <ChartTooltip heading={positionTitle(index)}>
                {series.map(({ key, name, colour, points }) => {
                  const point = points[index]
                  return point && point.value !== null ? (
                    <TooltipRow
                      key={key}
                      colour={colour}
                      name={name}
                      value={formatValue(point.value)}
                      notes={point.notes}
                      chosen={here(index).length > 1 && chosenAt(index)?.key === key}
                    />
                  ) : null
                })}
                {restatedAt(index).map((sentence) => (
                  <div key={sentence} className={classes.restated}>
                    ↻ {sentence}
                  </div>
                ))}
              </ChartTooltip>
            ) : null
          }}
        />
        <Bands series={series} />
        {marks.map(({ index, label }) => (
          <ReferenceLine
            key={label}
            x={index}
            stroke={palette.control}
            strokeDasharray="4 3"
            label={{ value: label, position: 'insideTop', ...axis }}
          />
        ))}
        {series.map((each) => (
          <Line
            key={each.key}
            dataKey={each.key}
            name={each.name}
            type="linear"
            stroke={each.colour}
            strokeWidth={each.strong ? 2.5 : 2}
            {...(each.dashed && { strokeDasharray: '6 4' })}
            isAnimationActive={false}
            connectNulls={false}
            dot={
              dots
                ? ({ cx, cy, index, key }) =>
                    typeof cx === 'number' && typeof cy === 'number' && each.points[index]?.value !== null ? (
                      <g key={key}>
                        <circle
                          cx={cx}
                          cy={cy}
                          r={3.5}
                          strokeWidth={2}
                          stroke={each.colour}
                          fill={each.points[index]?.inProgress ? palette.surface : each.colour}
                          cursor={onPoint ? 'pointer' : undefined}
                          onClick={onPoint ? () => onPoint(each, index) : undefined}
                        />
                        {each.points[index]?.restated ? (
                          <text x={cx} y={cy - 8} {...markOf(palette)} aria-hidden="true">
                            ↻
                          </text>
                        ) : null}
                      </g>
                    ) : (
                      <g key={key} />
                    )
                : false
            }
            activeDot={{
              r: 5,
              fill: each.colour,
              stroke: palette.surface,
              cursor: onPoint ? 'pointer' : undefined,
              onClick: onPoint
                ? (_event: unknown, dot: unknown) => onPoint(each, Number((dot as { index?: number }).index))
                : undefined,
            }}
          />
        ))}
        <EndLabels series={series} />
        <ActivePosition positionRef={activeRef} />
      </LineChart>
      {marked ? (
        <div className={classes.legend} style={{ height: legendHeight }}>
          {t('restated')}
        </div>
      ) : null}
    </div>
  )
}

/** Of the line under a chart that says what its mark means. */
const legendHeight = 24

/** Keeps the position that the pointer or the arrow keys are at, for the keys of the chart; null at none. */
function ActivePosition({ positionRef }: { positionRef: RefObject<number | null> }) {
  const isActive = useIsTooltipActive()
  const label = useActiveTooltipLabel()
  useEffect(() => {
    positionRef.current = isActive && label !== undefined ? Number(label) : null
  }, [positionRef, isActive, label])
  return null
}

/** The intervals of the lines that have them, as areas behind the lines. */
function Bands({ series }: { series: readonly LineSeries[] }) {
  const x = useXAxisScale()
  const y = useYAxisScale()
  if (!x || !y) return null
  return (
    <g aria-hidden="true">
      {series.map(({ key, colour, points }) => {
        const ends = points.flatMap(({ band }, index) => (band ? [{ ...band, index }] : []))
        const corner = ({ index }: { index: number }, value: number) => `${x(index) ?? 0},${y(value) ?? 0}`
        const around = [
          ...ends.map((end) => corner(end, end.high)),
          ...ends.toReversed().map((end) => corner(end, end.low)),
        ]
        return ends.length > 1 ? (
          <polygon key={key} points={around.join(' ')} fill={colour} fillOpacity={0.12} />
        ) : null
      })}
    </g>
  )
}

/**
 * The lines' names: at the right edge, in the order of their ends and moved apart where these are close;
 * a line that ends before the others is named at its end, above or below it, where the lines leave more room.
 */
function EndLabels({ series }: { series: readonly LineSeries[] }) {
  const palette = usePalette()
  const plot = usePlotArea()
  const x = useXAxisScale()
  const y = useYAxisScale()
  if (!plot || !x || !y) return null
  const newest = Math.max(0, ...series.map(({ points }) => points.length - 1))
  const ends = series.flatMap((each) => {
    const index = each.points.findLastIndex(({ value }) => value !== null)
    const at = y(each.points[index]?.value ?? Number.NaN)
    return at === undefined || Number.isNaN(at) ? [] : [{ each, at, index }]
  })
  const atEdge = ends.filter(({ index }) => index === newest)
  const placed = spread(
    atEdge.map(({ at }) => at),
    18,
    plot.y + plot.height,
  )
  const left = plot.x + plot.width + 8
  const text = {
    dominantBaseline: 'central',
    fontSize: 12,
    fontWeight: 600,
    fontFamily,
    fill: palette.text,
  } as const
  return (
    <g>
      {atEdge.map(({ each }, index) => (
        <g key={each.key}>
          <line
            x1={left}
            x2={left + 10}
            y1={placed[index]}
            y2={placed[index]}
            stroke={each.colour}
            strokeWidth={each.strong ? 3.5 : 2.5}
          />
          <text x={left + 15} y={placed[index]} {...text}>
            {each.name}
          </text>
        </g>
      ))}
      {ends
        .filter(({ index }) => index < newest)
        .map(({ each, at, index }) => {
          const half = textWidth(each.name, 12, 600, fontFamily) / 2
          const middle = x(index) ?? plot.x
          const near = series.flatMap(({ points }) => points.slice(Math.max(0, index - 1), index + 2))
          const marked = near.some(({ value, restated }) => value !== null && restated)
          const around = near.flatMap(({ value, restated }) => {
            const line = value === null ? undefined : y(value)
            return line === undefined ? [] : [line, ...(restated ? [line - markAbove] : [])]
          })
          const room = (place: number) => Math.min(...around.map((line) => Math.abs(line - place)))
          // marks stand where the label would: it may stand above all of them
          const [place] = [at - 16, at + 16, ...(marked ? [Math.min(...around) - 14] : [])].toSorted(
            (a, b) => Math.min(room(b), 16) - Math.min(room(a), 16),
          )
          return (
            <text
              key={each.key}
              x={Math.max(plot.x + half, Math.min(middle, plot.x + plot.width - half))}
              y={place}
              textAnchor="middle"
              {...text}
              stroke={palette.surface}
              strokeWidth={4}
              paintOrder="stroke"
            >
              {each.name}
            </text>
          )
        })}
    </g>
  )
}

/** How far above its point the middle of a mark is. */
const markAbove = 12

/** The mark of a restated point, above it and readable on a line. */
const markOf = (palette: ReturnType<typeof usePalette>) =>
  ({
    textAnchor: 'middle',
    fontSize: 12,
    fontFamily,
    fill: palette.text2,
    stroke: palette.surface,
    strokeWidth: 3,
    paintOrder: 'stroke',
    pointerEvents: 'none',
  }) as const

/** The small card that follows the pointer or the arrow keys over a chart. */
export function ChartTooltip({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <div className={classes.tooltip} role="status">
      <div className={classes.heading}>{heading}</div>
      {children}
    </div>
  )
}

export function TooltipRow({
  colour,
  name,
  value,
  notes,
  chosen = false,
}: {
  colour?: string
  name: string
  value: string
  notes?: readonly string[] | undefined
  /** Enter opens this one. */
  chosen?: boolean
}) {
  return (
    <div className={classes.row} data-chosen={chosen || undefined}>
      {colour ? <span className={classes.dot} style={{ background: colour }} /> : null}
      <span>{name}</span>
      <span className={classes.value}>{value}</span>
      {notes?.length ? <span className={classes.notes}>{notes.join(' · ')}</span> : null}
    </div>
  )
}
