import { useMediaQuery } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { type Answer, QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import classes from './data.module.css'

type Overview = inferRouterOutputs<AppRouter>['elsewhere']['overview']
type Campaign = Overview['campaigns'][number]
type Arm = Overview['arms'][number]

/** What files tell of campaigns, coupons and tests of other systems. Nothing is shown before there is any. */
export function ElsewherePanel() {
  const trpc = useTRPC()
  const query = useAnswer(trpc.elsewhere.overview.queryOptions())
  const { data } = query
  if (data && data.campaigns.length + data.coupons.rows + data.arms.length === 0) return null
  return (
    <>
      {data && data.campaigns.length + data.coupons.rows === 0 ? null : <Campaigns query={query} />}
      {data && data.arms.length > 0 ? <Tests query={query} /> : null}
    </>
  )
}

type Query = Answer<Overview>

function Campaigns({ query }: { query: Query }) {
  const t = useTranslations('data')
  const { count, share, day } = useFormat()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const columns: Column<Campaign>[] = [
    {
      key: 'campaign',
      header: t('elsewhere.campaign'),
      value: ({ campaignId }) => campaignId,
      cell: ({ campaignId, name, description }) => (
        <>
          <div className={classes.fileName}>{name ?? campaignId}</div>
          <div className={classes.when}>
            {[name === null ? null : campaignId, description].filter((text) => text !== null).join(' · ')}
          </div>
        </>
      ),
    },
    {
      key: 'starts',
      header: t('elsewhere.starts'),
      value: ({ startsDay }) => startsDay,
      cell: ({ startsDay }) => day(startsDay),
    },
    {
      key: 'ends',
      header: t('elsewhere.ends'),
      value: ({ endsDay }) => endsDay,
      cell: ({ endsDay }) => day(endsDay),
    },
    {
      key: 'targeted',
      header: t('elsewhere.targeted'),
      align: 'right',
      value: ({ targeted }) => targeted,
      cell: ({ targeted }) => count(targeted),
    },
    {
      key: 'redeemers',
      header: t('elsewhere.redeemers'),
      align: 'right',
      value: ({ targetedRedeemers }) => targetedRedeemers,
      cell: ({ targetedRedeemers }) => count(targetedRedeemers),
    },
    {
      key: 'member_rate',
      header: t('elsewhere.memberRate'),
      align: 'right',
      value: ({ targeted, targetedRedeemers }) => (targeted === 0 ? null : targetedRedeemers / targeted),
      cell: ({ targeted, targetedRedeemers }) => (targeted === 0 ? '–' : share(targetedRedeemers, targeted)),
    },
    {
      key: 'uses',
      header: t('elsewhere.uses'),
      align: 'right',
      value: ({ uses }) => uses,
      cell: ({ uses }) => count(uses),
    },
    {
      key: 'use_rate',
      header: t('elsewhere.useRate'),
      align: 'right',
      value: ({ uses, issued }) => (issued === null || issued === 0 ? null : uses / issued),
      cell: ({ uses, issued }) => (issued === null || issued === 0 ? '–' : share(uses, issued)),
    },
  ]
  return (
    <QueryPanel
      name={t('elsewhere.title')}
      title={t('elsewhere.title')}
      subtitle={({ coupons }: Overview) =>
        coupons.rows > 0 ? t('elsewhere.coupons', coupons) : t('elsewhere.noCoupons')
      }
      query={query}
      definition={t('elsewhere.definition')}
      table={({ campaigns }: Overview) => tableOf(columns, campaigns)}
      listed
      csvName="campaigns-elsewhere"
      minHeight={80}
    >
      {({ campaigns, ours }: Overview) => (
        <>
          {campaigns.length > 0 ? (
            <DataTable
              columns={
                onPhone
                  ? columns.filter(({ key }) => ['campaign', 'targeted', 'redeemers', 'uses'].includes(key))
                  : columns
              }
              rows={campaigns}
              rowKey={({ campaignId }) => campaignId}
              label={t('elsewhere.title')}
            />
          ) : null}
          {ours.ours > 0 ? (
            <p className={classes.note} role={ours.mismatches > 0 ? 'status' : undefined}>
              {t('elsewhere.ours', { ours: ours.ours, mismatches: ours.mismatches })}
            </p>
          ) : null}
        </>
      )}
    </QueryPanel>
  )
}

function Tests({ query }: { query: Query }) {
  const t = useTranslations('data')
  const { count } = useFormat()
  /** Our own outcomes have a name in each language; others go by their header in the file. */
  const named = (outcome: string): string =>
    outcome === 'visit' || outcome === 'conversion' || outcome === 'spend'
      ? t(`elsewhere.outcome.${outcome}`)
      : outcome
  const columns: Column<Arm>[] = [
    {
      key: 'test',
      header: t('elsewhere.test'),
      value: ({ experiment }) => experiment,
      cell: ({ experiment }) => (
        <Link to="/data/tests/$experiment" params={{ experiment }}>
          {experiment}
        </Link>
      ),
    },
    { key: 'arm', header: t('elsewhere.arm'), value: ({ arm }) => arm },
    {
      key: 'subjects',
      header: t('elsewhere.subjects'),
      align: 'right',
      value: ({ subjects }) => subjects,
      cell: ({ subjects }) => count(subjects),
    },
    {
      key: 'means',
      header: t('elsewhere.means'),
      value: ({ outcomes }) =>
        outcomes.map(({ outcome, mean }) => `${named(outcome)} ${Number(mean.toPrecision(4))}`).join(' · '),
    },
  ]
  return (
    <QueryPanel
      name={t('elsewhere.tests')}
      title={t('elsewhere.tests')}
      subtitle={t('elsewhere.testsNote')}
      query={query}
      table={({ arms }: Overview) => tableOf(columns, arms)}
      listed
      csvName="tests-elsewhere"
      minHeight={80}
    >
      {({ arms }: Overview) => (
        <DataTable
          columns={columns}
          rows={arms}
          rowKey={({ experiment, arm }) => `${experiment}/${arm}`}
          label={t('elsewhere.tests')}
        />
      )}
    </QueryPanel>
  )
}
