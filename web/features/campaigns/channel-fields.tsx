import { Radio, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useLanguage } from '../../ui/language.tsx'
import { type ChannelFields, type ChannelProblem, isByHand } from './channel-draft.ts'
import classes from './composer.module.css'
import type { Definition } from './draft.ts'
import { HandFields } from './hand-fields.tsx'
import { MailFields } from './mail-fields.tsx'
import { MessagePreview } from './message-preview.tsx'
import { SmsFields } from './sms-fields.tsx'
import { WechatFields } from './wechat-fields.tsx'

/** What the fields of a channel are given. */
export interface ChannelProps {
  readonly fields: ChannelFields
  readonly change: (fields: Partial<ChannelFields>) => void
  readonly problem: (field: ChannelProblem) => string | undefined
}

const kinds = ['csv', 'mail', 'sms', 'wechat', 'calls', 'wecom', 'webhook'] as const

/** How a message goes out, what it says, and what members would read of it. */
export function ChannelFieldset({
  fields,
  change,
  problem,
  label,
  hasCoupon,
  previewed,
  beside,
}: ChannelProps & {
  label: string
  /** False: a message alone, which goes to members and names no coupon. */
  hasCoupon: boolean
  /** The campaign whose message is previewed; null: not complete yet. */
  previewed: Definition | null
  /** What stands below the address of a webhook. */
  beside?: ReactNode
}) {
  const t = useTranslations('campaigns.channelStep')
  const first = useFirstWords(hasCoupon)
  const props = { fields, change, problem }
  const isWritten = fields.channel !== 'csv' && fields.channel !== 'webhook'
  const wrong = problem('noChannel') ?? problem('namesCoupon')
  return (
    <>
      <Radio.Group
        aria-label={label}
        value={fields.channel}
        onChange={(channel) =>
          change({ channel: channel as ChannelFields['channel'], ...first(channel as 'mail', fields) })
        }
      >
        <div className={classes.options}>
          {kinds.map((kind) =>
            kind === 'csv' && !hasCoupon ? null : (
              <Radio key={kind} value={kind} label={t(kind)} description={t(`${kind}Help`)} />
            ),
          )}
        </div>
      </Radio.Group>
      {wrong ? (
        <p className={classes.wrong} role="alert">
          {wrong}
        </p>
      ) : null}
      {fields.channel === 'mail' ? <MailFields {...props} /> : null}
      {fields.channel === 'sms' ? <SmsFields {...props} /> : null}
      {fields.channel === 'wechat' ? <WechatFields {...props} /> : null}
      {isByHand(fields.channel) ? <HandFields {...props} /> : null}
      {fields.channel === 'webhook' ? (
        <>
          <TextInput
            label={t('url')}
            type="url"
            placeholder="https://"
            value={fields.url}
            error={problem('url')}
            onChange={(event) => change({ url: event.currentTarget.value })}
          />
          {beside}
        </>
      ) : null}
      {isWritten ? <MessagePreview definition={previewed} html={fields.mailHtml.trim() !== ''} /> : null}
    </>
  )
}

/** Words to write on from, where there are none yet, in the language of the screen. */
function useFirstWords(hasCoupon: boolean) {
  const mail = useTranslations('campaigns.mail')
  const sms = useTranslations('campaigns.sms')
  const wechat = useTranslations('campaigns.wechat')
  const hand = useTranslations('campaigns.hand')
  const { language: mailLanguage } = useLanguage()
  return (channel: ChannelFields['channel'], fields: ChannelFields): Partial<ChannelFields> => {
    if (channel === 'mail' && !fields.mailText)
      return {
        mailSubject: hasCoupon ? mail('subjectFirst') : mail('subjectFirstPlain'),
        mailText: hasCoupon ? mail('textFirst') : mail('textFirstPlain'),
        mailLanguage,
      }
    if (channel === 'sms' && !fields.smsTemplate)
      return { smsParams: hasCoupon ? sms('paramsFirst') : sms('paramsFirstPlain'), mailLanguage }
    if (channel === 'wechat' && !fields.wechatTemplate)
      return { wechatData: hasCoupon ? wechat('dataFirst') : wechat('dataFirstPlain'), mailLanguage }
    if (isByHand(channel) && !fields.handWords)
      return { handWords: hasCoupon ? hand('wordsFirst') : hand('wordsFirstPlain'), mailLanguage }
    return {}
  }
}
