import { Button, CopyButton } from '@mantine/core'
import { useTranslations } from 'use-intl'
import classes from './settings.module.css'

/** Something that is shown once: an invitation link, a key. */
export function Secret({ title, text, hint }: { title: string; text: string; hint: string }) {
  const t = useTranslations('settings.team')
  return (
    <div className={classes.secret} role="status">
      <p>
        <strong>{title}</strong>
      </p>
      <code>{text}</code>
      <p className={classes.note}>{hint}</p>
      <div>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? t('copied') : t('copy')}
            </Button>
          )}
        </CopyButton>
      </div>
    </div>
  )
}
