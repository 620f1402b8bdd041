import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { errorCode, trpcClient, useTRPC } from '../../trpc.ts'
import { useEnter } from './entering.ts'
import { LinkRefused } from './link-refused.tsx'
import { Refused } from './refused.tsx'
import classes from './sign-in-page.module.css'

const shortestPassword = 8

/** An invitation: says what it is for, then makes the person, or adds who is signed in. */
export function InviteForm({ token, otherWay }: { token: string; otherWay: () => void }) {
  const t = useTranslations('sign-in')
  const trpc = useTRPC()
  const enter = useEnter()
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [sent, setSent] = useState(false)
  const me = useQuery(trpc.accounts.me.queryOptions())
  const accept = useMutation(trpc.accounts.acceptInvite.mutationOptions({ onSuccess: enter }))
  const invite = useQuery({
    queryKey: ['invite', token],
    queryFn: () => trpcClient.accounts.inviteOf.mutate({ token }),
    staleTime: Infinity,
    // An invitation that was taken is no more; entering asks again for all that is enabled.
    enabled: accept.isIdle,
  })
  const workspace = invite.data?.workspace
  useEffect(() => {
    document.title = workspace ? t('invite.title', { workspace }) : t('title')
  }, [t, workspace])
  if (invite.isError)
    return errorCode(invite.error) === 'UNAUTHORIZED' ? (
      <LinkRefused otherWay={otherWay} />
    ) : (
      <Refused error={invite.error} />
    )
  if (invite.isPending || me.isPending) return <p aria-live="polite">{t('invite.checking')}</p>
  const { role } = invite.data
  if (accept.isError && errorCode(accept.error) === 'UNAUTHORIZED') return <LinkRefused otherWay={otherWay} />
  if (me.data?.userId) {
    const known = me.data.name
    return (
      <div className={classes.form}>
        <div>
          <h1 className={classes.title}>{t('invite.title', { workspace: invite.data.workspace })}</h1>
          <p className={classes.lead}>{t('invite.leadKnown', { role, name: known })}</p>
        </div>
        <Refused error={accept.error} />
        <Button loading={accept.isPending} onClick={() => accept.mutate({ token, credentials: null })}>
          {t('invite.joinAs', { name: known })}
        </Button>
      </div>
    )
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setSent(true)
    if (name.trim() && password.length >= shortestPassword)
      accept.mutate({ token, credentials: { name, password } })
  }
  return (
    <>
      <h1 className={classes.title}>{t('invite.title', { workspace: invite.data.workspace })}</h1>
      <p className={classes.lead}>{t('invite.lead', { role })}</p>
      <form className={classes.form} onSubmit={submit} noValidate>
        <TextInput
          label={t('name')}
          autoComplete="username"
          maxLength={60}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={sent && !name.trim() ? t('error.nameNeeded') : undefined}
        />
        <PasswordInput
          label={t('newPassword')}
          description={t('passwordHint')}
          visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
          autoComplete="new-password"
          maxLength={128}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={sent && password.length < shortestPassword ? t('error.passwordShort') : undefined}
        />
        <Refused error={accept.error} />
        <Button type="submit" loading={accept.isPending}>
          {t('invite.join', { workspace: invite.data.workspace })}
        </Button>
      </form>
    </>
  )
}
