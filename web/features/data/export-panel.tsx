import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './data.module.css'

/** Everything of the workspace as one download, for owners. */
export function ExportPanel() {
  const t = useTranslations('data')
  const { role, id, currency } = useWorkspace()
  const trpc = useTRPC()
  const client = useQueryClient()
  // Asked first: a refused download would stand in the browser's list as a file that failed.
  const asking = useMutation({
    mutationFn: async (format: 'csv' | 'parquet') => {
      if (await client.fetchQuery(trpc.exports.running.queryOptions(undefined, { staleTime: 0 })))
        return 'running'
      const link = document.createElement('a')
      link.href = `/export/workspace.zip?${new URLSearchParams({ format, shown: id })}`
      link.download = ''
      link.click()
      return 'begun'
    },
  })
  return (
    <Panel title={t('export.title')} subtitle={t('export.subtitle')}>
      {role === 'owner' ? (
        <>
          <p className={classes.note}>{t('export.text', { currency })}</p>
          <div className={classes.buttons}>
            {(['csv', 'parquet'] as const).map((format) => (
              <Button
                key={format}
                variant="default"
                loading={asking.isPending && asking.variables === format}
                onClick={() => asking.mutate(format)}
              >
                {t(`export.${format}`)}
              </Button>
            ))}
          </div>
          {asking.data === 'running' ? (
            <p className={classes.note} role="alert">
              {t('export.running')}
            </p>
          ) : null}
          {asking.isError ? <Failure error={asking.error} /> : null}
        </>
      ) : (
        <p className={classes.note}>{t('export.owner')}</p>
      )}
    </Panel>
  )
}
