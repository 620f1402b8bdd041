import { Alert } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Panel } from '../../ui/panel.tsx'
import classes from './data.module.css'

/** Where files are imported from by themselves, and those that were not, with why. */
export function InboxPanel() {
  const t = useTranslations('data.inbox')
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { instant } = useFormat()
  const { data } = useQuery(trpc.imports.inbox.queryOptions({ language }))
  if (!data) return null
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <p className={classes.folder}>
        <code>{data.folder}</code>
      </p>
      {data.trouble === null ? null : (
        <Alert color="yellow" variant="light">
          {data.trouble}
        </Alert>
      )}
      {data.refused.length > 0 ? (
        <>
          <p className={classes.note}>{t('refused')}</p>
          <ul className={classes.facts}>
            {data.refused.map(({ fileName, at, reason }) => (
              <li key={`${at}${fileName}`}>
                <strong>{fileName}</strong> · {instant(at)}
                <br />
                {reason}
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </Panel>
  )
}
