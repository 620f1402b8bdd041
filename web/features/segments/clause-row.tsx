import { Button, Select } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useTranslations } from 'use-intl'
import {
  type Clause,
  type Condition,
  type Expression,
  type Named,
  type Random,
  type Subject,
  type Test,
  type TextOperator,
  textOperators,
} from '../../../analytics/segments/ast.ts'
import {
  type Asked,
  conditionsOf,
  fields,
  firstOf,
  measures,
  measuresByName,
} from '../../../analytics/segments/fields/catalogue.ts'
import { isOrdered } from '../../../analytics/segments/fields/described.ts'
import { useLanguage } from '../../ui/language.tsx'
import {
  askedOf,
  firstCondition,
  firstOther,
  firstTest,
  firstValue,
  nextCondition,
  type Operator,
  operatorOf,
  operatorsOf,
  type Shop,
  withOperator,
} from './drafts.ts'
import { Remove } from './remove.tsx'
import classes from './segments.module.css'
import { Days, ValueInput } from './value-input.tsx'

/** One condition on a member: what is asked, how, and against which value. */
export function ClauseRow({
  clause,
  onChange,
  onRemove,
  shop,
}: {
  clause: Clause
  onChange: (expression: Expression) => void
  onRemove: () => void
  shop: Shop
}) {
  const t = useTranslations('segments')
  const { subject, test } = clause
  return (
    <div className={classes.clause}>
      <div className={classes.row}>
        <SubjectSelect expression={clause} shop={shop} onChange={onChange} />
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

/** What is asked: a fact, a measure, a saved segment or a draw. Another choice begins anew. */
export function SubjectSelect({
  expression,
  onChange,
  shop,
}: {
  expression: Clause | Named | Random
  onChange: (expression: Expression) => void
  shop: Shop
}) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  const key = expression.kind === 'clause' ? keyOf(expression.subject) : `=${expression.kind}`
  const where =
    expression.kind === 'clause' && expression.subject.kind === 'measure' ? expression.subject : null
  const choose = (next: string | null) => {
    if (next === null || next === key) return
    if (next === '=segment' || next === '=random')
      return onChange(firstOther(next === '=segment' ? 'segment' : 'random', shop))
    const measure = next.endsWith('(') ? next.slice(0, -1) : null
    const subject: Subject =
      measure === null
        ? { kind: 'field', field: next }
        : {
            kind: 'measure',
            measure,
            where:
              where && sourceOf(where.measure) === sourceOf(measure)
                ? where.where
                : [firstOf(measuresByName.get(measure)!)],
          }
    onChange({ kind: 'clause', subject, test: firstTest(askedOf(subject), shop.values, shop.day) })
  }
  return (
    <Select
      aria-label={t('builder.field')}
      className={classes.field}
      value={key}
      onChange={choose}
      searchable
      // the present choice is marked, so that typing looks for another
      onFocus={(event) => event.currentTarget.select()}
      maxDropdownHeight={400}
      comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
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
        {
          group: t('builder.others'),
          items: (['segment', 'random'] as const).map((kind) => ({
            value: `=${kind}`,
            label: t(`builder.other.${kind}`),
          })),
        },
      ]}
    />
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
  const words =
    asked.kind === 'day' || asked.kind === 'month' ? 'day' : isOrdered(asked.kind) ? 'number' : 'text'
  const operators = operatorsOf(asked)
  const label = (operator: Operator) => {
    if (operator === 'last' || operator === 'next') return t(`operator.within.${operator}`)
    if (isTextOperator(operator)) return t(`operator.part.${textOperatorKeys[operator]}`)
    return t(`operator.${words}.${operatorKeys[operator]}`)
  }
  return (
    <>
      <Select
        aria-label={t('builder.operator')}
        className={classes.operator}
        value={operatorOf(test)}
        allowDeselect={false}
        data={operators.map((value) => ({ value, label: label(value) }))}
        onChange={(next) =>
          next && onChange(withOperator(test, next as Operator, firstValue(asked, shop.values, shop.day)))
        }
      />
      <ValueInput asked={asked} test={test} shop={shop} onChange={onChange} />
    </>
  )
}

/** Message keys can't hold signs. */
const operatorKeys = {
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
} as const
const textOperatorKeys = {
  contains: 'contains',
  'not contains': 'notContains',
  'starts with': 'startsWith',
  'ends with': 'endsWith',
} as const
const isTextOperator = (operator: Operator): operator is TextOperator =>
  (textOperators as readonly string[]).includes(operator)

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
              <Days days={condition.days} onChange={(days) => change({ kind: 'within', days })} />
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
          onChange([...where, firstCondition(measure, nextCondition(measure, where), shop.values, shop.day)])
        }
      >
        {t('builder.addOrderCondition')}
      </Button>
    </div>
  )
}
