import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { startAgain, useTRPC } from '../../trpc.ts'
import { DropZone } from '../../ui/drop-zone.tsx'
import { handFiles } from '../../ui/handed-files.ts'
import { Page } from '../../ui/page.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import classes from './this-week.module.css'

/** A workspace without orders: one file is enough, or the sample data where the person may see it. */
export function Start() {
  const t = useTranslations('thisWeek')
  const trpc = useTRPC()
  const navigate = useNavigate()
  const me = useQuery(trpc.accounts.me.queryOptions())
  const demo = me.data?.workspaces.find(({ id, name }) => name === 'demo' && id !== me.data?.current?.id)
  const switched = useMutation(trpc.workspaces.switch.mutationOptions({ onSuccess: () => startAgain('/') }))
  return (
    <Page title={t('start.title')} lead={t('start.lead')}>
      <DropZone
        title={t('start.drop')}
        note={t('start.kinds')}
        choose={t('start.choose')}
        onFiles={(files) => {
          handFiles(files)
          void navigate({ to: '/data' })
        }}
      >
        {demo ? (
          <Button
            variant="default"
            loading={switched.isPending}
            onClick={() => switched.mutate({ id: demo.id })}
          >
            {t('start.sample')}
          </Button>
        ) : null}
      </DropZone>
      {switched.isError ? <Failure error={switched.error} /> : null}
      <div className={classes.steps}>
        {(['one', 'two', 'three'] as const).map((step, index) => (
          <section key={step} className={classes.step}>
            <span>{index + 1}</span>
            <h2>{t(`start.${step}`)}</h2>
            <p>{t(`start.${step}Text`)}</p>
          </section>
        ))}
      </div>
    </Page>
  )
}
