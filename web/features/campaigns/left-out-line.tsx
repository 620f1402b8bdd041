import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './composer.module.css'
import type { Preview } from './draft.ts'

type Reason = Preview['excluded'][number]['reason']

/** How many are left out for a reason; it opens to who they are. */
export function LeftOutLine({
  campaignId,
  reason,
  members,
}: {
  campaignId: string
  reason: Reason
  members: number
}) {
  const t = useTranslations('campaigns')
  const trpc = useTRPC()
  const format = useFormat()
  const { role } = useWorkspace()
  const [open, setOpen] = useState(false)
  const answer = useQuery(
    trpc.campaigns.leftOut.queryOptions({ campaignId, reason }, { enabled: open, staleTime: 0 }),
  )
  const line = t('review.excludedLine', { reason: t(`excluded.${reason}`), members: format.count(members) })
  if (role === 'viewer') return <div>{line}</div>
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{line}</summary>
      {answer.isError ? <Failure error={answer.error} /> : null}
      {answer.data ? (
        <p className={classes.help}>
          {answer.data.members.length === 0 && answer.data.total === 0
            ? t('review.leftOutUnknown')
            : answer.data.members.join(', ')}
          {answer.data.total > answer.data.members.length
            ? ` ${t('review.leftOutMore', { count: answer.data.total - answer.data.members.length })}`
            : null}
        </p>
      ) : null}
    </details>
  )
}
