import { Autocomplete, Button, Group, SegmentedControl, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { Dialog } from '../../ui/dialog.tsx'
import { useErrorText } from '../../ui/panel-states.tsx'
import classes from './members.module.css'

export type Whose =
  | { kind: 'members'; memberIds: string[] }
  | { kind: 'segment'; expression: string; asOf: string }

/** Puts a tag on some members, or takes it off. */
export function TagDialog({
  opened,
  close,
  done,
  whose,
  members,
}: {
  opened: boolean
  close: () => void
  done: () => void
  whose: Whose
  members: number
}) {
  const t = useTranslations('members')
  const trpc = useTRPC()
  const client = useQueryClient()
  const errorText = useErrorText()
  const [tag, setTag] = useState('')
  const [reason, setReason] = useState('')
  const [taking, setTaking] = useState(false)
  const tags = useQuery(trpc.tags.list.queryOptions(undefined, { enabled: opened }))
  const settled = {
    onSuccess: async () => {
      await Promise.all([
        client.invalidateQueries({ queryKey: trpc.members.pathKey() }),
        client.invalidateQueries({ queryKey: trpc.tags.pathKey() }),
      ])
      setTag('')
      setReason('')
      done()
      close()
    },
  }
  const adding = useMutation(trpc.tags.add.mutationOptions(settled))
  const removing = useMutation(trpc.tags.remove.mutationOptions(settled))
  const change = taking ? removing : adding
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={t('tag.title', { members })}
      closeButtonProps={{ 'aria-label': t('tag.cancel') }}
    >
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault()
          if (tag.trim()) change.mutate({ tag: tag.trim(), whose, reason })
        }}
      >
        <SegmentedControl
          aria-label={t('tag.what')}
          value={taking ? 'remove' : 'add'}
          onChange={(value) => setTaking(value === 'remove')}
          data={[
            { value: 'add', label: t('tag.add') },
            { value: 'remove', label: t('tag.remove') },
          ]}
        />
        <Autocomplete
          label={t('tag.name')}
          data={tags.data?.map(({ name }) => name) ?? []}
          value={tag}
          onChange={setTag}
          maxLength={60}
          error={change.isError ? errorText(change.error).sentence : undefined}
          data-autofocus
        />
        <TextInput
          label={t('tags.reason')}
          value={reason}
          maxLength={300}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group justify="end" gap={8}>
          <Button variant="default" onClick={close}>
            {t('tag.cancel')}
          </Button>
          <Button type="submit" loading={change.isPending} disabled={!tag.trim()}>
            {taking ? t('tag.takeFrom', { members }) : t('tag.putOn', { members })}
          </Button>
        </Group>
      </form>
    </Dialog>
  )
}
