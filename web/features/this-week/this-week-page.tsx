import { Anchor } from '@mantine/core'
import type { inferRouterOutputs } from '@trpc/server'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { FilterBar } from '../../filters/filter-bar.tsx'
import { useFilters } from '../../filters/filters.ts'
import { usePopulation, type populationOf } from '../../filters/population.ts'
import { RestatedNote, useRestatedPeriods } from '../../filters/restated-note.tsx'
import { useTRPC } from '../../trpc.ts'
import { useFormat, type Format } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { KpiStrip, type Kpi } from '../../ui/kpi-strip.tsx'
import { Page } from '../../ui/page.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useAnswer } from '../../ui/query-panel.tsx'
import { OpportunitiesPanel } from './opportunities-panel.tsx'
import { SalesPanel } from './sales-panel.tsx'
import { Start } from './start.tsx'

type KeyFigures = inferRouterOutputs<AppRouter>['opportunities']['keyFigures']
type Covered = KeyFigures['net']['covered']

/** The home page: how the shop stands, what to do next and for whom, how sales went. */
export function ThisWeekPage() {
  const t = useTranslations('thisWeek')
  const format = useFormat()
  const trpc = useTRPC()
  const { question } = useFilters()
  const workspace = useWorkspace()
  const { language } = useLanguage()
  const { from: _from, to: _to, ...filters } = question
  const { segment } = question
  const settings = { trpc: { abortOnUnmount: true } } as const
  const figures = useAnswer(trpc.opportunities.keyFigures.queryOptions({ filters }, settings))
  const found = useAnswer(trpc.opportunities.thisWeek.queryOptions({ filters }, settings))
  const sales = useAnswer(
    trpc.analytics.overview.queryOptions({ filters, settings: { steps: 13 } }, settings),
  )
  const nothingYet =
    segment === undefined &&
    figures.data?.active.of === 0 &&
    sales.data?.rows.every(({ orders, netMinor }) => orders === 0 && netMinor === 0)
  const population = usePopulation()
  const kpis = useKpis(figures.data, population.population, format)
  // an empty shop is never shown the full page first; what takes longer shows that it is coming
  const unknown = segment === undefined && (figures.isPending || sales.isPending)
  const late = useLate(300)
  if (nothingYet) return <Start />
  if (unknown)
    return late ? (
      <Page title="">
        <KpiStrip items={kpis} />
      </Page>
    ) : null
  const [first] = found.data?.opportunities ?? []
  const digest = `/export/digest.html?${new URLSearchParams({ language, shown: workspace.id })}`
  return (
    <Page
      title={t('title')}
      lead={population.of(
        !found.data
          ? t('leadWaiting')
          : first
            ? t('lead', {
                count: found.data.opportunities.length,
                members: first.members,
                money: format.moneyShort(first.moneyAtStakeMinor),
              })
            : t('leadNone'),
      )}
      filters={<FilterBar asOf={figures.data?.asOf} dates={false} />}
      notes={
        <>
          {t('notes')}{' '}
          <Anchor href={digest} target="_blank" rel="noreferrer">
            {t('digest')}
          </Anchor>
          <RestatedNote
            from={sales.data?.rows.find(({ kind }) => kind === 'step')?.from}
            to={figures.data?.asOf}
          />
        </>
      }
    >
      {figures.isError ? (
        <Panel>
          <Failure error={figures.error} retry={() => void figures.refetch()} />
        </Panel>
      ) : (
        <KpiStrip items={kpis} />
      )}
      <OpportunitiesPanel query={found} />
      <SalesPanel query={sales} />
    </Page>
  )
}

/** True once the page has stood for so many milliseconds. */
function useLate(after: number): boolean {
  const [late, setLate] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), after)
    return () => clearTimeout(timer)
  }, [after])
  return late
}

const directionOf = (change: number | null) =>
  change === null || change === 0 ? ('flat' as const) : change > 0 ? ('up' as const) : ('down' as const)

/** The four figures; while they are not there, their names. */
function useKpis(
  figures: KeyFigures | undefined,
  population: ReturnType<typeof populationOf>,
  format: Format,
): Kpi[] {
  const t = useTranslations('thisWeek')
  const delta = (change: number | null, text: string, upIsBetter = true) =>
    change === null
      ? {}
      : {
          delta: {
            text,
            direction: directionOf(change),
            better: change === 0 ? null : change > 0 === upIsBetter,
          },
        }
  const before = figures && [
    { from: figures.net.beforeFrom, to: figures.net.beforeTo },
    { from: figures.repurchase.beforeFrom, to: figures.repurchase.beforeTo },
  ]
  const restated = useRestatedPeriods(before ?? [])
  /** Marks what a figure is compared with where it was restated; its definition, which keys reach, says how. */
  const compared = (from: string | undefined, base: string | undefined, definition: string) => {
    const sentence = from === undefined ? undefined : restated.get(from)?.all
    return sentence === undefined
      ? { base, definition }
      : {
          base: (
            <span title={sentence}>
              {base} <span aria-hidden="true">↻</span>
              <span className="visually-hidden">{sentence}</span>
            </span>
          ),
          definition: `${definition} ↻ ${sentence}`,
        }
  }
  const waiting = null
  /** Where the data begins within what is compared, or after it, there is no change: the day says why. */
  const reach = (figure: { readonly covered: Covered }) => ({
    covered: figure.covered,
    start: figures?.dataStart ? format.day(figures.dataStart) : '',
  })
  return [
    {
      label: t('kpi.net'),
      value: figures ? format.moneyShort(figures.net.nowMinor) : waiting,
      ...(figures ? delta(figures.net.change, format.change(figures.net.change)) : {}),
      ...compared(
        figures?.net.beforeFrom,
        figures &&
          t('kpi.netBase', {
            range: format.dayRange(figures.net.beforeFrom, figures.net.beforeTo),
            ...reach(figures.net),
          }),
        t('kpi.netDefinition'),
      ),
    },
    {
      label: t('kpi.repurchase'),
      value: figures
        ? format.share(figures.repurchase.now.numerator, figures.repurchase.now.denominator)
        : waiting,
      ...(figures ? delta(figures.repurchase.change, format.points(figures.repurchase.change)) : {}),
      ...compared(
        figures?.repurchase.beforeFrom,
        figures &&
          t('kpi.repurchaseBase', {
            range: format.dayRange(figures.repurchase.beforeFrom, figures.repurchase.beforeTo),
            ...reach(figures.repurchase),
          }),
        t('kpi.repurchaseDefinition'),
      ),
    },
    {
      label: t('kpi.active'),
      value: figures ? format.count(figures.active.members) : waiting,
      ...(figures ? delta(figures.active.change, format.countChange(figures.active.change)) : {}),
      base: figures
        ? t('kpi.activeBase', { of: figures.active.of, population, ...reach(figures.active) })
        : undefined,
      definition: t('kpi.activeDefinition'),
    },
    {
      label: t('kpi.risk'),
      value: figures ? format.moneyShort(figures.valueAtRisk.nowMinor) : waiting,
      ...(figures
        ? delta(figures.valueAtRisk.changeMinor, format.moneyChange(figures.valueAtRisk.changeMinor), false)
        : {}),
      base: figures
        ? t('kpi.riskBase', { members: figures.valueAtRisk.members, ...reach(figures.valueAtRisk) })
        : undefined,
      definition: t('kpi.riskDefinition'),
    },
  ]
}
