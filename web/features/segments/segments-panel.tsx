import { Button, Progress } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { useRuleSentence } from '../../ui/rule.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './segments.module.css'

interface Listed {
  readonly id: string
  readonly name: string
  readonly expression: string
  readonly version: number
  readonly savedAt: string
  readonly campaigns: number
}

/** The saved segments with how many members each has now. */
export function SegmentsPanel() {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const navigate = useNavigate()
  const answer = useAnswer(trpc.segments.list.queryOptions())
  const sentence = useRuleSentence((answer.data ?? []).map(({ expression }) => expression).join(' '))
  const columns: readonly Column<Listed>[] = [
    {
      key: 'name',
      header: t('list.name'),
      sortable: true,
      value: (row) => row.name,
      cell: (row) => (
        <>
          <Link to="/segments/$segmentId" params={{ segmentId: row.id }} className={classes.name}>
            {row.name}
          </Link>
          <span className={classes.sentence}>{sentence(row.expression)}</span>
        </>
      ),
    },
    {
      key: 'members',
      header: t('list.members'),
      align: 'right',
      cell: (row) => <Size id={row.id} />,
    },
    {
      key: 'share',
      header: t('list.share'),
      align: 'right',
      cell: (row) => <Size id={row.id} asShare />,
    },
    {
      key: 'edited',
      header: t('list.edited'),
      align: 'right',
      sortable: true,
      value: (row) => row.savedAt,
      cell: (row) => format.instant(row.savedAt),
    },
    {
      key: 'campaigns',
      header: t('list.used'),
      align: 'right',
      sortable: true,
      value: (row) => row.campaigns,
      cell: (row) => t('list.campaigns', { n: row.campaigns }),
    },
  ]
  return (
    <QueryPanel
      name={t('list.title')}
      title={(data) => t('list.count', { n: data.length })}
      subtitle={t('list.subtitle')}
      query={answer}
      minHeight={120}
      isEmpty={(data) => data.length === 0}
      empty={{ reason: t('list.empty') }}
    >
      {(data) => (
        <>
          <Refreshing />
          <DataTable
            columns={columns}
            rows={data}
            rowKey={({ id }) => id}
            label={t('list.title')}
            onRow={({ id }) => void navigate({ to: '/segments/$segmentId', params: { segmentId: id } })}
          />
        </>
      )}
    </QueryPanel>
  )
}

/** While the segments are brought up to date: how far it is, and a way to stop it. */
function Refreshing() {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const client = useQueryClient()
  const { role } = useWorkspace()
  const { data } = useQuery(
    trpc.segments.refreshing.queryOptions(undefined, {
      refetchInterval: ({ state }) => (state.data ? 1_000 : 15_000),
    }),
  )
  const stop = useMutation(
    trpc.segments.stopRefreshing.mutationOptions({
      onSuccess: () => client.invalidateQueries(trpc.segments.refreshing.queryFilter()),
    }),
  )
  if (!data) return null
  return (
    <div className={classes.refreshing} role="status">
      <span>{t('list.refreshing', { kept: data.kept, all: data.all })}</span>
      <Progress
        value={(100 * data.kept) / Math.max(1, data.all)}
        aria-label={t('list.title')}
        className={classes.bar}
      />
      {role === 'owner' || role === 'marketer' ? (
        <Button size="compact-sm" variant="default" loading={stop.isPending} onClick={() => stop.mutate()}>
          {t('list.stop')}
        </Button>
      ) : null}
    </div>
  )
}

/** How many members a saved segment has now, or which share of all. All rows read one question. */
function Size({ id, asShare = false }: { id: string; asShare?: boolean }) {
  const format = useFormat()
  const trpc = useTRPC()
  const { data } = useQuery(trpc.segments.sizes.queryOptions(undefined, { trpc: { abortOnUnmount: true } }))
  if (!data) return '…'
  const members = data.sizes[id]
  if (members === undefined) return '–'
  return asShare ? format.share(members, data.all) : format.count(members)
}
