import { Button, NumberInput, Select } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import type { Clause, OrderCondition, Subject, Test } from '../../../analytics/segments/ast.ts'
import {
  type Asked,
  fields,
  measures,
  orderFields,
  orderFieldsByName,
} from '../../../analytics/segments/fields.ts'
import { useLanguage } from '../../ui/language.tsx'
import {
  askedOf,
  firstOrderCondition,
  firstTest,
  firstValue,
  type Operator,
  operatorOf,
  operatorsOf,
  type Shop,
  withOperator,
} from './drafts.ts'
import { Remove } from './remove.tsx'
import classes from './segments.module.css'
import { ValueInput } from './value-input.tsx'

/** One condition on a member: what is asked, how, and against which value. */
export function ClauseRow({
  clause,
  onChange,
  onRemove,
  shop,
}: {
  clause: Clause
  onChange: (clause: Clause) => void
  onRemove: () => void
  shop: Shop
}) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const { subject, test } = clause
  const choose = (key: string | null) => {
    if (key === null || key === keyOf(subject)) return
    const next: Subject = key.endsWith('(')
      ? {
          kind: 'measure',
          measure: key.slice(0, -1),
          where: subject.kind === 'measure' ? subject.where : [{ kind: 'within', days: 180 }],
        }
      : { kind: 'field', field: key }
    onChange({ kind: 'clause', subject: next, test: firstTest(askedOf(next), shop.values, shop.day) })
  }
  return (
    <div className={classes.clause}>
      <div className={classes.row}>
        <Select
          aria-label={t('builder.field')}
          className={classes.field}
          value={keyOf(subject)}
          onChange={choose}
          searchable
          allowDeselect={false}
          nothingFoundMessage={t('builder.nothingFound')}
          data={[
            {
              group: t('builder.facts'),
              items: fields.map(({ name, title }) => ({ value: name, label: title[language] })),
            },
            {
              group: t('builder.measures'),
              items: measures.map(({ name, title }) => ({ value: `${name}(`, label: title[language] })),
            },
          ]}
        />
        {subject.kind === 'field' ? (
          <Tested
            asked={askedOf(subject)}
            test={test}
            shop={shop}
            onChange={(next) => onChange({ ...clause, test: next })}
          />
        ) : null}
        <Remove label={t('builder.remove')} onClick={onRemove} />
      </div>
      {subject.kind === 'measure' ? (
        <>
          <OrderConditions
            where={subject.where}
            shop={shop}
            onChange={(where) => onChange({ ...clause, subject: { ...subject, where } })}
          />
          <div className={classes.row}>
            <span className={classes.small}>{t('builder.amountTo')}</span>
            <Tested
              asked={askedOf(subject)}
              test={test}
              shop={shop}
              onChange={(next) => onChange({ ...clause, test: next })}
            />
          </div>
        </>
      ) : null}
    </div>
  )
}

const keyOf = (subject: Subject) => (subject.kind === 'field' ? subject.field : `${subject.measure}(`)

/** Operator and value. */
function Tested({
  asked,
  test,
  onChange,
  shop,
}: {
  asked: Asked
  test: Test
  onChange: (test: Test) => void
  shop: Shop
}) {
  const t = useTranslations('segments')
  const words =
    asked.kind === 'count' || asked.kind === 'money' ? 'number' : asked.kind === 'day' ? 'day' : 'text'
  const operators = operatorsOf(asked)
  return (
    <>
      <Select
        aria-label={t('builder.operator')}
        className={classes.operator}
        value={operatorOf(test)}
        allowDeselect={false}
        data={operators.map((value) => ({ value, label: t(`operator.${words}.${operatorKeys[value]}`) }))}
        onChange={(next) =>
          next && onChange(withOperator(test, next as Operator, firstValue(asked, shop.values, shop.day)))
        }
      />
      <ValueInput asked={asked} test={test} values={shop.values} onChange={onChange} />
    </>
  )
}

/** Message keys can't hold signs. */
const operatorKeys: Record<Operator, string> = {
  '=': 'equals',
  '!=': 'differs',
  '<': 'below',
  '<=': 'atMost',
  '>': 'above',
  '>=': 'atLeast',
  in: 'in',
  between: 'between',
  known: 'known',
  unknown: 'unknown',
}

function OrderConditions({
  where,
  onChange,
  shop,
}: {
  where: readonly OrderCondition[]
  onChange: (where: readonly OrderCondition[]) => void
  shop: Shop
}) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const kinds = [
    { value: 'within', label: t('builder.within') },
    ...orderFields.map(({ name, title }) => ({ value: name, label: title[language] })),
  ]
  return (
    <div className={classes.orderConditions} role="group" aria-label={t('builder.orderConditions')}>
      {where.map((condition, index) => {
        const change = (next: OrderCondition) => onChange(where.with(index, next))
        return (
          <div key={index} className={classes.row}>
            <Select
              aria-label={t('builder.orderField')}
              className={classes.orderField}
              value={condition.kind === 'within' ? 'within' : condition.field}
              allowDeselect={false}
              data={kinds}
              onChange={(next) => next && change(firstOrderCondition(next, shop.values, shop.day))}
            />
            {condition.kind === 'within' ? (
              <NumberInput
                aria-label={t('builder.days')}
                className={classes.number}
                value={condition.days}
                min={0}
                max={36500}
                allowDecimal={false}
                suffix={t('unit.days', { n: condition.days })}
                onValueChange={({ floatValue }) =>
                  floatValue !== undefined &&
                  floatValue <= 36500 &&
                  change({ kind: 'within', days: floatValue })
                }
              />
            ) : (
              <Tested
                asked={orderFieldsByName.get(condition.field)!}
                test={condition.test}
                shop={shop}
                onChange={(test) => change({ ...condition, test })}
              />
            )}
            {where.length > 1 ? (
              <Remove label={t('builder.remove')} onClick={() => onChange(where.toSpliced(index, 1))} />
            ) : null}
          </div>
        )
      })}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => onChange([...where, firstOrderCondition('store', shop.values, shop.day)])}
      >
        {t('builder.addOrderCondition')}
      </Button>
    </div>
  )
}
