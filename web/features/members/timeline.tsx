import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { ChartFrame } from '../../ui/chart-frame.tsx'
import { useFormat } from '../../ui/format.ts'
import { usePalette } from '../../ui/palette.ts'
import { textWidth } from '../../ui/scale.ts'
import { fontFamily } from '../../ui/tokens.ts'
import type { Member } from './member.ts'

const dayMs = 86_400_000
const dayNumber = (iso: string) => Date.parse(`${iso}T00:00:00Z`) / dayMs
const isoOf = (day: number) => new Date(day * dayMs).toISOString().slice(0, 10)
/** Days before the newest day that the line reaches back at most. */
const reach = 365

/** A dot per order on a line of time, its area the net; shaded where the silence is longer than the rhythm. */
export function Timeline({ member }: { member: Member }) {
  const t = useTranslations('members')
  const format = useFormat()
  const palette = usePalette()
  const [pointed, point] = useState<string>()
  const end = dayNumber(member.asOf)
  const all = member.orderList.filter(({ qualifies }) => qualifies).toReversed()
  const start = Math.max(end - reach, Math.min(...all.map(({ day }) => dayNumber(day)), end - 30) - 5)
  const orders = all.filter(({ day }) => dayNumber(day) >= start)
  const most = Math.max(...orders.map(({ netMinor }) => netMinor), 1)
  const months = monthsBetween(start, end)
  const about = orders.find(({ orderId }) => orderId === pointed)
  return (
    <ChartFrame height={128} note={member.asOf}>
      {(width) => {
        const left = 16
        const right = width - 20
        const x = (day: number) => left + ((day - start) / Math.max(1, end - start)) * (right - left)
        const step = Math.ceil(months.length / Math.max(1, Math.floor(width / 72)))
        const late = member.lateFrom ? Math.max(dayNumber(member.lateFrom), start) : null
        return (
          <svg width={width} height={128} role="img" aria-label={t('timeline.name')}>
            {late !== null && late <= end ? (
              <rect
                x={x(late)}
                y={24}
                width={Math.max(2, x(end) - x(late))}
                height={56}
                fill={palette.tint.warn}
              />
            ) : null}
            <line x1={left} x2={right} y1={52} y2={52} stroke={palette.control} />
            <line x1={right} x2={right} y1={24} y2={80} stroke={palette.status.warn} strokeWidth={2} />
            {orders.map(({ orderId, day, netMinor }) => (
              <circle
                key={orderId}
                cx={x(dayNumber(day))}
                cy={52}
                r={Math.max(4, 14 * Math.sqrt(netMinor / most))}
                fill={palette.categorical[0]}
                stroke={palette.surface}
                strokeWidth={2}
                onMouseEnter={() => point(orderId)}
                onMouseLeave={() => point(undefined)}
                onClick={() => point(orderId)}
              >
                <title>{`${format.day(day)} · ${format.money(netMinor)}`}</title>
              </circle>
            ))}
            {months.map((day, index) => {
              const label = format.shortMonth(isoOf(day))
              return index % step === 0 && x(day) < right - 24 ? (
                <text
                  key={day}
                  x={Math.max(x(day), textWidth(label, 12, 400, fontFamily) / 2 + 1)}
                  y={104}
                  fontSize={12}
                  fontFamily={fontFamily}
                  fill={palette.text3}
                  textAnchor="middle"
                >
                  {label}
                </text>
              ) : null
            })}
            {about ? (
              <text x={left} y={16} fontSize={12} fontFamily={fontFamily} fill={palette.text}>
                {`${format.day(about.day)} · ${format.money(about.netMinor)}`}
              </text>
            ) : null}
          </svg>
        )
      }}
    </ChartFrame>
  )
}

/** The first days of the months that begin between two days. */
function monthsBetween(start: number, end: number): number[] {
  const first = new Date(start * dayMs)
  const found: number[] = []
  for (let month = 1; ; month++) {
    const day = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + month, 1) / dayMs
    if (day > end) return found
    found.push(day)
  }
}
