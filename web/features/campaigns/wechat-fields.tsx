import { Radio, Textarea, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { ChannelFields } from './channel-draft.ts'
import type { ChannelProps } from './channel-fields.tsx'
import classes from './composer.module.css'

/** Which template of the official account a message uses, what stands in it and where a tap leads. */
export function WechatFields({ fields, change, problem }: ChannelProps) {
  const t = useTranslations('campaigns.wechat')
  return (
    <>
      <TextInput
        label={t('template')}
        description={t('templateHelp')}
        value={fields.wechatTemplate}
        error={problem('wechatTemplate')}
        onChange={(event) => change({ wechatTemplate: event.currentTarget.value })}
      />
      <Textarea
        label={t('data')}
        description={t('dataHelp')}
        autosize
        minRows={3}
        maxRows={12}
        value={fields.wechatData}
        error={problem('wechatData')}
        onChange={(event) => change({ wechatData: event.currentTarget.value })}
      />
      <TextInput
        label={t('url')}
        description={t('urlHelp')}
        value={fields.wechatUrl}
        error={problem('wechatUrl')}
        onChange={(event) => change({ wechatUrl: event.currentTarget.value })}
      />
      <TextInput
        label={t('appId')}
        description={t('appIdHelp')}
        value={fields.wechatAppId}
        error={problem('wechatAppId')}
        onChange={(event) => change({ wechatAppId: event.currentTarget.value })}
      />
      {fields.wechatAppId.trim() ? (
        <TextInput
          label={t('page')}
          description={t('pageHelp')}
          value={fields.wechatPage}
          error={problem('wechatPage')}
          onChange={(event) => change({ wechatPage: event.currentTarget.value })}
        />
      ) : null}
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
