import { IconCircleCheck, IconClockHour4, IconMoon, IconUserOff, IconUserQuestion } from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import { StatusChip } from './status-chip.tsx'

export type MemberStatus = 'active' | 'cooling' | 'dormant' | 'lost' | 'never bought'

const looks = {
  active: ['good', IconCircleCheck],
  cooling: ['info', IconClockHour4],
  dormant: ['warn', IconMoon],
  lost: ['bad', IconUserOff],
  'never bought': ['off', IconUserQuestion],
} as const

/** A member's status by the fixed rule, as icon and word. */
export function MemberStatusChip({ status }: { status: MemberStatus }) {
  const t = useTranslations('status')
  const [tone, icon] = looks[status]
  return (
    <StatusChip tone={tone} icon={icon}>
      {t(`name.${status}`)}
    </StatusChip>
  )
}

/** Why a member has the status, as the server found it. */
export interface StatusReason {
  readonly id: 'never' | 'once' | 'silent' | 'rhythm'
  readonly values: {
    readonly silentDays?: number | undefined
    readonly usualDays?: number | undefined
    readonly orders?: number | undefined
  }
}

/** The reason as a sentence without its end: "Silent for 74 days; usually back within 31 days". */
export function useReason(): (reason: StatusReason) => string {
  const t = useTranslations('status')
  return ({ id, values: { silentDays = 0, usualDays = 0, orders = 0 } }) =>
    t(`reason.${id}`, { silentDays, usualDays, orders })
}
