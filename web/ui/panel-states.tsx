import { Button } from '@mantine/core'
import { IconAlertTriangle, IconInbox } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { errorCode, isOfOldPage, startAgain } from '../trpc.ts'
import classes from './panel-states.module.css'

/** Refusals whose sentence comes from the server, because only it knows what was refused. */
const spokenByServer = [
  'BAD_REQUEST',
  'CONFLICT',
  'PRECONDITION_FAILED',
  'UNPROCESSABLE_CONTENT',
  'NOT_FOUND',
]

/** Refused as often as it is asked: something else has to be asked, or somebody else has to. */
const staysRefused = ['FORBIDDEN', 'NOT_FOUND', 'BAD_REQUEST']

/** What went wrong, as a sentence to read; `quoted` is its code where the sentence does not say all: null for a refusal. */
export function useErrorText(): (error: unknown) => {
  sentence: string
  code: string
  quoted: string | null
} {
  const t = useTranslations('ui')
  return (error) => {
    const code = errorCode(error)
    if (spokenByServer.includes(code) && error instanceof Error)
      return { sentence: error.message, code, quoted: null }
    const known = code === 'OFFLINE' || code === 'FORBIDDEN' || code === 'UNAUTHORIZED' || code === 'TIMEOUT'
    return { sentence: t(known ? `error.${code}` : 'error.other'), code, quoted: code }
  }
}

/** An error in its place: what happened, one action, the code. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTranslations('ui')
  const { sentence, code, quoted } = useErrorText()(error)
  return (
    <div className={classes.state} role="alert">
      <IconAlertTriangle size={20} className={classes.bad} aria-hidden />
      <div>
        <p className={classes.reason}>{sentence}</p>
        {quoted === null ? null : <p className={classes.code}>{quoted}</p>}
        {isOfOldPage(error) ? (
          <Button variant="default" onClick={() => location.reload()}>
            {t('reload')}
          </Button>
        ) : code === 'UNAUTHORIZED' ? (
          <Button variant="default" onClick={() => startAgain('/sign-in')}>
            {t('signIn')}
          </Button>
        ) : retry && !staysRefused.includes(code) ? (
          <Button variant="default" onClick={retry}>
            {t('again')}
          </Button>
        ) : null}
      </div>
    </div>
  )
}

/** Nothing to show: why, and the first step. */
export function Missing({ reason, action }: { reason: ReactNode; action?: ReactNode }) {
  return (
    <div className={classes.state}>
      <IconInbox size={20} className={classes.off} aria-hidden />
      <div>
        <p className={classes.reason}>{reason}</p>
        {action}
      </div>
    </div>
  )
}
