import { Radio, Textarea, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { ChannelFields } from './channel-draft.ts'
import type { ChannelProps } from './channel-fields.tsx'
import classes from './composer.module.css'

/** Which approved template a short message uses, and what stands in it. */
export function SmsFields({ fields, change, problem }: ChannelProps) {
  const t = useTranslations('campaigns.sms')
  return (
    <>
      <TextInput
        label={t('template')}
        placeholder="SMS_123456789"
        value={fields.smsTemplate}
        error={problem('smsTemplate')}
        onChange={(event) => change({ smsTemplate: event.currentTarget.value })}
      />
      <Textarea
        label={t('params')}
        description={t('paramsHelp')}
        autosize
        minRows={3}
        maxRows={10}
        value={fields.smsParams}
        error={problem('smsParams')}
        onChange={(event) => change({ smsParams: event.currentTarget.value })}
      />
      <Textarea
        label={t('text')}
        description={t('textHelp')}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={1000}
        value={fields.smsText}
        onChange={(event) => change({ smsText: event.currentTarget.value })}
      />
      <Radio.Group
        label={t('language')}
        value={fields.mailLanguage}
        onChange={(language) => change({ mailLanguage: language as ChannelFields['mailLanguage'] })}
      >
        <div className={classes.options}>
          <Radio value="zh-CN" label="中文" />
          <Radio value="en" label="English" />
        </div>
      </Radio.Group>
    </>
  )
}
