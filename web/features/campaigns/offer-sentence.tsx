import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTRPC } from '../../trpc.ts'
import { languages, useLanguage } from '../../ui/language.tsx'
import classes from './composer.module.css'
import type { Definition } from './draft.ts'

const names = { en: 'English', 'zh-CN': '中文' } as const

/** What of a definition its sentence says, so that nothing else asks for another one. */
function useSentences(definition: Definition | null) {
  const trpc = useTRPC()
  const { offer, minSpendMinor, terms, codes, validDays, validTo, validFrom, budgetMinor } = definition ?? {}
  return useQuery(
    trpc.campaigns.sentence.queryOptions(
      {
        offer: offer ?? { kind: 'amount', amountMinor: 1 },
        minSpendMinor,
        terms,
        validDays,
        validTo,
        validFrom,
        ...(codes?.kind === 'shared' ? { codes: { kind: codes.kind, uses: codes.uses } } : {}),
        ...(terms?.refuseWhenSpent ? { budgetMinor } : {}),
      },
      { enabled: definition !== null, staleTime: Infinity, placeholderData: keepPreviousData },
    ),
  )
}

/** The offer in a sentence, made by the server from the rule alone. */
export function OfferSentence({ definition }: { definition: Definition }) {
  const { language } = useLanguage()
  const { data } = useSentences(definition)
  return <>{data?.[language] ?? '…'}</>
}

/** The sentence in both languages: members read one that the person at the screen may not use. */
export function OfferSentences({ definition }: { definition: Definition | null }) {
  const { language } = useLanguage()
  const { data } = useSentences(definition)
  if (definition === null || !data) return null
  return (
    <div className={classes.sentence} aria-live="polite">
      {[language, ...languages.filter((other) => other !== language)].map((one) => (
        <p key={one} lang={one} className={one === language ? undefined : classes.help}>
          {one === language ? data[one] : `${names[one]} · ${data[one]}`}
        </p>
      ))}
    </div>
  )
}
