import { Button } from '@mantine/core'
import { useTranslations } from 'use-intl'
import { Panel } from '../../ui/panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './data.module.css'

/** Everything of the workspace as one download, for owners. */
export function ExportPanel() {
  const t = useTranslations('data')
  const { role, id, currency } = useWorkspace()
  const address = (format: string) => `/export/workspace.zip?${new URLSearchParams({ format, shown: id })}`
  return (
    <Panel title={t('export.title')} subtitle={t('export.subtitle')}>
      {role === 'owner' ? (
        <>
          <p className={classes.note}>{t('export.text', { currency })}</p>
          <div className={classes.buttons}>
            <Button variant="default" component="a" href={address('csv')} download>
              {t('export.csv')}
            </Button>
            <Button variant="default" component="a" href={address('parquet')} download>
              {t('export.parquet')}
            </Button>
          </div>
        </>
      ) : (
        <p className={classes.note}>{t('export.owner')}</p>
      )}
    </Panel>
  )
}
