import { useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTranslations } from 'use-intl'
import { parse } from '../../analytics/segments/parse.ts'
import { print } from '../../analytics/segments/print.ts'
import { ruleSentence } from '../../analytics/segments/sentence.ts'
import { useTRPC } from '../trpc.ts'
import { useFormat } from './format.ts'
import { useLanguage } from './language.tsx'
import classes from './rule.module.css'
import { useWorkspace } from './workspace.tsx'

/**
 * Reads a rule's text as a sentence in the reader's language; a text that is no rule stays as it is.
 * `rules`: all that will be read; when they ask for campaigns, these are called by their names.
 */
export function useRuleSentence(rules: string): (text: string) => string {
  const trpc = useTRPC()
  const campaigns = useQuery(
    trpc.campaigns.list.queryOptions(undefined, {
      enabled: /\b(treated_in|held_out_of)\b/i.test(rules),
      staleTime: 60_000,
    }),
  ).data
  const { language } = useLanguage()
  const { currency } = useWorkspace()
  const { decimals } = useFormat()
  return useCallback(
    (text) => {
      const parsed = parse(text, { currencyDecimals: decimals })
      const nameOf = (field: string, value: string) =>
        field === 'treated_in' || field === 'held_out_of'
          ? campaigns?.find(({ campaignId }) => campaignId === value)?.name
          : undefined
      return parsed.kind === 'parsed' ? ruleSentence(parsed.expression, { language, currency, nameOf }) : text
    },
    [language, currency, decimals, campaigns],
  )
}

/** A rule as people read it, its code one click away. */
export function Rule({ text }: { text: string }) {
  const t = useTranslations('ui.rule')
  const { decimals } = useFormat()
  const { language } = useLanguage()
  const sentence = useRuleSentence(text)
  const parsed = parse(text, { currencyDecimals: decimals })
  return (
    <div className={classes.rule}>
      <p>{sentence(text)}</p>
      <details>
        <summary>{t('code')}</summary>
        <code>{parsed.kind === 'parsed' ? print(parsed.expression, language) : text}</code>
      </details>
    </div>
  )
}
