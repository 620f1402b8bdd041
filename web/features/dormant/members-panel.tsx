import { Button, SegmentedControl } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { FeedGapChip, MemberStatusChip, useReason } from '../../ui/member-status.tsx'
import { QueryPanel, tableOf, type Answer } from '../../ui/query-panel.tsx'
import classes from './dormant.module.css'
import { RhythmStrip } from './rhythm-strip.tsx'
import type { Dormancy } from './silence-panel.tsx'

const listed = ['cooling', 'dormant', 'lost'] as const
export type ListedStatus = (typeof listed)[number]

/** The members of a status, those first who brought most in the year before they went quiet. */
export function MembersPanel({
  segment,
  asOf,
  status,
  onStatus,
  counts,
  selected,
  onSelect,
}: {
  segment: string
  asOf?: string
  status: ListedStatus
  onStatus: (status: ListedStatus) => void
  counts: Dormancy['rows']
  selected: ReadonlySet<string>
  onSelect?: (selected: ReadonlySet<string>) => void
}) {
  const t = useTranslations('dormant')
  const s = useTranslations('status')
  const format = useFormat()
  const trpc = useTRPC()
  const navigate = useNavigate()
  const reason = useReason()
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const list = useInfiniteQuery({
    ...trpc.members.list.infiniteQueryOptions(
      { segment, asOf, sort: 'value-at-risk', descending: true, limit: 25 },
      { getNextPageParam: ({ nextCursor }) => nextCursor, trpc: { abortOnUnmount: true } },
    ),
    placeholderData: keepPreviousData,
  })
  const shown = useMemo(() => {
    const [first] = list.data?.pages ?? []
    return first && { ...first, rows: list.data!.pages.flatMap(({ rows }) => rows) }
  }, [list.data])
  type Shown = NonNullable<typeof shown>
  type Listed = Shown['rows'][number]
  const longest = (rows: readonly Listed[]) =>
    Math.max(1, ...rows.flatMap(({ silentDays, rhythm }) => [silentDays ?? 0, ...rhythm.gaps]))
  const columnsOf = (rows: readonly Listed[]): Column<Listed>[] => [
    {
      key: 'member',
      csvHeader: 'member_id',
      header: t('list.member'),
      value: ({ memberId }) => memberId,
      cell: ({ memberId, name, phone }) => (
        <span className={classes.who}>
          <strong>{name ?? memberId}</strong>
          <span className={classes.note}>{phone ?? (name ? memberId : '')}</span>
        </span>
      ),
    },
    {
      key: 'why',
      csvHeader: 'reason',
      header: t('list.why'),
      value: (row) => reason(row.reason, row.feedGap),
      cell: (row) => (
        <span className={classes.why}>
          <MemberStatusChip status={row.status} />
          <FeedGapChip gap={row.feedGap} />
          <span className={classes.note}>{reason(row.reason, row.feedGap)}</span>
        </span>
      ),
    },
    {
      key: 'rhythm',
      csvHeader: 'gaps_days',
      header: t('list.rhythm'),
      value: ({ rhythm }) => rhythm.gaps.join(' '),
      cell: ({ rhythm, silentDays }) => (
        <RhythmStrip
          gaps={rhythm.gaps}
          lateAfterDays={rhythm.lateAfterDays}
          silentDays={silentDays ?? 0}
          longest={longest(rows)}
          label={t('list.rhythmText', { gaps: rhythm.gaps.join(', ') || '–', silentDays: silentDays ?? 0 })}
        />
      ),
    },
    {
      key: 'days',
      csvHeader: 'days_silent',
      header: t('list.days'),
      align: 'right',
      value: ({ silentDays }) => silentDays,
      cell: ({ silentDays }) => format.count(silentDays),
    },
    {
      key: 'value',
      csvHeader: 'value_at_risk_minor',
      header: t('list.value'),
      align: 'right',
      value: ({ valueAtRiskMinor }) => valueAtRiskMinor,
      cell: ({ valueAtRiskMinor }) => <strong>{format.money(valueAtRiskMinor)}</strong>,
    },
  ]
  /** On a phone the member, the status and why share one cell, the days are in its sentence and the rhythm is left to the member's page. */
  const narrow = ([member, why, , , ...figures]: Column<Listed>[]): Column<Listed>[] => [
    {
      ...member!,
      cell: (row) => (
        <span className={classes.why}>
          {member!.cell?.(row)}
          {why!.cell?.(row)}
        </span>
      ),
    },
    ...figures,
  ]
  return (
    <QueryPanel
      name={t('list.name')}
      title={(data: Shown) =>
        t('list.title', { members: data.members, value: format.moneyShort(data.valueAtRiskMinor) })
      }
      subtitle={onPhone ? undefined : t('list.subtitle')}
      query={{ ...list, data: shown } as unknown as Answer<Shown>}
      table={({ rows }) => tableOf(columnsOf(rows), rows)}
      listed
      csvName={`${status}-members`}
    >
      {({ rows }) => (
        <>
          <div className={classes.tools}>
            <SegmentedControl
              aria-label={t('list.status')}
              value={status}
              onChange={(value) => onStatus(value as ListedStatus)}
              data={listed.map((value) => ({
                value,
                label: `${s(`name.${value}`)} ${format.count(counts.find((row) => row.status === value)?.members ?? null)}`,
              }))}
            />
          </div>
          {rows.length === 0 ? (
            <p className={classes.note}>{t('list.empty')}</p>
          ) : (
            <DataTable
              label={t('list.name')}
              columns={onPhone ? narrow(columnsOf(rows)) : columnsOf(rows)}
              rows={rows}
              rowKey={({ memberId }) => memberId}
              selection={onSelect ? { selected, onChange: onSelect } : undefined}
              onRow={({ memberId }) => void navigate({ to: '/members/$memberId', params: { memberId } })}
            />
          )}
          {list.hasNextPage ? (
            <div className={classes.more}>
              <Button
                variant="default"
                loading={list.isFetchingNextPage}
                onClick={() => void list.fetchNextPage()}
              >
                {t('list.more')}
              </Button>
            </div>
          ) : null}
        </>
      )}
    </QueryPanel>
  )
}
