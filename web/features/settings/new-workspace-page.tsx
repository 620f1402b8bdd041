import { Button, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useTranslations } from 'use-intl'
import { errorCode, startAgain, useTRPC } from '../../trpc.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Page } from '../../ui/page.tsx'
import { Failure, useErrorText } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { useWorkspace } from '../../ui/workspace.tsx'
import { weekdays, zonesWith } from './calendar-choices.ts'
import classes from './settings.module.css'

/** Makes a workspace for another shop and goes on to its first file; by the owner of the installation. */
export function NewWorkspacePage() {
  const t = useTranslations('settings')
  const trpc = useTRPC()
  const me = useQuery(trpc.accounts.me.queryOptions())
  if (!me.data) return null
  return (
    <Page title={t('newWorkspace.title')} lead={t('newWorkspace.lead')}>
      {me.data.ownsInstallation ? (
        <NewWorkspaceForm />
      ) : (
        <Panel>
          <p>{t('newWorkspace.onlyOwner')}</p>
        </Panel>
      )}
    </Page>
  )
}

/** Whoever opens a second shop mostly has it in the same money and zone. */
function NewWorkspaceForm() {
  const t = useTranslations('settings')
  const { language } = useLanguage()
  const trpc = useTRPC()
  const errorText = useErrorText()
  const { currency, timeZone, firstWeekday } = useWorkspace()
  const [wanted, want] = useState({ name: '', currency, timeZone, firstWeekday })
  const entered = useMutation(
    trpc.workspaces.switch.mutationOptions({ onSuccess: () => startAgain('/data') }),
  )
  const make = useMutation(
    trpc.workspaces.create.mutationOptions({ onSuccess: ({ id }) => entered.mutate({ id }) }),
  )
  const taken = make.isError && errorCode(make.error) === 'CONFLICT'
  const named = new Intl.DisplayNames(language, { type: 'currency' })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (wanted.name.trim() !== '') make.mutate(wanted)
  }
  return (
    <Panel>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          label={t('newWorkspace.name')}
          description={t('newWorkspace.nameHint')}
          value={wanted.name}
          maxLength={80}
          onChange={(event) => {
            make.reset()
            want({ ...wanted, name: event.currentTarget.value })
          }}
          error={taken ? errorText(make.error).sentence : undefined}
          data-autofocus
          autoFocus
        />
        <Select
          label={t('newWorkspace.currency')}
          description={t('newWorkspace.currencyHint')}
          data={Intl.supportedValuesOf('currency').map((code) => ({
            value: code,
            label: t('newWorkspace.currencyNamed', { code, name: named.of(code) ?? code }),
          }))}
          value={wanted.currency}
          onChange={(code) => code && want({ ...wanted, currency: code })}
          searchable
          allowDeselect={false}
        />
        <Select
          label={t('calendar.timeZone')}
          description={t('newWorkspace.timeZoneHint')}
          data={zonesWith(wanted.timeZone)}
          value={wanted.timeZone}
          onChange={(zone) => zone && want({ ...wanted, timeZone: zone })}
          searchable
          allowDeselect={false}
        />
        <Select
          label={t('calendar.firstWeekday')}
          data={weekdays(language)}
          value={String(wanted.firstWeekday)}
          onChange={(weekday) => weekday && want({ ...wanted, firstWeekday: Number(weekday) })}
          allowDeselect={false}
        />
        <div>
          <Button
            type="submit"
            disabled={wanted.name.trim() === ''}
            loading={make.isPending || entered.isPending}
          >
            {t('newWorkspace.make')}
          </Button>
        </div>
        {make.isError && !taken ? <Failure error={make.error} /> : null}
        {entered.isError ? <Failure error={entered.error} /> : null}
      </form>
    </Panel>
  )
}
