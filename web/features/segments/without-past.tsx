import type { ReactNode } from 'react'
import { useLanguage } from '../../ui/language.tsx'
import classes from './movement.module.css'

/** Which conditions of a rule have no past, and what can be seen instead. */
export function WithoutPast({
  conditions,
  sentence,
  children,
}: {
  conditions: readonly { readonly en: string; readonly 'zh-CN': string }[]
  sentence: string
  children?: ReactNode
}) {
  const { language } = useLanguage()
  return (
    <div className={classes.without}>
      <p>{sentence}</p>
      <ul>
        {conditions.map((condition) => (
          <li key={condition.en}>
            <code>{condition[language]}</code>
          </li>
        ))}
      </ul>
      {children ? <p>{children}</p> : null}
    </div>
  )
}
