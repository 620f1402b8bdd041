import { Radio, Textarea, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import type { Draft } from './draft.ts'
import { MessagePreview } from './message-preview.tsx'

/** Which template of the official account a message uses, what stands in it and where a tap leads. */
export function WechatFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.wechat')
  return (
    <>
      <TextInput
        label={t('template')}
        description={t('templateHelp')}
        value={draft.wechatTemplate}
        error={problem('wechatTemplate')}
        onChange={(event) => change({ wechatTemplate: event.currentTarget.value })}
      />
      <Textarea
        label={t('data')}
        description={t('dataHelp')}
        autosize
        minRows={3}
        maxRows={12}
        value={draft.wechatData}
        error={problem('wechatData')}
        onChange={(event) => change({ wechatData: event.currentTarget.value })}
      />
      <TextInput
        label={t('url')}
        description={t('urlHelp')}
        value={draft.wechatUrl}
        error={problem('wechatUrl')}
        onChange={(event) => change({ wechatUrl: event.currentTarget.value })}
      />
      <TextInput
        label={t('appId')}
        description={t('appIdHelp')}
        value={draft.wechatAppId}
        error={problem('wechatAppId')}
        onChange={(event) => change({ wechatAppId: event.currentTarget.value })}
      />
      {draft.wechatAppId.trim() ? (
        <TextInput
          label={t('page')}
          description={t('pageHelp')}
          value={draft.wechatPage}
          error={problem('wechatPage')}
          onChange={(event) => change({ wechatPage: event.currentTarget.value })}
        />
      ) : null}
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
