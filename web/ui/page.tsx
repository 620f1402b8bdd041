import { useEffect, type ReactNode } from 'react'
import classes from './page.module.css'

/**
 * A page's frame: sticky filters, the h1, one lead sentence with the finding, the actions, the panels.
 * `title` also names the browser's tab.
 */
export function Page({
  title,
  lead,
  actions,
  filters,
  notes,
  children,
}: {
  title: string
  lead?: ReactNode
  actions?: ReactNode
  filters?: ReactNode
  notes?: ReactNode
  children?: ReactNode
}) {
  useEffect(() => {
    document.title = `${title} · Reveille`
  }, [title])
  return (
    <>
      {filters}
      <div className={classes.body}>
        <header className={classes.head}>
          <div>
            <h1 className={classes.title}>{title}</h1>
            {lead ? <p className={classes.lead}>{lead}</p> : null}
          </div>
          {actions ? <div className={classes.actions}>{actions}</div> : null}
        </header>
        <div className={classes.panels}>{children}</div>
        {notes ? <footer className={classes.notes}>{notes}</footer> : null}
      </div>
    </>
  )
}

/** Two panels side by side from 1100 px on. */
export function Columns({ children }: { children: ReactNode }) {
  return <div className={classes.columns}>{children}</div>
}
