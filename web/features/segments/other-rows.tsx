import { Autocomplete, NumberInput, TextInput } from '@mantine/core'
import { useTranslations } from 'use-intl'
import type { Expression, Named, OnDay, Random } from '../../../analytics/segments/ast.ts'
import { SubjectSelect } from './clause-row.tsx'
import { DayValue } from './day-value.tsx'
import type { Shop } from './drafts.ts'
import { Remove } from './remove.tsx'
import classes from './segments.module.css'

interface RowOf<T> {
  expression: T
  onChange: (expression: Expression) => void
  onRemove: () => void
  shop: Shop
}

/** The members of a saved segment. */
export function SegmentRow({ expression, onChange, onRemove, shop }: RowOf<Named>) {
  const t = useTranslations('segments')
  return (
    <div className={classes.row}>
      <SubjectSelect expression={expression} shop={shop} onChange={onChange} />
      <Autocomplete
        aria-label={t('builder.segmentName')}
        className={classes.textValue}
        value={expression.name}
        data={[...shop.segments]}
        limit={50}
        onChange={(name) => onChange({ ...expression, name })}
      />
      <Remove label={t('builder.remove')} onClick={onRemove} />
    </div>
  )
}

/** So many percent of all members, drawn with a seed. */
export function RandomRow({ expression, onChange, onRemove, shop }: RowOf<Random>) {
  const t = useTranslations('segments')
  return (
    <div className={classes.row}>
      <SubjectSelect expression={expression} shop={shop} onChange={onChange} />
      <NumberInput
        aria-label={t('builder.percent')}
        className={classes.number}
        value={expression.percent}
        decimalScale={2}
        min={0}
        max={100}
        suffix="%"
        onValueChange={({ floatValue: percent }) =>
          percent !== undefined &&
          percent >= 0 &&
          percent <= 100 &&
          percent !== expression.percent &&
          onChange({ ...expression, percent })
        }
      />
      <TextInput
        aria-label={t('builder.seed')}
        placeholder={t('builder.seed')}
        className={classes.textValue}
        value={expression.seed}
        onChange={(event) => onChange({ ...expression, seed: event.currentTarget.value })}
      />
      <Remove label={t('builder.remove')} onClick={onRemove} />
    </div>
  )
}

/** The day on which a part is asked; the part follows it. */
export function OnDayHead({
  expression,
  onChange,
  shop,
}: {
  expression: OnDay
  onChange: (expression: Expression) => void
  shop: Shop
}) {
  const t = useTranslations('segments')
  return (
    <div className={classes.row}>
      <span className={classes.small}>{t('builder.asOf')}</span>
      <DayValue
        label={t('builder.value')}
        value={expression.day}
        start={shop.day}
        onChange={(day) => onChange({ ...expression, day })}
      />
    </div>
  )
}
