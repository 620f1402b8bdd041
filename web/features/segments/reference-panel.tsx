import { Fragment } from 'react'
import { useTranslations } from 'use-intl'
import { fields, measures, sources } from '../../../analytics/segments/fields/catalogue.ts'
import type { Described } from '../../../analytics/segments/fields/described.ts'
import { useLanguage } from '../../ui/language.tsx'
import { Panel } from '../../ui/panel.tsx'
import classes from './segments.module.css'

/** Everything a rule can ask, from the same list that reads and answers it. */
export function ReferencePanel() {
  const t = useTranslations('segments')
  return (
    <Panel>
      <details className={classes.reference}>
        <summary>{t('reference.title')}</summary>
        <h3>{t('reference.fields')}</h3>
        <Entries entries={fields} />
        <h3>{t('reference.measures')}</h3>
        <Entries entries={measures} />
        {sources.map((source) => (
          <Fragment key={source.name}>
            <h3>{t(`reference.conditions.${source.name}`)}</h3>
            <Entries entries={source.conditions} />
          </Fragment>
        ))}
        <h3>{t('reference.words')}</h3>
        <dl>
          {(['logic', 'in', 'between', 'unknown', 'text', 'everyone'] as const).map((word) => (
            <div key={word}>
              <dt>
                <code>{examples[word]}</code>
              </dt>
              <dd>{t(`reference.word.${word}`)}</dd>
            </div>
          ))}
        </dl>
      </details>
    </Panel>
  )
}

const examples = {
  logic: 'orders >= 2 and not (net < 100 or first_seen = true)',
  in: 'tag in ("vip", "press")',
  between: 'joined between 2026-01-01 and 2026-01-31',
  unknown: 'region is unknown',
  text: 'store = "West \\"End\\""',
  everyone: 'everyone',
}

function Entries({ entries }: { entries: readonly Described[] }) {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  return (
    <dl>
      {entries.map(({ name, title, help, history, choices }) => (
        <div key={name}>
          <dt>
            {title[language]} <code>{name}</code>
          </dt>
          <dd>
            {help[language]}
            {choices ? (
              <>
                {' '}
                {choices.map((one) => (
                  <span key={one.value}>
                    <code>&quot;{one.value}&quot;</code> {one.title[language]}{' '}
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
