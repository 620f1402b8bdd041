import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconInfoCircle,
  type TablerIcon,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './status-chip.module.css'
import type { Tone } from './tokens.ts'

const icons: Record<Tone, TablerIcon> = {
  good: IconCircleCheck,
  warn: IconAlertTriangle,
  bad: IconCircleX,
  info: IconInfoCircle,
  off: IconCircleDashed,
}

/** A state as icon and word; the colour only repeats them. */
export function StatusChip({ tone, icon, children }: { tone: Tone; icon?: TablerIcon; children: ReactNode }) {
  const Icon = icon ?? icons[tone]
  return (
    <span className={classes.chip} data-tone={tone}>
      <Icon size={14} aria-hidden />
      {children}
    </span>
  )
}
