import { useTranslations } from 'use-intl'
import classes from '../composer.module.css'
import type { Definition } from '../draft.ts'
import { OfferSentence } from '../offer-sentence.tsx'

/** What is done with a member, step by step. */
export function StepsList({ definition }: { definition: Definition }) {
  const t = useTranslations('standing.steps')
  return (
    <ol className={classes.list}>
      <li>
        <OfferSentence definition={without(definition)} /> {t('good', { days: definition.validDays ?? 0 })}
      </li>
      {(definition.standing?.steps ?? []).map(({ afterDays, when = 'always', action }, place) => (
        <li key={place}>
          {t('after', { days: afterDays, when })}{' '}
          {action.kind === 'coupon' ? (
            <>
              <OfferSentence
                definition={{
                  ...without(definition),
                  offer: action.offer,
                  minSpendMinor: action.minSpendMinor,
                  terms: action.terms,
                }}
              />{' '}
              {t('good', { days: action.validDays })}
            </>
          ) : action.kind === 'tag' ? (
            t('tag', { tag: action.tag })
          ) : (
            t('webhook', { url: action.url })
          )}
        </li>
      ))}
    </ol>
  )
}

/** Days count from each coupon's own issue, not from a launch: they are said apart. */
const without = ({ validDays: _days, ...definition }: Definition): Definition => definition
