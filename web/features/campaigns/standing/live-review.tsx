import { Button, Progress } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { errorCode, useTRPC } from '../../../trpc.ts'
import { type Column, DataTable } from '../../../ui/data-table.tsx'
import { useFormat } from '../../../ui/format.ts'
import { Failure } from '../../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../../ui/query-panel.tsx'
import { Rule } from '../../../ui/rule.tsx'
import classes from '../composer.module.css'
import { Confirmations, Moved, useConfirming } from '../confirming.tsx'
import type { Definition } from '../draft.ts'
import type { LivePreview } from './answers.ts'
import { MemberDaysText } from './member-days.tsx'
import { Recommended, Shows } from './standing-holdout.tsx'
import { StepsList } from './steps-list.tsx'

/** What the campaign would have done in the last year, what must be confirmed, and the button that makes it go live. */
export function LiveReview({ campaignId, definition }: { campaignId: string; definition: Definition }) {
  const t = useTranslations('standing.live')
  const days = useTranslations('standing.memberDays')
  const trpc = useTRPC()
  const client = useQueryClient()
  const format = useFormat()
  const asked = trpc.standing.preview.queryOptions(
    { campaignId },
    {
      staleTime: 0,
      gcTime: 0,
      refetchInterval: ({ state }) => (state.data?.simulation.kind === 'running' ? 1_000 : false),
    },
  )
  const preview = useAnswer(asked)
  const simulate = useMutation(
    trpc.standing.simulate.mutationOptions({
      onSuccess: (data) => client.setQueryData(asked.queryKey, data),
    }),
  )
  const { confirmed, toggle, moved, begun } = useConfirming(campaignId, preview.refetch)
  const goLive = useMutation(trpc.standing.goLive.mutationOptions(begun))
  return (
    <QueryPanel name={t('title')} title={t('title')} subtitle={t('subtitle')} query={preview} minHeight={320}>
      {(data) => (
        <div className={classes.stack}>
          {moved ? <Moved>{t('moved')}</Moved> : null}
          {goLive.isError && errorCode(goLive.error) !== 'CONFLICT' ? <Failure error={goLive.error} /> : null}
          {simulate.isError ? <Failure error={simulate.error} /> : null}
          <SimulationShown
            data={data}
            pending={simulate.isPending}
            doing={(doing) => simulate.mutate({ campaignId, doing })}
          />
          <dl className={classes.facts}>
            <dt>{t('rule')}</dt>
            <dd>
              <Rule text={data.segment} />
              <p className={classes.help}>
                {t('members', {
                  n: data.members,
                  members: format.count(data.members),
                  also: definition.standing?.alsoThoseIn ? 'yes' : 'no',
                })}
              </p>
            </dd>
            {definition.standing?.memberDays ? (
              <>
                <dt>{days('when')}</dt>
                <dd>
                  <MemberDaysText memberDays={definition.standing.memberDays} />
                </dd>
              </>
            ) : null}
            <dt>{t('steps')}</dt>
            <dd>
              <StepsList definition={definition} />
            </dd>
            {definition.holdout && data.proving ? (
              <>
                <dt>{t('proves', { share: format.percentShort(definition.holdout) })}</dt>
                <dd>
                  <Shows plan={data.proving} share={definition.holdout} /> <Recommended plan={data.proving} />
                </dd>
              </>
            ) : null}
            <dt>{t('worstOfWay')}</dt>
            <dd>{format.money(data.worstOfWayMinor)}</dd>
            <dt>{t('limits')}</dt>
            <dd>
              {t('limitsText', {
                days: definition.standing?.coolDownDays ?? 0,
                most: format.count(definition.standing?.mostPerDay ?? 0),
                budget: definition.budgetMinor === undefined ? 'none' : format.money(definition.budgetMinor),
              })}
            </dd>
          </dl>
          {data.blockers.length > 0 ? (
            <div className={classes.warning} role="alert">
              <IconAlertTriangle size={18} aria-hidden />
              <ul>
                {data.blockers.map((blocker) => (
                  <li key={blocker.kind === 'channel-not-set-up' ? blocker.channel : blocker.kind}>
                    {blocker.kind === 'channel-not-set-up'
                      ? t('channelNotSetUp', { channel: blocker.channel })
                      : t('alreadyOver', { day: format.day(blocker.lastDay) })}
                  </li>
                ))}
              </ul>
            </div>
          ) : null}
          <Confirmations
            title={t('confirm')}
            topics={data.confirmations.map((topic) => ({
              topic,
              text: t(`topic.${topic}`, {
                asOf: format.day(data.newestDay),
                today: format.day(data.today),
              }),
            }))}
            confirmed={confirmed}
            toggle={toggle}
          />
          <div>
            <Button
              loading={goLive.isPending}
              disabled={data.blockers.length > 0 || data.confirmations.some((topic) => !confirmed.has(topic))}
              onClick={() => goLive.mutate({ campaignId, digest: data.digest, confirm: [...confirmed] })}
            >
              {t('go')}
            </Button>
          </div>
        </div>
      )}
    </QueryPanel>
  )
}

