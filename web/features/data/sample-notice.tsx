import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import classes from './data.module.css'

/** Whoever brings a file of their own into the sample shop hears that it comes in among invented orders. */
export function SampleNotice() {
  const t = useTranslations('data.sample')
  const trpc = useTRPC()
  const me = useQuery(trpc.accounts.me.queryOptions())
  return (
    <div className={classes.notice} role="note">
      <IconAlertTriangle size={18} aria-hidden />
      <div>
        <strong>{t('title')}</strong>
        <p>{t('text')}</p>
        <p>
          {me.data?.ownsInstallation ? <Link to={'/new-workspace' as never}>{t('make')}</Link> : t('ask')}
        </p>
      </div>
    </div>
  )
}
