import { useParams } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { decimalsApart, useFormat } from '../../ui/format.ts'
import { Page } from '../../ui/page.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { AfterwardsPanel } from './afterwards-panel.tsx'
import { CampaignActions } from './campaign-actions.tsx'
import { Composer } from './composer.tsx'
import { DeadLettersPanel } from './dead-letters-panel.tsx'
import { goesByHand } from './by-hand.ts'
import { draftOf, type Result } from './draft.ts'
import { FactsPanel } from './facts-panel.tsx'
import { FunnelPanel } from './funnel-panel.tsx'
import { HandPanel } from './hand-panel.tsx'
import { LedgerPanel } from './ledger-panel.tsx'
import { LiftPanel } from './lift-panel.tsx'
import { MoneyPanel } from './money-panel.tsx'
import { NextPanel } from './next-panel.tsx'
import { PartsPanel } from './parts-panel.tsx'
import { useRise } from './rise.ts'
import { StandingPanels } from './standing/standing-page.tsx'
import { TimelinePanel } from './timeline-panel.tsx'
import { BudgetSpentChip, CampaignStatusChip } from './words.tsx'

/** What came of a campaign; a draft opens in the composer. */
export function CampaignPage() {
  const t = useTranslations('campaigns')
  const trpc = useTRPC()
  const format = useFormat()
  const { role } = useWorkspace()
  const { campaignId } = useParams({ from: '/signed-in/shell/campaigns/$campaignId' })
  const lead = useLead()
  const result = useAnswer(
    trpc.campaigns.show.queryOptions(
      { campaignId },
      {
        staleTime: 0,
        refetchInterval: ({ state }) => (state.data && state.data.queued > 0 ? 3_000 : false),
        trpc: { abortOnUnmount: true },
      },
    ),
  )
  const { data } = result
  const effect = useAnswer(
    trpc.campaigns.effect.queryOptions(
      { campaignId },
      {
        staleTime: 0,
        enabled: data?.launchedAt != null,
        trpc: { abortOnUnmount: true },
      },
    ),
  )
  if (!data)
    return (
      <Page title={t('title')}>
        <QueryPanel name={t('title')} title={t('title')} query={result}>
          {() => null}
        </QueryPanel>
      </Page>
    )
  if (data.status === 'draft' && role !== 'viewer')
    return (
      <Composer
        key={campaignId}
        initial={draftOf(data.definition, format)}
        saved={{ campaignId, definition: data.definition }}
      />
    )
  const stands = data.definition.standing !== undefined && data.launchedAt !== null
  const isSpent = effect.data?.next.some(({ kind }) => kind === 'budget-spent') ?? false
  const effectPanels = data.measurement ? (
    <>
      <LiftPanel answer={result} />
      <TimelinePanel answer={effect} stands={stands} />
      <MoneyPanel answer={effect} stands={stands} />
      <NextPanel effect={effect.data} />
      <AfterwardsPanel answer={effect} stands={stands} />
      {data.measurement.outcomes.length > 0 && data.heldOut > 0 ? (
        <PartsPanel campaignId={campaignId} stands={stands} />
      ) : null}
    </>
  ) : null
  return (
    <Page
      title={data.name}
      lead={
        <>
          <CampaignStatusChip status={data.status} /> {isSpent ? <BudgetSpentChip /> : null} {lead(data)}
        </>
      }
      actions={role === 'viewer' ? null : <CampaignActions result={data} />}
    >
      {stands ? <StandingPanels result={data}>{effectPanels}</StandingPanels> : effectPanels}
      {data.measurement ? (
        <>
          {givesCoupons(data.definition) ? (
            <FunnelPanel answer={result} rates={effect.data?.rates} refusals={effect.data?.refusals} />
          ) : null}
          {goesByHand(data.definition) !== 'none' ? <HandPanel result={data} /> : null}
          {data.dead + data.deadEvents > 0 ? <DeadLettersPanel result={data} /> : null}
          {givesCoupons(data.definition) ? <LedgerPanel answer={result} /> : null}
          <FactsPanel result={data} />
        </>
      ) : null}
    </Page>
  )
}

/** Whether any of its steps gives a coupon. */
const givesCoupons = ({ offer, standing }: Result['definition']) =>
  offer !== undefined || (standing?.steps ?? []).some(({ action }) => action.kind === 'coupon')

/** The finding in one sentence. */
function useLead(): (result: Result) => string {
  const t = useTranslations('campaigns.result')
  const format = useFormat()
  const rise = useRise()
  return ({ measurement, preview, definition }) => {
    if (!measurement) return t('draft')
    const { entries } = measurement
    const buyers = measurement.outcomes.find(({ outcome }) => outcome === 'buyers')
    switch (measurement.verdict) {
      case 'works':
      case 'hurts': {
        const { difference, low: least, high: most } = buyers!
        const digits = decimalsApart(
          [difference, least, most].map((end) => end! * 100),
          1,
        )
        const ends = [rise(least!, digits), rise(most!, digits)]
        const [low, high] = measurement.verdict === 'works' ? ends : ends.toReversed()
        return t(measurement.verdict, { points: rise(difference!, digits), low: low!, high: high! })
      }
      case 'not-proven-yet': {
        const detectable = entries ? entries.detectable : preview?.plan.detectable
        const said = t('not-proven-yet', { points: format.points(buyers?.difference ?? null) })
        return detectable == null ? said : `${said} ${t('detectable', { points: rise(detectable) })}`
      }
      case 'no-data-yet':
        if (entries)
          return definition.holdout === 0 ? t('unknown') : t('no-entries-yet', { days: entries.ownDays })
        return t('no-data-yet', { day: format.day(measurement.asOf) })
      default:
        return t(measurement.verdict)
    }
  }
}
