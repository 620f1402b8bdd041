import { Button, NumberInput, Select, Switch } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../trpc.ts'
import { useLanguage } from '../../ui/language.tsx'
import { useFormat } from '../../ui/format.ts'
import { useErrorText } from '../../ui/panel-states.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Columns } from '../../ui/page.tsx'
import { QueryPanel, useAnswer } from '../../ui/query-panel.tsx'
import { weekdays, zonesWith } from './calendar-choices.ts'
import classes from './settings.module.css'

interface Counting {
  timeZone: string
  firstWeekday: number
  dormancy: { active: number; cooling: number; dormant: number }
  openedAtStart: boolean
  /** Of 100. */
  mostOffPercent: number
  /** Of 100, a year. */
  clvDiscountPercent: number
}

const statuses = ['active', 'cooling', 'dormant'] as const

/** Calendar and thresholds: what every day and status is counted by. */
export function CountingPanels({ mayChange }: { mayChange: boolean }) {
  const t = useTranslations('settings')
  const trpc = useTRPC()
  const answer = useAnswer(trpc.settings.get.queryOptions())
  if (!answer.data)
    return (
      <QueryPanel title={t('calendar.title')} query={answer}>
        {() => null}
      </QueryPanel>
    )
  return <CountingForm key={JSON.stringify(answer.data)} present={answer.data} mayChange={mayChange} />
}

function CountingForm({
  present,
  mayChange,
}: {
  present: Counting & { currency: string }
  mayChange: boolean
}) {
  const t = useTranslations('settings')
  const { language } = useLanguage()
  const format = useFormat()
  const trpc = useTRPC()
  const queries = useQueryClient()
  const errorText = useErrorText()
  const { currency, ...stored } = present
  const [wanted, want] = useState<Counting>(stored)
  const save = useMutation(
    trpc.settings.change.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries()
        notifications.show({ message: t('saved') })
      },
      onError: (error) => notifications.show({ color: 'red', message: errorText(error).sentence }),
    }),
  )
  const { active, cooling, dormant } = wanted.dormancy
  const ordered = active >= 1 && active < cooling && cooling < dormant
  const inRange = wanted.mostOffPercent >= 1 && wanted.mostOffPercent <= 100
  const discountInRange = wanted.clvDiscountPercent >= 0 && wanted.clvDiscountPercent <= 99
  const changed = JSON.stringify(wanted) !== JSON.stringify(stored)
  return (
    <>
      <Columns>
        <Panel title={t('calendar.title')} subtitle={t('calendar.subtitle')}>
          <div className={classes.form}>
            <Select
              label={t('calendar.timeZone')}
              description={t('calendar.timeZoneHint')}
              data={zonesWith(wanted.timeZone)}
              value={wanted.timeZone}
              onChange={(timeZone) => timeZone && want({ ...wanted, timeZone })}
              searchable
              allowDeselect={false}
              disabled={!mayChange}
            />
            <Select
              label={t('calendar.firstWeekday')}
              data={weekdays(language)}
              value={String(wanted.firstWeekday)}
              onChange={(weekday) => weekday && want({ ...wanted, firstWeekday: Number(weekday) })}
              allowDeselect={false}
              disabled={!mayChange}
            />
            <Switch
              label={t('calendar.openedAtStart')}
              description={t('calendar.openedAtStartHint')}
              checked={wanted.openedAtStart}
              onChange={(event) => want({ ...wanted, openedAtStart: event.currentTarget.checked })}
              disabled={!mayChange}
            />
            <p className={classes.note}>{t('calendar.currencyLine', { currency })}</p>
          </div>
        </Panel>
        <Panel title={t('dormancy.title')} subtitle={t('dormancy.subtitle')}>
          <div className={classes.form}>
            <div className={classes.days}>
              {statuses.map((status) => (
                <NumberInput
                  key={status}
                  label={t(`dormancy.${status}`)}
                  min={1}
                  max={3650}
                  allowDecimal={false}
                  value={wanted.dormancy[status]}
                  onChange={(days) =>
                    want({ ...wanted, dormancy: { ...wanted.dormancy, [status]: Number(days) || 0 } })
                  }
                  error={!ordered}
                  disabled={!mayChange}
                />
              ))}
            </div>
            <p className={classes.note} role={ordered ? undefined : 'alert'}>
              {ordered ? t('dormancy.lost') : t('dormancy.order')}
            </p>
          </div>
        </Panel>
        <Panel title={t('stacking.title')} subtitle={t('stacking.subtitle')}>
          <div className={classes.form}>
            <NumberInput
              label={t('stacking.mostOff')}
              description={t('stacking.mostOffHint')}
              min={1}
              max={100}
              decimalScale={2}
              suffix="%"
              clampBehavior="none"
              value={wanted.mostOffPercent}
              onChange={(percent) => want({ ...wanted, mostOffPercent: Number(percent) || 0 })}
              error={inRange ? undefined : t('stacking.range')}
              disabled={!mayChange}
            />
            <p className={classes.note}>
              {wanted.mostOffPercent === 100
                ? t('stacking.none')
                : t('stacking.example', { most: inRange ? wanted.mostOffPercent : 0 })}
            </p>
          </div>
        </Panel>
        <Panel title={t('discount.title')} subtitle={t('discount.subtitle')}>
          <div className={classes.form}>
            <NumberInput
              label={t('discount.percent')}
              description={t('discount.percentHint')}
              min={0}
              max={99}
              decimalScale={2}
              suffix="%"
              clampBehavior="none"
              value={wanted.clvDiscountPercent}
              onChange={(percent) => want({ ...wanted, clvDiscountPercent: Number(percent) || 0 })}
              error={discountInRange ? undefined : t('discount.range')}
              disabled={!mayChange}
            />
            <p className={classes.note}>
              {wanted.clvDiscountPercent === 0
                ? t('discount.none')
                : t('discount.example', {
                    worth: format.average(100 / (1 + Math.max(0, wanted.clvDiscountPercent) / 100)),
                  })}
            </p>
          </div>
        </Panel>
      </Columns>
      {mayChange ? (
        <div>
          <Button
            disabled={!changed || !ordered || !inRange || !discountInRange}
            loading={save.isPending}
            onClick={() => save.mutate(wanted)}
          >
            {t('save')}
          </Button>
          <span aria-live="polite">{save.isPending ? ` ${t('recomputing')}` : ''}</span>
        </div>
      ) : null}
    </>
  )
}
