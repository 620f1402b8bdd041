import { Autocomplete, MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { Test, Value } from '../../../analytics/segments/ast.ts'
import { relativeDay } from '../../../analytics/segments/days.ts'
import type { Asked } from '../../../analytics/segments/fields/catalogue.ts'
import { useFormat } from '../../ui/format.ts'
import { useLanguage } from '../../ui/language.tsx'
import { wholeNames } from '../../ui/whole-names.ts'
import { DayValue, MonthValue } from './day-value.tsx'
import { isReversed, type Shop } from './drafts.ts'
import classes from './segments.module.css'

/** The value or values of a test, in the control that suits the field. What is no value yet is not passed on. */
export function ValueInput({
  asked,
  test,
  shop,
  onChange,
}: {
  asked: Asked
  test: Test
  shop: Shop
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
          shop={shop}
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
            shop={shop}
            label={t('builder.from')}
            onChange={(from) => !isReversed(from, test.to) && onChange({ ...test, from })}
          />
          <span className={classes.small}>{t('builder.to')}</span>
          <OneValue
            asked={asked}
            value={test.to}
            shop={shop}
            label={t('builder.until')}
            onChange={(to) => !isReversed(test.from, to) && onChange({ ...test, to })}
          />
        </>
      )
    case 'text':
      return (
        <TextInput
          aria-label={t('builder.value')}
          className={classes.textValue}
          value={test.value}
          onChange={(event) => onChange({ ...test, value: event.currentTarget.value })}
        />
      )
    case 'within':
      return <Days days={test.days} onChange={(days) => onChange({ ...test, days })} />
    case 'in':
      return (
        <SeveralValues
          asked={asked}
          several={test.values}
          shop={shop}
          onChange={(next) => next.length > 0 && onChange({ kind: 'in', values: next })}
        />
      )
  }
}

function OneValue({
  asked,
  value,
  shop,
  label,
  onChange,
}: {
  asked: Asked
  value: Value
  shop: Shop
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
      return <DayValue label={label} value={String(value)} start={shop.day} onChange={onChange} />
    case 'month':
      return <MonthValue label={label} value={String(value)} onChange={onChange} />
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
    case 'anniversary':
      return null
    case 'text':
    case 'set': {
      const listed = shop.values[asked.list ?? ''] ?? []
      const isListed = listed.includes(String(value))
      return (
        <Autocomplete
          aria-label={label}
          className={classes.textValue}
          value={String(value)}
          data={[...listed]}
          limit={50}
          // beside a value that is one of them the others are offered too
          {...(isListed ? { filter: ({ options, limit }) => options.slice(0, limit) } : {})}
          onFocus={(event) => event.currentTarget.select()}
          onChange={onChange}
        />
      )
    }
  }
}

/** A whole number of days. */
export function Days({ days, onChange }: { days: number; onChange: (days: number) => void }) {
  const t = useTranslations('segments')
  return (
    <NumberInput
      aria-label={t('builder.days')}
      className={classes.number}
      value={days}
      min={0}
      max={36500}
      allowDecimal={false}
      suffix={t('unit.days', { n: days })}
      onValueChange={({ floatValue }) =>
        floatValue !== undefined && floatValue <= 36500 && floatValue !== days && onChange(floatValue)
      }
    />
  )
}

function SeveralValues({
  asked,
  several,
  shop,
  onChange,
}: {
  asked: Asked
  several: readonly Value[]
  shop: Shop
  onChange: (values: readonly Value[]) => void
}) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const { minorOf, decimal } = useFormat()
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
    if (asked.kind === 'money') {
      const minor = minorOf(text)
      return minor === null ? null : Number(decimal(minor))
    }
    if (asked.kind === 'day')
      return /^(\d{4}-\d{2}-\d{2}|today|yesterday)$/.test(text) || relativeDay.test(text) ? text : null
    if (asked.kind === 'month') return /^\d{4}-(0[1-9]|1[0-2])$/.test(text) ? text : null
    return text
  }
  return (
    <TagsInput
      aria-label={t('builder.values')}
      className={classes.several}
      value={texts}
      data={[...(shop.values[asked.list ?? ''] ?? [])]}
      limit={50}
      {...(['text', 'set', 'money'].includes(asked.kind) ? wholeNames : {})}
      placeholder={asked.kind === 'day' ? '2026-01-31' : asked.kind === 'month' ? '2026-01' : ''}
      onChange={(next) => onChange(next.flatMap((text) => read(text) ?? []))}
    />
  )
}
