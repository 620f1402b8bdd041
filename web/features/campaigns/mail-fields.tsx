import { Radio, Textarea, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { ChannelFields } from './channel-draft.ts'
import type { ChannelProps } from './channel-fields.tsx'
import classes from './composer.module.css'

/** What a mail says. */
export function MailFields({ fields, change, problem }: ChannelProps) {
  const t = useTranslations('campaigns.mail')
  return (
    <>
      <Radio.Group
        label={t('language')}
        description={t('languageHelp')}
        value={fields.mailLanguage}
        onChange={(language) => change({ mailLanguage: language as ChannelFields['mailLanguage'] })}
      >
        <div className={classes.options}>
          <Radio value="zh-CN" label="中文" />
          <Radio value="en" label="English" />
        </div>
      </Radio.Group>
      <TextInput
        label={t('subject')}
        value={fields.mailSubject}
        maxLength={200}
        error={problem('mailSubject')}
        onChange={(event) => change({ mailSubject: event.currentTarget.value })}
      />
      <Textarea
        label={t('text')}
        description={t('textHelp')}
        autosize
        minRows={6}
        maxRows={16}
        value={fields.mailText}
        error={problem('mailText')}
        onChange={(event) => change({ mailText: event.currentTarget.value })}
      />
      <Textarea
        label={t('html')}
        description={t('htmlHelp')}
        autosize
        minRows={2}
        maxRows={12}
        value={fields.mailHtml}
        onChange={(event) => change({ mailHtml: event.currentTarget.value })}
      />
    </>
  )
}
