import { Button, Radio, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import { type Draft, isByHand } from './draft.ts'
import { HandFields } from './hand-fields.tsx'
import { MailFields } from './mail-fields.tsx'
import { SmsFields } from './sms-fields.tsx'
import { WechatFields } from './wechat-fields.tsx'

/** How the codes go out and how long they are good. */
export function ChannelStep({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.channelStep')
  const mail = useTranslations('campaigns.mail')
  const sms = useTranslations('campaigns.sms')
  const wechat = useTranslations('campaigns.wechat')
  const hand = useTranslations('campaigns.hand')
  const { language } = useLanguage()
  const { role } = useWorkspace()
  const { symbol } = useFormat()
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <div className={classes.fields}>
        <Radio.Group
          aria-label={t('title')}
          value={draft.channel}
          onChange={(channel) =>
            change({
              channel: channel as Draft['channel'],
              // a beginning to write on from
              ...(channel === 'mail' && !draft.mailText
                ? { mailSubject: mail('subjectFirst'), mailText: mail('textFirst'), mailLanguage: language }
                : {}),
              ...(channel === 'sms' && !draft.smsTemplate
                ? { smsParams: sms('paramsFirst'), mailLanguage: language }
                : {}),
              ...(channel === 'wechat' && !draft.wechatTemplate
                ? { wechatData: wechat('dataFirst'), mailLanguage: language }
                : {}),
              ...(isByHand(channel as Draft['channel']) && !draft.handWords
                ? { handWords: hand('wordsFirst'), mailLanguage: language }
                : {}),
            })
          }
        >
          <div className={classes.options}>
            <Radio value="csv" label={t('csv')} description={t('csvHelp')} />
            <Radio value="mail" label={t('mail')} description={t('mailHelp')} />
            <Radio value="sms" label={t('sms')} description={t('smsHelp')} />
            <Radio value="wechat" label={t('wechat')} description={t('wechatHelp')} />
            <Radio value="calls" label={t('calls')} description={t('callsHelp')} />
            <Radio value="wecom" label={t('wecom')} description={t('wecomHelp')} />
            <Radio value="webhook" label={t('webhook')} description={t('webhookHelp')} />
          </div>
        </Radio.Group>
        {draft.channel === 'mail' ? <MailFields draft={draft} change={change} problem={problem} /> : null}
        {draft.channel === 'sms' ? <SmsFields draft={draft} change={change} problem={problem} /> : null}
        {draft.channel === 'wechat' ? <WechatFields draft={draft} change={change} problem={problem} /> : null}
        {isByHand(draft.channel) ? <HandFields draft={draft} change={change} problem={problem} /> : null}
        {draft.channel === 'webhook' ? (
          <>
            <TextInput
              label={t('url')}
              type="url"
              placeholder="https://"
              value={draft.url}
              error={problem('url')}
              onChange={(event) => change({ url: event.currentTarget.value })}
            />
            {role === 'owner' ? <SigningSecret /> : null}
          </>
        ) : null}
        <div className={classes.pair}>
          <TextInput
            label={t('messageCost', { symbol })}
            description={t('messageCostHelp')}
            inputMode="decimal"
            value={draft.messageCost}
            error={problem('messageCost')}
            onChange={(event) => change({ messageCost: event.currentTarget.value })}
          />
          <TextInput
            label={t('margin')}
            description={t('marginHelp')}
            inputMode="decimal"
            value={draft.margin}
            error={problem('margin')}
            onChange={(event) => change({ margin: event.currentTarget.value })}
          />
        </div>
        <Radio.Group
          label={t('validity')}
          value={draft.validity}
          onChange={(validity) => change({ validity: validity as Draft['validity'] })}
        >
          <div className={classes.options}>
            <Radio value="days" label={t('days')} />
            {draft.stands ? null : <Radio value="day" label={t('through')} />}
          </div>
        </Radio.Group>
        {draft.validity === 'days' ? (
          <TextInput
            label={t('daysField')}
            inputMode="numeric"
            value={draft.days}
            error={problem('days')}
            onChange={(event) => change({ days: event.currentTarget.value })}
          />
        ) : (
          <div className={classes.pair}>
            <TextInput
              label={t('firstDayField')}
              type="date"
              value={draft.firstDay}
              error={problem('firstDay')}
              onChange={(event) => change({ firstDay: event.currentTarget.value })}
            />
            <TextInput
              label={t('dayField')}
              type="date"
              value={draft.day}
              error={problem('day')}
              onChange={(event) => change({ day: event.currentTarget.value })}
            />
          </div>
        )}
      </div>
    </Panel>
  )
}

/** The secret that the receiver checks signatures with: shown once, to an owner. */
function SigningSecret() {
  const t = useTranslations('campaigns.channelStep')
  const trpc = useTRPC()
  const ask = useMutation(trpc.campaigns.signingSecret.mutationOptions())
  return (
    <div className={classes.stack}>
      {ask.isError ? <Failure error={ask.error} /> : null}
      {ask.data ? (
        <TextInput
          label={t('secret')}
          description={t('secretHelp')}
          value={ask.data.secret}
          readOnly
          classNames={{ input: classes.code }}
          onFocus={(event) => event.currentTarget.select()}
        />
      ) : (
        <div>
          <p className={classes.heading}>{t('secret')}</p>
          <Button
            variant="default"
            loading={ask.isPending}
            onClick={() => ask.mutate({ renew: ask.isError })}
          >
            {ask.isError ? t('secretNew') : t('secretShow')}
          </Button>
        </div>
      )}
    </div>
  )
}
