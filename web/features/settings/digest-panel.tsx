import { Anchor, Button, Checkbox, Select, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { inferRouterOutputs } from '@trpc/server'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import type { AppRouter } from '../../../server/router.ts'
import { useTRPC } from '../../trpc.ts'
import { type Column, DataTable } from '../../ui/data-table.tsx'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Missing, useErrorText } from '../../ui/panel-states.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { weekdays } from './calendar-choices.ts'
import classes from './settings.module.css'

type Answered = inferRouterOutputs<AppRouter>['digest']['settings']
type Recipient = Answered['recipients'][number]

const roles = ['owner', 'marketer', 'viewer'] as const
const languages = ['en', 'zh-CN'] as const

/** When the weekly digest goes out and to whom, what became of it, and how it looks. */
export function DigestPanel() {
  const t = useTranslations('settings.digest')
  const trpc = useTRPC()
  const { id: shown } = useWorkspace()
  const { language } = useLanguage()
  const answer = useAnswer(trpc.digest.settings.queryOptions())
  const address = `/export/digest.html?${new URLSearchParams({ language, shown })}`
  return (
    <QueryPanel title={t('title')} subtitle={t('subtitle')} query={answer} minHeight={120}>
      {(present) => (
        <>
          <p className={classes.note}>
            <Anchor href={address} target="_blank" rel="noreferrer">
              {t('look')}
            </Anchor>
            {' · '}
            <Anchor href={`${address}&download=1`} download>
              {t('keep')}
            </Anchor>
          </p>
          <When key={JSON.stringify(present.settings)} present={present} />
          <Recipients present={present} />
        </>
      )}
    </QueryPanel>
  )
}

function useSaying() {
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  return {
    refresh: () => queries.invalidateQueries(trpc.digest.pathFilter()),
    onError: (error: unknown) => notifications.show({ color: 'red', message: errorText(error).sentence }),
  }
}

function When({ present: { settings, folder } }: { present: Answered }) {
  const t = useTranslations('settings.digest')
  const format = useFormat()
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { refresh, onError } = useSaying()
  const { dueAt, ...stored } = settings
  const [wanted, want] = useState(stored)
  const save = useMutation(
    trpc.digest.change.mutationOptions({
      onSuccess: async () => {
        await refresh()
        notifications.show({ message: t('saved') })
      },
      onError,
    }),
  )
  const fileLanguage = wanted.fileLanguage ?? 'none'
  return (
    <form
      className={`${classes.form} ${classes.below}`}
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        save.mutate(wanted)
      }}
      noValidate
    >
      <Checkbox
        label={t('on')}
        checked={wanted.on}
        onChange={(event) => want({ ...wanted, on: event.currentTarget.checked })}
      />
      <div className={classes.row}>
        <Select
          label={t('weekday')}
          data={weekdays(language)}
          value={String(wanted.weekday)}
          allowDeselect={false}
          onChange={(weekday) => want({ ...wanted, weekday: Number(weekday) })}
        />
        <TextInput
          type="time"
          label={t('time')}
          value={wanted.time}
          onChange={(event) => want({ ...wanted, time: event.currentTarget.value })}
        />
      </div>
      <Select
        label={t('files')}
        description={t('filesHint', { folder })}
        data={(['none', ...languages] as const).map((value) => ({ value, label: t(`language.${value}`) }))}
        value={fileLanguage}
        allowDeselect={false}
        onChange={(value) =>
          want({ ...wanted, fileLanguage: languages.find((one) => one === value) ?? null })
        }
      />
      {dueAt === null ? null : <p className={classes.note}>{t('next', { at: format.instant(dueAt) })}</p>}
      <div>
        <Button type="submit" variant="default" loading={save.isPending}>
          {t('save')}
        </Button>
      </div>
    </form>
  )
}

function Recipients({ present: { recipients, mailIsSetUp } }: { present: Answered }) {
  const t = useTranslations('settings.digest')
  const format = useFormat()
  const trpc = useTRPC()
  const { language } = useLanguage()
  const { refresh, onError } = useSaying()
  const empty = { address: '', language, role: 'viewer' as (typeof roles)[number] }
  const [wanted, want] = useState(empty)
  const add = useMutation(
    trpc.digest.addRecipient.mutationOptions({
      onSuccess: () => {
        want(empty)
        return refresh()
      },
      onError,
    }),
  )
  const remove = useMutation(trpc.digest.removeRecipient.mutationOptions({ onSuccess: refresh, onError }))
  const stateOf = ({ ended, newest }: Recipient) => {
    if (ended !== null) return t(`state.${ended}`)
    if (newest === null) return t('state.none')
    if (newest.state === 'delivered' && newest.deliveredAt !== null)
      return t('state.delivered', { at: format.instant(newest.deliveredAt) })
    return [t(`state.${newest.state}`), newest.failure].filter((part) => part !== null).join(' · ')
  }
  const columns: readonly Column<Recipient>[] = [
    { key: 'address', header: t('address'), value: (one) => one.address },
    { key: 'language', header: t('languageLabel'), cell: (one) => t(`language.${one.language}`) },
    { key: 'role', header: t('role'), cell: (one) => t(`roles.${one.role}`) },
    { key: 'state', header: t('newest'), cell: stateOf },
    {
      key: 'remove',
      header: '',
      cell: (one) =>
        one.ended === null ? (
          <Button
            variant="default"
            aria-label={t('removeOf', { address: one.address })}
            loading={remove.isPending && remove.variables.id === one.id}
            onClick={() => remove.mutate({ id: one.id })}
          >
            {t('remove')}
          </Button>
        ) : null,
    },
  ]
  return (
    <>
      <h3 className={classes.heading}>{t('recipients')}</h3>
      {mailIsSetUp ? null : <p className={classes.note}>{t('mailFirst')}</p>}
      {recipients.length === 0 ? (
        <Missing reason={t('nobody')} />
      ) : (
        <DataTable label={t('recipients')} columns={columns} rows={recipients} rowKey={({ id }) => id} />
      )}
      <form
        className={`${classes.form} ${classes.below}`}
        onSubmit={(event: FormEvent) => {
          event.preventDefault()
          if (wanted.address.trim()) add.mutate({ ...wanted, address: wanted.address.trim() })
        }}
        noValidate
      >
        <TextInput
          type="email"
          label={t('address')}
          autoComplete="off"
          value={wanted.address}
          onChange={(event) => want({ ...wanted, address: event.currentTarget.value })}
        />
        <div className={classes.row}>
          <Select
            label={t('languageLabel')}
            data={languages.map((value) => ({ value, label: t(`language.${value}`) }))}
            value={wanted.language}
            allowDeselect={false}
            onChange={(value) =>
              want({ ...wanted, language: languages.find((one) => one === value) ?? language })
            }
          />
          <Select
            label={t('role')}
            description={t('roleHint')}
            data={roles.map((value) => ({ value, label: t(`roles.${value}`) }))}
            value={wanted.role}
            allowDeselect={false}
            onChange={(value) => want({ ...wanted, role: roles.find((one) => one === value) ?? 'viewer' })}
          />
        </div>
        <div>
          <Button
            type="submit"
            variant="default"
            loading={add.isPending}
            disabled={wanted.address.trim() === ''}
          >
            {t('add')}
          </Button>
        </div>
      </form>
    </>
  )
}
