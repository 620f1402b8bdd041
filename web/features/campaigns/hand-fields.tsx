import { Radio, Textarea } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import type { Draft } from './draft.ts'
import { MessagePreview } from './message-preview.tsx'

/** What staff say or write to each member of a list. */
export function HandFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.hand')
  return (
    <>
      <Textarea
        label={t('words')}
        description={t('wordsHelp')}
        autosize
        minRows={4}
        maxRows={12}
        value={draft.handWords}
        error={problem('handWords')}
        onChange={(event) => change({ handWords: event.currentTarget.value })}
      />
      <Radio.Group
        label={t('language')}
        value={draft.mailLanguage}
        onChange={(language) => change({ mailLanguage: language as Draft['mailLanguage'] })}
      >
        <div className={classes.options}>
          <Radio value="zh-CN" label="中文" />
          <Radio value="en" label="English" />
        </div>
      </Radio.Group>
      <MessagePreview draft={draft} />
    </>
  )
}
