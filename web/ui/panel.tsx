import type { ReactNode } from 'react'
import classes from './panel.module.css'

/** A bordered panel with a title, a subtitle (unit, population, interval) and tools at the right. */
export function Panel({
  title,
  subtitle,
  tools,
  children,
}: {
  title?: ReactNode
  subtitle?: ReactNode
  tools?: ReactNode
  children?: ReactNode
}) {
  return (
    <section className={classes.panel}>
      {title || tools ? (
        <div className={classes.head}>
          {title ? <h2 className={classes.title}>{title}</h2> : null}
          {tools ? <div className={classes.tools}>{tools}</div> : null}
          {subtitle ? <div className={classes.subtitle}>{subtitle}</div> : null}
        </div>
      ) : null}
      {children}
    </section>
  )
}
