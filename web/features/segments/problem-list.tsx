import { Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useCallback } from 'react'
import { useTranslations } from 'use-intl'
import { calledBy } from '../../../analytics/segments/fields/catalogue.ts'
import type { Problem } from '../../../analytics/segments/problems.ts'
import { useLanguage } from '../../ui/language.tsx'
import classes from './segments.module.css'

/** A problem's sentence in the language on the screen. */
export function useProblemText(): (problem: Problem) => string {
  const t = useTranslations('segments')
  const { language } = useLanguage()
  return useCallback(
    ({ id, values }: Problem) => {
      const field = calledBy(String(values.field))?.[language]
      return t(`problem.${id}`, field === undefined ? values : { ...values, field })
    },
    [t, language],
  )
}

/** What keeps the text from being a rule, each with the change that would mend it. */
export function ProblemList({
  problems,
  onApply,
}: {
  problems: readonly Problem[]
  onApply?: (problem: Problem) => void
}) {
  const t = useTranslations('segments')
  const sentence = useProblemText()
  if (problems.length === 0) return null
  return (
    <ul className={classes.problems} aria-live="polite">
      {problems.map((one) => (
        <li key={`${one.from} ${one.id}`}>
          <IconAlertTriangle size={16} aria-hidden className={classes.bad} />
          <span>{sentence(one)}</span>
          {onApply && one.suggestion ? (
            <Button size="compact-sm" variant="default" onClick={() => onApply(one)}>
              {t('problems.apply', { text: one.suggestion })}
            </Button>
          ) : null}
        </li>
      ))}
    </ul>
  )
}
