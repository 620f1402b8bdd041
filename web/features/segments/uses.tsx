import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import type { Uses } from '../../../server/segments/uses.ts'
import { useTRPC } from '../../trpc.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import classes from './segments.module.css'

/** What a segment or a tag stands in: each with its link and, of a campaign, what it is and which version it keeps. */
export function UsesList({ uses: { segments, tags, campaigns } }: { uses: Uses }) {
  const t = useTranslations('segments.uses')
  return (
    <ul className={classes.uses}>
      {segments.map(({ id, name }) => (
        <li key={id}>
          {t.rich('segment', {
            name: () => (
              <Link to="/segments/$segmentId" params={{ segmentId: id }}>
                {name}
              </Link>
            ),
          })}
        </li>
      ))}
      {tags.map((tag) => (
        <li key={tag}>{t('tag', { tag })}</li>
      ))}
      {campaigns.map(({ id, name, status, standing, version, changed, putsOn }) => (
        <li key={id}>
          {t.rich('campaign', {
            status: standing && (status === 'running' || status === 'paused') ? `live_${status}` : status,
            name: () => (
              <Link to="/campaigns/$campaignId" params={{ campaignId: id }}>
                {name}
              </Link>
            ),
          })}
          {changed ? <div className={classes.small}>{t('keeps', { version: version! })}</div> : null}
          {putsOn ? <div className={classes.small}>{t('putsOn')}</div> : null}
        </li>
      ))}
    </ul>
  )
}

/** Whether anything is made of it. */
export const isUsed = ({ segments, tags, campaigns }: Uses): boolean =>
  segments.length + tags.length + campaigns.length > 0

/** Where a saved segment stands. */
export function UsesPanel({ id }: { id: string }) {
  const t = useTranslations('segments.uses')
  const trpc = useTRPC()
  const answer = useAnswer(trpc.segments.uses.queryOptions({ id }))
  return (
    <QueryPanel
      name={t('title')}
      title={t('title')}
      subtitle={t('subtitle')}
      query={answer}
      minHeight={60}
      isEmpty={(uses) => !isUsed(uses)}
      empty={{ reason: t('none') }}
    >
      {(uses) => <UsesList uses={uses} />}
    </QueryPanel>
  )
}
