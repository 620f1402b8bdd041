import { Checkbox } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { errorCode, useTRPC } from '../../trpc.ts'
import classes from './composer.module.css'

/**
 * What somebody confirms before a campaign begins. Where the preview moved meanwhile the server refuses: then it is asked
 * for anew by `refetch`, and everything is to be confirmed again. `begun` is what the mutation that begins it does then.
 */
export function useConfirming(campaignId: string, refetch: () => Promise<unknown>) {
  const trpc = useTRPC()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [confirmed, setConfirmed] = useState<ReadonlySet<string>>(new Set())
  const [moved, setMoved] = useState(false)
  const toggle = (topic: string) => {
    const next = new Set(confirmed)
    if (!next.delete(topic)) next.add(topic)
    setConfirmed(next)
  }
  const begun = {
    async onSuccess() {
      // the preview of a campaign that has begun is not asked for again: it has none any more
      await client.invalidateQueries(trpc.campaigns.list.queryFilter())
      await navigate({ to: '/campaigns/$campaignId', params: { campaignId } })
      await client.invalidateQueries(trpc.campaigns.show.queryFilter())
    },
    async onError(error: unknown) {
      if (errorCode(error) !== 'CONFLICT') return
      setMoved(true)
      setConfirmed(new Set())
      await refetch()
    },
  }
  return { confirmed, toggle, moved, begun }
}

/** That the preview is another than before. */
export function Moved({ children }: { children: ReactNode }) {
  return (
    <p className={classes.warning} role="status">
      <IconAlertTriangle size={18} aria-hidden />
      {children}
    </p>
  )
}

/** A box for each thing that is to be confirmed; nothing where there is none. */
export function Confirmations({
  title,
  topics,
  confirmed,
  toggle,
}: {
  title: string
  topics: readonly { readonly topic: string; readonly text: ReactNode }[]
  confirmed: ReadonlySet<string>
  toggle: (topic: string) => void
}) {
  if (topics.length === 0) return null
  return (
    <div className={classes.confirmations} role="group" aria-label={title}>
      <p className={classes.heading}>{title}</p>
      {topics.map(({ topic, text }) => (
        <Checkbox key={topic} checked={confirmed.has(topic)} onChange={() => toggle(topic)} label={text} />
      ))}
    </div>
  )
}
