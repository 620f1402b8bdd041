import { Button, PasswordInput, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import classes from './settings.module.css'

interface Wechat {
  readonly endpoint: string
  readonly appId: string
}

const emptyWechat: Wechat = { endpoint: 'https://api.weixin.qq.com', appId: '' }

/** The official account by which template messages go out; the secret is written once and never shown. */
export function WechatPanel() {
  const t = useTranslations('settings.wechat')
  const trpc = useTRPC()
  const answer = useAnswer(trpc.delivery.wechat.queryOptions())
  return (
    <QueryPanel title={t('title')} subtitle={t('subtitle')} query={answer} minHeight={120}>
      {(present) => {
        const { endpoint, appId } = present ?? emptyWechat
        return (
          <WechatForm
            key={JSON.stringify(present)}
            stored={{ endpoint, appId }}
            events={present && { path: present.eventsPath, token: present.eventsToken }}
          />
        )
      }}
    </QueryPanel>
  )
}

/** `events`: where WeChat pushes what happens in the account, and what it signs with; null: no account is set up. */
function WechatForm({ stored, events }: { stored: Wechat; events: { path: string; token: string } | null }) {
  const t = useTranslations('settings.wechat')
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const [wanted, want] = useState(stored)
  const [secret, setSecret] = useState('')
  const [test, setTest] = useState({ openid: '', templateId: '', data: '' })
  const onError = (error: unknown) => notifications.show({ color: 'red', message: errorText(error).sentence })
  const save = useMutation(
    trpc.delivery.setWechat.mutationOptions({
      onSuccess: async () => {
        setSecret('')
        await queries.invalidateQueries(trpc.delivery.pathFilter())
        notifications.show({ message: t('saved') })
      },
      onError,
    }),
  )
  const send = useMutation(
    trpc.delivery.testWechat.mutationOptions({
      onSuccess: () => notifications.show({ message: t('tested') }),
      onError,
    }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ settings: wanted, ...(secret ? { secret } : {}) })
  }
  const field = (name: 'endpoint' | 'appId') => ({
    label: t(name),
    value: wanted[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      want({ ...wanted, [name]: event.currentTarget.value }),
  })
  const tested = (name: 'openid' | 'templateId' | 'data') => ({
    label: t(name),
    value: test[name],
    onChange: (event: { currentTarget: { value: string } }) =>
      setTest({ ...test, [name]: event.currentTarget.value }),
  })
  const data = dataOf(test.data)
  return (
    <>
      <form className={classes.form} onSubmit={submit} noValidate>
        <TextInput {...field('appId')} placeholder="wx0123456789abcdef" autoComplete="off" />
        <PasswordInput
          label={t('secret')}
          description={events ? t('secretKept') : t('secretHint')}
          value={secret}
          autoComplete="new-password"
          onChange={(event) => setSecret(event.currentTarget.value)}
        />
        <TextInput {...field('endpoint')} />
        <div>
          <Button type="submit" variant="default" loading={save.isPending}>
            {t('save')}
          </Button>
        </div>
      </form>
      {events ? (
        <>
          <p className={`${classes.note} ${classes.below}`}>{t('events')}</p>
          <div className={classes.secret}>
            <span>
              URL <code>{`${window.location.origin}${events.path}`}</code>
            </span>
            <span>
              Token <code>{events.token}</code>
            </span>
          </div>
        </>
      ) : null}
      {events ? (
        <form
          className={`${classes.form} ${classes.below}`}
          onSubmit={(event) => {
            event.preventDefault()
            if (data) send.mutate({ openid: test.openid.trim(), templateId: test.templateId.trim(), data })
          }}
          noValidate
        >
          <TextInput {...tested('openid')} />
          <TextInput {...tested('templateId')} />
          <Textarea
            {...tested('data')}
            description={t('dataHint')}
            autosize
            minRows={2}
            error={data === null ? t('dataWrong') : undefined}
          />
          <div>
            <Button
              type="submit"
              variant="default"
              loading={send.isPending}
              disabled={!test.openid.trim() || !test.templateId.trim()}
            >
              {t('test')}
            </Button>
          </div>
        </form>
      ) : null}
    </>
  )
}

/** Lines `name=text`; null when one is none. */
function dataOf(text: string): Record<string, string> | null {
  const data: Record<string, string> = {}
  for (const line of text.split('\n').filter((one) => one.trim())) {
    const [, name, value] = /^\s*(\w{1,50})\s*=\s*(\S.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) return null
    data[name] = value.trim()
  }
  return data
}
