import { Button, FileButton } from '@mantine/core'
import { IconDownload, IconUpload } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { download } from '../../ui/csv.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/panel-states.tsx'
import { QueryPanel, tableOf, useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './composer.module.css'
import type { Result } from './draft.ts'

type State = NonNullable<inferRouterOutputs<AppRouter>['delivery']['handState']>
type Row = State['results'][number]
type Taken = inferRouterOutputs<AppRouter>['delivery']['takeHandResults']

/** What staff pass on by hand: the list to take, the results that came back, where it stands. */
export function HandPanel({ result }: { result: Result }) {
  const t = useTranslations('campaigns.hand')
  const format = useFormat()
  const trpc = useTRPC()
  const client = useQueryClient()
  const { role } = useWorkspace()
  const { campaignId, name, status } = result
  const answer = useAnswer(trpc.delivery.handState.queryOptions({ campaignId }, { staleTime: 0 }))
  const refresh = async () => {
    await client.invalidateQueries(trpc.delivery.handState.queryFilter({ campaignId }))
    await client.invalidateQueries(trpc.campaigns.pathFilter())
  }
  const take = useMutation(
    trpc.delivery.takeHandList.mutationOptions({
      async onSuccess({ csv }) {
        download(`${name.replace(/[^\p{L}\p{N}]+/gu, '-') || 'list'}.csv`, csv, 'text/csv')
        await refresh()
      },
    }),
  )
  const results = useMutation(trpc.delivery.takeHandResults.mutationOptions({ onSuccess: refresh }))
  const read = useMutation({
    mutationFn: contentOf,
    onSuccess: (content, { name: named }) => results.mutate({ campaignId, name: named, content }),
  })
  const columns: Column<Row>[] = [
    {
      key: 'result',
      header: t('result'),
      value: (row) => row.result,
      cell: (row) => t(`results.${row.result}`),
    },
    {
      key: 'members',
      header: t('members'),
      align: 'right',
      value: ({ members }) => members,
      cell: ({ members }) => format.count(members),
    },
  ]
  const failed = [take, read, results].find(({ isError }) => isError)
  return (
    <QueryPanel
      name={t('name')}
      title={(state) =>
        status === 'cancelled'
          ? t('cancelled')
          : t('title', { open: state?.open ?? 0, count: format.count(state?.open ?? 0) })
      }
      subtitle={t('subtitle')}
      query={answer}
      table={(state) => tableOf(columns, state?.results ?? [])}
      csvName="by-hand"
      minHeight={120}
    >
      {(state) => (
        <div className={classes.stack}>
          {state && state.results.length > 0 ? (
            <DataTable
              label={t('name')}
              columns={columns}
              rows={[...state.results]}
              rowKey={(row) => row.result}
            />
          ) : null}
          {state && state.open > 0 && status !== 'cancelled' ? (
            <p className={classes.help}>
              {t('listed', { listed: state.listed, count: format.count(state.listed) })}
            </p>
          ) : null}
          {failed ? <Failure error={failed.error} /> : null}
          {role === 'viewer' ? null : (
            <div className={classes.moves}>
              {status === 'running' ? (
                <Button
                  variant="default"
                  leftSection={<IconDownload size={16} aria-hidden />}
                  loading={take.isPending}
                  onClick={() => take.mutate({ campaignId })}
                >
                  {t('take')}
                </Button>
              ) : null}
              <FileButton
                accept=".csv,.txt,.xlsx,text/csv,text/plain"
                onChange={(file) => {
                  if (file) read.mutate(file)
                }}
              >
                {(props) => (
                  <Button
                    {...props}
                    variant="default"
                    leftSection={<IconUpload size={16} aria-hidden />}
                    loading={results.isPending}
                  >
                    {t('import')}
                  </Button>
                )}
              </FileButton>
            </div>
          )}
          <div aria-live="polite">{results.data ? <TakenResults taken={results.data} /> : null}</div>
        </div>
      )}
    </QueryPanel>
  )
}

function TakenResults({ taken }: { taken: Taken }) {
  const t = useTranslations('campaigns.hand')
  const { unchanged, empty, refused, named, notInLedger, notInLedgerCount } = taken
  const members = taken.taken.reduce((sum, one) => sum + one.members, 0)
  return (
    <>
      <p>{t('taken', { taken: members, unchanged, empty, refused })}</p>
      {notInLedgerCount > 0 ? (
        <p className={classes.help}>
          {t('notInLedger', {
            count: notInLedgerCount,
            members: notInLedger.slice(0, shownAtOnce).join(', '),
            more: Math.max(notInLedgerCount - shownAtOnce, 0),
          })}
        </p>
      ) : null}
      {named.length > 0 ? (
        <ul className={classes.refusedLines}>
          {named.map(({ line, said }) => (
            <li key={line}>{said}</li>
          ))}
        </ul>
      ) : null}
    </>
  )
}

const shownAtOnce = 20

/** The bytes of a file in base64. */
function contentOf(file: File): Promise<string> {
  const reader = new FileReader()
  return new Promise((resolve, reject) => {
    reader.addEventListener('load', () => resolve(String(reader.result).replace(/^[^,]*,/, '')))
    reader.addEventListener('error', () => reject(reader.error))
    reader.readAsDataURL(file)
  })
}
