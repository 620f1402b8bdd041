import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { errorCode, useTRPC } from '../../trpc.ts'
import { useEnter } from './entering.ts'
import { LinkRefused } from './link-refused.tsx'
import { Refused } from './refused.tsx'
import classes from './sign-in-page.module.css'

/** Spends the link that the start printed, at once and exactly once. */
export function OwnerLink({ token, otherWay }: { token: string; otherWay: () => void }) {
  const t = useTranslations('sign-in')
  const trpc = useTRPC()
  const enter = useEnter()
  const spent = useRef(false)
  const { mutate, error } = useMutation(trpc.accounts.signInWithLink.mutationOptions({ onSuccess: enter }))
  useEffect(() => {
    document.title = t('title')
    if (spent.current) return
    spent.current = true
    history.replaceState(null, '', '/sign-in')
    mutate({ token })
  }, [mutate, t, token])
  if (!error) return <p aria-live="polite">{t('entering')}</p>
  if (errorCode(error) === 'UNAUTHORIZED') return <LinkRefused otherWay={otherWay} />
  return (
    <>
      <h1 className={classes.title}>{t('title')}</h1>
      <Refused error={error} />
    </>
  )
}
