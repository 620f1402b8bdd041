import { Button, PasswordInput, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { textFields, useAccount } from './account.ts'
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
  const [wanted, want] = useState(stored)
  const [test, setTest] = useState({ openid: '', templateId: '', data: '' })
  const { secret, setSecret, typed, saving, trying } = useAccount({
    saved: t('saved'),
    tested: t('tested'),
  })
  const save = useMutation(trpc.delivery.setWechat.mutationOptions(saving))
  const send = useMutation(trpc.delivery.testWechat.mutationOptions(trying))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    save.mutate({ settings: wanted, ...typed })
  }
  const field = textFields(wanted, want, (name: 'endpoint' | 'appId') => t(name))
  const tested = textFields(test, setTest, (name: 'openid' | 'templateId' | 'data') => t(name))
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
