import { Button, Progress } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
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
import { KindReceiptPanel } from './kind-receipt.tsx'
import { MembersReceiptPanel } from './members-receipt.tsx'
import { ReceiptFrame, type ReceiptWays } from './receipt-frame.tsx'
import { RefundsReceiptPanel } from './refunds-receipt.tsx'
import { ReceiptMonths } from './receipt-months.tsx'

export type RunState = NonNullable<inferRouterOutputs<AppRouter>['imports']['state']>
type Receipt = NonNullable<RunState['receipt']>

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
  const ways = { runId, onLeave, onColumns, onImport }
  if (state.receipt ?? state.membersReceipt ?? state.kindReceipt)
    return <AnyReceipt state={state} ways={ways} />
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

/** The receipt of an import that has ended well, whatever its kind. */
export function AnyReceipt({ state, ways }: { state: RunState; ways: ReceiptWays }) {
  if (state.receipt?.givenBack)
    return <RefundsReceiptPanel receipt={state.receipt} told={state.receipt.givenBack} ways={ways} />
  if (state.receipt) return <ReceiptPanel receipt={state.receipt} ways={ways} />
  if (state.membersReceipt) return <MembersReceiptPanel receipt={state.membersReceipt} ways={ways} />
  return state.kindReceipt ? <KindReceiptPanel receipt={state.kindReceipt} ways={ways} /> : null
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

/** Stores without orders that a receipt names; the panel below it lists all. */
const toldGaps = 3

function ReceiptPanel({ receipt, ways }: { receipt: Receipt; ways: ReceiptWays }) {
  const t = useTranslations('data')
  const { count, day, share } = useFormat()
  const facts = [
    ...(receipt.firstDay && receipt.lastDay
      ? [t('receipt.days', { from: day(receipt.firstDay), to: day(receipt.lastDay) })]
      : []),
    t('receipt.duplicates', { count: receipt.duplicates }),
    receipt.guestRows === 0
      ? t('receipt.noGuests')
      : t('receipt.guests', {
          orders: receipt.guestOrders,
          share: share(receipt.guestRows, receipt.read - receipt.refused),
        }),
    ...receipt.people,
    ...(receipt.refunds ? [receipt.refunds] : []),
    ...(receipt.unpaidOrders > 0 ? [t('receipt.unpaid', { count: receipt.unpaidOrders })] : []),
    ...(receipt.toldTwice ? [t('receipt.toldTwice', { count: receipt.toldTwice })] : []),
    ...(receipt.closedOrders > 0 ? [t('receipt.closed', { count: receipt.closedOrders })] : []),
    ...(receipt.emptyOrders > 0 ? [t('receipt.empty', { count: receipt.emptyOrders })] : []),
    ...(receipt.roundingMinor === 0 ? [] : [t('receipt.rounding', { amount: receipt.rounding })]),
    ...(receipt.newOrders > 0 ? [t('receipt.newOrders', { count: receipt.newOrders })] : []),
    ...(receipt.corrected > 0
      ? [t('receipt.corrected', { count: receipt.corrected, dry: receipt.dryRun ? 'yes' : 'no' })]
      : []),
    ...(receipt.fewerLines > 0 ? [t('receipt.fewer', { count: receipt.fewerLines })] : []),
    ...(receipt.alreadyThere ? [t('receipt.alreadyThere')] : []),
    ...receipt.gaps
      .slice(0, toldGaps)
      .map(({ store, lastDay, days }) =>
        store === null
          ? t('receipt.gapShop', { day: day(lastDay), days })
          : t('receipt.gap', { store, day: day(lastDay), days }),
      ),
    ...(receipt.gaps.length > toldGaps
      ? [t('receipt.moreGaps', { count: receipt.gaps.length - toldGaps })]
      : []),
  ]
  return (
    <ReceiptFrame
      receipt={receipt}
      ways={ways}
      figures={[
        { label: t('receipt.members'), value: count(receipt.members) },
        {
          label: t('receipt.orders'),
          value: count(receipt.orders),
          base: receipt.net === null ? undefined : t('receipt.net', { net: receipt.net }),
        },
      ]}
      facts={facts}
      next={<Button renderRoot={(props) => <Link to="/" {...props} />}>{t('receipt.thisWeek')}</Button>}
    >
      <ReceiptMonths receipt={receipt} />
    </ReceiptFrame>
  )
}
