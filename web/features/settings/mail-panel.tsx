import { Button, NumberInput, PasswordInput, Select, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { inferRouterInputs } from '@trpc/server'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
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
  const field = (name: 'host' | 'user' | 'sender' | 'senderName' | 'publicUrl') => ({
    label: t(name),
    value: wanted[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      want({ ...wanted, [name]: event.currentTarget.value }),
  })
  return (
    <>
      <form className={classes.form} onSubmit={submit} noValidate>
        <TextInput {...field('host')} placeholder="smtp.example.com" />
        <div className={classes.row}>
          <Select
            label={t('security')}
            data={(['tls', 'starttls', 'none'] as const).map((value) => ({
              value,
              label: t(`securities.${value}`),
            }))}
            value={wanted.security}
            allowDeselect={false}
            onChange={(security) => want({ ...wanted, security: security as Mail['security'] })}
          />
          <NumberInput
            label={t('port')}
            min={1}
            max={65_535}
            allowDecimal={false}
            value={wanted.port}
            onChange={(port) => want({ ...wanted, port: Number(port) || 0 })}
          />
        </div>
        <TextInput {...field('user')} description={t('userHint')} autoComplete="off" />
        <PasswordInput
          label={t('password')}
          description={hasPassword ? t('passwordKept') : t('passwordHint')}
          value={password}
          autoComplete="new-password"
          onChange={(event) => setPassword(event.currentTarget.value)}
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
