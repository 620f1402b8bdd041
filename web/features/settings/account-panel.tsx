import { Button, PasswordInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { errorCode, useTRPC } from '../../trpc.ts'
import { Panel } from '../../ui/panel.tsx'
import { useErrorText } from '../../ui/panel-states.tsx'
import classes from './settings.module.css'

const shortestPassword = 8

/** Name and password of the person who is signed in. */
export function AccountPanel() {
  const t = useTranslations('settings.account')
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const me = useQuery(trpc.accounts.me.queryOptions())
  const [typed, setName] = useState<string>()
  const [password, setPassword] = useState('')
  const [sent, setSent] = useState(false)
  const set = useMutation(
    trpc.accounts.setPassword.mutationOptions({
      onSuccess: async () => {
        setPassword('')
        setSent(false)
        await queries.invalidateQueries()
        notifications.show({ message: t('done') })
      },
    }),
  )
  if (!me.data) return null
  const name = typed ?? (me.data.hasPassword ? me.data.name : '')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setSent(true)
    if (name.trim() && password.length >= shortestPassword) set.mutate({ name, password })
  }
  return (
    <Panel title={t('title')} subtitle={t(me.data.hasPassword ? 'subtitle' : 'none')}>
      <form className={classes.form} onSubmit={submit} noValidate>
        <TextInput
          label={t('name')}
          autoComplete="username"
          maxLength={60}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={sent && !name.trim() ? t('nameNeeded') : undefined}
        />
        <PasswordInput
          label={t('password')}
          description={t('passwordHint')}
          visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
          autoComplete="new-password"
          maxLength={128}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={
            set.error
              ? errorCode(set.error) === 'CONFLICT'
                ? t('nameTaken')
                : errorText(set.error).sentence
              : sent && password.length < shortestPassword
                ? t('short')
                : undefined
          }
        />
        <div>
          <Button type="submit" variant="default" loading={set.isPending}>
            {t(me.data.hasPassword ? 'change' : 'set')}
          </Button>
        </div>
      </form>
    </Panel>
  )
}
