import { Button, Checkbox, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { Missing, useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { Ask } from './ask.tsx'
import { Secret } from './secret.tsx'
import classes from './settings.module.css'

const scopes = [
  'redemptions',
  'orders',
  'members',
  'events',
  'segments',
  'campaigns',
  'metrics',
  'channels',
] as const
type Scope = (typeof scopes)[number]

interface Key {
  readonly id: string
  readonly name: string
  readonly prefix: string
  readonly scopes: readonly Scope[]
  readonly createdAt: string
  readonly lastUsedAt: string | null
  readonly revokedAt: string | null
}

/** Keys with which tills and shops call the API. */
export function KeysPanel() {
  const t = useTranslations('settings')
  const format = useFormat()
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const answer = useAnswer(trpc.keys.list.queryOptions())
  const [name, setName] = useState('')
  const [chosen, choose] = useState<readonly Scope[]>(['redemptions'])
  const [sent, setSent] = useState(false)
  const [revoking, revoke] = useState<Key | null>(null)
  const refresh = () => queries.invalidateQueries({ queryKey: trpc.keys.list.queryKey() })
  const onError = (error: unknown) => notifications.show({ color: 'red', message: errorText(error).sentence })
  const create = useMutation(
    trpc.keys.create.mutationOptions({
      onSuccess: () => {
        setName('')
        setSent(false)
        return refresh()
      },
      onError,
    }),
  )
  const revocation = useMutation(
    trpc.keys.revoke.mutationOptions({ onSuccess: refresh, onError, onSettled: () => revoke(null) }),
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setSent(true)
    if (name.trim() && chosen.length > 0) create.mutate({ name, scopes: [...chosen] })
  }
  const columns: readonly Column<Key>[] = [
    {
      key: 'name',
      header: t('keys.name'),
      value: (key) => key.name,
      cell: (key) => (
        <>
          {key.name} <code>{key.prefix}…</code>
        </>
      ),
    },
    {
      key: 'scopes',
      header: t('keys.scopes'),
      cell: (key) => key.scopes.map((scope) => t(`keys.scope.${scope}`)).join(' · '),
    },
    { key: 'created', header: t('keys.created'), cell: (key) => format.instant(key.createdAt) },
    {
      key: 'lastUsed',
      header: t('keys.lastUsed'),
      cell: (key) => (key.lastUsedAt === null ? t('keys.never') : format.instant(key.lastUsedAt)),
    },
    {
      key: 'actions',
      header: <span className="visually-hidden">{t('team.actions')}</span>,
      cell: (key) =>
        key.revokedAt === null ? (
          <Button
            variant="default"
            aria-label={t('keys.revokeOf', { name: key.name })}
            onClick={() => revoke(key)}
          >
            {t('keys.revoke')}
          </Button>
        ) : (
          t('keys.revoked')
        ),
    },
  ]
  return (
    <QueryPanel title={t('keys.title')} subtitle={t('keys.subtitle')} query={answer} minHeight={120}>
      {(keys) => (
        <>
          {keys.length === 0 ? (
            <Missing reason={t('keys.none')} />
          ) : (
            <DataTable label={t('keys.title')} columns={columns} rows={keys} rowKey={({ id }) => id} />
          )}
          <form className={`${classes.form} ${classes.below}`} onSubmit={submit} noValidate>
            <TextInput
              label={t('keys.newName')}
              value={name}
              maxLength={80}
              onChange={(event) => setName(event.currentTarget.value)}
              error={sent && !name.trim() ? t('keys.nameNeeded') : undefined}
            />
            <Checkbox.Group
              label={t('keys.scopes')}
              value={[...chosen]}
              onChange={(next) => choose(scopes.filter((scope) => next.includes(scope)))}
            >
              <div className={classes.row}>
                {scopes.map((scope) => (
                  <Checkbox key={scope} value={scope} label={t(`keys.scope.${scope}`)} />
                ))}
              </div>
            </Checkbox.Group>
            <div>
              <Button
                type="submit"
                variant="default"
                loading={create.isPending}
                disabled={chosen.length === 0}
              >
                {t('keys.make')}
              </Button>
            </div>
          </form>
          {create.data ? (
            <Secret title={t('keys.keyTitle')} text={create.data.key} hint={t('keys.keyHint')} />
          ) : null}
          {revoking ? (
            <Ask
              question={t('keys.revokeAsk', { name: revoking.name })}
              yes={t('keys.revoke')}
              busy={revocation.isPending}
              onYes={() => revocation.mutate({ id: revoking.id })}
              onNo={() => revoke(null)}
            />
          ) : null}
        </>
      )}
    </QueryPanel>
  )
}
