import { Button, NumberInput, Select } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import type { Clause, Condition, Subject, Test } from '../../../analytics/segments/ast.ts'
import {
  type Asked,
  conditionsOf,
  fields,
  measures,
  measuresByName,
} from '../../../analytics/segments/fields/catalogue.ts'
import { isOrdered } from '../../../analytics/segments/fields/described.ts'
import { useLanguage } from '../../ui/language.tsx'
import {
  askedOf,
  firstCondition,
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
          where:
            subject.kind === 'measure' && sourceOf(subject.measure) === sourceOf(key.slice(0, -1))
              ? subject.where
              : [{ kind: 'within', days: 180 }],
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
          <Conditions
            measure={subject.measure}
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

const sourceOf = (measure: string) => measuresByName.get(measure)!.source.name
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
  const words = asked.kind === 'day' ? 'day' : isOrdered(asked.kind) ? 'number' : 'text'
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

function Conditions({
  measure,
  where,
  onChange,
  shop,
}: {
  measure: string
  where: readonly Condition[]
  onChange: (where: readonly Condition[]) => void
  shop: Shop
}) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const conditions = conditionsOf(measure)
  const kinds = [
    { value: 'within', label: t('builder.within') },
    ...[...conditions.values()].map(({ name, title }) => ({ value: name, label: title[language] })),
  ]
  return (
    <div className={classes.orderConditions} role="group" aria-label={t('builder.orderConditions')}>
      {where.map((condition, index) => {
        const change = (next: Condition) => onChange(where.with(index, next))
        return (
          <div key={index} className={classes.row}>
            <Select
              aria-label={t('builder.orderField')}
              className={classes.orderField}
              value={condition.kind === 'within' ? 'within' : condition.field}
              allowDeselect={false}
              data={kinds}
              onChange={(next) => next && change(firstCondition(measure, next, shop.values, shop.day))}
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
                asked={conditions.get(condition.field)!}
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
        onClick={() =>
          onChange([...where, firstCondition(measure, [...conditions.keys()][0]!, shop.values, shop.day)])
        }
      >
        {t('builder.addOrderCondition')}
      </Button>
    </div>
  )
}
