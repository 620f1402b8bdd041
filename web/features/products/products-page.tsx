import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { FilterBar } from '../../filters/filter-bar.tsx'
import { useFilters } from '../../filters/filters.ts'
import { GuestNote } from '../../filters/guest-note.tsx'
import { usePopulation } from '../../filters/population.ts'
import { useTRPC } from '../../trpc.ts'
import { Page } from '../../ui/page.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { AffinityPanel } from './affinity-panel.tsx'
import { ItemsPanel } from './items-panel.tsx'
import { SeasonPanel } from './season-panel.tsx'

const kinds = ['category', 'product', 'sku'] as const

/** What members buy, what they begin with and leave, what goes together, and when. */
export function ProductsPage() {
  const t = useTranslations('products')
  const trpc = useTRPC()
  const { compared: question } = useFilters()
  const { from: _from, to: _to, ...filters } = question
  const population = usePopulation()
  const [chosen, choose] = useState<(typeof kinds)[number]>()
  const options = { trpc: { abortOnUnmount: true } }
  // a shop whose lines have no category begins with its products
  const categories = useAnswer(
    trpc.analytics.products.queryOptions({ filters, settings: { by: 'category' } }, options),
  )
  const by =
    chosen ?? (categories.data?.rows.some(({ kind }) => kind === 'item') === false ? 'product' : 'category')
  const asked = { filters, settings: { by } }
  const items = useAnswer(trpc.analytics.products.queryOptions(asked, options))
  const affinity = useAnswer(trpc.analytics.affinity.queryOptions(asked, options))
  const season = useAnswer(trpc.analytics.season.queryOptions(asked, options))
  return (
    <Page
      title={t('title')}
      lead={population.of(t('lead'))}
      filters={<FilterBar asOf={items.data?.asOf} dates={false} compare="chosen" />}
      actions={
        <SegmentedControl
          aria-label={t('by')}
          value={by}
          onChange={(value) => choose(kinds.find((kind) => kind === value))}
          data={kinds.map((value) => ({ value, label: t(`kind.${value}`) }))}
        />
      }
      notes={<GuestNote />}
    >
      <ItemsPanel answer={items} />
      <AffinityPanel answer={affinity} />
      <SeasonPanel answer={season} />
    </Page>
  )
}
