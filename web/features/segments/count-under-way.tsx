import { Button } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
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
  const [seconds, setSeconds] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1_000)
    return () => clearInterval(timer)
  }, [])
  if (seconds === 0) return null
  return (
    <>
      {' '}
      {t('editor.underWay', { seconds })}{' '}
      <Button size="compact-sm" variant="default" onClick={cancel}>
        {t('editor.cancel')}
      </Button>
    </>
  )
}
