import type { KeyboardEvent } from 'react'
import classes from './bars-chart.module.css'
import { usePalette } from './palette.ts'
import { textWidth } from './scale.ts'
import { fontFamily } from './tokens.ts'

export interface Bar {
  readonly key: string
  readonly name: string
  readonly value: number
  /** The value as written beside the bar, and what stands after it in grey. */
  readonly text: string
  readonly note?: string
  /** The members behind the bar, as a segment expression. */
  readonly members?: string
}

/** Left-aligned bars from zero on one scale, each with its name, value and n; a bar opens its members. */
export function BarsChart({
  width,
  barHeight,
  label,
  bars,
  onBar,
}: {
  width: number
  barHeight: number
  label: string
  bars: readonly Bar[]
  onBar?: (members: string) => void
}) {
  const palette = usePalette()
  const measure = (text: string, weight: number) => textWidth(text, 13, weight, fontFamily)
  const names = Math.ceil(Math.max(0, ...bars.map(({ name }) => measure(name, 400)))) + 12
  const texts = Math.ceil(Math.max(0, ...bars.map(({ text }) => measure(text, 600)))) + 16
  const notes = Math.ceil(Math.max(0, ...bars.map(({ note }) => measure(note ?? '', 400)))) + 8
  // On a phone the note goes under the bar's name, or the bars would have no room.
  const stacked = width < names + texts + notes + 160
  const room = Math.max(40, width - names - texts - (stacked ? 0 : notes))
  const highest = Math.max(...bars.map(({ value }) => value), 0)
  const thickness = stacked ? 14 : 20
  return (
    <svg
      width={width}
      height={bars.length * barHeight}
      role="group"
      aria-label={label}
      className={classes.chart}
    >
      {bars.map(({ key, name, value, text, note, members }, index) => {
        const top = index * barHeight
        const middle = top + (stacked ? barHeight / 2 - 8 : barHeight / 2)
        const length = highest > 0 ? (value / highest) * room : 0
        const open = members && onBar ? () => onBar(members) : undefined
        return (
          <g
            key={key}
            role={open ? 'link' : 'img'}
            tabIndex={open ? 0 : undefined}
            aria-label={open ? undefined : [name, text, note].filter(Boolean).join(', ')}
            className={open ? classes.opens : undefined}
            onClick={open}
            onKeyDown={open ? (event: KeyboardEvent) => event.key === 'Enter' && open() : undefined}
          >
            <rect x={0} y={top} width={width} height={barHeight} fill={palette.surface} fillOpacity={0} />
            <text x={0} y={middle} dominantBaseline="central" fontSize={13} fill={palette.text2}>
              {name}
            </text>
            <rect
              x={names}
              y={middle - thickness / 2}
              width={Math.max(length, 1)}
              height={thickness}
              rx={4}
              fill={palette.categorical[0]}
            />
            <text
              x={names + length + 8}
              y={middle}
              dominantBaseline="central"
              fontSize={13}
              fontWeight={600}
              fill={palette.text}
            >
              {text}
            </text>
            {note ? (
              <text
                x={stacked ? names : names + length + texts}
                y={stacked ? middle + 18 : middle}
                dominantBaseline="central"
                fontSize={stacked ? 12 : 13}
                fill={palette.text3}
              >
                {note}
              </text>
            ) : null}
          </g>
        )
      })}
    </svg>
  )
}
