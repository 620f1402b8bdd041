import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import classes from './composer.module.css'
import { type Definition, isSame } from './draft.ts'

type Preview = inferRouterOutputs<AppRouter>['delivery']['preview']
type Member = Preview['members'][number]

/** What members would read of a message, and of whom something is unknown that it needs. */
export function MessagePreview({
  definition,
  html,
}: {
  /** Null: not complete yet. */
  definition: Definition | null
  /** Whether its HTML was written apart. */
  html: boolean
}) {
  const t = useTranslations('campaigns.messagePreview')
  const trpc = useTRPC()
  const format = useFormat()
  const [members, setMembers] = useState('')
  const [lastAsked, ask] = useState<{ definition: Definition; memberIds: string[] } | null>(null)
  // what is shown is of the words that stand above, never of those before
  const asked = lastAsked && isSame(lastAsked.definition, definition) ? lastAsked : null
  const answer = useQuery(
    trpc.delivery.preview.queryOptions(asked ?? { definition: definition! }, {
      enabled: asked !== null,
      staleTime: 0,
      retry: false,
    }),
  )
  const reasonOf = useReason()
  const memberIds = [...new Set(members.split(/[\s,，、;；]+/).filter(Boolean))]
  return (
    <div className={classes.stack}>
      <TextInput
        label={t('members')}
        description={t('membersHelp')}
        value={members}
        onChange={(event) => setMembers(event.currentTarget.value)}
      />
      <div>
        <Button
          variant="default"
          disabled={definition === null}
          loading={answer.isFetching}
          onClick={() => ask({ definition: definition!, memberIds })}
        >
          {t('preview')}
        </Button>
      </div>
      {definition === null ? <p className={classes.help}>{t('later')}</p> : null}
      {asked && answer.isError ? <Failure error={answer.error} /> : null}
      {asked && answer.data ? (
        <div role="status" className={classes.stack}>
          {answer.data.reached === 0 ? (
            <p className={classes.wrong}>
              {t('nobody')}{' '}
              {answer.data.excluded
                .map(({ reason, members: count }) =>
                  t('excluded', { reason: reasonOf(reason), count: format.count(count) }),
                )
                .join(' ')}
            </p>
          ) : answer.data.missing.length === 0 ? (
            <p className={classes.help}>
              {t('complete', { members: answer.data.reached, count: format.count(answer.data.reached) })}
            </p>
          ) : (
            <ul className={classes.refusedLines}>
              {answer.data.missing.map(({ value, members: count, first }) => (
                <li key={value}>
                  {t('missing', {
                    value,
                    members: count,
                    count: format.count(count),
                    first: first.join(', '),
                    more: Math.max(count - first.length, 0),
                  })}
                </li>
              ))}
            </ul>
          )}
          {answer.data.members.map((member) => (
            <WrittenTo key={member.memberId} member={member} html={html} />
          ))}
        </div>
      ) : null}
    </div>
  )
}

/** Why somebody would not get it. */
function useReason(): (reason: NonNullable<Member['whyNot']>) => string {
  const t = useTranslations('campaigns.messagePreview')
  const reasons = useTranslations('campaigns.excluded')
  return (reason) => (reason === 'not-in-segment' ? t('notInSegment') : reasons(reason))
}

function WrittenTo({ member, html }: { member: Member; html: boolean }) {
  const t = useTranslations('campaigns.messagePreview')
  const { memberId, whyNot, written, missing } = member
  const reasonOf = useReason()
  return (
    <div className={classes.stack}>
      {whyNot === null ? (
        <p className={classes.help}>{t('of', { member: memberId })}</p>
      ) : (
        <p className={classes.wrong}>{t('ofNot', { member: memberId, reason: reasonOf(whyNot) })}</p>
      )}
      {written ? (
        <WrittenWords written={written} html={html} />
      ) : (
        <p className={classes.wrong}>{t('unknown', { values: missing.join(', ') })}</p>
      )}
    </div>
  )
}

function WrittenWords({ written, html }: { written: NonNullable<Member['written']>; html: boolean }) {
  const t = useTranslations('campaigns.messagePreview')
  const format = useFormat()
  switch (written.kind) {
    case 'mail':
      return (
        <>
          <p className={classes.heading}>{written.mail.subject}</p>
          <pre className={classes.letter}>{written.mail.text}</pre>
          {html ? (
            <iframe title={t('html')} className={classes.frame} sandbox="" srcDoc={written.mail.html} />
          ) : null}
        </>
      )
    case 'sms': {
      const { text, params, parts, costMinor, saysOptOut, unfilled } = written.sms
      if (text === null) return <pre className={classes.letter}>{linesOf(params)}</pre>
      return (
        <>
          <pre className={classes.letter}>{text}</pre>
          <p className={classes.help}>
            {t('parts', {
              parts: parts!,
              signs: [...text].length,
              cost: costMinor === null ? 'none' : format.money(costMinor),
            })}
          </p>
          {unfilled.length > 0 ? (
            <p className={classes.wrong}>{t('unfilled', { names: unfilled.join(', ') })}</p>
          ) : null}
          {saysOptOut ? null : <p className={classes.wrong}>{t('noOptOut')}</p>}
        </>
      )
    }
    case 'wechat':
      return (
        <>
          <pre className={classes.letter}>{linesOf(written.wechat.data)}</pre>
          {written.wechat.url === null ? null : (
            <p className={classes.help}>{t('link', { url: written.wechat.url })}</p>
          )}
          {written.wechat.miniProgram === null ? null : (
            <p className={classes.help}>{t('miniProgram', written.wechat.miniProgram)}</p>
          )}
          {written.misfits.length > 0 ? (
            <p className={classes.wrong}>{t('misfits', { names: written.misfits.join(', ') })}</p>
          ) : null}
        </>
      )
    case 'words':
      return <pre className={classes.letter}>{written.words}</pre>
  }
}

const linesOf = (values: Readonly<Record<string, string>>) =>
  Object.entries(values)
    .map(([name, text]) => `${name}: ${text}`)
    .join('\n')
