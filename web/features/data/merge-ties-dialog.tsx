import { Button, Group, Loader } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import classes from './data.module.css'

type Pairs = readonly [string, string][]

/** As many of the members to come are named; of the others it is said how many there are. */
const mostNamed = 20

/** What merging pairs at once comes to, before it is done. `pairs` null: nobody asks. */
export function MergeTiesDialog({
  pairs,
  close,
  onMerged,
}: {
  pairs: Pairs | null
  close: () => void
  onMerged: () => void
}) {
  const t = useTranslations('data.ties')
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  return (
    <Dialog
      opened={pairs !== null}
      onClose={close}
      fullScreen={onPhone === true}
      size="lg"
      title={t('mergeTitle', { pairs: pairs?.length ?? 0 })}
      closeButtonProps={{ 'aria-label': t('cancel') }}
    >
      {pairs === null ? null : <Confirm pairs={pairs} close={close} onMerged={onMerged} />}
    </Dialog>
  )
}

function Confirm({ pairs, close, onMerged }: { pairs: Pairs; close: () => void; onMerged: () => void }) {
  const t = useTranslations('data.ties')
  const trpc = useTRPC()
  const client = useQueryClient()
  const format = useFormat()
  const errorText = useErrorText()
  const preview = useMutation(trpc.identity.previewTies.mutationOptions())
  const { mutate: look } = preview
  useEffect(() => look({ pairs: [...pairs] }), [look, pairs])
  const merging = useMutation(
    trpc.identity.mergeTies.mutationOptions({
      onSuccess: async () => {
        onMerged()
        await client.invalidateQueries()
      },
      // a preview that the data has left behind is shown anew
      onError: () => look({ pairs: [...pairs] }),
    }),
  )
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
          {data.groups.length > mostNamed ? (
            <p className={classes.note}>{t('moreGroups', { count: data.groups.length - mostNamed })}</p>
          ) : null}
        </>
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
            if (data) merging.mutate({ pairs: [...pairs], digest: data.digest })
          }}
        >
          {t('confirm')}
        </Button>
      </Group>
    </div>
  )
}
