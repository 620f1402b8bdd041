import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import classes from './outward.module.css'
import { ScheduleDialog } from './schedule-dialog.tsx'
import { WebhookDialog } from './webhook-dialog.tsx'

/** What goes out of a saved segment by itself, for who may change it: messages on entry and exit, and files at a time. */
export function OutwardPanel({ id }: { id: string }) {
  const t = useTranslations('outward')
  const [dialog, setDialog] = useState<'webhook' | 'schedule' | null>(null)
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <div className={classes.parts}>
        <Webhooks id={id} onAdd={() => setDialog('webhook')} />
        <Schedules id={id} onAdd={() => setDialog('schedule')} />
      </div>
      {dialog === 'webhook' ? <WebhookDialog id={id} onClose={() => setDialog(null)} /> : null}
      {dialog === 'schedule' ? <ScheduleDialog id={id} onClose={() => setDialog(null)} /> : null}
    </Panel>
  )
}

interface PartProps {
  readonly id: string
  readonly onAdd: () => void
}

function Webhooks({ id, onAdd }: PartProps) {
  const t = useTranslations('outward')
  const format = useFormat()
  const trpc = useTRPC()
  const client = useQueryClient()
  const answer = useAnswer({ ...trpc.segmentWebhooks.list.queryOptions({ id }), refetchInterval: 10_000 })
  const onSuccess = () => void client.invalidateQueries(trpc.segmentWebhooks.list.pathFilter())
  const removing = useMutation(trpc.segmentWebhooks.remove.mutationOptions({ onSuccess }))
  const resending = useMutation(trpc.segmentWebhooks.resend.mutationOptions({ onSuccess }))
  const failed = [removing, resending].find(({ isError }) => isError)
  return (
    <section>
      <h3 className={classes.head}>{t('webhook.title')}</h3>
      {answer.isError ? <Failure error={answer.error} retry={() => void answer.refetch()} /> : null}
      {failed ? <Failure error={failed.error} /> : null}
      {answer.data?.length === 0 ? <p className={classes.note}>{t('webhook.none')}</p> : null}
      <ul className={classes.list}>
        {answer.data?.map((one) => (
          <li key={one.id}>
            <div>
              <p className={classes.name}>{one.url}</p>
              <p className={classes.note}>
                {t('webhook.counts', {
                  delivered: one.delivered,
                  queued: one.queued,
                  at: one.deliveredAt === null ? '' : format.instant(one.deliveredAt),
                  ever: one.deliveredAt === null ? 'no' : 'yes',
                })}
              </p>
              {one.dead > 0 ? <p className={classes.bad}>{t('webhook.dead', { dead: one.dead })}</p> : null}
              {(one.problem ?? one.newestError) === null ? null : (
                <p className={classes.bad}>{one.problem ?? one.newestError}</p>
              )}
            </div>
            <div className={classes.actions}>
              {one.dead > 0 ? (
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={resending.isPending}
                  onClick={() => resending.mutate({ id: one.id })}
                >
                  {t('webhook.resend')}
                </Button>
              ) : null}
              <Button
                size="compact-sm"
                variant="default"
                loading={removing.isPending}
                aria-label={t('webhook.removeOne', { url: one.url })}
                onClick={() => removing.mutate({ id: one.id })}
              >
                {t('remove')}
              </Button>
            </div>
          </li>
        ))}
      </ul>
      <Button variant="default" onClick={onAdd}>
        {t('webhook.add')}
      </Button>
    </section>
  )
}

function Schedules({ id, onAdd }: PartProps) {
  const t = useTranslations('outward')
  const format = useFormat()
  const trpc = useTRPC()
  const client = useQueryClient()
  const answer = useAnswer({ ...trpc.segmentSchedules.list.queryOptions({ id }), refetchInterval: 30_000 })
  const onSuccess = () => void client.invalidateQueries(trpc.segmentSchedules.list.pathFilter())
  const removing = useMutation(trpc.segmentSchedules.remove.mutationOptions({ onSuccess }))
  const writing = useMutation(trpc.segmentSchedules.run.mutationOptions({ onSuccess }))
  const failed = [removing, writing].find(({ isError }) => isError)
  return (
    <section>
      <h3 className={classes.head}>{t('schedule.title')}</h3>
      {answer.isError ? <Failure error={answer.error} retry={() => void answer.refetch()} /> : null}
      {failed ? <Failure error={failed.error} /> : null}
      {answer.data ? (
        <p className={classes.note}>
          {t(answer.data.schedules.length === 0 ? 'schedule.none' : 'schedule.folder', {
            folder: answer.data.folder,
          })}
        </p>
      ) : null}
      <ul className={classes.list}>
        {answer.data?.schedules.map((one) => {
          const [last] = one.runs
          const name = t('schedule.when', {
            weekday: one.weekday === null ? 'daily' : `day${one.weekday}`,
            time: one.time,
            file: one.file.kind === 'members' ? one.file.format : one.file.kind,
          })
          return (
            <li key={one.id}>
              <div>
                <p className={classes.name}>{name}</p>
                <p className={classes.note}>
                  {t('schedule.next', { at: format.instant(one.dueAt), kept: one.kept })}
                </p>
                {last === undefined ? null : last.failure !== null ? (
                  <p className={classes.bad}>
                    {t('schedule.failed', { at: format.instant(last.endedAt), reason: last.failure })}
                  </p>
                ) : last.fileName === null ? (
                  <p className={classes.note}>{t('schedule.forgotten')}</p>
                ) : (
                  <p className={classes.note}>
                    {t('schedule.written', {
                      at: format.instant(last.endedAt),
                      members: last.listed ?? 0,
                      file: last.fileName,
                    })}
                  </p>
                )}
              </div>
              <div className={classes.actions}>
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={writing.isPending && writing.variables.id === one.id}
                  onClick={() => writing.mutate({ id: one.id })}
                >
                  {t('schedule.now')}
                </Button>
                <Button
                  size="compact-sm"
                  variant="default"
                  loading={removing.isPending}
                  aria-label={t('schedule.removeOne', { name })}
                  onClick={() => removing.mutate({ id: one.id })}
                >
                  {t('remove')}
                </Button>
              </div>
            </li>
          )
        })}
      </ul>
      <Button variant="default" onClick={onAdd}>
        {t('schedule.add')}
      </Button>
    </section>
  )
}