const figures = ['cameIn', 'heldOut', 'coupons'] as const
type Month = Extract<LivePreview['simulation'], { kind: 'done' }>['simulation']['months'][number]

function SimulationShown({
  data,
  pending,
  doing,
}: {
  data: LivePreview
  pending: boolean
  doing: (doing: 'stop' | 'again') => void
}) {
  const t = useTranslations('standing.live')
  const format = useFormat()
  const { simulation } = data
  if (simulation.kind === 'running')
    return (
      <div className={classes.stack} role="status">
        <span>{t('running', { done: simulation.done, of: simulation.of })}</span>
        <Progress value={(100 * simulation.done) / simulation.of} aria-label={t('simulation')} />
        <div>
          <Button size="compact-sm" variant="default" loading={pending} onClick={() => doing('stop')}>
            {t('stop')}
          </Button>
        </div>
      </div>
    )
  if (simulation.kind !== 'done')
    return (
      <div className={classes.stack}>
        <p className={classes.help}>
          {simulation.kind === 'refused' ? t('refused', { why: simulation.why }) : t(simulation.kind)}
        </p>
        {simulation.kind === 'no-past' ? null : (
          <div>
            <Button size="compact-sm" variant="default" loading={pending} onClick={() => doing('again')}>
              {t('again')}
            </Button>
          </div>
        )}
      </div>
    )
  const { months, coupons, worstMinor, messages, from, to, budgetSpentDay, waiting, reached, members } =
    simulation.simulation
  const columns: Column<Month>[] = [
    {
      key: 'month',
      header: t('column.month'),
      value: ({ month }) => month,
      cell: ({ month }) => format.month(`${month}-01`),
    },
    ...([...figures, ...(messages > 0 ? (['messages'] as const) : [])] as const).map(
      (key): Column<Month> => ({
        key,
        header: t(`column.${key}`),
        align: 'right',
        value: (month) => month[key],
        cell: (month) => format.count(month[key]),
      }),
    ),
    {
      key: 'worst_minor',
      header: t('column.worst'),
      align: 'right',
      value: (month) => month.worstMinor,
      cell: (month) => format.money(month.worstMinor),
    },
  ]
  return (
    <div className={classes.stack}>
      <p className={classes.heading}>
        {t('finding', {
          n: coupons,
          coupons: format.count(coupons),
          cost: format.money(worstMinor),
          messages: messages > 0 ? 'some' : 'none',
          m: messages,
          sent: format.count(messages),
        })}
      </p>
      <p className={classes.help}>
        {t('findingHelp', {
          from: format.day(from),
          to: format.day(to),
          reached: format.count(reached),
          members,
        })}{' '}
        {waiting > 0 ? t('stillWaiting', { members: waiting }) : null}
      </p>
      {budgetSpentDay === null ? null : (
        <p className={classes.warning} role="alert">
          <IconAlertTriangle size={18} aria-hidden />
          {t('budgetSpent', { day: format.day(budgetSpentDay) })}
        </p>
      )}
      <DataTable
        label={t('simulation')}
        columns={columns}
        rows={months}
        rowKey={({ month }) => month}
        dense
      />
      <div>
        <Button size="compact-sm" variant="default" loading={pending} onClick={() => doing('again')}>
          {t('again')}
        </Button>
      </div>
    </div>
  )
}
