import { getRouteApi } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { FilterBar } from '../../filters/filter-bar.tsx'
import { useFilters } from '../../filters/filters.ts'
import { usePopulation } from '../../filters/population.ts'
import { useTRPC } from '../../trpc.ts'
import { Page } from '../../ui/page.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { BandsPanel } from './bands-panel.tsx'
import { ExpiringPanel } from './expiring-panel.tsx'
import { PointsUsePanel } from './points-use-panel.tsx'
import { TiersPanel } from './tiers-panel.tsx'

const route = getRouteApi('/signed-in/shell/cards')

/** What members hold: tiers and what a paid card saves, stored value, points, what expires and what was used. */
export function CardsPage() {
  const t = useTranslations('cards')
  const trpc = useTRPC()
  const { compared: question } = useFilters()
  const { from: _from, to: _to, ...filters } = question
  const population = usePopulation()
  const { fees = {} } = route.useSearch()
  const navigate = route.useNavigate()
  const options = { trpc: { abortOnUnmount: true } }
  const cards = useAnswer(trpc.analytics.cards.queryOptions({ filters, settings: { fees } }, options))
  const points = useAnswer(trpc.analytics.points.queryOptions({ filters }, options))
  return (
    <Page
      title={t('title')}
      lead={population.of(t('lead'))}
      filters={<FilterBar asOf={cards.data?.asOf ?? points.data?.asOf} dates={false} compare="chosen" />}
      notes={t('notes')}
    >
      <TiersPanel
        answer={cards}
        fees={fees}
        onFee={(tier, feeMinor) => {
          const { [tier]: _, ...others } = fees
          const next = feeMinor === null ? others : { ...others, [tier]: feeMinor }
          void navigate({
            search: (old) => ({ ...old, fees: Object.keys(next).length > 0 ? next : undefined }),
            replace: true,
          })
        }}
      />
      <BandsPanel kind="stored value" answer={cards} />
      <BandsPanel kind="points" answer={cards} />
      <ExpiringPanel answer={points} />
      <PointsUsePanel answer={points} />
    </Page>
  )
}
