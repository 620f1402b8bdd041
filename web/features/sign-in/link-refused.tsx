import { Button } from '@mantine/core'
import { useTranslations } from 'use-intl'
import classes from './sign-in-page.module.css'

/** A link that was used or is too old: why, and the other way in. */
export function LinkRefused({ otherWay }: { otherWay: () => void }) {
  const t = useTranslations('sign-in.linkRefused')
  return (
    <>
      <h1 className={classes.title}>{t('title')}</h1>
      <p className={classes.lead}>{t('lead')}</p>
      <Button variant="default" onClick={otherWay}>
        {t('other')}
      </Button>
    </>
  )
}
