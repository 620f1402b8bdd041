import { Button, Switch, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
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
              </li>
            ))}
          </ul>
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
