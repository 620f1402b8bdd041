import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Explanation } from '../../../analytics/segments/explain.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { Rule, useRuleSentence } from '../../ui/rule.tsx'
import type { Member } from './member.ts'
import classes from './members.module.css'

/** Why a rule gave the member a tag: the conditions that hold. */
export function WhyTagged({ tag, rule, memberId }: { tag: string; rule: string; memberId: string }) {
  const t = useTranslations('members')
  const trpc = useTRPC()
  const [open, setOpen] = useState(false)
  const why = useQuery(trpc.segments.explain.queryOptions({ expression: rule, memberId }, { enabled: open }))
  const sentence = useRuleSentence(rule)
  return (
    <details className={classes.whyTagged} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('tags.whyRule', { tag })}</summary>
      <Rule text={rule} />
      {why.isError ? <Failure error={why.error} retry={() => void why.refetch()} /> : null}
      {why.data ? (
        <ul>
          {clausesOf(why.data.explanation)
            .filter(({ holds }) => holds)
            .map(({ text }) => (
              <li key={text}>{sentence(text)}</li>
            ))}
        </ul>
      ) : null}
    </details>
  )
}

type Clause = Extract<Explanation, { kind: 'clause' }>

function clausesOf(of: Explanation): readonly Clause[] {
  if (of.kind === 'clause') return [of]
  return 'parts' in of ? of.parts.flatMap(clausesOf) : []
}

/** What people did with the member's tags, newest first. */
export function MemberTagHistory({ changes }: { changes: Member['tagChanges'] }) {
  const t = useTranslations('members')
  const format = useFormat()
  if (changes.length === 0) return null
  return (
    <details className={classes.whyTagged}>
      <summary>{t('tags.history', { n: changes.length })}</summary>
      <ul>
        {changes.map(({ tag, action, origin, detail, by, at, reason }, index) => (
          <li key={index}>
            {t('tags.changed', {
              at: format.instant(at),
              by: by === 'command-line' ? t('tags.commandLine') : by,
              action: action === 'put-on' ? 'on' : 'off',
              tag,
              origin,
              detail: detail ?? '',
              why: reason === '' ? 'no' : 'yes',
              reason,
            })}
          </li>
        ))}
      </ul>
    </details>
  )
}
