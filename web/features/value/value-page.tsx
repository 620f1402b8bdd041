import { Button } from '@mantine/core'
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
import { CohortValuePanel } from './cohort-value-panel.tsx'
import { ConcentrationPanel } from './concentration-panel.tsx'
import { DiscountsPanel } from './discounts-panel.tsx'
import { ForecastPanel } from './forecast-panel.tsx'
import { type MoveDays, RfmMovesPanel } from './rfm-moves-panel.tsx'
import { RfmPanel } from './rfm-panel.tsx'
import { ThresholdsPanel } from './thresholds-panel.tsx'
import { ValueCurvePanel } from './value-curve-panel.tsx'
import { cohortValuesOf } from './values.ts'

/** What members are worth: net per head of a cohort month after month, who buys lately, often and much, and how few bring how much. */
export function ValuePage() {
  const t = useTranslations('value')
  const format = useFormat()
  const trpc = useTRPC()
  const { compared: question } = useFilters()
  const population = usePopulation()
  const answer = useAnswer(
    trpc.analytics.ltv.queryOptions(
      { filters: question, settings: { periods: 12 } },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  const asked = { filters: question }
  const clv = useAnswer(trpc.analytics.clv.queryOptions(asked, { trpc: { abortOnUnmount: true } }))
  const rfm = useAnswer(trpc.analytics.rfm.queryOptions(asked, { trpc: { abortOnUnmount: true } }))
  const [trying, tryOthers] = useState(false)
  const [days, chooseDays] = useState<MoveDays>(90)
  const moves = useAnswer(
    trpc.analytics.rfmMigration.queryOptions(
      { ...asked, settings: { days } },
      { trpc: { abortOnUnmount: true } },
    ),
  )
  const concentration = useAnswer(
    trpc.analytics.concentration.queryOptions(asked, { trpc: { abortOnUnmount: true } }),
  )
  const discounts = useAnswer(
    trpc.analytics.discounts.queryOptions(asked, { trpc: { abortOnUnmount: true } }),
  )
  const first = answer.data?.blended[0]
  return (
    <Page
      title={t('title')}
      lead={population.of(first ? t('leadFirst', { value: format.money(first.cumulativeMinor) }) : t('lead'))}
      filters={<FilterBar asOf={answer.data?.asOf} dates={false} compare="chosen" />}
      notes={
        <>
          <GuestNote />
          <RestatedCohortsNote
            figure="netMinor"
            cohorts={cohortValuesOf(answer.data?.rows ?? []).map(({ cohort }) => cohort)}
          />
        </>
      }
    >
      <ValueCurvePanel answer={answer} />
      <CohortValuePanel answer={answer} />
      <ForecastPanel answer={clv} />
      <RfmPanel
        answer={rfm}
        tools={
          rfm.data && !trying ? (
            <Button size="xs" variant="default" onClick={() => tryOthers(true)}>
              {t('thresholds.try')}
            </Button>
          ) : null
        }
      />
      {rfm.data && trying ? <ThresholdsPanel rfm={rfm.data} close={() => tryOthers(false)} /> : null}
      <RfmMovesPanel answer={moves} days={days} chooseDays={chooseDays} />
      <ConcentrationPanel answer={concentration} />
      <DiscountsPanel answer={discounts} />
    </Page>
  )
}
