import { Autocomplete, Select, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconCheck } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { FormDialog } from './dialogs.tsx'
import classes from './segments.module.css'
import { isUsed, UsesList } from './uses.tsx'

export interface Tag {
  readonly name: string
  readonly colour: number
  readonly description: string
  readonly members: number
  readonly manual: number
  readonly imported: number
  readonly automatic: number
  /** Null: none. */
  readonly group: string | null
  /** A member carries one tag of the group at most. */
  readonly exclusive: boolean
  /** The rule that puts it on; null: none. */
  readonly rule: string | null
}

const colours = [1, 2, 3, 4, 5, 6, 7, 8] as const
export const colourOf = (colour: number) => `var(--categorical-${colour})`

/** What every change of a tag does afterwards. */
export function useChanged(onClose: () => void) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const client = useQueryClient()
  return async (message: string) => {
    await client.invalidateQueries(trpc.tags.pathFilter())
    await client.invalidateQueries(trpc.segments.pathFilter())
    notifications.show({ message, closeButtonProps: { 'aria-label': t('dialog.close') } })
    onClose()
  }
}

/** Makes a tag, or changes the colour, description and group of one. */
export function TagForm({ tag, onClose }: { tag?: Tag; onClose: () => void }) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const words = useErrorText()
  const changed = useChanged(onClose)
  const [name, setName] = useState(tag?.name ?? '')
  const [colour, setColour] = useState<number>(tag?.colour ?? 1)
  const [description, setDescription] = useState(tag?.description ?? '')
  const [group, setGroup] = useState(tag?.group ?? '')
  const groups = useQuery(trpc.tags.groups.queryOptions()).data
  const saving = useMutation(
    trpc.tags.save.mutationOptions({ onSuccess: () => changed(t('tags.saved', { tag: name.trim() })) }),
  )
  return (
    <FormDialog
      title={tag ? t('tags.editTitle', { tag: tag.name }) : t('tags.newTitle')}
      action={t('tags.save')}
      busy={saving.isPending}
      disabled={name.trim() === ''}
      onClose={onClose}
      onSubmit={() =>
        saving.mutate({
          name: name.trim(),
          colour,
          description,
          ...(group.trim() === (tag?.group ?? '') ? {} : { group: group.trim() || null }),
        })
      }
    >
      {tag ? null : (
        <TextInput
          data-autofocus
          label={t('tags.name')}
          value={name}
          maxLength={60}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <div role="radiogroup" aria-label={t('tags.colour')} className={classes.swatches}>
        {colours.map((one) => (
          <button
            key={one}
            type="button"
            role="radio"
            aria-checked={colour === one}
            aria-label={t('tags.colourN', { n: one })}
            className={classes.swatch}
            style={{ background: colourOf(one) }}
            onClick={() => setColour(one)}
          >
            {colour === one ? <IconCheck size={18} aria-hidden /> : null}
          </button>
        ))}
      </div>
      <Autocomplete
        label={t('tags.group')}
        description={t('tags.groupText')}
        value={group}
        maxLength={60}
        data={groups?.map((one) => one.name) ?? []}
        onChange={setGroup}
      />
      <Textarea
        label={t('tags.description')}
        value={description}
        maxLength={300}
        autosize
        minRows={2}
        error={saving.error ? words(saving.error).sentence : undefined}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </FormDialog>
  )
}

export function RenameForm({ tag, onClose }: { tag: Tag; onClose: () => void }) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const words = useErrorText()
  const changed = useChanged(onClose)
  const [name, setName] = useState(tag.name)
  const renaming = useMutation(
    trpc.tags.rename.mutationOptions({
      onSuccess: () => changed(t('tags.renamed', { from: tag.name, to: name.trim() })),
    }),
  )
  return (
    <FormDialog
      title={t('tags.renameTitle', { tag: tag.name })}
      action={t('tags.rename')}
      busy={renaming.isPending}
      disabled={name.trim() === '' || name.trim() === tag.name}
      onClose={onClose}
      onSubmit={() => renaming.mutate({ from: tag.name, to: name.trim() })}
    >
      <TextInput
        data-autofocus
        label={t('tags.name')}
        description={t('tags.renameText')}
        value={name}
        maxLength={60}
        error={renaming.error ? words(renaming.error).sentence : undefined}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <UsesOfTag tag={tag.name} says={t('tags.renameUsed')} />
    </FormDialog>
  )
}

export function RetireForm({ tag, onClose }: { tag: Tag; onClose: () => void }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const words = useErrorText()
  const changed = useChanged(onClose)
  const retiring = useMutation(
    trpc.tags.retire.mutationOptions({ onSuccess: () => changed(t('tags.retired', { tag: tag.name })) }),
  )
  return (
    <FormDialog
      title={t('tags.retireTitle', { tag: tag.name })}
      action={t('tags.retire')}
      danger
      busy={retiring.isPending}
      onClose={onClose}
      onSubmit={() => retiring.mutate({ tag: tag.name })}
    >
      <p>
        {retiring.error
          ? words(retiring.error).sentence
          : t('tags.retireText', { n: tag.members, members: format.count(tag.members) })}
      </p>
      {tag.rule === null ? null : <p>{t('tags.retireRule')}</p>}
      <UsesOfTag tag={tag.name} says={t('tags.retireUsed')} />
    </FormDialog>
  )
}

/** Makes one tag of two. */
export function MergeForm({ tag, tags, onClose }: { tag: Tag; tags: readonly Tag[]; onClose: () => void }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const words = useErrorText()
  const changed = useChanged(onClose)
  const [into, setInto] = useState<string | null>(null)
  const [reason, setReason] = useState('')
  const merging = useMutation(
    trpc.tags.merge.mutationOptions({
      onSuccess: () => changed(t('tags.merged', { from: tag.name, into: into ?? '' })),
    }),
  )
  return (
    <FormDialog
      title={t('tags.mergeTitle', { tag: tag.name })}
      action={t('tags.mergeDo')}
      busy={merging.isPending}
      disabled={into === null}
      onClose={onClose}
      onSubmit={() => merging.mutate({ from: tag.name, into: into!, reason })}
    >
      <Select
        data-autofocus
        searchable
        label={t('tags.mergeInto')}
        description={t('tags.mergeText', { n: tag.members, members: format.count(tag.members) })}
        value={into}
        data={tags.flatMap(({ name }) => (name === tag.name ? [] : [name]))}
        error={merging.error ? words(merging.error).sentence : undefined}
        onChange={setInto}
      />
      <UsesOfTag tag={tag.name} says={t('tags.mergeUsed', { into: into ?? '–' })} />
      <Why value={reason} onChange={setReason} />
    </FormDialog>
  )
}

/** What a tag stands in, under a sentence that says what will happen to it; nothing where it stands in nothing. */
function UsesOfTag({ tag, says }: { tag: string; says: string }) {
  const trpc = useTRPC()
  const uses = useQuery(trpc.tags.uses.queryOptions({ tag })).data
  if (!uses || !isUsed(uses)) return null
  return (
    <div>
      <p>{says}</p>
      <UsesList uses={uses} />
    </div>
  )
}

/** Why somebody does something with a tag. */
export function Why({ value, onChange }: { value: string; onChange: (reason: string) => void }) {
  const t = useTranslations('segments')
  return (
    <TextInput
      label={t('tags.reason')}
      value={value}
      maxLength={300}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
