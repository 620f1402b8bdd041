import { Button, Group, Progress, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { trpcClient, useTRPC } from '../../trpc.ts'
import { download } from '../../ui/csv.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useErrorText } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import classes from './members.module.css'

/** What an owner does for a person who asks: hand out what is kept about them, or delete it. */
export function MemberRights({ memberId }: { memberId: string }) {
  const t = useTranslations('members.rights')
  const trpc = useTRPC()
  const errorText = useErrorText()
  const { role } = useWorkspace()
  const [asking, ask] = useState(false)
  const exporting = useMutation(
    trpc.rights.exportMember.mutationOptions({
      onSuccess: (document) =>
        download(`member-${memberId}.json`, JSON.stringify(document, null, 2), 'application/json'),
    }),
  )
  // files are read for it, which ends when nobody waits for it any more
  const waiting = useRef<AbortController>(null)
  useEffect(() => () => waiting.current?.abort(), [])
  const concerned = useMutation({
    mutationFn: () => {
      waiting.current = new AbortController()
      return trpcClient.rights.deletionOf.mutate({ memberId }, { signal: waiting.current.signal })
    },
    onSuccess: () => ask(true),
  })
  const reading = useQuery(
    trpc.rights.reading.queryOptions(undefined, {
      enabled: concerned.isPending,
      refetchInterval: 500,
      staleTime: 0,
      gcTime: 0,
    }),
  ).data
  if (role !== 'owner') return null
  const failed = exporting.error ?? concerned.error
  return (
    <Panel title={t('title')} subtitle={t('subtitle')}>
      <Group gap={8}>
        <Button
          variant="default"
          loading={exporting.isPending}
          onClick={() => exporting.mutate({ memberId })}
        >
          {t('export')}
        </Button>
        <Button variant="default" loading={concerned.isPending} onClick={() => concerned.mutate()}>
          {t('delete')}
        </Button>
      </Group>
      {concerned.isPending && reading ? (
        <div className={classes.reading}>
          <p className={classes.note}>{t('reading', { files: reading.files })}</p>
          <Progress value={100 * reading.share} aria-label={t('readSoFar')} transitionDuration={0} />
          <Button
            variant="default"
            onClick={() => {
              waiting.current?.abort()
              concerned.reset()
            }}
          >
            {t('cancel')}
          </Button>
        </div>
      ) : null}
      {failed ? <p className={classes.note}>{errorText(failed).sentence}</p> : null}
      {concerned.data ? (
        <DeleteDialog
          key={String(asking)}
          opened={asking}
          close={() => ask(false)}
          memberId={memberId}
          concerned={concerned.data}
        />
      ) : null}
    </Panel>
  )
}

function DeleteDialog({
  opened,
  close,
  memberId,
  concerned,
}: {
  opened: boolean
  close: () => void
  memberId: string
  concerned: {
    orders: number
    refunds: number
    coupons: number
    files: readonly string[]
    unread: readonly string[]
  }
}) {
  const t = useTranslations('members.rights')
  const trpc = useTRPC()
  const client = useQueryClient()
  const navigate = useNavigate()
  const errorText = useErrorText()
  const [typed, setTyped] = useState('')
  const deleting = useMutation(
    trpc.rights.deleteMember.mutationOptions({
      onSuccess: async ({ files, unread }) => {
        // the page of the member closes: what went stays said until somebody closes it
        notifications.show({
          message: t('deleted', { files, unread: unread.length, names: unread.join(', ') }),
          autoClose: false,
          closeButtonProps: { 'aria-label': t('close') },
        })
        await navigate({ to: '/members', replace: true })
        await client.invalidateQueries()
      },
    }),
  )
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={t('dialog', { memberId })}
      closeButtonProps={{ 'aria-label': t('cancel') }}
    >
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (typed.trim() === memberId) deleting.mutate({ memberId, typed })
        }}
      >
        <p>{t('gone')}</p>
        <p>
          {t('stays', {
            orders: concerned.orders,
            refunds: concerned.refunds,
            coupons: concerned.coupons,
          })}
        </p>
        {(['files', 'unread'] as const).map((which) =>
          concerned[which].length > 0 ? (
            <p key={which} className={classes.fileNames}>
              {t(which, { count: concerned[which].length, files: concerned[which].join(', ') })}
            </p>
          ) : null,
        )}
        <p>{t('final')}</p>
        <TextInput
          label={t('type', { memberId })}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          error={deleting.isError ? errorText(deleting.error).sentence : undefined}
          data-autofocus
        />
        <Group justify="end" gap={8}>
          <Button variant="default" onClick={close}>
            {t('cancel')}
          </Button>
          <Button type="submit" color="red" loading={deleting.isPending} disabled={typed.trim() !== memberId}>
            {t('confirm')}
          </Button>
        </Group>
      </form>
    </Dialog>
  )
}
