import { Button, Group, Loader, Radio, SegmentedControl, TextInput } from '@mantine/core'
import { useDebouncedValue, useMediaQuery } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { IdentityEffect } from './identity-effect.tsx'
import type { Member } from './member.ts'
import classes from './identities.module.css'

/** Chooses another member, says which id stays, shows what it comes to and does it. */
export function MergeDialog({
  opened,
  close,
  member,
}: {
  opened: boolean
  close: () => void
  member: Member
}) {
  const t = useTranslations('members.identities')
  const format = useFormat()
  const trpc = useTRPC()
  const [typed, type] = useState('')
  const [search] = useDebouncedValue(typed.trim(), 250)
  const [other, choose] = useState<string | null>(null)
  const [stays, stay] = useState(member.memberId)
  const found = useQuery(
    trpc.members.list.queryOptions(
      { search, sort: 'member', descending: false, limit: 6 },
      { enabled: opened && search !== '' },
    ),
  )
  const others = (found.data?.rows ?? [])
    .filter(({ memberId }) => memberId !== member.memberId)
    .toSorted((a, b) => Number(b.memberId === search) - Number(a.memberId === search))
    .slice(0, 5)
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  return (
    <Dialog
      opened={opened}
      onClose={close}
      fullScreen={onPhone === true}
      size="lg"
      title={t('mergeTitle', { memberId: member.memberId })}
      closeButtonProps={{ 'aria-label': t('cancel') }}
    >
      <div className={classes.form}>
        <TextInput
          label={t('search')}
          value={typed}
          onChange={(event) => {
            type(event.currentTarget.value)
            choose(null)
          }}
          autoComplete="off"
          data-autofocus
        />
        {search !== '' && found.data ? (
          others.length === 0 ? (
            <p className={classes.note}>{t('nobody')}</p>
          ) : (
            <Radio.Group
              label={t('which')}
              value={other}
              onChange={(memberId) => {
                choose(memberId)
                stay(member.memberId)
              }}
            >
              <div className={classes.choices}>
                {others.map(({ memberId, name, phone, orders, netMinor }) => (
                  <Radio
                    key={memberId}
                    value={memberId}
                    label={t('choice', {
                      memberId,
                      name: name ?? '–',
                      phone: phone ?? '–',
                      orders,
                      net: format.money(netMinor),
                    })}
                  />
                ))}
              </div>
            </Radio.Group>
          )
        ) : null}
        {other === null ? null : (
          <>
            <div>
              <p className={classes.label} id="stays">
                {t('stays')}
              </p>
              <SegmentedControl
                aria-labelledby="stays"
                value={stays}
                onChange={stay}
                data={[member.memberId, other]}
              />
            </div>
            <Confirm
              key={`${other} ${stays}`}
              change={{ memberId: stays === other ? member.memberId : other, into: stays }}
              close={close}
            />
          </>
        )}
      </div>
    </Dialog>
  )
}

/** Shows what taking an id out again comes to, and does it. */
export function SeparateDialog({
  close,
  memberId,
  identity,
}: {
  close: () => void
  memberId: string
  /** The id to be separated; null: none is asked for. */
  identity: string | null
}) {
  const t = useTranslations('members.identities')
  const onPhone = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  return (
    <Dialog
      opened={identity !== null}
      onClose={close}
      fullScreen={onPhone === true}
      size="lg"
      title={t('separateTitle', { id: identity ?? '', memberId })}
      closeButtonProps={{ 'aria-label': t('cancel') }}
    >
      {identity === null ? null : <Confirm change={{ memberId: identity, into: null }} close={close} />}
    </Dialog>
  )
}

/** The preview of a change with the button that does it: a preview that the data has left behind is shown anew. */
function Confirm({
  change,
  close,
}: {
  change: { memberId: string; into: string | null }
  close: () => void
}) {
  const t = useTranslations('members.identities')
  const trpc = useTRPC()
  const client = useQueryClient()
  const navigate = useNavigate()
  const errorText = useErrorText()
  const preview = useMutation(trpc.merges.preview.mutationOptions())
  const { mutate: look } = preview
  const { memberId, into } = change
  useEffect(() => look({ memberId, into }), [look, memberId, into])
  const applying = useMutation(
    trpc.merges.change.mutationOptions({
      onSuccess: async (done) => {
        close()
        if (done.into !== null)
          await navigate({ to: '/members/$memberId', params: { memberId: done.into }, replace: true })
        await client.invalidateQueries()
      },
      onError: () => look({ memberId, into }),
    }),
  )
  return (
    <div className={classes.form} aria-busy={preview.isPending}>
      {preview.isError ? <p role="alert">{errorText(preview.error).sentence}</p> : null}
      {preview.isPending ? (
        <p className={classes.note} role="status">
          <Loader size="xs" mr={8} />
          {t('looking')}
        </p>
      ) : null}
      {preview.data ? <IdentityEffect preview={preview.data} /> : null}
      {applying.isError ? <p role="alert">{errorText(applying.error).sentence}</p> : null}
      <p className={classes.note}>{t(into === null ? 'separateNote' : 'mergeNote')}</p>
      <Group justify="end" gap={8}>
        <Button variant="default" onClick={close}>
          {t('cancel')}
        </Button>
        <Button
          loading={applying.isPending}
          disabled={!preview.data}
          onClick={() => {
            if (preview.data) applying.mutate({ ...change, digest: preview.data.digest })
          }}
        >
          {into === null ? t('separate') : t('confirm')}
        </Button>
      </Group>
    </div>
  )
}
