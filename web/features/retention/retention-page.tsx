import { useTranslations } from 'use-intl'
import { FilterBar } from '../../filters/filter-bar.tsx'
import { useFilters } from '../../filters/filters.ts'
import { useTRPC } from '../../trpc.ts'
import { Page } from '../../ui/page.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { CurvesPanel } from './curves-panel.tsx'
import { TrianglePanel } from './triangle-panel.tsx'

/** Who comes back, month after month, and how soon the next purchase follows. */
export function RetentionPage() {
  const t = useTranslations('retention')
  const trpc = useTRPC()
  const { question } = useFilters()
  const answer = useAnswer(
    trpc.analytics.retention.queryOptions(
      { filters: question, settings: { since: question.from, periods: 12 } },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      filters={<FilterBar asOf={answer.data?.asOf} />}
      notes={t('notes')}
    >
      <TrianglePanel answer={answer} lastCohort={question.to} />
      <CurvesPanel answer={answer} lastCohort={question.to} />
    </Page>
  )
}
