import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import type { Answer } from '../../ui/query-panel.tsx'

/** Behind a count that takes longer than a second: for how long, and Cancel; of a cancelled one, a way to count again. */
export function CountUnderWay({ of }: { of: Answer<unknown> }) {
  const t = useTranslations('segments')
  const { fetchStatus, isError, isPlaceholderData } = of
  const missing = of.data === undefined || isPlaceholderData
  if (fetchStatus === 'fetching') return <Underway cancel={of.cancel} />
  if (isError || !missing || fetchStatus !== 'idle') return null
  return (
    <>
      {' '}
      {t('editor.cancelled')}{' '}
      <Button size="compact-sm" variant="default" onClick={() => void of.refetch()}>
        {t('editor.countAgain')}
      </Button>
    </>
  )
}

function Underway({ cancel }: { cancel: (() => void) | undefined }) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const format = useFormat()
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1_000)
    return () => clearInterval(timer)
  }, [])
  // what it waits for, when that is worth a word
  const reading = useQuery({
    ...trpc.segments.reading.queryOptions(),
    enabled: seconds > 0,
    refetchInterval: 1_000,
    gcTime: 0,
  })
  const share = reading.data?.share ?? null
  if (seconds === 0) return null
  return (
    <>
      {' '}
      {t('editor.underWay', { seconds })}{' '}
      {share === null ? null : (
        <>{t('editor.reading', { share: format.share(Math.round(100 * share), 100) })} </>
      )}
      <Button size="compact-sm" variant="default" onClick={cancel}>
        {t('editor.cancel')}
      </Button>
    </>
  )
}
