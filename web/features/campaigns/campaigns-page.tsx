import { Button } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { Page } from '../../ui/page.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import type { Summary } from './draft.ts'
import classes from './campaigns-page.module.css'
import { TogetherPanel } from './together-panel.tsx'
import { CampaignStatusChip, VerdictChip } from './words.tsx'

const groups = {
  open: ['running', 'paused'],
  draft: ['draft'],
  over: ['finished', 'cancelled'],
} as const

/** Every campaign by its state, with what it brought. */
export function CampaignsPage() {
  const t = useTranslations('campaigns')
  const trpc = useTRPC()
  const format = useFormat()
  const navigate = useNavigate()
  const { role } = useWorkspace()
  const list = useAnswer(
    trpc.campaigns.list.queryOptions(undefined, { staleTime: 0, trpc: { abortOnUnmount: true } }),
  )
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const columns: Column<Summary>[] = [
    {
      key: 'name',
      header: t('column.name'),
      value: ({ name }) => name,
      cell: ({ campaignId, name, status, verdict, launchedDay }) => (
        <>
          <Link to="/campaigns/$campaignId" params={{ campaignId }}>
            {name}
          </Link>
          {onPhone ? (
            <div className={classes.phoneLine}>
              <CampaignStatusChip status={status} />
              {verdict ? <VerdictChip verdict={verdict} /> : null}
              {launchedDay === null ? null : <span>{format.day(launchedDay)}</span>}
            </div>
          ) : null}
        </>
      ),
    },
    {
      key: 'status',
      header: t('column.status'),
      value: ({ status }) => status,
      cell: ({ status }) => <CampaignStatusChip status={status} />,
    },
    {
      key: 'launched_day',
      header: t('column.launched'),
      value: ({ launchedDay }) => launchedDay,
      cell: ({ launchedDay }) => format.day(launchedDay),
    },
    {
      key: 'issued',
      header: t('column.issued'),
      align: 'right',
      value: ({ issued, launchedDay }) => (launchedDay === null ? null : issued),
      cell: ({ issued, launchedDay }) => format.count(launchedDay === null ? null : issued),
    },
    {
      key: 'redeemed',
      header: t('column.redeemed'),
      align: 'right',
      value: ({ redeemed, launchedDay }) => (launchedDay === null ? null : redeemed),
      cell: ({ redeemed, launchedDay }) => format.count(launchedDay === null ? null : redeemed),
    },
    {
      key: 'verdict',
      header: t('column.verdict'),
      value: ({ verdict }) => verdict,
      cell: ({ verdict }) => (verdict ? <VerdictChip verdict={verdict} /> : '–'),
    },
  ]
  const present = (['open', 'draft', 'over'] as const).filter((group) =>
    list.data?.some(({ status }) => (groups[group] as readonly string[]).includes(status)),
  )
  return (
    <Page
      title={t('title')}
      lead={t('lead')}
      actions={
        role === 'viewer' ? null : (
          <Button component={Link} to="/campaigns/new">
            {t('new')}
          </Button>
        )
      }
    >
      {(present.length === 0 ? (['open'] as const) : present).map((group) => (
        <QueryPanel
          key={group}
          name={t(`group.${group}`)}
          title={t(`group.${group}`)}
          query={list}
          isEmpty={(all) => all.length === 0}
          empty={{ reason: t('none'), action: <Link to="/dormant">{t('toDormant')}</Link> }}
          table={(all) => tableOf(columns, inGroup(all, group))}
          listed
          csvName={`campaigns-${group}`}
          minHeight={120}
        >
          {(all) => (
            <DataTable
              columns={
                onPhone ? columns.filter(({ key }) => ['name', 'issued', 'redeemed'].includes(key)) : columns
              }
              rows={inGroup(all, group)}
              rowKey={({ campaignId }) => campaignId}
              label={t(`group.${group}`)}
              onRow={({ campaignId }) =>
                void navigate({ to: '/campaigns/$campaignId', params: { campaignId } })
              }
            />
          )}
        </QueryPanel>
      ))}
      <TogetherPanel />
    </Page>
  )
}

const inGroup = (all: readonly Summary[], group: keyof typeof groups) =>
  all.filter(({ status }) => (groups[group] as readonly string[]).includes(status))
