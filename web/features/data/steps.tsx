import { useTranslations } from 'use-intl'
import classes from './data.module.css'

/** What happens with a file, before the first one. */
export function Steps() {
  const t = useTranslations('data')
  return (
    <ol className={classes.steps}>
      {(['map', 'check', 'insight'] as const).map((step, index) => (
        <li key={step} className={classes.step}>
          <span className={classes.stepNumber}>{index + 1}</span>
          <h2 className={classes.stepTitle}>{t(`steps.${step}.title`)}</h2>
          <p className={classes.stepText}>{t(`steps.${step}.text`)}</p>
        </li>
      ))}
    </ol>
  )
}
