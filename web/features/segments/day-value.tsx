import { NumberInput, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { relativeDay } from '../../../analytics/segments/days.ts'
import classes from './segments.module.css'

const units = ['d', 'w', 'm', 'y'] as const

/** A day of the calendar, or one counted from the day that is asked about. `start`: the date to begin with. */
export function DayValue({
  label,
  value,
  start,
  onChange,
}: {
  label: string
  value: string
  start: string
  onChange: (day: string) => void
}) {
  const t = useTranslations('segments')
  const [, sign, digits, unit] = relativeDay.exec(value) ?? []
  const mode = unit !== undefined ? 'relative' : value === 'today' || value === 'yesterday' ? value : 'date'
  const firsts = { date: start, today: 'today', yesterday: 'yesterday', relative: '-30d' }
  const count = Number(`${sign}${digits}`)
  return (
    <>
      <Select
        aria-label={t('builder.dayKind')}
        className={classes.choice}
        value={mode}
        allowDeselect={false}
        data={(['date', 'relative', 'today', 'yesterday'] as const).map((one) => ({
          value: one,
          label: t(`day.${one}`),
        }))}
        onChange={(next) => next && onChange(firsts[next as keyof typeof firsts])}
      />
      {mode === 'date' ? (
        <Typed
          type="date"
          label={label}
          value={value}
          isValue={(text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && text >= '1000'}
          onChange={onChange}
        />
      ) : null}
      {mode === 'relative' ? (
        <>
          <NumberInput
            aria-label={label}
            className={classes.number}
            value={count}
            allowDecimal={false}
            min={-36_500}
            max={36_500}
            onValueChange={({ floatValue }) =>
              floatValue &&
              floatValue !== count &&
              onChange(`${floatValue < 0 ? '-' : '+'}${Math.abs(floatValue)}${unit}`)
            }
          />
          <Select
            aria-label={t('builder.dayUnit')}
            className={classes.choice}
            value={unit!}
            allowDeselect={false}
            data={units.map((one) => ({ value: one, label: t(`day.unit.${one}`) }))}
            onChange={(next) => next && onChange(`${sign}${digits}${next}`)}
          />
        </>
      ) : null}
    </>
  )
}

/** A month of the calendar. */
export function MonthValue({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (month: string) => void
}) {
  return (
    <Typed
      type="month"
      label={label}
      value={value}
      isValue={(text) => /^\d{4}-(0[1-9]|1[0-2])$/.test(text) && text >= '1000'}
      onChange={onChange}
    />
  )
}

/** A text field that passes on what is a value and keeps what is not one yet to itself. */
function Typed({
  type,
  label,
  value,
  isValue,
  onChange,
}: {
  type: 'date' | 'month'
  label: string
  value: string
  isValue: (text: string) => boolean
  onChange: (value: string) => void
}) {
  const [draft, setDraft] = useState<{ text: string; of: string } | null>(null)
  return (
    <TextInput
      type={type}
      aria-label={label}
      className={classes.dayValue}
      value={draft?.of === value ? draft.text : value}
      onChange={(event) => {
        const text = event.currentTarget.value
        if (isValue(text)) {
          setDraft(null)
          onChange(text)
        } else setDraft({ text, of: value })
      }}
      onBlur={() => setDraft(null)}
    />
  )
}
