import {
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconHelpCircle,
  IconPlayerPause,
  IconPlayerPlay,
  IconWallet,
} from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import { StatusChip } from '../../ui/status-chip.tsx'
import type { Result } from './draft.ts'

const statusTones = {
  draft: ['off', IconClock],
  running: ['info', IconPlayerPlay],
  paused: ['warn', IconPlayerPause],
  finished: ['off', IconCircleCheck],
  cancelled: ['off', IconCircleX],
} as const

export function CampaignStatusChip({ status }: { status: Result['status'] }) {
  const t = useTranslations('campaigns.status')
  const [tone, icon] = statusTones[status]
  return (
    <StatusChip tone={tone} icon={icon}>
      {t(status)}
    </StatusChip>
  )
}

/** Beside the status of a campaign that stands: it runs, and gives nothing more. */
export function BudgetSpentChip() {
  const t = useTranslations('standing.state')
  return (
    <StatusChip tone="warn" icon={IconWallet}>
      {t('budgetSpentShort')}
    </StatusChip>
  )
}

type Verdict = NonNullable<Result['measurement']>['verdict']
const verdictTones = {
  works: 'good',
  hurts: 'bad',
  'not-proven-yet': 'off',
  withheld: 'warn',
  unknown: 'off',
  'no-data-yet': 'off',
} as const

export function VerdictChip({ verdict }: { verdict: Verdict }) {
  const t = useTranslations('campaigns.verdict')
  const undecided = verdict !== 'works' && verdict !== 'hurts'
  return (
    <StatusChip tone={verdictTones[verdict]} {...(undecided ? { icon: IconHelpCircle } : {})}>
      {t(verdict)}
    </StatusChip>
  )
}
