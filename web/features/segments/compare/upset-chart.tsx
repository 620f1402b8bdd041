import { type KeyboardEvent, useRef } from 'react'
import { useFormat } from '../../../ui/format.ts'
import { usePalette } from '../../../ui/palette.ts'
import { textWidth } from '../../../ui/scale.ts'
import { fontFamily } from '../../../ui/tokens.ts'
import classes from './compare.module.css'

const [barsHigh, above, rowHigh] = [150, 22, 40]
/** The room that a chart of so many sets takes. */
export const upsetHeight = (sets: number): number => above + barsHigh + 12 + sets * rowHigh + 28
/** Never more regions than this are drawn. */
const mostRegions = 16
const leastColumn = 30

/**
 * Bars over dots (UpSet): a column a region, the largest first, its bar the members, its dots the sets that they are
 * in; a row a set, with its size. Regions that don't fit are counted below. One tab stop: arrow keys go from region
 * to region and choose it.
 */
export function UpsetChart({
  width,
  label,
  sets,
  regions,
  chosen,
  onChoose,
  rest,
}: {
  width: number
  label: string
  sets: readonly { name: string; members: number }[]
  regions: readonly { key: string; in: readonly boolean[]; members: number; label: string }[]
  chosen: string
  onChoose: (key: string) => void
  rest: (regions: number, members: number) => string
}) {
  const palette = usePalette()
  const format = useFormat()
  const columns = useRef<(SVGGElement | null)[]>([])
  const names = Math.min(
    width < 480 ? 116 : 260,
    Math.max(...sets.map(({ name }) => measure(name, 13) + 16), 80),
  )
  const fitting = Math.max(1, Math.min(mostRegions, Math.floor((width - names) / leastColumn)))
  const shown = regions.slice(0, fitting)
  const smaller = regions.slice(fitting)
  const column = Math.min(64, (width - names) / shown.length)
  const highest = shown[0]?.members ?? 1
  const largest = Math.max(...sets.map(({ members }) => members), 1)
  const top = above + barsHigh + 12
  const middleOf = (row: number) => top + row * rowHigh + rowHigh / 2
  const go = (event: KeyboardEvent, index: number) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
    const next = event.key === 'Home' ? 0 : event.key === 'End' ? shown.length - 1 : index + (step ?? 0)
    if (next === index || !shown[next]) return
    event.preventDefault()
    onChoose(shown[next].key)
    columns.current[next]?.focus()
  }
  const active = Math.max(
    0,
    shown.findIndex(({ key }) => key === chosen),
  )
  // counts are written slanting never: where a column is narrow, short
  const countText = (members: number) =>
    measure(format.count(members), 12) + 6 <= column ? format.count(members) : format.countShort(members)
  return (
    <svg
      width={width}
      height={upsetHeight(sets.length)}
      role="listbox"
      aria-label={label}
      aria-orientation="horizontal"
      className={classes.upset}
    >
      {sets.map(({ name, members }, row) => (
        <g key={row} aria-hidden="true">
          {row % 2 === 0 ? (
            <rect x={0} y={top + row * rowHigh} width={width} height={rowHigh} fill={palette.fill} rx={4} />
          ) : null}
          <text x={8} y={middleOf(row) - 5} fontSize={13} fill={palette.text}>
            {fitted(name, names - 16)}
            <title>{name}</title>
          </text>
          <rect
            x={8}
            y={middleOf(row) + 5}
            width={Math.max(1, ((names - 72) * members) / largest)}
            height={6}
            rx={3}
            fill={palette.text3}
          />
          <text
            x={16 + Math.max(1, ((names - 72) * members) / largest)}
            y={middleOf(row) + 12}
            fontSize={12}
            fill={palette.text2}
          >
            {format.countShort(members)}
          </text>
        </g>
      ))}
      {shown.map((region, index) => {
        const x = names + index * column
        const centre = x + column / 2
        const high = Math.max(1, (barsHigh * region.members) / highest)
        const isChosen = index === active
        const colour = isChosen ? palette.categorical[0] : palette.text3
        const inside = region.in.flatMap((is, row) => (is ? [row] : []))
        return (
          <g
            key={region.key}
            ref={(element) => {
              columns.current[index] = element
            }}
            role="option"
            aria-selected={isChosen}
            aria-label={region.label}
            tabIndex={isChosen ? 0 : -1}
            className={classes.column}
            onClick={() => onChoose(region.key)}
            onKeyDown={(event) => go(event, index)}
          >
            <rect x={x} y={0} width={column} height={upsetHeight(sets.length) - 28} fillOpacity={0} />
            <rect
              x={centre - Math.min(16, column / 2 - 4)}
              y={above + barsHigh - high}
              width={2 * Math.min(16, column / 2 - 4)}
              height={high}
              rx={2}
              fill={colour}
            />
            <text
              x={centre}
              y={above + barsHigh - high - 6}
              fontSize={12}
              fontWeight={isChosen ? 600 : 400}
              textAnchor="middle"
              fill={palette.text}
            >
              {countText(region.members)}
            </text>
            {inside.length > 1 ? (
              <line
                x1={centre}
                x2={centre}
                y1={middleOf(inside[0]!)}
                y2={middleOf(inside.at(-1)!)}
                stroke={colour}
                strokeWidth={3}
              />
            ) : null}
            {region.in.map((is, row) => (
              <circle
                key={row}
                cx={centre}
                cy={middleOf(row)}
                r={is ? 7 : 4}
                fill={is ? colour : palette.border}
              />
            ))}
          </g>
        )
      })}
      {smaller.length > 0 ? (
        <text x={width} y={upsetHeight(sets.length) - 8} textAnchor="end" fontSize={12} fill={palette.text2}>
          {rest(
            smaller.length,
            smaller.reduce((sum, { members }) => sum + members, 0),
          )}
        </text>
      ) : null}
    </svg>
  )
}

const measure = (text: string, size: number) => textWidth(text, size, 400, fontFamily)

/** The text, or as much of its beginning as fits, with an ellipsis. */
function fitted(text: string, room: number): string {
  if (measure(text, 13) <= room) return text
  const letters = [...text]
  while (letters.length > 1 && measure(`${letters.join('')}…`, 13) > room) letters.pop()
  return `${letters.join('').trimEnd()}…`
}
