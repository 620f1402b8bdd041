import { useTranslations } from 'use-intl'
import { errorCode } from '../../trpc.ts'
import classes from './desk.module.css'

/** Why no answer came, and what to do. */
export function Trouble({ error }: { error: unknown }) {
  const t = useTranslations('desk')
  const code = errorCode(error)
  const known = code === 'OFFLINE' || code === 'UNAUTHORIZED' || code === 'FORBIDDEN' ? code : 'OTHER'
  return (
    <p role="alert" className={classes.trouble}>
      {t(`trouble.${known}`)}
    </p>
  )
}
