import { useTranslations } from 'use-intl'
import { FilterBar } from '../../filters/filter-bar.tsx'
import { useFilters } from '../../filters/filters.ts'
import { usePopulation } from '../../filters/population.ts'
import { useTRPC } from '../../trpc.ts'
import { Page } from '../../ui/page.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { FestivalsPanel } from './festivals-panel.tsx'
import { HoursPanel } from './hours-panel.tsx'
import { MonthPanel } from './month-panel.tsx'

/** When the shop sells: hours and weekdays, festivals, days of the month. */
export function RhythmPage() {
  const t = useTranslations('rhythm')
  const trpc = useTRPC()
  const { compared: question } = useFilters()
  const { from: _from, to: _to, ...whole } = question
  const population = usePopulation()
  const options = { trpc: { abortOnUnmount: true } }
  const hours = useAnswer(trpc.analytics.hours.queryOptions({ filters: question }, options))
  const days = useAnswer(trpc.analytics.specialDays.queryOptions({ filters: whole }, options))
  return (
    <Page
      title={t('title')}
      lead={population.of(t('lead'))}
      filters={<FilterBar asOf={hours.data?.asOf} compare="chosen" />}
      notes={t(question.segment === undefined ? 'withGuests' : 'membersAlone')}
    >
      <HoursPanel answer={hours} />
      <FestivalsPanel answer={days} />
      <MonthPanel answer={days} />
    </Page>
  )
}
