import { Checkbox, Radio, Select, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { StepProps } from '../composer.tsx'
import classes from '../composer.module.css'
import { templateNames, templates, type TemplateName } from './standing-draft.ts'

/** Whether it is launched once or goes on by itself, and how members come in then. */
export function StandingFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('standing.compose')
  const names = useTranslations('standing.template')
  const picked = templateNames.find((name) => templates[name].segment === draft.segment.trim()) ?? null
  return (
    <div className={classes.stack}>
      <Radio.Group
        label={t('how')}
        value={draft.stands ? 'stands' : 'once'}
        onChange={(how) =>
          change(
            how === 'stands' ? { stands: true, validity: 'days', codes: 'generated' } : { stands: false },
          )
        }
      >
        <div className={classes.options}>
          <Radio value="once" label={t('once')} description={t('onceHelp')} />
          <Radio value="stands" label={t('stands')} description={t('standsHelp')} />
        </div>
      </Radio.Group>
      {draft.stands ? (
        <>
          <Select
            label={t('template')}
            placeholder={t('templateNone')}
            data={templateNames.map((name) => ({ value: name, label: names(name) }))}
            value={picked}
            onChange={(name) => {
              if (name === null) return
              const { segment, fields } = templates[name as TemplateName]
              change({
                segment,
                ...fields,
                ...(draft.name.trim() ? {} : { name: names(name as TemplateName) }),
              })
            }}
          />
          <div className={classes.pair}>
            <TextInput
              label={t('coolDown')}
              description={t('coolDownHelp')}
              inputMode="numeric"
              value={draft.coolDown}
              error={problem('coolDown')}
              onChange={(event) => change({ coolDown: event.currentTarget.value })}
            />
            <TextInput
              label={t('mostPerDay')}
              description={t('mostPerDayHelp')}
              inputMode="numeric"
              value={draft.mostPerDay}
              error={problem('mostPerDay')}
              onChange={(event) => change({ mostPerDay: event.currentTarget.value })}
            />
          </div>
          <TextInput
            className={classes.short}
            label={t('lastDay')}
            description={t('lastDayHelp')}
            type="date"
            value={draft.lastDayIn}
            onChange={(event) => change({ lastDayIn: event.currentTarget.value })}
          />
          <Checkbox
            label={t('alsoThoseIn')}
            description={t('alsoThoseInHelp')}
            checked={draft.alsoThoseIn}
            onChange={(event) => change({ alsoThoseIn: event.currentTarget.checked })}
          />
          <Checkbox
            label={t('alsoHolders')}
            description={t('alsoHoldersHelp')}
            checked={draft.alsoHolders}
            onChange={(event) => change({ alsoHolders: event.currentTarget.checked })}
          />
          <Checkbox
            label={t('alsoUnknownConsent')}
            description={t('alsoUnknownConsentHelp')}
            checked={draft.alsoUnknownConsent}
            onChange={(event) => change({ alsoUnknownConsent: event.currentTarget.checked })}
          />
        </>
      ) : null}
    </div>
  )
}
