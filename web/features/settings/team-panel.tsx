import { Button, Select } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Role } from '../../../server/trpc.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { Ask } from './ask.tsx'
import { Secret } from './secret.tsx'
import classes from './settings.module.css'

const roles = ['owner', 'marketer', 'viewer', 'cashier'] as const

interface Person {
  readonly userId: string
  readonly name: string
  readonly role: Role
  readonly ownsInstallation: boolean
}

/** Who may sign in to this workspace: roles, removal, invitation links. */
export function TeamPanel() {
  const t = useTranslations('settings')
  const format = useFormat()
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const answer = useAnswer(trpc.accounts.team.queryOptions())
  const [role, chooseRole] = useState<Role>('marketer')
  const [removing, remove] = useState<Person | null>(null)
  const after = {
    onSuccess: () => queries.invalidateQueries({ queryKey: trpc.accounts.team.queryKey() }),
    onError: (error: unknown) => notifications.show({ color: 'red', message: errorText(error).sentence }),
  }
  const invite = useMutation(trpc.accounts.invite.mutationOptions(after))
  const withdraw = useMutation(trpc.accounts.withdrawInvite.mutationOptions(after))
  const setRole = useMutation(trpc.accounts.setRole.mutationOptions(after))
  const removal = useMutation(
    trpc.accounts.remove.mutationOptions({ ...after, onSettled: () => remove(null) }),
  )
  const roleChoices = roles.map((value) => ({ value, label: t(`role.${value}`) }))
  const columns: readonly Column<Person>[] = [
    { key: 'name', header: t('team.name'), value: (person) => person.name, cell: (person) => person.name },
    {
      key: 'role',
      header: t('team.role'),
      value: (person) => person.role,
      cell: (person) =>
        person.ownsInstallation ? (
          t('team.installation')
        ) : (
          <Select
            aria-label={t('team.roleOf', { name: person.name })}
            data={roleChoices}
            value={person.role}
            allowDeselect={false}
            maw={180}
            onChange={(next) => next && setRole.mutate({ userId: person.userId, role: next as Role })}
          />
        ),
    },
    {
      key: 'actions',
      header: <span className="visually-hidden">{t('team.actions')}</span>,
      cell: (person) =>
        person.ownsInstallation ? null : (
          <Button
            variant="default"
            aria-label={t('team.removeOf', { name: person.name })}
            onClick={() => remove(person)}
          >
            {t('team.remove')}
          </Button>
        ),
    },
  ]
  return (
    <QueryPanel title={t('team.title')} subtitle={t('team.subtitle')} query={answer} minHeight={120}>
      {({ members, invites }) => (
        <>
          <DataTable
            label={t('team.title')}
            columns={columns}
            rows={members}
            rowKey={({ userId }) => userId}
          />
          <div className={`${classes.row} ${classes.below}`}>
            <Select
              label={t('team.inviteRole')}
              description={t(`roleMeans.${role}`)}
              data={roleChoices}
              value={role}
              allowDeselect={false}
              onChange={(next) => next && chooseRole(next as Role)}
            />
            <Button variant="default" loading={invite.isPending} onClick={() => invite.mutate({ role })}>
              {t('team.make')}
            </Button>
          </div>
          {invite.data ? (
            <Secret
              title={t('team.linkTitle')}
              text={`${location.origin}/sign-in#invite=${invite.data.token}`}
              hint={t('team.linkHint', { until: format.instant(invite.data.expiresAt) })}
            />
          ) : null}
          {invites.length > 0 ? (
            <>
              <h3 className={classes.heading}>{t('team.open')}</h3>
              <ul className={classes.list}>
                {invites.map((open) => (
                  <li key={open.id}>
                    <span>
                      {t('team.openOne', {
                        role: t(`role.${open.role}`),
                        until: format.instant(open.expiresAt),
                      })}
                    </span>
                    <Button variant="default" onClick={() => withdraw.mutate({ id: open.id })}>
                      {t('team.withdraw')}
                    </Button>
                  </li>
                ))}
              </ul>
            </>
          ) : null}
          {removing ? (
            <Ask
              question={t('team.removeAsk', { name: removing.name })}
              yes={t('team.remove')}
              busy={removal.isPending}
              onYes={() => removal.mutate({ userId: removing.userId })}
              onNo={() => remove(null)}
            />
          ) : null}
        </>
      )}
    </QueryPanel>
  )
}
