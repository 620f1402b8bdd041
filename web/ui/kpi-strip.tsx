import type { ReactNode } from 'react'
import classes from './kpi-strip.module.css'
import { Definition } from './query-panel.tsx'

/** One figure: its name, value, how it moved and against what. */
export interface Kpi {
  readonly label: string
  /** Null: not there yet, shown as a skeleton. */
  readonly value: ReactNode | null
  /** The arrow says the direction, the colour whether that is better. */
  readonly delta?: { text: string; direction: 'up' | 'down' | 'flat'; better: boolean | null }
  /** What the delta is measured against, or the population. */
  readonly base?: ReactNode
  readonly definition?: ReactNode
  /** How what the value is made of came to other figures later, as a sentence: marked ↻, told on hover and to screen readers. */
  readonly restated?: string
}

/** Up to four figures in one bordered strip; two by two on a phone. */
export function KpiStrip({ items }: { items: readonly Kpi[] }) {
  return (
    <dl className={classes.strip}>
      {items.map(({ label, value, delta, base, definition, restated }) => (
        <div key={label} className={classes.item}>
          <dt className={classes.label}>
            {label}
            {definition ? <Definition about={label}>{definition}</Definition> : null}
          </dt>
          <dd className={classes.value}>
            {value === null ? <span className={classes.skeleton} aria-hidden="true" /> : value}
            {restated === undefined ? null : (
              <span className={classes.restated} title={restated}>
                <span aria-hidden="true">↻</span>
                <span className="visually-hidden">{restated}</span>
              </span>
            )}
          </dd>
          {value === null ? (
            <dd className={classes.delta} aria-hidden="true">
              <span className={classes.skeleton} />
            </dd>
          ) : delta || base ? (
            <dd className={classes.delta}>
              {delta ? (
                <span
                  className={classes.move}
                  data-better={delta.better === null ? undefined : String(delta.better)}
                >
                  {delta.direction === 'flat' ? null : (
                    <svg width="10" height="9" viewBox="0 0 10 9" aria-hidden="true">
                      <path
                        d={delta.direction === 'up' ? 'M5 0l5 9H0z' : 'M5 9L0 0h10z'}
                        fill="currentColor"
                      />
                    </svg>
                  )}
                  {delta.text}
                </span>
              ) : null}
              {base ? <span>{base}</span> : null}
            </dd>
          ) : null}
        </div>
      ))}
    </dl>
  )
}
