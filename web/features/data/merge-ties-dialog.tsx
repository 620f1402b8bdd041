import { Button, Group, Loader, Progress } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTranslations } from 'use-intl'
import { trpcClient, useTRPC } from '../../trpc.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import classes from './data.module.css'

type Pairs = readonly [string, string][]
/** Pairs to be merged and how many; all that are plain, or some. */
export interface Chosen {
  readonly pairs: Pairs | 'plain'
  readonly count: number
}

/** As many of the members to come are named; of the others it is said how many there are. */
const mostNamed = 20

/** Whoever waits is told how far it is after so long. */
const progressMs = 1_000

/** What merging pairs at once comes to, before it is done. `chosen` null: nobody asks. */
export function MergeTiesDialog({
  chosen,
  close,
  onMerged,
}: {
  chosen: Chosen | null
  close: () => void
  onMerged: () => void
}) {
  const t = useTranslations('data.ties')
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  return (
    <Dialog
      opened={chosen !== null}
      onClose={close}
      fullScreen={onPhone === true}
      size="lg"
      title={t('mergeTitle', { pairs: chosen?.count ?? 0 })}
      closeButtonProps={{ 'aria-label': t('cancel') }}
    >
      {chosen === null ? null : <Confirm chosen={chosen} close={close} onMerged={onMerged} />}
    </Dialog>
  )
}

function Confirm({
  chosen: { pairs: chosen },
  close,
  onMerged,
}: {
  chosen: Chosen
  close: () => void
  onMerged: () => void
}) {
  const t = useTranslations('data.ties')
  const trpc = useTRPC()
  const client = useQueryClient()
  const format = useFormat()
  const errorText = useErrorText()
  // what is worked out or merged is called off when nobody waits for it any more
  const waiting = useRef<AbortController>(null)
  useEffect(() => () => waiting.current?.abort(), [])
  const signal = () => {
    waiting.current?.abort()
    waiting.current = new AbortController()
    return waiting.current.signal
  }
  const pairs = chosen === 'plain' ? chosen : [...chosen]
  const preview = useMutation({
    mutationFn: (asked: typeof pairs) =>
      trpcClient.identity.previewTies.mutate({ pairs: asked }, { signal: signal() }),
  })
  const { mutate: look } = preview
  useEffect(() => look(chosen === 'plain' ? chosen : [...chosen]), [look, chosen])
  const merging = useMutation({
    mutationFn: (digest: string) =>
      trpcClient.identity.mergeTies.mutate({ pairs, digest }, { signal: signal() }),
    onSuccess: async () => {
      onMerged()
      await client.invalidateQueries()
    },
    // a preview that the data has left behind is shown anew
    onError: () => {
      if (!waiting.current?.signal.aborted) look(pairs)
    },
  })
  const isBusy = preview.isPending || merging.isPending
  const underWay = useQuery(
    trpc.identity.merging.queryOptions(undefined, {
      enabled: isBusy,
      refetchInterval: progressMs,
      staleTime: 0,
      gcTime: 0,
    }),
  ).data
  const { data } = preview
  return (
    <div className={classes.asked} aria-busy={preview.isPending}>
      {preview.isError ? <p role="alert">{errorText(preview.error).sentence}</p> : null}
      {preview.isPending ? (
        <p className={classes.note} role="status">
          <Loader size="xs" mr={8} />
          {t('looking')}
        </p>
      ) : null}
      {data ? (
        <>
          <p className={classes.note}>{t('asOf', { day: format.day(data.asOf) })}</p>
          <dl className={classes.effect}>
            <dt>{t('shopMembers')}</dt>
            <dd>
              {format.count(data.shopBefore.members)} → {format.count(data.shopAfter.members)}
            </dd>
            <dt>{t('shopRepurchase')}</dt>
            <dd>
              {[data.shopBefore, data.shopAfter]
                .map(({ repurchaseRate, repeated, buyers }) =>
                  t('rate', { rate: format.percent(repurchaseRate), repeated, buyers }),
                )
                .join(' → ')}
            </dd>
            <dt>{t('shopValue')}</dt>
            <dd>
              {data.shopBefore.value && data.shopAfter.value
                ? t('valueAfter', {
                    months: data.shopAfter.value.period,
                    before: format.money(data.shopBefore.value.cumulativeMinor),
                    after: format.money(data.shopAfter.value.cumulativeMinor),
                  })
                : t('valueUnknown')}
            </dd>
          </dl>
          <ul className={classes.claimants}>
            {data.groups.slice(0, mostNamed).map(({ into, ids, name, orders, netMinor }) => (
              <li key={into}>
                {t('group', {
                  into: name ?? into,
                  others: ids.filter((id) => id !== into).join(', '),
                  orders,
                  net: format.money(netMinor),
                })}
              </li>
            ))}
          </ul>
          {data.total > mostNamed ? (
            <p className={classes.note}>{t('moreGroups', { count: data.total - mostNamed })}</p>
          ) : null}
        </>
      ) : null}
      {isBusy && underWay ? (
        <div role="status">
          <p className={classes.note}>{t('step', { step: underWay.step })}</p>
          <Progress value={100 * underWay.share} aria-label={t('progress')} transitionDuration={0} />
        </div>
      ) : null}
      {merging.isError ? <p role="alert">{errorText(merging.error).sentence}</p> : null}
      <p className={classes.note}>{t('mergeNote')}</p>
      <Group justify="end" gap={8}>
        <Button variant="default" onClick={close}>
          {t('cancel')}
        </Button>
        <Button
          loading={merging.isPending}
          disabled={!data}
          onClick={() => {
            if (data) merging.mutate(data.digest)
          }}
        >
          {t('confirm')}
        </Button>
      </Group>
    </div>
  )
}
