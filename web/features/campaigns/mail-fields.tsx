import { Radio, Textarea, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import type { Draft } from './draft.ts'
import { MessagePreview } from './message-preview.tsx'

/** What a mail says, and what members would read of it. */
export function MailFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.mail')
  return (
    <>
      <Radio.Group
        label={t('language')}
        description={t('languageHelp')}
        value={draft.mailLanguage}
        onChange={(language) => change({ mailLanguage: language as Draft['mailLanguage'] })}
      >
        <div className={classes.options}>
          <Radio value="zh-CN" label="中文" />
          <Radio value="en" label="English" />
        </div>
      </Radio.Group>
      <TextInput
        label={t('subject')}
        value={draft.mailSubject}
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
        value={draft.mailText}
        error={problem('mailText')}
        onChange={(event) => change({ mailText: event.currentTarget.value })}
      />
      <Textarea
        label={t('html')}
        description={t('htmlHelp')}
        autosize
        minRows={2}
        maxRows={12}
        value={draft.mailHtml}
        onChange={(event) => change({ mailHtml: event.currentTarget.value })}
      />
      <MessagePreview draft={draft} />
    </>
  )
}
