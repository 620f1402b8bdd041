import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { errorCode, useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { Rule } from '../../ui/rule.tsx'
import classes from './composer.module.css'
import { Confirmations, Moved, useConfirming } from './confirming.tsx'
import type { Definition, Preview } from './draft.ts'
import { LeftOutLine } from './left-out-line.tsx'
import { OfferSentence } from './offer-sentence.tsx'
import { useShows } from './shows.ts'

/** Everything that the launch will do, what must be confirmed, and the button that names the count. */
export function ReviewStep({ campaignId, definition }: { campaignId: string; definition: Definition }) {
  const t = useTranslations('campaigns')
  const trpc = useTRPC()
  const format = useFormat()
  const preview = useAnswer(
    trpc.campaigns.preview.queryOptions(
      { campaignId },
      { staleTime: 0, gcTime: 0, trpc: { abortOnUnmount: true } },
    ),
  )
  const { confirmed, toggle, moved, begun } = useConfirming(campaignId, preview.refetch)
  const launch = useMutation(trpc.campaigns.launch.mutationOptions(begun))

  return (
    <QueryPanel
      name={t('review.title')}
      title={t('review.title')}
      subtitle={({ asOf }) => t('review.subtitle', { day: format.day(asOf) })}
      query={preview}
      minHeight={320}
    >
      {(data) => (
        <div className={classes.stack}>
          {moved ? <Moved>{t('review.moved')}</Moved> : null}
          {launch.isError && errorCode(launch.error) !== 'CONFLICT' ? <Failure error={launch.error} /> : null}
          <Facts campaignId={campaignId} definition={definition} preview={data} />
          {data.blockers.length > 0 ? <Blockers blockers={data.blockers} /> : null}
          <Confirmations
            title={t('review.confirm')}
            topics={data.confirmationDetails.map((one) => ({
              topic: one.topic,
              text: <ConfirmationText confirmation={one} />,
            }))}
            confirmed={confirmed}
            toggle={toggle}
          />
          <div>
            <Button
              loading={launch.isPending}
              disabled={
                data.blockers.length > 0 ||
                preview.isFetching ||
                data.confirmations.some((topic) => !confirmed.has(topic))
              }
              onClick={() => launch.mutate({ campaignId, digest: data.digest, confirm: [...confirmed] })}
            >
              {t('review.launch', { count: data.issued })}
            </Button>
          </div>
        </div>
      )}
    </QueryPanel>
  )
}

function Facts({
  campaignId,
  definition,
  preview,
}: {
  campaignId: string
  definition: Definition
  preview: Preview
}) {
  const t = useTranslations('campaigns')
  const format = useFormat()
  const shows = useShows()
  return (
    <dl className={classes.facts}>
      <dt>{t('review.audience')}</dt>
      <dd>
        {t('review.members', { n: preview.members, members: format.count(preview.members) })}
        <Rule text={preview.segment} />
      </dd>
      <dt>{t('review.excluded')}</dt>
      <dd>
        {preview.excluded.length === 0
          ? t('review.nobodyExcluded')
          : preview.excluded.map((one) => <LeftOutLine key={one.reason} campaignId={campaignId} {...one} />)}
      </dd>
      <dt>{t('review.offer')}</dt>
      <dd>
        <OfferSentence definition={definition} />
      </dd>
      <dt>{t('review.holdout')}</dt>
      <dd>
        {t('review.drawn', { count: preview.plan.planned?.members ?? 0, drawn: preview.holdout })}{' '}
        {shows(preview.plan.planned, preview.plan)}
      </dd>
      <dt>{t('summary.worstCost')}</dt>
      <dd>
        {typeof preview.worstCostMinor === 'number'
          ? format.money(preview.worstCostMinor)
          : t('summary.unbounded')}
      </dd>
      {preview.expectedCost ? (
        <>
          <dt>{t('review.expectedCost')}</dt>
          <dd>
            {t('review.expectedFrom', {
              cost: format.money(preview.expectedCost.minor),
              rate: format.share(
                preview.expectedCost.redemption.numerator,
                preview.expectedCost.redemption.denominator,
              ),
              messages: definition.messageCostMinor ? 'some' : 'none',
            })}
          </dd>
        </>
      ) : null}
      <dt>{t('review.channel')}</dt>
      <dd>
        {definition.channel.kind === 'webhook'
          ? t('review.channelWebhook', { url: definition.channel.url })
          : t(`channelStep.${definition.channel.kind}`)}
      </dd>
      <dt>{t('review.window')}</dt>
      <dd>
        {t('review.windowText', { from: format.day(preview.today), to: format.day(preview.windowLastDay) })}
      </dd>
    </dl>
  )
}

function Blockers({ blockers }: { blockers: Preview['blockers'] }) {
  const t = useTranslations('campaigns')
  const format = useFormat()
  const text = (blocker: Preview['blockers'][number]) => {
    switch (blocker.kind) {
      case 'over-budget':
        return t('blocker.over-budget', {
          cost: format.money(blocker.worstCostMinor),
          budget: format.money(blocker.budgetMinor),
        })
      case 'already-over':
        return t('blocker.already-over', { day: format.day(blocker.lastDay) })
      case 'pool-too-small':
        return t('blocker.pool-too-small', {
          pool: blocker.pool,
          free: format.count(blocker.free),
          missing: format.count(blocker.missing),
        })
      case 'no-such-pool':
        return t('blocker.no-such-pool', { pool: blocker.pool })
      case 'code-taken':
        return t('blocker.code-taken', { code: blocker.code })
      case 'channel-not-set-up':
        return t('blocker.channel-not-set-up', { channel: blocker.channel })
      case 'missing-value':
        return t('blocker.missing-value', { value: blocker.value, count: blocker.members })
      default:
        return t(`blocker.${blocker.kind}`)
    }
  }
  return (
    <div className={classes.warning} role="alert">
      <IconAlertTriangle size={18} aria-hidden />
      <div>
        {t('review.blocked')}
        <ul>
          {blockers.map((blocker) => (
            <li key={blocker.kind === 'missing-value' ? blocker.value : blocker.kind}>{text(blocker)}</li>
          ))}
        </ul>
      </div>
    </div>
  )
}

function ConfirmationText({ confirmation }: { confirmation: Preview['confirmationDetails'][number] }) {
  const t = useTranslations('campaigns')
  const format = useFormat()
  switch (confirmation.topic) {
    case 'old-data':
      return t('confirm.old-data', {
        asOf: format.day(confirmation.asOf),
        today: format.day(confirmation.today),
      })
    case 'unknown-consent':
      return t('confirm.unknown-consent', { count: confirmation.members })
    case 'clash':
      return t('confirm.clash', {
        campaigns: confirmation.campaigns
          .map(({ name, lastDay, heldOut, treated, proof }) =>
            t('confirm.clashes', {
              name,
              until: lastDay === null ? 'open' : 'day',
              lastDay: lastDay === null ? '' : format.day(lastDay),
              heldOut: format.count(heldOut.members),
              allHeldOut: format.count(heldOut.of),
              treated: format.count(treated.members),
              allTreated: format.count(treated.of),
              proof,
            }),
          )
          .join(' '),
      })
    case 'feed-gap':
      return t('confirm.feed-gap', {
        stores: confirmation.stores
          .map(({ store, newestDay }) => t('feedGapStore', { store, day: format.day(newestDay) }))
          .join(', '),
        asOf: format.day(confirmation.asOf),
        count: confirmation.stores.reduce((sum, { members }) => sum + members, 0),
      })
  }
}
