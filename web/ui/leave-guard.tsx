import { Button } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { Dialog } from './dialog.tsx'
import classes from './leave-guard.module.css'

/** Asks before a page is left while what was typed on it is kept nowhere. */
export function LeaveGuard({ isUnsaved }: { isUnsaved: boolean }) {
  const t = useTranslations('ui.leaving')
  const leaving = useBlocker({
    shouldBlockFn: ({ current, next }) => current.pathname !== next.pathname,
    disabled: !isUnsaved,
    enableBeforeUnload: isUnsaved,
    withResolver: true,
  })
  return (
    <Dialog opened={leaving.status === 'blocked'} onClose={() => leaving.reset?.()} title={t('title')}>
      <p>{t('why')}</p>
      <div className={classes.moves}>
        <Button variant="default" onClick={() => leaving.proceed?.()}>
          {t('leave')}
        </Button>
        <Button data-autofocus onClick={() => leaving.reset?.()}>
          {t('stay')}
        </Button>
      </div>
    </Dialog>
  )
}
