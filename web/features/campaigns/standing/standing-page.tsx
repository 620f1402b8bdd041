import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../../trpc.ts'
import { type Column, DataTable } from '../../../ui/data-table.tsx'
import { useFormat } from '../../../ui/format.ts'
import { KpiStrip } from '../../../ui/kpi-strip.tsx'
import { Failure } from '../../../ui/panel-states.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../../ui/query-panel.tsx'
import { Rule } from '../../../ui/rule.tsx'
import { useWorkspace } from '../../../ui/workspace.tsx'
import classes from '../composer.module.css'
import type { Result } from '../draft.ts'
import { SegmentVersions, useRuleOfLaunch } from '../segment-versions.tsx'
import type { Answer } from '../../../ui/query-panel.tsx'
import type { StandingRun, StandingState } from './answers.ts'
import { MemberDaysPanel } from './member-days-panel.tsx'
import { sendsPlainMessages } from './standing-draft.ts'
import { StepsList } from './steps-list.tsx'
import { WaysPanel } from './ways-panel.tsx'

/** A campaign that stands: where its members are; what it brought, as it is told of it; day by day, and each way. */
export function StandingPanels({ result, children }: { result: Result; children: ReactNode }) {
  const t = useTranslations('standing')
  const trpc = useTRPC()
  const { campaignId } = result
  const state = useAnswer(
    trpc.standing.runs.queryOptions(
      { campaignId },
      { staleTime: 0, refetchInterval: result.status === 'running' ? 10_000 : false },
    ),
  )
  return (
    <>
      <QueryPanel name={t('state.title')} title={t('state.title')} query={state} minHeight={120}>
        {(data) => (data ? <State state={data} result={result} /> : null)}
      </QueryPanel>
      {result.definition.standing?.memberDays ? <MemberDaysPanel campaignId={campaignId} /> : null}
      {children}
      <RunsPanel answer={state} definition={result.definition} />
      <WaysPanel campaignId={campaignId} />
    </>
  )
}

function State({ state, result }: { state: StandingState; result: Result }) {
  const t = useTranslations('standing')
  const format = useFormat()
  const client = useQueryClient()
  const trpc = useTRPC()
  const { role } = useWorkspace()
  const finish = useMutation(
    trpc.standing.finish.mutationOptions({
      onSuccess: () =>
        Promise.all([
          client.invalidateQueries(trpc.standing.pathFilter()),
          client.invalidateQueries(trpc.campaigns.pathFilter()),
        ]),
    }),
  )
  const { definition, campaignId, status } = result
  const ruleOfLaunch = useRuleOfLaunch(campaignId, definition.segment)
  const isOpen = (status === 'running' || status === 'paused') && state.finishedDay === null
  return (
    <div className={classes.stack}>
      {state.problem ? (
        <p className={classes.warning} role="alert">
          {t('state.problem', { why: state.problem })}
        </p>
      ) : null}
      {isOpen && state.isBudgetSpent ? (
        <p className={classes.warning} role="alert">
          <IconAlertTriangle size={18} aria-hidden />
          {t('state.budgetSpent', {
            budget: format.money(definition.budgetMinor ?? null),
            waiting: state.waiting,
            members: format.count(state.waiting),
          })}
        </p>
      ) : null}
      {finish.isError ? <Failure error={finish.error} /> : null}
      <KpiStrip
        items={[
          { label: t('state.cameIn'), value: format.count(state.cameIn) },
          { label: t('state.onTheWay'), value: format.count(state.onTheWay) },
          {
            label: t('state.waiting'),
            value: format.count(state.waiting),
            definition: t('state.waitingMeans'),
          },
          ...(state.budgetLeftMinor === null
            ? []
            : [
                {
                  label: t('state.budgetLeft'),
                  value: format.moneyShort(state.budgetLeftMinor),
                  definition: t('state.budgetMeans'),
                },
              ]),
        ]}
      />
      <dl className={classes.facts}>
        <dt>{t('state.rule')}</dt>
        <dd>
          <Rule text={definition.segment} />
          <SegmentVersions campaignId={campaignId} />
          <Link to="/members" search={{ segment: ruleOfLaunch }}>
            {t('state.whoMeets')}
          </Link>
        </dd>
        <dt>{t('state.steps')}</dt>
        <dd>
          <StepsList definition={definition} />
        </dd>
        <dt>{t('live.limits')}</dt>
        <dd>
          {t('live.limitsText', {
            days: definition.standing?.coolDownDays ?? 0,
            most: format.count(definition.standing?.mostPerDay ?? 0),
            budget: definition.budgetMinor === undefined ? 'none' : format.money(definition.budgetMinor),
          })}
        </dd>
        <dt>{t('state.holdout')}</dt>
        <dd>{definition.holdout === 0 ? t('holdout.none') : format.percentShort(definition.holdout)}</dd>
        <dt>{t('state.since')}</dt>
        <dd>
          {state.finishedDay === null
            ? t('state.sinceDay', { day: format.day(state.startedDay) })
            : t('state.fromTo', { from: format.day(state.startedDay), to: format.day(state.finishedDay) })}
        </dd>
        {state.ended.length > 0 ? (
          <>
            <dt>{t('state.ended')}</dt>
            <dd>
              {state.ended.map(({ why, members }) => (
                <div key={why}>
                  {t('state.endedLine', { why: why.replaceAll('-', '_'), members: format.count(members) })}
                </div>
              ))}
            </dd>
          </>
        ) : null}
        {sendsPlainMessages(definition) ? (
          <>
            <dt>{t('state.messages')}</dt>
            <dd>
              {t('state.messagesLine', {
                delivered: format.count(state.messages.delivered),
                queued: format.count(state.messages.queued),
                lost: format.count(state.messages.dead + state.messages.dropped),
              })}
            </dd>
          </>
        ) : null}
        {state.events.queued + state.events.delivered + state.events.dead > 0 ? (
          <>
            <dt>{t('state.events')}</dt>
            <dd>
              {t('state.eventsLine', {
                delivered: format.count(state.events.delivered),
                queued: format.count(state.events.queued),
                dead: format.count(state.events.dead),
              })}
            </dd>
          </>
        ) : null}
      </dl>
      {isOpen && role !== 'viewer' ? (
        <Finish finish={() => finish.mutate({ campaignId })} pending={finish.isPending} />
      ) : null}
    </div>
  )
}

