import { Autocomplete, Button, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import type { Saving } from './saving.ts'
import classes from './segments.module.css'
import { isUsed, UsesList } from './uses.tsx'

/** A small form in a dialog: Enter does it, Escape leaves. */
export function FormDialog({
  title,
  action,
  danger,
  busy,
  disabled,
  onClose,
  onSubmit,
  children,
}: {
  title: string
  action: string
  danger?: boolean
  busy: boolean
  disabled?: boolean
  onClose: () => void
  onSubmit: () => void
  children: ReactNode
}) {
  const t = useTranslations('segments')
  return (
    <Dialog opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': t('dialog.close') }}>
      <form
        className={classes.form}
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          if (!disabled) onSubmit()
        }}
      >
        {children}
        <div className={classes.formActions}>
          <Button variant="default" onClick={onClose}>
            {t('dialog.cancel')}
          </Button>
          <Button
            type="submit"
            loading={busy}
            disabled={disabled ?? false}
            {...(danger ? { color: 'red' } : {})}
          >
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

/** Asks for a segment's name. */
export function NameDialog({
  title,
  action,
  name: before,
  saving,
  onName,
  onClose,
}: {
  title: string
  action: string
  name: string
  saving: Saving
  onName: (name: string) => void
  onClose: () => void
}) {
  const t = useTranslations('segments')
  const [name, setName] = useState(before)
  return (
    <FormDialog
      title={title}
      action={action}
      busy={saving.isPending}
      disabled={name.trim() === ''}
      onClose={onClose}
      onSubmit={() => onName(name.trim())}
    >
      <TextInput
        data-autofocus
        label={t('dialog.name')}
        value={name}
        maxLength={80}
        error={saving.refused}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  )
}

/** Deletes a segment after asking. */
export function DeleteDialog({
  segment,
  onClose,
}: {
  segment: { id: string; name: string }
  onClose: () => void
}) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const client = useQueryClient()
  const navigate = useNavigate()
  const words = useErrorText()
  const uses = useQuery(trpc.segments.uses.queryOptions({ id: segment.id })).data
  // what asks the segment by its name again; a rule that was taken over as text does not
  const blocking = uses ? { ...uses, campaigns: uses.campaigns.filter(({ asksAgain }) => asksAgain) } : null
  const removal = useMutation(
    trpc.segments.remove.mutationOptions({
      onSuccess: async () => {
        await navigate({ to: '/segments' })
        await client.invalidateQueries(trpc.segments.list.pathFilter())
        notifications.show({ message: t('deleted', { name: segment.name }) })
      },
    }),
  )
  return (
    <FormDialog
      title={t('dialog.deleteTitle', { name: segment.name })}
      action={t('dialog.delete')}
      danger
      busy={removal.isPending}
      onClose={onClose}
      disabled={blocking !== null && isUsed(blocking)}
      onSubmit={() => removal.mutate({ id: segment.id })}
    >
      {removal.error ? <p>{words(removal.error).sentence}</p> : null}
      {blocking !== null && isUsed(blocking) ? (
        <>
          <p>{t('dialog.deleteUsed')}</p>
          <UsesList uses={blocking} />
        </>
      ) : (
        <p>{t('dialog.deleteText')}</p>
      )}
    </FormDialog>
  )
}

/** Tags everyone whom a rule selects. */
export function TagDialog({
  expression,
  members,
  onClose,
}: {
  expression: string
  members: number
  onClose: () => void
}) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const client = useQueryClient()
  const words = useErrorText()
  const [tag, setTag] = useState('')
  const [reason, setReason] = useState('')
  const tags = useQuery(trpc.tags.list.queryOptions())
  const adding = useMutation(
    trpc.tags.add.mutationOptions({
      onSuccess: async (done) => {
        await client.invalidateQueries(trpc.tags.pathFilter())
        await client.invalidateQueries(trpc.segments.pathFilter())
        notifications.show({
          message: t('tagged', { n: done.members, members: format.count(done.members), tag: tag.trim() }),
        })
        onClose()
      },
    }),
  )
  return (
    <FormDialog
      title={t('dialog.tagTitle')}
      action={t('dialog.tag', { n: members, members: format.count(members) })}
      busy={adding.isPending}
      disabled={tag.trim() === ''}
      onClose={onClose}
      onSubmit={() => adding.mutate({ tag: tag.trim(), whose: { kind: 'segment', expression }, reason })}
    >
      <Autocomplete
        data-autofocus
        label={t('tags.name')}
        description={t('dialog.tagText')}
        value={tag}
        maxLength={60}
        error={adding.error ? words(adding.error).sentence : undefined}
        data={tags.data?.map(({ name }) => name) ?? []}
        onChange={setTag}
      />
      <TextInput
        label={t('tags.reason')}
        value={reason}
        maxLength={300}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
