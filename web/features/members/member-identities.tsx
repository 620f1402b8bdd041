import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { useErrorText } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { MergeDialog, SeparateDialog } from './identity-dialog.tsx'
import { isGivenHere, type Member } from './member.ts'
import classes from './identities.module.css'

/** The ids that are this one member, who says so, and the way to merge another or take one out again. */
export function MemberIdentities({ member }: { member: Member }) {
  const t = useTranslations('members.identities')
  const format = useFormat()
  const trpc = useTRPC()
  const errorText = useErrorText()
  const { role } = useWorkspace()
  const { language } = useLanguage()
  const mayChange = role === 'owner' || role === 'marketer'
  const [merging, merge] = useState(false)
  const [separating, separate] = useState<string | null>(null)
  const query = useQuery(trpc.merges.list.queryOptions({ memberId: member.memberId, language }))
  const identities = query.data?.identities ?? []
  if (!mayChange && identities.length === 0) return null
  return (
    <Panel title={t('title', { ids: identities.length + 1 })} subtitle={t('subtitle')}>
      {query.isError ? <p className={classes.note}>{errorText(query.error).sentence}</p> : null}
      <ul className={classes.ids}>
        <li>
          <strong>{member.memberId}</strong>
          <span className={classes.note}>{t(isGivenHere(member.memberId) ? 'ownGiven' : 'own')}</span>
        </li>
        {identities.map(({ id, into, source, by, at, mergedDay, reason }) => (
          <li key={id}>
            <strong>{id}</strong>
            <span className={classes.note}>
              {t('origin', {
                source,
                by: by === 'command-line' ? t('commandLine') : by,
                day: mergedDay === null ? format.instant(at) : format.day(mergedDay),
              })}
              {into === member.memberId ? null : ` ${t('through', { id: into })}`}
              {reason === null ? null : ` ${t('reason', { reason })}`}
            </span>
            {mayChange ? (
              <Button size="compact-sm" variant="default" onClick={() => separate(id)}>
                {t('separate')}
                <span className={classes.hidden}> {id}</span>
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      {mayChange ? (
        <Button variant="default" onClick={() => merge(true)}>
          {t('merge')}
        </Button>
      ) : null}
      <MergeDialog key={`merge ${merging}`} opened={merging} close={() => merge(false)} member={member} />
      <SeparateDialog
        key={`separate ${separating}`}
        close={() => separate(null)}
        memberId={member.memberId}
        identity={separating}
      />
    </Panel>
  )
}
