import { Button, Progress } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import classes from './data.module.css'
import { Receipt } from './receipt.tsx'

export type RunState = NonNullable<inferRouterOutputs<AppRouter>['imports']['state']>

/** An import under way, then how it ended. */
export function RunPanel({
  runId,
  onLeave,
  onColumns,
  onImport,
}: {
  runId: string
  onLeave: () => void
  /** Back to the columns, and on to the import: where the file is still here. */
  onColumns?: (() => void) | undefined
  onImport?: (() => void) | undefined
}) {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const client = useQueryClient()
  const { language } = useLanguage()
  const [state, setState] = useState<RunState>()
  const progress = useSubscription(
    trpc.imports.progress.subscriptionOptions(
      { runId, language },
      {
        onData: (told) => {
          setState(told)
          // A finished import changes every figure of the workspace.
          if (told.phase === 'done' && !(told.receipt ?? told.membersReceipt ?? told.kindReceipt)?.dryRun)
            void client.invalidateQueries()
        },
      },
    ),
  )
  const cancel = useMutation(trpc.imports.cancel.mutationOptions())
  if (progress.error && !state) return <Failure error={progress.error} />
  if (!state) return null
  const ways = { runId, title: state.title, onLeave, onColumns, onImport }
  if (state.receipt ?? state.membersReceipt ?? state.kindReceipt) return <Receipt told={state} ways={ways} />
  if (state.phase === 'refused' || state.phase === 'failed' || state.phase === 'cancelled')
    return (
      <Panel title={t(`ended.${state.phase}`)}>
        <p role="alert">{state.refusal ?? t('ended.nothing')}</p>
        <div className={classes.buttons}>
          {onColumns ? <Button onClick={onColumns}>{t('ended.again')}</Button> : null}
          <Button variant="default" onClick={onLeave}>
            {t('mapping.other')}
          </Button>
        </div>
      </Panel>
    )
  return <Running state={state} cancelling={cancel.isPending} onCancel={() => cancel.mutate({ runId })} />
}

function Running({
  state,
  cancelling,
  onCancel,
}: {
  state: RunState
  cancelling: boolean
  onCancel: () => void
}) {
  const t = useTranslations('data')
  const { count } = useFormat()
  const phase = state.phase === 'saving' || state.phase === 'committing' ? state.phase : 'reading'
  const read = phase !== 'reading'
  return (
    <Panel title={t(`running.${phase}`, { file: state.fileName })}>
      <Progress
        value={read ? 100 : 100 * state.share}
        striped={read}
        aria-label={t('running.label')}
        transitionDuration={0}
      />
      <p className={classes.progress} role="status">
        {t('running.rows', { rows: count(state.rows), rate: count(state.rowsPerSecond) })}
        {state.secondsLeft === null ? '' : ` · ${t('running.left', { seconds: state.secondsLeft })}`}
      </p>
      {phase === 'committing' ? (
        <p>{t('running.tooLate')}</p>
      ) : (
        <Button variant="default" onClick={onCancel} loading={cancelling}>
          {t('running.cancel')}
        </Button>
      )}
    </Panel>
  )
}
