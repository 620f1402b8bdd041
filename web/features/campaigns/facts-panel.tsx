import { Link } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useFormat } from '../../ui/format.ts'
import { Panel } from '../../ui/panel.tsx'
import { Rule } from '../../ui/rule.tsx'
import classes from './composer.module.css'
import type { Result } from './draft.ts'
import { LeftOutLine } from './left-out-line.tsx'
import { OfferSentence } from './offer-sentence.tsx'
import { SegmentVersions, useRuleOfLaunch } from './segment-versions.tsx'

const topics = ['old-data', 'unknown-consent', 'feed-gap', 'clash'] as const

/** What was launched, as its preview showed it. */
export function FactsPanel({ result }: { result: Result }) {
  const t = useTranslations('campaigns')
  const format = useFormat()
  const { preview, definition } = result
  const rule = useRuleOfLaunch(result.campaignId, preview?.segment ?? '')
  if (!preview) return null
  const confirmed = topics.filter((topic) => result.confirmed.includes(topic))
  return (
    <Panel
      title={t('facts.title')}
      subtitle={t('facts.subtitle', {
        day: format.day(result.launchedDay),
        asOf: format.day(preview.asOf),
      })}
    >
      <dl className={classes.facts}>
        <dt>{t('review.audience')}</dt>
        <dd>
          <Link to="/members" search={{ segment: rule, asOf: preview.asOf }}>
            {t('review.members', { n: preview.members, members: format.count(preview.members) })}
          </Link>
          <Rule text={preview.segment} />
          <SegmentVersions campaignId={result.campaignId} />
        </dd>
        <dt>{t('review.excluded')}</dt>
        <dd>
          {preview.excluded.length === 0
            ? t('review.nobodyExcluded')
            : preview.excluded.map((one) => (
                <LeftOutLine key={one.reason} campaignId={result.campaignId} {...one} />
              ))}
        </dd>
        <dt>{t('review.holdout')}</dt>
        <dd>{format.count(result.heldOut)}</dd>
        <dt>{t('review.offer')}</dt>
        <dd>
          <OfferSentence definition={definition} />
        </dd>
        <dt>{t('review.channel')}</dt>
        <dd>
          {definition.channel.kind === 'webhook'
            ? t('review.channelWebhook', { url: definition.channel.url })
            : t(`channelStep.${definition.channel.kind}`)}
        </dd>
        <dt>{t('facts.confirmed')}</dt>
        <dd>
          {confirmed.length === 0
            ? t('facts.none')
            : confirmed.map((topic) => <div key={topic}>{t(`confirmed.${topic}`)}</div>)}
        </dd>
      </dl>
    </Panel>
  )
}
