import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { textFields, useAccount } from './account.ts'
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
  const format = useFormat()
  const [wanted, want] = useState(stored)
  const [price, setPrice] = useState(stored.priceMinor ? format.decimal(stored.priceMinor) : '')
  const [test, setTest] = useState({ phone: '', templateCode: '' })
  const { secret, setSecret, typed, saving, trying } = useAccount({
    saved: t('saved'),
    tested: t('tested'),
  })
  const save = useMutation(trpc.delivery.setSms.mutationOptions(saving))
  const send = useMutation(trpc.delivery.testSms.mutationOptions(trying))
  const priceMinor = format.minorOf(price || '0')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (priceMinor === null) return
    save.mutate({ settings: { ...wanted, priceMinor }, ...typed })
  }
  const field = textFields(wanted, want, (name: 'endpoint' | 'accessKeyId' | 'signName') => t(name))
  const tested = textFields(test, setTest, (name: 'phone' | 'templateCode') => t(name))
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
