import { Autocomplete, MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { Test, Value } from '../../../analytics/segments/ast.ts'
import type { Asked } from '../../../analytics/segments/fields/catalogue.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import type { Values } from './drafts.ts'
import classes from './segments.module.css'

/** The value or values of a test, in the control that suits the field. What is no value yet is not passed on. */
export function ValueInput({
  asked,
  test,
  values,
  onChange,
}: {
  asked: Asked
  test: Test
  values: Values
  onChange: (test: Test) => void
}) {
  const t = useTranslations('segments')
  switch (test.kind) {
    case 'known':
    case 'unknown':
      return null
    case 'compare':
      return (
        <OneValue
          asked={asked}
          value={test.value}
          values={values}
          label={t('builder.value')}
          onChange={(value) => onChange({ ...test, value })}
        />
      )
    case 'between':
      return (
        <>
          <OneValue
            asked={asked}
            value={test.from}
            values={values}
            label={t('builder.from')}
            onChange={(from) => from <= test.to && onChange({ ...test, from })}
          />
          <span className={classes.small}>{t('builder.to')}</span>
          <OneValue
            asked={asked}
            value={test.to}
            values={values}
            label={t('builder.until')}
            onChange={(to) => to >= test.from && onChange({ ...test, to })}
          />
        </>
      )
    case 'in':
      return (
        <SeveralValues
          asked={asked}
          several={test.values}
          values={values}
          onChange={(next) => next.length > 0 && onChange({ kind: 'in', values: next })}
        />
      )
  }
}

function OneValue({
  asked,
  value,
  values,
  label,
  onChange,
}: {
  asked: Asked
  value: Value
  values: Values
  label: string
  onChange: (value: Value) => void
}) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const { symbol, decimals } = useFormat()
  switch (asked.kind) {
    case 'percent':
      return (
        <NumberInput
          aria-label={label}
          className={classes.number}
          value={Number(value)}
          decimalScale={2}
          min={-1000}
          max={1000}
          suffix="%"
          onValueChange={({ floatValue }) =>
            floatValue !== undefined &&
            Math.abs(floatValue) <= 1000 &&
            floatValue !== value &&
            onChange(floatValue)
          }
        />
      )
    case 'count':
    case 'money': {
      const money = asked.kind === 'money'
      return (
        <NumberInput
          aria-label={label}
          className={classes.number}
          value={Number(value)}
          allowDecimal={money}
          decimalScale={money ? decimals : 0}
          max={99_999_999_999}
          min={-99_999_999_999}
          thousandSeparator={money}
          {...(money ? { prefix: symbol } : {})}
          {...(asked.unit ? { suffix: t(`unit.${asked.unit}`, { n: Number(value) }) } : {})}
          onValueChange={({ floatValue }) =>
            floatValue !== undefined && floatValue !== value && onChange(floatValue)
          }
        />
      )
    }
    case 'day':
      return (
        <Typed
          type="date"
          label={label}
          value={String(value)}
          isValue={(text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && text >= '1000'}
          onChange={onChange}
        />
      )
    case 'flag':
      return (
        <Select
          aria-label={label}
          className={classes.choice}
          value={String(value)}
          allowDeselect={false}
          data={(['true', 'false'] as const).map((one) => ({ value: one, label: t(`flag.${one}`) }))}
          onChange={(next) => onChange(next === 'true')}
        />
      )
    case 'choice':
      return (
        <Select
          aria-label={label}
          className={classes.choice}
          value={String(value)}
          allowDeselect={false}
          data={asked.choices!.map((one) => ({ value: one.value, label: one.title[language] }))}
          onChange={(next) => next !== null && onChange(next)}
        />
      )
    case 'text':
    case 'set':
      return (
        <Autocomplete
          aria-label={label}
          className={classes.textValue}
          value={String(value)}
          data={[...(values[asked.list ?? ''] ?? [])]}
          limit={50}
          onChange={onChange}
        />
      )
  }
}

/** A text field that passes on what is a value and keeps what is not one yet to itself. */
function Typed({
  type,
  label,
  value,
  isValue,
  onChange,
}: {
  type: 'date'
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

function SeveralValues({
  asked,
  several,
  values,
  onChange,
}: {
  asked: Asked
  several: readonly Value[]
  values: Values
  onChange: (values: readonly Value[]) => void
}) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const { minorOf, decimals } = useFormat()
  const texts = several.map(String)
  if (asked.kind === 'choice')
    return (
      <MultiSelect
        aria-label={t('builder.values')}
        className={classes.several}
        value={texts}
        data={asked.choices!.map((one) => ({ value: one.value, label: one.title[language] }))}
        onChange={onChange}
      />
    )
  const read = (text: string): Value | null => {
    if (asked.kind === 'count') return /^-?\d{1,11}$/.test(text) ? Number(text) : null
    if (asked.kind === 'percent')
      return /^-?\d{1,3}(\.\d{1,2})?%?$/.test(text) ? Number(text.replace('%', '')) : null
    if (asked.kind === 'money') return minorOf(text) === null ? null : Number(Number(text).toFixed(decimals))
    if (asked.kind === 'day') return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null
    return text
  }
  return (
    <TagsInput
      aria-label={t('builder.values')}
      className={classes.several}
      value={texts}
      data={[...(values[asked.list ?? ''] ?? [])]}
      limit={50}
      placeholder={asked.kind === 'day' ? '2026-01-31' : ''}
      onChange={(next) => onChange(next.flatMap((text) => read(text) ?? []))}
    />
  )
}
