import { useCallback } from 'react'
import { useTranslations } from 'use-intl'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { ruleSentence } from '../../analytics/segments/sentence.ts'
import { useFormat } from './format.ts'
import { useLanguage } from './language.tsx'
import classes from './rule.module.css'
import { useWorkspace } from './workspace.tsx'

/** Reads a rule's text as a sentence in the reader's language; a text that is no rule stays as it is. */
export function useRuleSentence(): (text: string) => string {
  const { language } = useLanguage()
  const { currency } = useWorkspace()
  const { decimals } = useFormat()
  return useCallback(
    (text) => {
      const parsed = parse(text, { currencyDecimals: decimals })
      return parsed.kind === 'parsed' ? ruleSentence(parsed.expression, { language, currency }) : text
    },
    [language, currency, decimals],
  )
}

/** A rule as people read it, its code one click away. */
export function Rule({ text }: { text: string }) {
  const t = useTranslations('ui.rule')
  const { decimals } = useFormat()
  const sentence = useRuleSentence()
  const parsed = parse(text, { currencyDecimals: decimals })
  return (
    <div className={classes.rule}>
      <p>{sentence(text)}</p>
      <details>
        <summary>{t('code')}</summary>
        <code>{parsed.kind === 'parsed' ? print(parsed.expression) : text}</code>
      </details>
    </div>
  )
}
