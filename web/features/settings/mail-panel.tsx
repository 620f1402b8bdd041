import { Button, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { inferRouterInputs } from '@trpc/server'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { ServerFields } from './server-fields.tsx'
import classes from './settings.module.css'

type Mail = inferRouterInputs<AppRouter>['delivery']['setMail']['settings']

const emptyMail = (): Mail => ({
  host: '',
  port: 465,
  security: 'tls',
  user: '',
  sender: '',
  senderName: '',
  publicUrl: window.location.origin,
})

/** How mail to members goes out; the password is written once and never shown. */
export function MailPanel() {
  const t = useTranslations('settings.mail')
  const trpc = useTRPC()
  const answer = useAnswer(trpc.delivery.mail.queryOptions())
  return (
    <QueryPanel title={t('title')} subtitle={t('subtitle')} query={answer} minHeight={120}>
      {(present) => {
        const { hasPassword, ...stored } = present ?? { hasPassword: null, ...emptyMail() }
        return <MailForm key={JSON.stringify(present)} stored={stored} hasPassword={hasPassword} />
      }}
    </QueryPanel>
  )
}

/** `hasPassword` null: mail is not set up. */
function MailForm({ stored, hasPassword }: { stored: Mail; hasPassword: boolean | null }) {
  const t = useTranslations('settings.mail')
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const [wanted, want] = useState(stored)
  const [password, setPassword] = useState('')
  const [to, setTo] = useState('')
  const onError = (error: unknown) => notifications.show({ color: 'red', message: errorText(error).sentence })
  const save = useMutation(
    trpc.delivery.setMail.mutationOptions({
      onSuccess: async () => {
        setPassword('')
        await queries.invalidateQueries(trpc.delivery.pathFilter())
        notifications.show({ message: t('saved') })
      },
      onError,
    }),
  )
  const test = useMutation(
    trpc.delivery.testMail.mutationOptions({
      onSuccess: () => notifications.show({ message: t('tested') }),
      onError,
    }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ settings: wanted, ...(password ? { secret: password } : {}) })
  }
  const field = (name: 'sender' | 'senderName' | 'publicUrl') => ({
    label: t(name),
    value: wanted[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      want({ ...wanted, [name]: event.currentTarget.value }),
  })
  return (
    <>
      <form className={classes.form} onSubmit={submit} noValidate>
        <ServerFields
          server={wanted}
          change={want}
          password={password}
          changePassword={setPassword}
          example="smtp.example.com"
          userHint={t('userHint')}
          passwordHint={hasPassword ? t('passwordKept') : t('passwordHint')}
        />
        <TextInput {...field('sender')} type="email" />
        <TextInput {...field('senderName')} />
        <TextInput {...field('publicUrl')} description={t('publicUrlHint')} />
        <div>
          <Button type="submit" variant="default" loading={save.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
      {hasPassword === null ? null : (
        <form
          className={`${classes.form} ${classes.below}`}
          onSubmit={(event) => {
            event.preventDefault()
            test.mutate({ to: to.trim() })
          }}
          noValidate
        >
          <TextInput
            label={t('to')}
            type="email"
            value={to}
            onChange={(event) => setTo(event.currentTarget.value)}
          />
          <div>
            <Button type="submit" variant="default" loading={test.isPending} disabled={!to.trim()}>
              {t('test')}
            </Button>
          </div>
        </form>
      )}
    </>
  )
}