/** Asks once more, in its place: nobody can let members in again. */
function Finish({ finish, pending }: { finish: () => void; pending: boolean }) {
  const state = useTranslations('standing.state')
  const [asking, ask] = useState(false)
  if (!asking)
    return (
      <div>
        <Button variant="default" onClick={() => ask(true)}>
          {state('finish')}
        </Button>
      </div>
    )
  return (
    <div className={classes.stack}>
      <p className={classes.help}>{state('finishHelp')}</p>
      <div className={classes.moves}>
        <Button variant="default" onClick={() => ask(false)}>
          {state('finishKeep')}
        </Button>
        <Button loading={pending} onClick={finish}>
          {state('finishSure')}
        </Button>
      </div>
    </div>
  )
}

function RunsPanel({
  answer,
  definition,
}: {
  answer: Answer<StandingState | null>
  definition: Result['definition']
}) {
  const sendsMessages = sendsPlainMessages(definition)
  const words = useTranslations('standing.runs')
  const reasons = useTranslations('campaigns.excluded')
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const format = useFormat()
  const left = (run: StandingRun) => run.leftOut.reduce((sum, { members }) => sum + members, 0)
  const number = (key: string, value: (run: StandingRun) => number): Column<StandingRun> => ({
    key,
    header: words(`column.${key}` as 'column.came_in'),
    align: 'right',
    value,
    cell: (run) => format.count(value(run)),
  })
  const columns: Column<StandingRun>[] = [
    { key: 'day', header: words('column.day'), value: ({ day }) => day, cell: ({ day }) => format.day(day) },
    number('began', ({ began }) => began),
    number('came_in', ({ cameIn }) => cameIn),
    number('held_out', ({ heldOut }) => heldOut),
    number('left_out', left),
    number('coupons', ({ coupons }) => coupons),
    ...(sendsMessages ? [number('messages', ({ messages }) => messages)] : []),
    {
      key: 'worst_minor',
      header: words('column.worst_minor'),
      align: 'right',
      value: ({ worstMinor }) => worstMinor,
      cell: ({ worstMinor }) => format.money(worstMinor),
    },
    {
      key: 'spent_minor',
      header: words('column.spent_minor'),
      align: 'right',
      value: ({ spentMinor }) => spentMinor,
      cell: ({ spentMinor }) => format.money(spentMinor),
    },
    {
      key: 'note',
      header: words('column.note'),
      wide: true,
      value: (run) => notes(run).join(' '),
      cell: (run) => notes(run).join(' ') || '–',
    },
  ]
  const notes = (run: StandingRun): string[] => [
    ...run.leftOut.map(({ reason, members }) =>
      words('leftOut', { reason: reasons(reason as 'staff'), members: format.count(members) }),
    ),
    ...(run.cooling > 0 ? [words('cooling', { members: run.cooling })] : []),
    ...(run.gone > 0 ? [words('gone', { members: run.gone })] : []),
    ...(run.waiting > 0 ? [words('waiting', { members: run.waiting })] : []),
    ...(run.budgetSpent ? [words('budgetSpent')] : []),
    ...(run.missedDays > 0
      ? [
          run.missedMembers === null
            ? words('missedUnknown', { days: run.missedDays })
            : words('missed', { days: run.missedDays, members: run.missedMembers }),
        ]
      : []),
  ]
  return (
    <QueryPanel
      name={words('title')}
      title={words('title')}
      subtitle={words('subtitle')}
      query={answer}
      isEmpty={(state) => !state || state.runs.length === 0}
      empty={{ reason: words('none') }}
      table={(state) => tableOf(columns, state?.runs ?? [])}
      listed
      csvName="campaign-days"
      minHeight={120}
    >
      {(state) => (
        <DataTable
          label={words('title')}
          columns={onPhone ? columns.filter(({ key }) => phoneColumns.includes(key)) : columns}
          rows={state?.runs ?? []}
          rowKey={({ day }) => day}
        />
      )}
    </QueryPanel>
  )
}

const phoneColumns = ['day', 'came_in', 'coupons', 'messages', 'note']
