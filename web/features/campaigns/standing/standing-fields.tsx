import { Checkbox, Radio, Select, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { StepProps } from '../composer.tsx'
import classes from '../composer.module.css'
import { begunWith, noStanding, templateNames, templates, type TemplateName } from './standing-draft.ts'

/** Whether it is launched once or goes on by itself, and how members come in then. */
export function StandingFields({ draft, change, problem }: StepProps) {
  const t = useTranslations('standing.compose')
  const names = useTranslations('standing.template')
  const weekdayNames = useTranslations('standing.weekday')
  const picked =
    templateNames.find((name) => templates[name].segment === draft.segment.trim()) ??
    (draft.comeIn === 'any-day' ? null : 'memberDay')
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
              change({
                ...begunWith(name as TemplateName, draft.segment, t('lapsedTag')),
                ...(draft.name.trim() ? {} : { name: names(name as TemplateName) }),
              })
            }}
          />
          <Radio.Group
            label={t('comeIn')}
            value={draft.comeIn}
            onChange={(comeIn) =>
              change({
                comeIn: comeIn as typeof draft.comeIn,
                // nobody waits three months for the next member day unless that was said
                ...(comeIn !== 'any-day' && draft.coolDown === noStanding.coolDown ? { coolDown: '1' } : {}),
              })
            }
          >
            <div className={classes.options}>
              <Radio value="any-day" label={t('anyDay')} />
              <Radio value="monthly" label={t('monthly')} description={t('memberDaysHelp')} />
              <Radio value="weekly" label={t('weekly')} description={t('memberDaysHelp')} />
            </div>
          </Radio.Group>
          {draft.comeIn === 'monthly' ? (
            <TextInput
              className={classes.short}
              label={t('monthDays')}
              description={t('monthDaysHelp')}
              value={draft.monthDays}
              error={problem('memberDays')}
              onChange={(event) => change({ monthDays: event.currentTarget.value })}
            />
          ) : null}
          {draft.comeIn === 'weekly' ? (
            <Checkbox.Group
              label={t('weekdays')}
              error={problem('memberDays')}
              value={draft.weekdays.map(String)}
              onChange={(weekdays) => change({ weekdays: weekdays.map(Number) })}
            >
              <div className={classes.weekdays}>
                {[1, 2, 3, 4, 5, 6, 7].map((weekday) => (
                  <Checkbox key={weekday} value={String(weekday)} label={weekdayNames(`${weekday}` as '1')} />
                ))}
              </div>
            </Checkbox.Group>
          ) : null}
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
          {draft.comeIn === 'any-day' ? (
            <Checkbox
              label={t('alsoThoseIn')}
              description={t('alsoThoseInHelp')}
              checked={draft.alsoThoseIn}
              onChange={(event) => change({ alsoThoseIn: event.currentTarget.checked })}
            />
          ) : null}
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
