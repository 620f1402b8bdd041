import { Button, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { inferRouterInputs } from '@trpc/server'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { textFields, useAccount } from './account.ts'
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
  const [wanted, want] = useState(stored)
  const [to, setTo] = useState('')
  const { secret, setSecret, typed, saving, trying } = useAccount({
    saved: t('saved'),
    tested: t('tested'),
  })
  const save = useMutation(trpc.delivery.setMail.mutationOptions(saving))
  const test = useMutation(trpc.delivery.testMail.mutationOptions(trying))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ settings: wanted, ...typed })
  }
  const field = textFields(wanted, want, (name: 'sender' | 'senderName' | 'publicUrl') => t(name))
  return (
    <>
      <form className={classes.form} onSubmit={submit} noValidate>
        <ServerFields
          server={wanted}
          change={want}
          password={secret}
          changePassword={setSecret}
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
