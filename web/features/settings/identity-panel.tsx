import { ActionIcon, Button } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import classes from './settings.module.css'

type Kind = inferRouterOutputs<AppRouter>['identity']['order']['kinds'][number]

/** In which order it is asked what people are known by. */
export function IdentityPanel({ mayChange }: { mayChange: boolean }) {
  const t = useTranslations('settings.identity')
  const trpc = useTRPC()
  const answer = useAnswer(trpc.identity.order.queryOptions())
  if (!answer.data)
    return (
      <QueryPanel title={t('title')} query={answer}>
        {() => null}
      </QueryPanel>
    )
  return <OrderForm key={answer.data.kinds.join()} present={answer.data.kinds} mayChange={mayChange} />
}

function OrderForm({ present, mayChange }: { present: readonly Kind[]; mayChange: boolean }) {
  const t = useTranslations('settings.identity')
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const [kinds, setKinds] = useState<readonly Kind[]>(present)
  const failed = (error: unknown) => notifications.show({ color: 'red', message: errorText(error).sentence })
  const look = useMutation(trpc.identity.orderEffect.mutationOptions({ onError: failed }))
  const save = useMutation(
    trpc.identity.changeOrder.mutationOptions({
      onSuccess: async (effect) => {
        await queries.invalidateQueries()
        notifications.show({ message: t('saved', effect) })
      },
      onError: failed,
    }),
  )
  const move = (at: number, by: 1 | -1) => {
    const moved = [...kinds]
    ;[moved[at], moved[at + by]] = [moved[at + by]!, moved[at]!]
    setKinds(moved)
    look.reset()
  }
  const changed = kinds.join() !== present.join()
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <ol className={classes.kinds}>
        {kinds.map((kind, at) => (
          <li key={kind}>
            <span className={classes.kindName}>
              <strong>{t(`kind.${kind}`)}</strong>
              <span className={classes.note}>{t(`about.${kind}`)}</span>
            </span>
            {mayChange ? (
              <span className={classes.kindMoves}>
                <ActionIcon
                  variant="subtle"
                  size="lg"
                  aria-label={t('up', { kind: t(`kind.${kind}`) })}
                  disabled={at === 0}
                  onClick={() => move(at, -1)}
                >
                  <IconArrowUp size={18} />
                </ActionIcon>
                <ActionIcon
                  variant="subtle"
                  size="lg"
                  aria-label={t('down', { kind: t(`kind.${kind}`) })}
                  disabled={at === kinds.length - 1}
                  onClick={() => move(at, 1)}
                >
                  <IconArrowDown size={18} />
                </ActionIcon>
              </span>
            ) : null}
          </li>
        ))}
      </ol>
      <p className={classes.note}>{t('explain')}</p>
      {mayChange && changed ? (
        <>
          <p aria-live="polite">
            {look.data ? t('effect', look.data) : look.isPending ? t('looking') : t('first')}
          </p>
          <div className={classes.row}>
            {look.data ? (
              <Button loading={save.isPending} onClick={() => save.mutate({ kinds: [...kinds] })}>
                {t('save')}
              </Button>
            ) : (
              <Button
                variant="default"
                loading={look.isPending}
                onClick={() => look.mutate({ kinds: [...kinds] })}
              >
                {t('look')}
              </Button>
            )}
            <Button
              variant="default"
              onClick={() => {
                setKinds(present)
                look.reset()
              }}
            >
              {t('back')}
            </Button>
          </div>
        </>
      ) : null}
    </Panel>
  )
}
