import { IconAlertTriangle } from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import { errorCode } from '../../trpc.ts'
import classes from './sign-in-page.module.css'

/** Why a form was refused; nothing while it was not. */
export function Refused({ error }: { error: unknown }) {
  const t = useTranslations('sign-in.error')
  if (!error) return null
  const code = errorCode(error)
  const sentence =
    code === 'UNAUTHORIZED'
      ? t('wrong')
      : code === 'TOO_MANY_REQUESTS'
        ? t('wait')
        : code === 'CONFLICT'
          ? t('nameTaken')
          : code === 'OFFLINE'
            ? t('offline')
            : t('other')
  return (
    <p className={classes.error} role="alert">
      <IconAlertTriangle size={20} aria-hidden style={{ flex: 'none' }} />
      <span>{sentence}</span>
    </p>
  )
}
