import { ActionIcon, Autocomplete, Button, Group, TextInput } from '@mantine/core'
import { IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { MemberTagHistory, WhyTagged } from './member-tag-history.tsx'
import type { Member } from './member.ts'
import classes from './members.module.css'

/** A member's tags with where each came from; add one, take one off. */
export function MemberTags({ member }: { member: Member }) {
  const t = useTranslations('members')
  const format = useFormat()
  const trpc = useTRPC()
  const client = useQueryClient()
  const errorText = useErrorText()
  const { role } = useWorkspace()
  const mayChange = role === 'owner' || role === 'marketer'
  const [tag, setTag] = useState('')
  const [reason, setReason] = useState('')
  const known = useQuery(trpc.tags.list.queryOptions(undefined, { enabled: mayChange }))
  const settled = {
    onSuccess: async () => {
      setTag('')
      setReason('')
      await Promise.all([
        client.invalidateQueries({ queryKey: trpc.members.pathKey() }),
        client.invalidateQueries({ queryKey: trpc.tags.pathKey() }),
      ])
    },
  }
  const adding = useMutation(trpc.tags.add.mutationOptions(settled))
  const removing = useMutation(trpc.tags.remove.mutationOptions(settled))
  const whose = { kind: 'members' as const, memberIds: [member.memberId] }
  const failed = adding.error ?? removing.error
  return (
    <Panel title={t('tags.title', { tags: member.tags.length })} subtitle={t('tags.subtitle')}>
      <div className={classes.tagRow}>
        {member.tags.map(({ tag: name, source, addedDay, by, reason: why }) => (
          <span key={name} className={classes.tagItem}>
            {name}
            <span className={classes.origin}>
              {t('tags.origin', { source: t(`source.${source}`), day: format.day(addedDay) })}
              {by === null
                ? null
                : t('tags.by', {
                    by: by === 'command-line' ? t('tags.commandLine') : by,
                    why: why === '' ? 'no' : 'yes',
                    reason: why,
                  })}
            </span>
            {mayChange ? (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={t('tags.remove', { tag: name })}
                loading={removing.isPending && removing.variables.tag === name}
                onClick={() => removing.mutate({ tag: name, whose, reason })}
              >
                <IconX size={14} aria-hidden />
              </ActionIcon>
            ) : null}
          </span>
        ))}
      </div>
      {member.tags.map(({ tag: name, rule }) =>
        rule === null ? null : <WhyTagged key={name} tag={name} rule={rule} memberId={member.memberId} />,
      )}
      {mayChange ? (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (tag.trim()) adding.mutate({ tag: tag.trim(), whose, reason })
          }}
        >
          <Group gap={8} align="start">
            <Autocomplete
              aria-label={t('tag.name')}
              placeholder={t('tag.name')}
              data={known.data?.map(({ name }) => name) ?? []}
              value={tag}
              onChange={setTag}
              maxLength={60}
              error={failed ? errorText(failed).sentence : undefined}
            />

            <TextInput
              aria-label={t('tags.reason')}
              placeholder={t('tags.reason')}
              value={reason}
              maxLength={300}
              onChange={(event) => setReason(event.currentTarget.value)}
            />
            <Button type="submit" variant="default" loading={adding.isPending} disabled={!tag.trim()}>
              {t('tags.add')}
            </Button>
          </Group>
        </form>
      ) : null}
      <MemberTagHistory changes={member.tagChanges} />
    </Panel>
  )
}
