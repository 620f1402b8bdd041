import { ActionIcon, Menu, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconCheck, IconDots } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { quote } from '../../../analytics/segments/print.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { FormDialog } from './dialogs.tsx'
import classes from './segments.module.css'

interface Tag {
  readonly name: string
  readonly colour: number
  readonly description: string
  readonly members: number
  readonly manual: number
  readonly imported: number
  readonly automatic: number
}

const colours = [1, 2, 3, 4, 5, 6, 7, 8] as const
const colourOf = (colour: number) => `var(--categorical-${colour})`

/** Every tag: its colour, who carries it and where that came from. */
export function TagsPanel({ mayChange }: { mayChange: boolean }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const answer = useAnswer(trpc.tags.list.queryOptions())
  const [open, setOpen] = useState<{ tag: Tag; what: 'edit' | 'rename' | 'retire' } | null>(null)
  const close = () => setOpen(null)
  const number = (key: 'members' | 'manual' | 'imported' | 'automatic'): Column<Tag> => ({
    key,
    header: t(`tags.${key}`),
    align: 'right',
    sortable: true,
    value: (row) => row[key],
    cell: (row) => format.count(row[key]),
  })
  const columns: readonly Column<Tag>[] = [
    {
      key: 'tag',
      header: t('tags.tag'),
      sortable: true,
      value: (row) => row.name,
      cell: (row) => (
        <span className={classes.tagName}>
          <span className={classes.dot} style={{ background: colourOf(row.colour) }} aria-hidden />
          <Link to="/members" search={{ segment: `tag = ${quote(row.name)}` }}>
            {row.name}
          </Link>
        </span>
      ),
    },
    number('members'),
    number('manual'),
    number('imported'),
    number('automatic'),
    {
      key: 'description',
      header: t('tags.description'),
      value: (row) => row.description,
      cell: (row) => row.description || '–',
    },
    ...(mayChange
      ? [
          {
            key: 'actions',
            header: <span className="visually-hidden">{t('tags.actions')}</span>,
            cell: (tag: Tag) => (
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    className={classes.remove}
                    aria-label={t('tags.actionsOf', { tag: tag.name })}
                  >
                    <IconDots size={18} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item onClick={() => setOpen({ tag, what: 'edit' })}>{t('tags.edit')}</Menu.Item>
                  <Menu.Item onClick={() => setOpen({ tag, what: 'rename' })}>{t('tags.rename')}</Menu.Item>
                  <Menu.Item color="red" onClick={() => setOpen({ tag, what: 'retire' })}>
                    {t('tags.retire')}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            ),
          },
        ]
      : []),
  ]
  return (
    <>
      <QueryPanel
        name={t('tags.title')}
        title={(data) => t('tags.count', { n: data.length })}
        subtitle={t('tags.subtitle')}
        query={answer}
        minHeight={120}
        isEmpty={(data) => data.length === 0}
        empty={{ reason: t('tags.empty') }}
      >
        {(data) => (
          <DataTable columns={columns} rows={data} rowKey={({ name }) => name} label={t('tags.title')} />
        )}
      </QueryPanel>
      {open?.what === 'edit' ? <TagForm tag={open.tag} onClose={close} /> : null}
      {open?.what === 'rename' ? <RenameForm tag={open.tag} onClose={close} /> : null}
      {open?.what === 'retire' ? <RetireForm tag={open.tag} onClose={close} /> : null}
    </>
  )
}

/** What every change of a tag does afterwards. */
function useChanged(onClose: () => void) {
  const trpc = useTRPC()
  const client = useQueryClient()
  return async (message: string) => {
    await client.invalidateQueries(trpc.tags.pathFilter())
    await client.invalidateQueries(trpc.segments.pathFilter())
    notifications.show({ message })
    onClose()
  }
}

/** Makes a tag, or changes the colour and description of one. */
export function TagForm({ tag, onClose }: { tag?: Tag; onClose: () => void }) {
  const t = useTranslations('segments')
  const trpc = useTRPC()
  const words = useErrorText()
  const changed = useChanged(onClose)
  const [name, setName] = useState(tag?.name ?? '')
  const [colour, setColour] = useState<number>(tag?.colour ?? 1)
  const [description, setDescription] = useState(tag?.description ?? '')
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
      onSubmit={() => saving.mutate({ name: name.trim(), colour, description })}
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

function RenameForm({ tag, onClose }: { tag: Tag; onClose: () => void }) {
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
    </FormDialog>
  )
}

function RetireForm({ tag, onClose }: { tag: Tag; onClose: () => void }) {
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
    </FormDialog>
  )
}
