import { Button, Group, Loader } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { Failure } from '../../ui/panel-states.tsx'
import classes from './data.module.css'
import { MonthChanges } from './receipt-months.tsx'
import type { Told } from './receipt.tsx'

type Effect = inferRouterOutputs<AppRouter>['imports']['undoEffect']

/** Asks before an import is taken out again, with what that changes. */
export function UndoQuestion({
  undone,
  onClose,
}: {
  undone: {
    readonly importId: string
    readonly kind: string
    readonly fileName: string
    readonly told: Pick<Told, 'title'>
  }
  onClose: () => void
}) {
  const t = useTranslations('data')
  const trpc = useTRPC()
  const client = useQueryClient()
  const { importId } = undone
  const undo = useMutation(
    trpc.imports.undo.mutationOptions({
      onSuccess: async () => {
        onClose()
        await client.invalidateQueries()
      },
    }),
  )
  const effect = useQuery(
    trpc.imports.undoEffect.queryOptions(
      { importId },
      {
        // of what is taken out already there is none
        enabled: undo.isIdle,
        gcTime: 0,
        staleTime: Infinity,
        refetchOnWindowFocus: false,
        retry: false,
      },
    ),
  )
  return (
    <Dialog
      opened
      size="lg"
      onClose={onClose}
      title={t('undo.title', { file: undone.fileName })}
      closeButtonProps={{ 'aria-label': t('undo.keep') }}
    >
      <p>
        {undone.told.title === null ? '' : t('report.kind', { kind: undone.told.title })}
        {t(
          undone.kind === 'orders'
            ? 'undo.text'
            : undone.kind === 'refunds'
              ? 'undo.refundsText'
              : undone.kind === 'members'
                ? 'undo.membersText'
                : 'undo.kindText',
        )}
      </p>
      {effect.data ? <EffectOf effect={effect.data} /> : null}
      {effect.isPending ? (
        <p className={classes.note} role="status">
          <Loader size="xs" mr={8} />
          {t('undo.counting')}
        </p>
      ) : null}
      {effect.isError || undo.isError ? <Failure error={(effect.error ?? undo.error)!} /> : null}
      <Group justify="end" gap={8} mt={16}>
        <Button variant="default" onClick={onClose}>
          {t('undo.keep')}
        </Button>
        <Button
          color="red"
          disabled={!effect.data}
          loading={undo.isPending}
          onClick={() => undo.mutate({ importId })}
        >
          {t('undo.do')}
        </Button>
      </Group>
    </Dialog>
  )
}

function EffectOf({ effect }: { effect: Effect }) {
  const t = useTranslations('data.undo')
  const { kind, months, ordersGone, ordersChanged, membersGone, membersChanged, rows } = effect
  const ofRefunds = kind === 'refunds'
  const facts = [
    ordersGone > 0 ? t(ofRefunds ? 'refundsGone' : 'ordersGone', { count: ordersGone }) : null,
    ordersChanged > 0 ? t(ofRefunds ? 'refundsChanged' : 'ordersChanged', { count: ordersChanged }) : null,
    membersGone > 0 ? t('membersGone', { count: membersGone }) : null,
    membersChanged > 0 ? t('membersChanged', { count: membersChanged }) : null,
    rows > 0 ? t('rows', { count: rows }) : null,
  ].filter((fact) => fact !== null)
  return (
    <>
      <ul className={classes.facts}>
        {(facts.length + months.length === 0 ? [t('nothing')] : facts).map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      <MonthChanges months={months} note={t('months', { count: months.length })} foreseen />
    </>
  )
}
