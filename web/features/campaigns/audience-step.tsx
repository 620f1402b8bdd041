import { Select, Textarea, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { Panel } from '../../ui/panel.tsx'
import { useRuleSentence } from '../../ui/rule.tsx'
import type { StepProps } from './composer.tsx'
import classes from './composer.module.css'
import { StandingFields } from './standing/standing-fields.tsx'

/** Who it is for: a saved segment or a rule. */
export function AudienceStep({ draft, change, problem }: StepProps) {
  const t = useTranslations('campaigns.audience')
  const trpc = useTRPC()
  const sentence = useRuleSentence(draft.segment)
  const saved = useQuery(trpc.segments.list.queryOptions())
  const options = [
    { value: 'everyone', label: t('everyone') },
    ...(saved.data ?? []).map(({ name, expression }) => ({ value: expression, label: name })),
  ].filter(({ value }, index, all) => all.findIndex((other) => other.value === value) === index)
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <div className={classes.fields}>
        <TextInput
          label={t('name')}
          value={draft.name}
          maxLength={120}
          error={problem('name')}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <Select
          label={t('saved')}
          placeholder={t('savedNone')}
          data={options}
          value={options.some(({ value }) => value === draft.segment) ? draft.segment : null}
          onChange={(segment) => {
            if (segment !== null) change({ segment })
          }}
        />
        <Textarea
          label={t('rule')}
          description={t('ruleHelp')}
          value={draft.segment}
          error={problem('segment')}
          autosize
          minRows={3}
          spellCheck={false}
          classNames={{ input: classes.code }}
          onChange={(event) => change({ segment: event.currentTarget.value })}
        />
        {draft.segment.trim() ? <p className={classes.sentence}>{sentence(draft.segment.trim())}</p> : null}
        {draft.segment.trim() ? (
          <Link to="/members" search={{ segment: draft.segment.trim() }}>
            {t('open')}
          </Link>
        ) : null}
        <StandingFields draft={draft} change={change} problem={problem} />
      </div>
    </Panel>
  )
}
