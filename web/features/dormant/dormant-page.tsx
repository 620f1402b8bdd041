import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { FilterBar } from '../../filters/filter-bar.tsx'
import { bothHold, useFilters } from '../../filters/filters.ts'
import { usePopulation } from '../../filters/population.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { Page } from '../../ui/page.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { MembersPanel, type ListedStatus } from './members-panel.tsx'
import { RulesPanel } from './rules-panel.tsx'
import { SilencePanel } from './silence-panel.tsx'

/** Who has gone quiet, what they used to bring, and one click to wake them up. */
export function DormantPage() {
  const t = useTranslations('dormant')
  const format = useFormat()
  const trpc = useTRPC()
  const navigate = useNavigate()
  const { role } = useWorkspace()
  const { question, compared } = useFilters()
  const population = usePopulation('segment')
  const { segment, asOf } = question
  const asked = { segment, asOf, compare: compared.compare }
  const [status, setStatus] = useState<ListedStatus>('dormant')
  const [selected, select] = useState<ReadonlySet<string>>(new Set())
  const answer = useAnswer(
    trpc.analytics.dormancy.queryOptions({ filters: asked }, { trpc: { abortOnUnmount: true } }),
  )
  const rules = useAnswer(
    trpc.analytics.dormancyRules.queryOptions({ filters: asked }, { trpc: { abortOnUnmount: true } }),
  )
  const rows = answer.data?.rows ?? []
  const dormant = rows.find((row) => row.status === 'dormant')
  const listed = rows.find((row) => row.status === status)
  const everyone = bothHold(segment, `status = "${status}"`)
  const chosen =
    selected.size > 0 ? `member in (${[...selected].map((id) => JSON.stringify(id)).join(', ')})` : everyone
  const mayPlan = role === 'owner' || role === 'marketer'
  return (
    <Page
      title={t('title')}
      lead={
        dormant
          ? population.of(
              t(dormant.members === 0 ? 'leadNone' : 'lead', {
                members: dormant.members,
                fromDays: dormant.fromDays ?? 0,
                toDays: dormant.toDays ?? 0,
                value: format.moneyShort(dormant.valueAtRiskMinor),
              }),
            )
          : t('leadWaiting')
      }
      filters={<FilterBar asOf={answer.data?.asOf} dates={false} places={false} compare="chosen" />}
      actions={
        mayPlan ? (
          <>
            {selected.size > 0 ? (
              <Button variant="default" onClick={() => select(new Set())}>
                {t('clear')}
              </Button>
            ) : null}
            <Button
              disabled={!listed || listed.members === 0}
              onClick={() => void navigate({ to: '/campaigns/new', search: { segment: chosen } })}
            >
              {selected.size > 0
                ? t('wakeSelected', { members: selected.size })
                : t('wake', { members: listed?.members ?? 0 })}
            </Button>
          </>
        ) : null
      }
      notes={t('notes')}
    >
      <SilencePanel answer={answer} />
      <RulesPanel answer={rules} segment={segment} asOf={asOf} />
      <MembersPanel
        segment={everyone}
        asOf={asOf}
        status={status}
        onStatus={(next) => {
          setStatus(next)
          select(new Set())
        }}
        counts={rows}
        selected={selected}
        onSelect={mayPlan ? select : undefined}
      />
    </Page>
  )
}
