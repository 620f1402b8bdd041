import { Button, Menu, Switch, TextInput } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { FormDialog } from './dialogs.tsx'
import classes from './segments.module.css'

/** The groups of tags, and of which a member carries one tag at most. */
export function TagGroupsPanel({ mayChange }: { mayChange: boolean }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const client = useQueryClient()
  const words = useErrorText()
  const answer = useAnswer(trpc.tags.groups.queryOptions())
  const [name, setName] = useState('')
  const [changing, setChanging] = useState<Change | null>(null)
  const saving = useMutation(
    trpc.tags.saveGroup.mutationOptions({
      onSuccess: async () => {
        setName('')
        await client.invalidateQueries(trpc.tags.pathFilter())
        await client.invalidateQueries(trpc.segments.pathFilter())
      },
    }),
  )
  return (
    <QueryPanel
      name={t('groups.title')}
      title={t('groups.title')}
      subtitle={t('groups.subtitle')}
      query={answer}
      minHeight={80}
    >
      {(groups) => (
        <div className={classes.form}>
          {groups.length === 0 ? <p>{t('groups.none')}</p> : null}
          <ul className={classes.groups}>
            {groups.map((group) => (
              <li key={group.name}>
                <div>
                  <strong className={classes.name}>{group.name}</strong>
                  <span className={classes.sentence}>
                    {group.tags.length === 0 ? t('groups.empty') : group.tags.join(t('tags.comma'))}
                  </span>
                  {group.covered > 0 ? (
                    <span className={classes.sentence}>
                      {t('groups.covered', { n: group.covered, members: format.count(group.covered) })}
                    </span>
                  ) : null}
                </div>
                <div className={classes.editTools}>
                  <Switch
                    label={t('groups.exclusiveOf', { group: group.name })}
                    checked={
                      saving.isPending && saving.variables.name === group.name
                        ? saving.variables.exclusive
                        : group.exclusive
                    }
                    disabled={!mayChange || saving.isPending}
                    onChange={(event) =>
                      saving.mutate({ name: group.name, exclusive: event.currentTarget.checked })
                    }
                  />
                  {mayChange ? (
                    <Menu position="bottom-end">
                      <Menu.Target>
                        <Button
                          variant="subtle"
                          color="gray"
                          px={8}
                          aria-label={t('groups.more', { group: group.name })}
                        >
                          <IconDots size={18} aria-hidden />
                        </Button>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item onClick={() => setChanging({ kind: 'rename', group })}>
                          {t('groups.rename')}
                        </Menu.Item>
                        <Menu.Item color="red" onClick={() => setChanging({ kind: 'remove', group })}>
                          {t('groups.remove')}
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  ) : null}
                </div>
              </li>
            ))}
          </ul>
          {changing ? <ChangeDialog {...changing} onClose={() => setChanging(null)} /> : null}
          {mayChange ? (
            <form
              className={classes.finder}
              onSubmit={(event) => {
                event.preventDefault()
                if (name.trim() && !groups.some((group) => group.name === name.trim()))
                  saving.mutate({ name: name.trim(), exclusive: false })
              }}
            >
              <TextInput
                label={t('groups.name')}
                value={name}
                maxLength={60}
                error={saving.error ? words(saving.error).sentence : undefined}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Button
                type="submit"
                variant="default"
                loading={saving.isPending}
                disabled={!name.trim() || groups.some((group) => group.name === name.trim())}
              >
                {t('groups.make')}
              </Button>
            </form>
          ) : null}
        </div>
      )}
    </QueryPanel>
  )
}

interface Change {
  readonly kind: 'rename' | 'remove'
  readonly group: { readonly name: string; readonly tags: readonly string[] }
}

/** Asks for a group's new name, or whether it is to go. */
function ChangeDialog({ kind, group, onClose }: Change & { onClose: () => void }) {
  const t = useTranslations('segments')
  const format = useFormat()
  const trpc = useTRPC()
  const client = useQueryClient()
  const words = useErrorText()
  const [to, setTo] = useState(group.name)
  const onSuccess = async () => {
    await client.invalidateQueries(trpc.tags.pathFilter())
    await client.invalidateQueries(trpc.segments.pathFilter())
    onClose()
  }
  const renaming = useMutation(trpc.tags.renameGroup.mutationOptions({ onSuccess }))
  const removing = useMutation(trpc.tags.removeGroup.mutationOptions({ onSuccess }))
  const { length } = group.tags
  return kind === 'rename' ? (
    <FormDialog
      title={t('groups.renameTitle', { group: group.name })}
      action={t('groups.rename')}
      busy={renaming.isPending}
      disabled={to.trim() === '' || to.trim() === group.name}
      onClose={onClose}
      onSubmit={() => renaming.mutate({ from: group.name, to: to.trim() })}
    >
      <TextInput
        data-autofocus
        label={t('dialog.name')}
        value={to}
        maxLength={60}
        error={renaming.error ? words(renaming.error).sentence : undefined}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
    </FormDialog>
  ) : (
    <FormDialog
      title={t('groups.removeTitle', { group: group.name })}
      action={t('groups.remove')}
      danger
      busy={removing.isPending}
      onClose={onClose}
      onSubmit={() => removing.mutate({ name: group.name })}
    >
      <p>{t('groups.removeText', { n: length, tags: format.count(length) })}</p>
      {removing.error ? <p role="alert">{words(removing.error).sentence}</p> : null}
    </FormDialog>
  )
}
