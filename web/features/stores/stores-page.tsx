import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { FilterBar } from '../../filters/filter-bar.tsx'
import { useFilters } from '../../filters/filters.ts'
import { usePopulation } from '../../filters/population.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Page } from '../../ui/page.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { GuestsPanel } from './guests-panel.tsx'
import { PlacesPanel } from './places-panel.tsx'

const kinds = ['store', 'channel', 'region'] as const

/** Where is sold how much, to members and to guests, against the time before or last year. */
export function StoresPage() {
  const t = useTranslations('stores')
  const format = useFormat()
  const trpc = useTRPC()
  const { question, filters } = useFilters()
  const population = usePopulation()
  const [by, choose] = useState<(typeof kinds)[number]>('store')
  const against = filters.compare === 'year' ? 'last year' : 'previous'
  const answer = useAnswer(
    trpc.analytics.places.queryOptions(
      { filters: question, settings: { by, against } },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  const [all] = answer.data?.rows ?? []
  return (
    <Page
      title={t('title')}
      lead={population.of(
        all
          ? t('leadDays', {
              days: format.dayRange(answer.data!.from, answer.data!.to),
              before: format.dayRange(all.beforeFrom, all.beforeTo),
            })
          : t('lead'),
      )}
      filters={<FilterBar asOf={answer.data?.asOf} unset="90d" compare="always" />}
      actions={
        <SegmentedControl
          aria-label={t('by')}
          value={by}
          onChange={(value) => choose(kinds.find((kind) => kind === value) ?? 'store')}
          data={kinds.map((value) => ({ value, label: t(`kind.${value}`) }))}
        />
      }
      notes={t(question.segment === undefined ? 'withGuests' : 'membersAlone')}
    >
      <PlacesPanel answer={answer} />
      <GuestsPanel answer={answer} />
    </Page>
  )
}
