import { Radio, Textarea } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { ChannelFields } from './channel-draft.ts'
import type { ChannelProps } from './channel-fields.tsx'
import classes from './composer.module.css'

/** What staff say or write to each member of a list. */
export function HandFields({ fields, change, problem }: ChannelProps) {
  const t = useTranslations('campaigns.hand')
  return (
    <>
      <Textarea
        label={t('words')}
        description={t('wordsHelp')}
        autosize
        minRows={4}
        maxRows={12}
        value={fields.handWords}
        error={problem('handWords')}
        onChange={(event) => change({ handWords: event.currentTarget.value })}
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
