import { Button, PasswordInput, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import classes from './settings.module.css'

interface Sms {
  readonly endpoint: string
  readonly accessKeyId: string
  readonly signName: string
  readonly priceMinor: number
}

const emptySms: Sms = {
  endpoint: 'https://dysmsapi.aliyuncs.com',
  accessKeyId: '',
  signName: '',
  priceMinor: 0,
}

/** How short messages to members go out; the secret is written once and never shown. */
export function SmsPanel() {
  const t = useTranslations('settings.sms')
  const trpc = useTRPC()
  const answer = useAnswer(trpc.delivery.sms.queryOptions())
  return (
    <QueryPanel title={t('title')} subtitle={t('subtitle')} query={answer} minHeight={120}>
      {(present) => {
        const { repliesPath, reportsPath, ...stored } = present ?? {
          repliesPath: null,
          reportsPath: null,
          ...emptySms,
        }
        const paths = repliesPath === null ? null : { replies: repliesPath, reports: reportsPath }
        return <SmsForm key={JSON.stringify(present)} stored={stored} paths={paths} />
      }}
    </QueryPanel>
  )
}

/** `paths`: where the service pushes to; null: short messages are not set up. */
function SmsForm({ stored, paths }: { stored: Sms; paths: { replies: string; reports: string } | null }) {
  const t = useTranslations('settings.sms')
  const trpc = useTRPC()
  const queries = useQueryClient()
  const format = useFormat()
  const errorText = useErrorText()
  const [wanted, want] = useState(stored)
  const [price, setPrice] = useState(stored.priceMinor ? format.decimal(stored.priceMinor) : '')
  const [secret, setSecret] = useState('')
  const [test, setTest] = useState({ phone: '', templateCode: '' })
  const onError = (error: unknown) => notifications.show({ color: 'red', message: errorText(error).sentence })
  const save = useMutation(
    trpc.delivery.setSms.mutationOptions({
      onSuccess: async () => {
        setSecret('')
        await queries.invalidateQueries(trpc.delivery.pathFilter())
        notifications.show({ message: t('saved') })
      },
      onError,
    }),
  )
  const send = useMutation(
    trpc.delivery.testSms.mutationOptions({
      onSuccess: () => notifications.show({ message: t('tested') }),
      onError,
    }),
  )
  const priceMinor = format.minorOf(price || '0')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (priceMinor === null) return
    save.mutate({ settings: { ...wanted, priceMinor }, ...(secret ? { secret } : {}) })
  }
  const field = (name: 'endpoint' | 'accessKeyId' | 'signName') => ({
    label: t(name),
    value: wanted[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      want({ ...wanted, [name]: event.currentTarget.value }),
  })
  const tested = (name: 'phone' | 'templateCode') => ({
    label: t(name),
    value: test[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      setTest({ ...test, [name]: event.currentTarget.value }),
  })
  return (
    <>
      <form className={classes.form} onSubmit={submit} noValidate>
        <TextInput {...field('accessKeyId')} autoComplete="off" />
        <PasswordInput
          label={t('secret')}
          description={paths === null ? t('secretHint') : t('secretKept')}
          value={secret}
          autoComplete="new-password"
          onChange={(event) => setSecret(event.currentTarget.value)}
        />
        <TextInput {...field('signName')} />
        <TextInput
          label={t('price', { symbol: format.symbol })}
          description={t('priceHint')}
          inputMode="decimal"
          value={price}
          error={priceMinor === null ? t('priceWrong') : undefined}
          onChange={(event) => setPrice(event.currentTarget.value)}
        />
        <TextInput {...field('endpoint')} />
        <div>
          <Button type="submit" variant="default" loading={save.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
      {paths === null ? null : (
        <>
          <p className={classes.note}>{t('replies')}</p>
          <div className={classes.secret}>
            <code>{`${window.location.origin}${paths.replies}`}</code>
          </div>
          <p className={classes.note}>{t('reports')}</p>
          <div className={classes.secret}>
            <code>{`${window.location.origin}${paths.reports}`}</code>
          </div>
          <form
            className={`${classes.form} ${classes.below}`}
            onSubmit={(event) => {
              event.preventDefault()
              send.mutate({ phone: test.phone.trim(), templateCode: test.templateCode.trim() })
            }}
            noValidate
          >
            <TextInput {...tested('phone')} placeholder="+8613800138000" />
            <TextInput {...tested('templateCode')} placeholder="SMS_123456789" />
            <div>
              <Button
                type="submit"
                variant="default"
                loading={send.isPending}
                disabled={!test.phone.trim() || !test.templateCode.trim()}
              >
                {t('test')}
              </Button>
            </div>
          </form>
        </>
      )}
    </>
  )
}
