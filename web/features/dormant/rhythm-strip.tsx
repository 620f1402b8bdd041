import { usePalette } from '../../ui/palette.ts'
import classes from './dormant.module.css'

const width = 260
const height = 28
const inset = 8

/** A member's own gaps as ticks, the 95th percentile dashed, today's silence as a dot; one scale for all rows. */
export function RhythmStrip({
  gaps,
  lateAfterDays,
  silentDays,
  longest,
  label,
}: {
  gaps: readonly number[]
  lateAfterDays: number | null
  silentDays: number
  longest: number
  label: string
}) {
  const palette = usePalette()
  const x = (days: number) => inset + (days / longest) * (width - 2 * inset)
  return (
    <svg width={width} height={height} role="img" aria-label={label} className={classes.rhythm}>
      <line x1={inset} x2={width - inset} y1={height / 2} y2={height / 2} stroke={palette.grid} />
      {gaps.map((gap, index) => (
        <line
          key={index}
          x1={x(gap)}
          x2={x(gap)}
          y1={height / 2 - 5}
          y2={height / 2 + 5}
          stroke={palette.text3}
          strokeWidth={1.5}
        />
      ))}
      {lateAfterDays === null ? null : (
        <line
          x1={x(lateAfterDays)}
          x2={x(lateAfterDays)}
          y1={3}
          y2={height - 3}
          stroke={palette.status.warn}
          strokeWidth={1.5}
          strokeDasharray="2 2"
        />
      )}
      <circle
        cx={x(silentDays)}
        cy={height / 2}
        r={5}
        fill={palette.categorical[0]}
        stroke={palette.surface}
        strokeWidth={1.5}
      />
    </svg>
  )
}
