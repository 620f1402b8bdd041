import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { FilterBar } from '../../filters/filter-bar.tsx'
import { useFilters } from '../../filters/filters.ts'
import { GuestNote } from '../../filters/guest-note.tsx'
import { RestatedCohortsNote } from '../../filters/restated-note.tsx'
import { usePopulation } from '../../filters/population.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Page } from '../../ui/page.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { CurvesPanel } from './curves-panel.tsx'
import { GrowthPanel, type GrowthStep } from './growth-panel.tsx'
import { LadderPanel } from './ladder-panel.tsx'
import { TrianglePanel } from './triangle-panel.tsx'
import { cohortsOf } from './triangle.ts'

/** Who comes back, month after month, and how soon the next purchase follows. */
export function RetentionPage() {
  const t = useTranslations('retention')
  const format = useFormat()
  const trpc = useTRPC()
  const { compared: question } = useFilters()
  const population = usePopulation()
  const answer = useAnswer(
    trpc.analytics.retention.queryOptions(
      { filters: question, settings: { since: question.from, periods: 12 } },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  const repurchase = useAnswer(
    trpc.analytics.repurchase.queryOptions(
      { filters: question, settings: { steps: 6 } },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  const [step, chooseStep] = useState<GrowthStep>('month')
  const { from: _from, to: _to, ...whole } = question
  const growth = useAnswer(
    trpc.analytics.growth.queryOptions(
      { filters: whole, settings: { step } },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  const month1 = answer.data?.averages[1]
  return (
    <Page
      title={t('title')}
      lead={population.of(
        month1?.rate == null ? t('lead') : t('leadMonth1', { rate: format.percent(month1.rate) }),
      )}
      filters={<FilterBar asOf={answer.data?.asOf} compare="chosen" />}
      notes={
        <>
          <GuestNote />
          <RestatedCohortsNote
            figure="buyers"
            cohorts={cohortsOf(answer.data?.rows ?? []).map(({ cohort }) => cohort)}
          />
        </>
      }
    >
      <TrianglePanel answer={answer} />
      <CurvesPanel answer={answer} />
      <LadderPanel answer={repurchase} />
      <GrowthPanel answer={growth} step={step} chooseStep={chooseStep} />
    </Page>
  )
}
