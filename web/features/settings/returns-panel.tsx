import { Button, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { type MailServer, ServerFields } from './server-fields.tsx'
import classes from './settings.module.css'

interface Returns extends MailServer {
  readonly folder: string
}

const emptyReturns: Returns = { host: '', port: 993, security: 'tls', user: '', folder: 'INBOX' }

/** What was read of the mailbox; `error`: why it could not be read the last time. */
interface ReadState {
  readonly readAt: string | null
  readonly error: string | null
  readonly gone: number
  readonly failed: number
  readonly answer: number
}

/** The mailbox to which mail comes back. */
export function ReturnsPanel() {
  const t = useTranslations('settings.returns')
  const trpc = useTRPC()
  const answer = useAnswer(trpc.delivery.returns.queryOptions())
  return (
    <QueryPanel title={t('title')} subtitle={t('subtitle')} query={answer} minHeight={120}>
      {(present) => {
        const { host, port, security, user, folder } = present ?? emptyReturns
        const stored = { host, port, security, user, folder }
        return <ReturnsForm key={JSON.stringify(stored)} stored={stored} state={present} />
      }}
    </QueryPanel>
  )
}

/** `state` null: no mailbox is set up. */
function ReturnsForm({ stored, state }: { stored: Returns; state: ReadState | null }) {
  const t = useTranslations('settings.returns')
  const trpc = useTRPC()
  const queries = useQueryClient()
  const format = useFormat()
  const errorText = useErrorText()
  const [wanted, want] = useState(stored)
  const [password, setPassword] = useState('')
  const onError = (error: unknown) => notifications.show({ color: 'red', message: errorText(error).sentence })
  const onSettled = () => queries.invalidateQueries(trpc.delivery.returns.pathFilter())
  const save = useMutation(
    trpc.delivery.setReturns.mutationOptions({
      onSuccess: () => {
        setPassword('')
        notifications.show({ message: t('saved') })
      },
      onError,
      onSettled,
    }),
  )
  const read = useMutation(
    trpc.delivery.readReturns.mutationOptions({
      onSuccess: ({ looked, taken }) => notifications.show({ message: t('readDone', { looked, ...taken }) }),
      onError,
      onSettled,
    }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ settings: wanted, ...(password ? { secret: password } : {}) })
  }
  return (
    <>
      <form className={classes.form} onSubmit={submit} noValidate>
        <p className={classes.note}>{t('lead')}</p>
        <ServerFields
          server={wanted}
          change={want}
          password={password}
          changePassword={setPassword}
          example="imap.example.com"
          userHint={t('userHint')}
          passwordHint={state ? t('passwordKept') : t('passwordHint')}
        />
        <TextInput
          label={t('folder')}
          description={t('folderHint')}
          value={wanted.folder}
          onChange={(event) => want({ ...wanted, folder: event.currentTarget.value })}
        />
        <div>
          <Button type="submit" variant="default" loading={save.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
      {state ? (
        <div className={`${classes.form} ${classes.below}`}>
          <p className={classes.note} role="status">
            {state.error ??
              (state.readAt === null ? t('never') : t('readAt', { at: format.instant(state.readAt) }))}
          </p>
          <p className={classes.note}>
            {t('found', { gone: state.gone, failed: state.failed, answer: state.answer })}
          </p>
          <div>
            <Button variant="default" loading={read.isPending} onClick={() => read.mutate()}>
              {t('read')}
            </Button>
          </div>
        </div>
      ) : null}
    </>
  )
}
