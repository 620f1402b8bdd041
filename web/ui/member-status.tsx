import {
  IconCircleCheck,
  IconClockHour4,
  IconMoon,
  IconPlugConnectedX,
  IconUserOff,
  IconUserQuestion,
} from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import { useFormat } from './format.ts'
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

/** Orders of the member's main store stopped coming in: whether the member is silent is not known. */
export interface FeedGap {
  readonly store: string
  readonly newestDay: string
}

/** Beside a status that is not sure. Nothing without a gap. */
export function FeedGapChip({ gap }: { gap: FeedGap | null }) {
  const t = useTranslations('status')
  return gap === null ? null : (
    <StatusChip tone="warn" icon={IconPlugConnectedX}>
      {t('feedGap')}
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

/**
 * The reason as a sentence without its end: "Silent for 74 days; usually back within 31 days". Of a member whose
 * main store has a feed gap it says so.
 */
export function useReason(): (reason: StatusReason, gap?: FeedGap | null) => string {
  const t = useTranslations('status')
  const { day } = useFormat()
  return ({ id, values: { silentDays = 0, usualDays = 0, orders = 0 } }, gap = null) => {
    const reason = t(`reason.${id}`, { silentDays, usualDays, orders })
    return gap === null ? reason : t('reason.gap', { reason, store: gap.store, day: day(gap.newestDay) })
  }
}
