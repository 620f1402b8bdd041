import { Fragment } from 'react'
import { useTranslations } from 'use-intl'
import type { Expression } from '../../../analytics/segments/ast.ts'
import { fields, measures, sources } from '../../../analytics/segments/fields/catalogue.ts'
import type { Described } from '../../../analytics/segments/fields/described.ts'
import type { Field } from '../../../analytics/segments/fields/field.ts'
import { parse } from '../../../analytics/segments/parse.ts'
import { print } from '../../../analytics/segments/print.ts'
import type { Language } from '../../../analytics/segments/words.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Panel } from '../../ui/panel.tsx'
import { firstTest, firstValue, type Operator, operatorsOf, withOperator } from './drafts.ts'
import classes from './segments.module.css'

/** Everything a rule can ask, from the same list that reads and answers it. */
export function ReferencePanel() {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  return (
    <Panel>
      <details className={classes.reference}>
        <summary>{t('reference.title')}</summary>
        <h3>{t('reference.fields')}</h3>
        <Entries entries={fields} />
        <h3>{t('reference.measures')}</h3>
        <Entries entries={measures} />
        {sourcesByConditions.map((source) => (
          <Fragment key={source.name}>
            <h3>{t(`reference.conditions.${source.name}`)}</h3>
            <Entries entries={source.conditions} />
          </Fragment>
        ))}
        <h3>{t('reference.kinds')}</h3>
        <dl>
          {kinds.map(([kind, field]) => (
            <div key={kind}>
              <dt>{t(`reference.kind.${kind}`)}</dt>
              <dd>
                {operatorsOf(field).map((operator) => (
                  <div key={operator}>
                    <code>{print(example(field, operator), language)}</code>
                  </div>
                ))}
              </dd>
            </div>
          ))}
        </dl>
        <h3>{t('reference.words')}</h3>
        <dl>
          {(Object.keys(examples) as (keyof typeof examples)[]).map((word) => (
            <div key={word}>
              <dt>
                {examples[word].map((example) => (
                  <div key={example}>
                    <code>{inLanguage(example, language)}</code>
                  </div>
                ))}
              </dt>
              <dd>{t(`reference.word.${word}`)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Panel>
  )
}

/** Sources whose conditions are the same are told once, under the first one's name. */
export const sourcesByConditions = sources.filter(
  ({ conditions }, i) => sources.findIndex((one) => one.conditions === conditions) === i,
)

/** The first field of each kind of value. */
const kinds = [...new Map(fields.toReversed().map((field) => [field.kind, field]))].toReversed()

/** A comparison as the builder begins it. */
function example(field: Field, operator: Operator): Expression {
  const values = field.list ? { [field.list]: ['…'] } : {}
  const day = '2026-01-31'
  const test = withOperator(firstTest(field, values, day), operator, firstValue(field, values, day))
  return { kind: 'clause', subject: { kind: 'field', field: field.name }, test }
}

/** A rule as the reader writes it. The examples hold in every currency. */
function inLanguage(rule: string, language: Language): string {
  const parsed = parse(rule, { currencyDecimals: 0 })
  return parsed.kind === 'parsed' ? print(parsed.expression, language) : rule
}

const examples = {
  logic: ['orders >= 2 and not (net < 100 or first_seen = true)'],
  in: ['tag in ("vip", "press")'],
  between: ['joined between 2026-01-01 and 2026-01-31'],
  unknown: ['region is unknown', 'region is known'],
  text: ['store = "West \\"End\\""'],
  shopify: ['last_order between -14d and -7d and tag = "vip" and region is known'],
  parts: ['region contains "x"', 'region not contains "x"', 'store starts with "x"', 'store ends with "x"'],
  relative: ['joined >= -30d', 'joined between -2m and yesterday', 'joined < today'],
  within: ['joined within last 30 days', 'birthday within next 7 days'],
  percent: ['order_share(store = "West") >= 80%'],
  random: ['random 10% (seed "spring")'],
  segment: ['segment "Regulars"'],
  on: ['(orders >= 2) on 2026-01-31', 'segment "Regulars" on -30d'],
  everyone: ['everyone'],
}

function Entries({ entries }: { entries: readonly Described[] }) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  return (
    <dl>
      {entries.map(({ name, chinese, title, help, history, choices }) => (
        <div key={name}>
          <dt>
            {title[language]} <code>{language === 'en' ? name : chinese}</code>{' '}
            {language === 'en' ? null : <code>{name}</code>}
          </dt>
          <dd>
            {help[language]}
            {choices ? (
              <>
                {' '}
                {choices.map((one) => (
                  <span key={one.value}>
                    <code>&quot;{language === 'en' ? one.value : one.title[language]}&quot;</code>{' '}
                    {language === 'en' ? one.title.en : null}{' '}
                  </span>
                ))}
              </>
            ) : null}
            {history === 'none' ? ` ${t('reference.today')}` : null}
          </dd>
        </div>
      ))}
    </dl>
  )
}
