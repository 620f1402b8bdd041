import { Button, Progress } from '@mantine/core'
import { useMutation, useQueries, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { StatusChip } from '../../ui/status-chip.tsx'
import classes from './data.module.css'
import { Receipt } from './receipt.tsx'
import { ReportDialog } from './report-dialog.tsx'
import type { RunState } from './run-panel.tsx'

const pollMs = 500
const hasEnded = ({ phase }: RunState): boolean => ['done', 'refused', 'cancelled', 'failed'].includes(phase)
/** As many receipts may stand below one another. */
const mostShown = 2
const receiptOf = (state: RunState) => state.receipt ?? state.membersReceipt ?? state.kindReceipt

/** Imports that were begun together: how far they are, which came in and which did not, and the receipt of each. */
export function RunsPanel({
  runIds,
  onLeave,
  onColumns,
  onImport,
}: {
  runIds: readonly string[]
  onLeave: () => void
  onColumns?: (() => void) | undefined
  onImport?: (() => void) | undefined
}) {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const client = useQueryClient()
  const { language } = useLanguage()
  const { count } = useFormat()
  // asked again and again, because a browser holds few connections open at once
  const answers = useQueries({
    queries: runIds.map((runId) =>
      trpc.imports.state.queryOptions(
        { runId, language },
        {
          refetchInterval: (query) => (query.state.data && hasEnded(query.state.data) ? false : pollMs),
          staleTime: 0,
        },
      ),
    ),
  })
  const [reading, setReading] = useState<RunState>()
  const cancel = useMutation(trpc.imports.cancel.mutationOptions())
  const states = answers.flatMap(({ data }) => data ?? [])
  const ended = states.length === runIds.length && states.every(hasEnded)
  const done = states.filter(({ phase }) => phase === 'done')
  // of many, those that nobody has to do anything about are opened from the table
  const folded = runIds.length <= mostShown ? [] : done.filter((state) => receiptOf(state)?.refused === 0)
  const shown = done.filter((state) => !folded.includes(state))
  const dryRun = done.some((state) => receiptOf(state)?.dryRun)
  const changed = ended && done.length > 0 && !dryRun
  useEffect(() => {
    // Finished imports change every figure of the workspace.
    if (changed) void client.invalidateQueries()
  }, [changed, client])
  const failed = answers.find(({ isError }) => isError)
  if (failed && states.length === 0) return <Failure error={failed.error} />
  const running = states.find((state) => !hasEnded(state))
  return (
    <>
      <Panel
        title={
          ended
            ? t(dryRun ? 'runs.wouldTitle' : 'runs.title', { done: done.length, count: runIds.length })
            : t('runs.running', { done: states.filter(hasEnded).length + 1, count: runIds.length })
        }
        subtitle={dryRun ? t('runs.apart') : t('runs.subtitle')}
      >
        <DataTable
          dense
          label={t('runs.label')}
          rows={states}
          rowKey={({ runId }) => runId}
          columns={[
            { key: 'file', header: t('runs.file'), cell: ({ fileName }) => fileName },
            { key: 'kind', header: t('parts.kind'), cell: ({ title }) => title },
            {
              key: 'rows',
              header: t('runs.rows'),
              align: 'right',
              cell: (state) => {
                const receipt = receiptOf(state)
                if (receipt) return count(receipt.imported)
                return state.rows > 0 ? count(state.rows) : '–'
              },
            },
            {
              key: 'phase',
              header: t('parts.state'),
              cell: (state) => (
                <StatusChip tone={state.phase === 'done' ? 'good' : hasEnded(state) ? 'warn' : 'off'}>
                  {t(`runs.phase.${state.phase === 'done' && dryRun ? 'checked' : state.phase}`)}
                </StatusChip>
              ),
            },
            ...(folded.length === 0
              ? []
              : [
                  {
                    key: 'receipt',
                    header: '',
                    cell: (state: RunState) =>
                      folded.includes(state) ? (
                        <Button
                          size="xs"
                          variant="default"
                          aria-label={t('runs.receiptOf', { file: state.fileName })}
                          onClick={() => setReading(state)}
                        >
                          {t('runs.receipt')}
                        </Button>
                      ) : null,
                  },
                ]),
          ]}
        />
        {states.some(({ refusal }) => refusal) ? (
          <ul className={classes.facts} role="alert">
            {states.flatMap(({ runId, fileName, refusal }) =>
              refusal ? [<li key={runId}>{t('parts.not', { tables: fileName, why: refusal })}</li>] : [],
            )}
          </ul>
        ) : null}
        {running && running.phase !== 'waiting' ? (
          <>
            <Progress
              value={running.phase === 'reading' ? 100 * running.share : 100}
              striped={running.phase !== 'reading'}
              aria-label={t('running.label')}
              transitionDuration={0}
            />
            <p className={classes.progress} role="status">
              {t('runs.rowsOf', {
                file: running.fileName,
                rows: t('running.rows', {
                  rows: count(running.rows),
                  rate: count(running.rowsPerSecond),
                }),
              })}
            </p>
          </>
        ) : null}
        {ended && folded.length > 0 ? <p className={classes.progress}>{t('runs.wellTold')}</p> : null}
        <div className={classes.buttons}>
          {running ? (
            <Button
              variant="default"
              loading={cancel.isPending}
              onClick={() => cancel.mutate({ runId: running.runId })}
            >
              {t('runs.cancel')}
            </Button>
          ) : null}
          {ended && dryRun && onImport ? <Button onClick={onImport}>{t('receipt.importNow')}</Button> : null}
          {ended && onColumns && (dryRun || done.length < runIds.length) ? (
            <Button variant="default" onClick={onColumns}>
              {t('mapping.back')}
            </Button>
          ) : null}
          {ended ? (
            <Button variant="default" onClick={onLeave}>
              {t(dryRun ? 'mapping.other' : 'receipt.another')}
            </Button>
          ) : null}
        </div>
      </Panel>
      {reading ? (
        <ReportDialog
          fileName={reading.fileName}
          imported={null}
          refusedRows={null}
          told={reading}
          onClose={() => setReading(undefined)}
        />
      ) : null}
      {shown.map((state) => (
        <Receipt
          key={state.runId}
          told={state}
          ways={{
            runId: state.runId,
            title: state.title,
            onLeave,
            onColumns: undefined,
            onImport: undefined,
            inSet: true,
          }}
        />
      ))}
    </>
  )
}
