import { Button } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { Panel } from '../../../ui/panel.tsx'
import classes from '../data.module.css'

/**
 * A file that has been rejected before it could be mapped. `onBack`: to the columns as they are guessed, where a choice
 * made the file unreadable.
 */
export function RejectedPanel({
  sentence,
  onBack,
  onLeave,
}: {
  sentence: string
  onBack?: (() => void) | undefined
  onLeave: () => void
}) {
  const t = useTranslations('data')
  return (
    <Panel title={t('rejected.title')}>
      <p role="alert">{sentence}</p>
      <div className={classes.buttons}>
        {onBack ? <Button onClick={onBack}>{t('ended.again')}</Button> : null}
        <Button variant="default" onClick={onLeave}>
          {t('mapping.other')}
        </Button>
      </div>
    </Panel>
  )
}
