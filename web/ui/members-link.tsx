import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import classes from './members-link.module.css'

/** A figure that opens the members behind it; plain where there are none, or no rule says who they are. */
export function MembersLink({
  members,
  asOf,
  spoken,
  children,
}: {
  /** A segment expression. */
  members: string | null
  asOf: string
  /** Read before the figure, where its place in a table does not say what it is. */
  spoken?: string
  children: ReactNode
}) {
  if (members === null) return children
  return (
    <Link to="/members" search={{ segment: members, asOf }} preload={false} className={classes.link}>
      {spoken ? <span className="visually-hidden">{spoken} </span> : null}
      {children}
    </Link>
  )
}
