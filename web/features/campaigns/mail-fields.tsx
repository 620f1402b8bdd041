import { Button, Radio, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import { definitionFrom, type Definition, type Draft } from './draft.ts'

/** What a mail says, and what one member would read of it. */
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
      <MailPreview draft={draft} />
    </>
  )
}

function MailPreview({ draft }: { draft: Draft }) {
  const t = useTranslations('campaigns.mail')
  const trpc = useTRPC()
  const format = useFormat()
  const [memberId, setMemberId] = useState('')
  const [asked, ask] = useState<{ definition: Definition; memberId?: string } | null>(null)
  const definition = definitionFrom({ ...draft, name: draft.name || '–' }, format)
  const answer = useQuery(
    trpc.delivery.previewMail.queryOptions(asked ?? { definition: definition! }, {
      enabled: asked !== null,
      staleTime: 0,
      retry: false,
    }),
  )
  const wanted = memberId.trim()
  return (
    <div className={classes.stack}>
      <div className={classes.pair}>
        <TextInput
          label={t('member')}
          description={t('memberHelp')}
          value={memberId}
          onChange={(event) => setMemberId(event.currentTarget.value)}
        />
      </div>
      <div>
        <Button
          variant="default"
          disabled={definition === null}
          loading={answer.isFetching}
          onClick={() => ask({ definition: definition!, ...(wanted ? { memberId: wanted } : {}) })}
        >
          {t('preview')}
        </Button>
      </div>
      {definition === null ? <p className={classes.help}>{t('previewLater')}</p> : null}
      {answer.isError ? <Failure error={answer.error} /> : null}
      {answer.data ? (
        <div role="status" className={classes.stack}>
          <p className={classes.help}>
            {t('previewOf', {
              member: answer.data.memberId,
              address: answer.data.hasAddress ? 'some' : 'none',
            })}
          </p>
          {answer.data.mail ? (
            <>
              <p className={classes.heading}>{answer.data.mail.subject}</p>
              <pre className={classes.letter}>{answer.data.mail.text}</pre>
              {draft.mailHtml.trim() ? (
                <iframe
                  title={t('html')}
                  className={classes.frame}
                  sandbox=""
                  srcDoc={answer.data.mail.html}
                />
              ) : null}
            </>
          ) : (
            <p className={classes.help}>{t('previewMissing', { values: answer.data.missing.join(', ') })}</p>
          )}
        </div>
      ) : null}
    </div>
  )
}
