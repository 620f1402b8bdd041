import { Button, TextInput } from '@mantine/core'
import { useDebouncedValue, useMediaQuery } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, useInfiniteQuery, useMutation } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { SegmentPicker } from '../../filters/segment-picker.tsx'
import { pageHeaders, useTRPC } from '../../trpc.ts'
import { download } from '../../ui/csv.ts'
import { DataTable, type Column, type Order } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { FeedGapChip, MemberStatusChip } from '../../ui/member-status.tsx'
import { Page } from '../../ui/page.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { QueryPanel, type Answer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { Rule } from '../../ui/rule.tsx'
import classes from './members.module.css'
import { isDeletedMember } from './member.ts'
import { TagDialog } from './tag-dialog.tsx'

const sortOf = {
  member: 'member',
  lastDay: 'last-order',
  orders: 'orders',
  net: 'net',
  valueAtRisk: 'value-at-risk',
} as const
type SortColumn = keyof typeof sortOf

/** Everybody, or a segment's members: found, sorted, tagged, exported. */
export function MembersPage() {
  const t = useTranslations('members')
  const format = useFormat()
  const trpc = useTRPC()
  const navigate = useNavigate()
  const { role } = useWorkspace()
  const address = useSearch({ from: '/signed-in/shell/members' })
  const [typed, type] = useState(address.search ?? '')
  const [search] = useDebouncedValue(typed.trim(), 250)
  const [order, setOrder] = useState<Order>({ column: 'net', descending: true })
  const [selected, select] = useState<ReadonlySet<string>>(new Set())
  const [tagging, setTagging] = useState(false)
  const question = {
    segment: address.segment,
    asOf: address.asOf,
    search: search || undefined,
    sort: sortOf[order.column as SortColumn],
    descending: order.descending,
  }
  const list = useInfiniteQuery({
    ...trpc.members.list.infiniteQueryOptions(question, {
      getNextPageParam: ({ nextCursor }) => nextCursor,
      trpc: { abortOnUnmount: true },
    }),
    placeholderData: keepPreviousData,
  })
  const shown = useMemo(() => {
    const [first] = list.data?.pages ?? []
    return first && { ...first, rows: list.data!.pages.flatMap(({ rows }) => rows) }
  }, [list.data])
  type Shown = NonNullable<typeof shown>
  const { segment, asOf: day } = question
  const finding = useMutation(
    trpc.members.found.mutationOptions({
      onSuccess: ({ memberIds }) => {
        select(new Set(memberIds))
        setTagging(true)
      },
    }),
  )
  const exporting = useMutation({
    mutationFn: async () => {
      const answer = await fetch('/export/members.csv', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...pageHeaders() },
        body: JSON.stringify(question),
      })
      if (!answer.ok) throw new Error(((await answer.json()) as { detail: string }).detail)
      download(`members-${shown?.asOf ?? ''}.csv`, await answer.blob(), 'text/csv')
    },
  })
  const failed = [finding, exporting].find(({ isError }) => isError)
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const mayChange = role === 'owner' || role === 'marketer'
  const columns: Column<Shown['rows'][number]>[] = [
    {
      key: 'member',
      header: t('column.member'),
      sortable: true,
      csvHeader: 'member_id',
      value: ({ memberId }) => memberId,
      cell: ({ memberId, name, phone, status }) => (
        <span className={classes.who}>
          <strong>{isDeletedMember(memberId) ? t('deleted') : (name ?? memberId)}</strong>
          <span className={classes.note}>
            {[(name || isDeletedMember(memberId)) && memberId, phone].filter(Boolean).join(' · ')}
          </span>
          {onPhone ? <MemberStatusChip status={status} /> : null}
        </span>
      ),
    },
    {
      key: 'status',
      header: t('column.status'),
      value: ({ status }) => status,
      cell: ({ status, feedGap }) => (
        <>
          <MemberStatusChip status={status} /> <FeedGapChip gap={feedGap} />
        </>
      ),
    },
    {
      key: 'lastDay',
      header: t('column.lastDay'),
      csvHeader: 'last_order',
      sortable: true,
      align: 'right',
      value: ({ lastDay }) => lastDay,
      cell: ({ lastDay }) => format.day(lastDay),
    },
    {
      key: 'orders',
      header: t('column.orders'),
      sortable: true,
      align: 'right',
      value: ({ orders }) => orders,
      cell: ({ orders }) => format.count(orders),
    },
    {
      key: 'net',
      header: t('column.net'),
      csvHeader: 'net_minor',
      sortable: true,
      align: 'right',
      value: ({ netMinor }) => netMinor,
      cell: ({ netMinor }) => format.money(netMinor),
    },
    {
      key: 'valueAtRisk',
      header: t('column.yearly'),
      csvHeader: 'yearly_net_minor',
      sortable: true,
      align: 'right',
      value: ({ valueAtRiskMinor }) => valueAtRiskMinor,
      cell: ({ valueAtRiskMinor }) => format.money(valueAtRiskMinor),
    },
    {
      key: 'tags',
      header: t('column.tags'),
      value: ({ tags }) => tags.join(' '),
      cell: ({ tags }) => (
        <span className={classes.tags}>
          {tags.map((tag) => (
            <span key={tag} className={classes.tag}>
              {tag}
            </span>
          ))}
        </span>
      ),
    },
  ]
  return (
    <Page
      title={t('title')}
      lead={
        shown
          ? t(question.segment ? 'leadSegment' : 'lead', {
              members: shown.members,
              day: format.day(shown.asOf),
            })
          : t('leadWaiting')
      }
      actions={
        mayChange ? (
          <>
            {search ? (
              <Button variant="default" loading={exporting.isPending} onClick={() => exporting.mutate()}>
                {t('exportFound', { members: shown?.members ?? 0 })}
              </Button>
            ) : (
              <Button variant="default" loading={exporting.isPending} onClick={() => exporting.mutate()}>
                {t('export')}
              </Button>
            )}
            <Button
              disabled={!shown || shown.members === 0 || Boolean(search)}
              title={search ? t('planNotFound') : undefined}
              onClick={() =>
                void navigate({ to: '/campaigns/new', search: { segment: shown?.expression ?? 'everyone' } })
              }
            >
              {t('plan')}
            </Button>
          </>
        ) : null
      }
      notes={shown && shown.deleted > 0 ? t('notesDeleted', { members: shown.deleted }) : t('notes')}
    >
      <QueryPanel
        name={t('title')}
        title={(data: Shown) =>
          t('found', { shown: data.rows.length, members: data.members, search: search ? 'yes' : 'no' })
        }
        subtitle={(data: Shown) => (question.segment ? <Rule text={data.expression} /> : t('subtitle'))}
        query={{ ...list, data: shown } as unknown as Answer<Shown>}
      >
        {({ rows, members, deleted, expression, asOf }) => (
          <>
            <div className={classes.tools}>
              <TextInput
                className={classes.search}
                aria-label={t('search')}
                placeholder={t('search')}
                leftSection={<IconSearch size={16} aria-hidden />}
                value={typed}
                onChange={(event) => {
                  type(event.currentTarget.value)
                  select(new Set())
                }}
              />
              <SegmentPicker />
              {mayChange ? (
                <div className={classes.chosen}>
                  {selected.size > 0 ? (
                    <span className={classes.note}>{t('selected', { members: selected.size })}</span>
                  ) : null}
                  <Button
                    variant="default"
                    disabled={selected.size === 0 && members === deleted}
                    loading={finding.isPending}
                    onClick={() =>
                      selected.size === 0 && search
                        ? finding.mutate({ segment, asOf: day, search })
                        : setTagging(true)
                    }
                  >
                    {selected.size > 0
                      ? t('tag.selected', { members: selected.size })
                      : t('tag.all', { members: members - deleted })}
                  </Button>
                </div>
              ) : null}
            </div>
            {failed ? <Failure error={failed.error} /> : null}
            {rows.length === 0 ? (
              <p className={classes.note}>
                {search ? t('nobodyFound', { search }) : t(question.segment ? 'nobody' : 'nobodyYet')}
              </p>
            ) : (
              <DataTable
                label={t('title')}
                columns={onPhone ? columns.filter(({ key }) => ['member', 'net'].includes(key)) : columns}
                rows={rows}
                rowKey={({ memberId }) => memberId}
                order={order}
                onOrder={setOrder}
                selection={
                  mayChange
                    ? { selected, onChange: select, may: ({ memberId }) => !isDeletedMember(memberId) }
                    : undefined
                }
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
                  {t('more')}
                </Button>
              </div>
            ) : null}
            <TagDialog
              opened={tagging}
              close={() => setTagging(false)}
              done={() => select(new Set())}
              whose={
                selected.size > 0
                  ? { kind: 'members', memberIds: [...selected] }
                  : { kind: 'segment', expression, asOf }
              }
              members={selected.size > 0 ? selected.size : members - deleted}
            />
          </>
        )}
      </QueryPanel>
    </Page>
  )
}
