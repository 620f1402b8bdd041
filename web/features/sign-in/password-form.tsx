import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useEnter } from './entering.ts'
import { Refused } from './refused.tsx'
import classes from './sign-in-page.module.css'

/** Sign-in with name and password. */
export function PasswordForm() {
  const t = useTranslations('sign-in')
  const trpc = useTRPC()
  const enter = useEnter()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [sent, setSent] = useState(false)
  const signIn = useMutation(trpc.accounts.signIn.mutationOptions({ onSuccess: enter }))
  useEffect(() => {
    document.title = t('title')
  }, [t])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setSent(true)
    if (name.trim() && password) signIn.mutate({ name, password })
  }
  return (
    <>
      <h1 className={classes.title}>{t('title')}</h1>
      <p className={classes.lead}>{t('lead')}</p>
      <form className={classes.form} onSubmit={submit} noValidate>
        <TextInput
          label={t('name')}
          autoComplete="username"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={sent && !name.trim() ? t('error.nameNeeded') : undefined}
        />
        <PasswordInput
          label={t('password')}
          visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={sent && !password ? t('error.passwordNeeded') : undefined}
        />
        <Refused error={signIn.error} />
        <Button type="submit" loading={signIn.isPending}>
          {t('signIn')}
        </Button>
      </form>
      <p className={classes.note}>{t('noPassword')}</p>
    </>
  )
}
