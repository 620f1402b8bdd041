import { useQuery } from '@tanstack/react-query'
import { parse } from '../../../../analytics/segments/parse.ts'
import { useTranslations } from 'use-intl'
import { useTRPC } from '../../../trpc.ts'
import { useFormat } from '../../../ui/format.ts'
import { useRuleSentence } from '../../../ui/rule.tsx'

/** The saved segments, and what a compared rule is called: a saved segment by its name, other rules as a sentence. */
export function useSetNames(rules: readonly string[]) {
  const t = useTranslations('compare')
  const trpc = useTRPC()
  const { decimals } = useFormat()
  const saved = useQuery(trpc.segments.list.queryOptions(undefined, { staleTime: 60_000 })).data ?? []
  const sentence = useRuleSentence(rules.join(' '))
  const nameOf = (rule: string): string => {
    if (rule === 'everyone') return t('everyone')
    const parsed = parse(rule, { currencyDecimals: decimals })
    if (parsed.kind === 'parsed' && parsed.expression.kind === 'segment') return parsed.expression.name
    return sentence(rule)
  }
  return { saved, nameOf }
}
