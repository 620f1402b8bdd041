import { Link } from '@tanstack/react-router'
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import classes from './heat-table.module.css'
import { firstInvertedStep } from './tokens.ts'

/** One cell: what is shown, what a screen reader hears, where it leads. */
export interface HeatCell {
  /** Where the value stands on the ramp; null is unknown and has no colour. */
  readonly value: number | null
  readonly text: string
  /** The whole cell as a sentence: cohort, period, value, how many of how many, state. */
  readonly spoken: string
  readonly inProgress?: boolean
  /** How the cell's own period came to other figures later, as a sentence. */
  readonly restated?: string | undefined
  /** The members behind the cell, as a segment expression. */
  readonly members?: string
}

/** A cell of the row under the cohorts. */
export interface MeanCell {
  readonly text: string
  readonly restated?: string | undefined
}

export interface HeatRow {
  readonly key: string
  readonly label: string
  /** A shorter label for a phone. */
  readonly shortLabel: string
  readonly size: string
  /** A mark after the label, explained under the table. */
  readonly mark?: string
  /** How the row's period came to other figures later, as a sentence. */
  readonly restated?: string | undefined
  /** One for each column; null is not observable yet and stays blank. */
  readonly cells: readonly (HeatCell | null)[]
}

const steps = 7

/** The step (0 to 6) of the ramp on which a value falls; the domain's ends are its lowest and highest. */
export function rampStep(value: number, [low, high]: readonly [number, number]): number {
  if (high <= low) return 0
  return Math.max(0, Math.min(steps - 1, Math.floor(((value - low) / (high - low)) * steps)))
}

/**
 * A cohort triangle as a real table: a row per cohort, a heat step per value, hatched while in progress,
 * blank where nothing can be observed yet. One tab stop; arrow keys move, to restated row heads too, Enter opens
 * the members. Why a row or cell is marked ↻ is said under the table while it has the focus or the pointer.
 */
export function HeatTable({
  label,
  corner,
  sizeHeader,
  columns,
  firstPeriod = 1,
  narrowColumns,
  rows,
  mean,
  domain,
  ends,
  mark,
  states = true,
  asOf,
}: {
  label: string
  corner: string
  sizeHeader: string
  columns: readonly string[]
  /** The number of the first column, for a phone's narrow heads. */
  firstPeriod?: number
  /** The heads of all columns on a phone, where they are no count of periods. */
  narrowColumns?: readonly string[]
  rows: readonly HeatRow[]
  mean?: { label: string; shortLabel: string; size: string; cells: readonly MeanCell[] }
  domain: readonly [number, number]
  /** The domain's ends as the legend writes them. */
  ends: readonly [string, string]
  /** What the mark after a label means. */
  mark?: ReactNode
  /** Whether cells can be in progress or not observable yet, which the legend then explains. */
  states?: boolean
  asOf?: string
}) {
  const t = useTranslations('ui')
  const table = useRef<HTMLTableElement>(null)
  const [told, tell] = useState<string>()
  const tellOf = (target: EventTarget) => {
    const at = (target as HTMLElement).closest<HTMLElement>('[data-row]')?.dataset
    const row = at && rows[Number(at.row)]
    const cells = Number(at?.row) === rows.length ? mean?.cells : row?.cells
    tell(at && (Number(at.column) < 0 ? row?.restated : cells?.[Number(at.column)]?.restated))
  }
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
    }
    const step = steps[event.key]
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-row]')
    if (!step || !cell) return
    event.preventDefault()
    const at = (row: number, column: number) =>
      table.current?.querySelector<HTMLElement>(`[data-row="${row}"][data-column="${column}"]`)
    const next = at(Number(cell.dataset.row) + step[0], Number(cell.dataset.column) + step[1])
    const target = next?.querySelector<HTMLElement>('a') ?? next
    if (!target) return
    table.current?.querySelectorAll('[tabindex="0"]').forEach((old) => old.setAttribute('tabindex', '-1'))
    target.setAttribute('tabindex', '0')
    target.focus()
  }

  return (
    <>
      <div className={classes.scroller}>
        <table
          className={classes.table}
          data-fine={columns.length > 20 || undefined}
          role="grid"
          aria-label={label}
          ref={table}
          onKeyDown={move}
          onFocus={({ target }) => tellOf(target)}
          onMouseOver={({ target }) => tellOf(target)}
          onMouseLeave={() => tell(undefined)}
        >
          <colgroup>
            <col className={classes.nameColumn} />
            <col className={classes.sizeColumn} />
            {columns.map((column) => (
              <col key={column} />
            ))}
          </colgroup>
          <thead>
            <tr>
              <th scope="col" className={classes.name}>
                {corner}
              </th>
              <th scope="col" className={classes.size}>
                {sizeHeader}
              </th>
              {columns.map((column, at) => (
                <th key={column} scope="col">
                  <span className={classes.wide}>{column}</span>
                  <span className={classes.narrow}>{narrowColumns?.[at] ?? at + firstPeriod}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, rowAt) => (
              <tr key={row.key}>
                <th
                  scope="row"
                  className={classes.name}
                  {...(row.restated ? { 'data-row': rowAt, 'data-column': -1, tabIndex: -1 } : {})}
                >
                  <span className={classes.wide}>{row.label}</span>
                  <span className={classes.narrow}>{row.shortLabel}</span>
                  {row.mark ? <span className={classes.mark}>{row.mark}</span> : null}
                  {row.restated ? (
                    <span className={classes.mark} title={row.restated}>
                      <span aria-hidden="true">↻</span>
                      <span className="visually-hidden">{row.restated}</span>
                    </span>
                  ) : null}
                  <span className={classes.under}>{row.size}</span>
                </th>
                <td className={classes.size}>{row.size}</td>
                {row.cells.map((cell, columnAt) => (
                  <Cell
                    key={columns[columnAt]}
                    cell={cell}
                    domain={domain}
                    row={rowAt}
                    column={columnAt}
                    first={rowAt === 0 && columnAt === 0}
                    blank={t('heat.notObservable')}
                    told={
                      cell?.restated
                        ? t('heat.told', { spoken: cell.spoken, restated: cell.restated })
                        : cell?.spoken
                    }
                    asOf={asOf}
                  />
                ))}
              </tr>
            ))}
          </tbody>
          {mean ? (
            <tfoot>
              <tr>
                <th scope="row" className={classes.name}>
                  <span className={classes.wide}>{mean.label}</span>
                  <span className={classes.narrow}>{mean.shortLabel}</span>
                </th>
                <td className={classes.size}>{mean.size}</td>
                {mean.cells.map(({ text, restated }, at) =>
                  restated === undefined ? (
                    <td key={columns[at]}>{text}</td>
                  ) : (
                    <td key={columns[at]} data-row={rows.length} data-column={at} tabIndex={-1}>
                      <span className={classes.meanCell} title={restated}>
                        {text}
                        <span className={classes.corner} aria-hidden="true">
                          ↻
                        </span>
                        <span className="visually-hidden">{restated}</span>
                      </span>
                    </td>
                  ),
                )}
              </tr>
            </tfoot>
          ) : null}
        </table>
      </div>
      <div className={classes.legend}>
        <span className={classes.ramp}>
          {ends[0]}
          <span className={classes.swatches} aria-hidden="true">
            {Array.from({ length: steps }, (_, step) => (
              <span key={step} data-step={step + 1} />
            ))}
          </span>
          {ends[1]}
        </span>
        {states ? (
          <>
            <span className={classes.key}>
              <span className={classes.sample} data-progress aria-hidden="true" />
              {t('heat.inProgress')}
            </span>
            <span className={classes.key}>
              <span className={classes.sample} aria-hidden="true" />
              {t('heat.notObservable')}
            </span>
          </>
        ) : null}
        {mark ? <span>{mark}</span> : null}
        {rows.some(({ restated, cells }) => restated || cells.some((cell) => cell?.restated)) ||
        mean?.cells.some(({ restated }) => restated) ? (
          <span>{told ? `↻ ${told}` : t('heat.restated')}</span>
        ) : null}
      </div>
    </>
  )
}

function Cell({
  cell,
  domain,
  row,
  column,
  first,
  blank,
  told,
  asOf,
}: {
  cell: HeatCell | null
  domain: readonly [number, number]
  row: number
  column: number
  first: boolean
  blank: string
  /** All of a cell in words. */
  told: string | undefined
  asOf?: string
}) {
  const place = { 'data-row': row, 'data-column': column }
  if (!cell)
    return (
      <td {...place} tabIndex={-1}>
        <span className="visually-hidden">{blank}</span>
      </td>
    )
  const step = cell.value === null || cell.inProgress ? undefined : rampStep(cell.value, domain) + 1
  const look = {
    className: classes.cell,
    'data-step': step,
    'data-inverted': step !== undefined && step > firstInvertedStep ? true : undefined,
    'data-progress': cell.inProgress ? true : undefined,
    title: told,
  }
  const words = (
    <>
      {cell.text}
      {cell.restated ? (
        <span className={classes.corner} aria-hidden="true">
          ↻
        </span>
      ) : null}
      <span className="visually-hidden">{look.title}</span>
    </>
  )
  return (
    <td {...place} tabIndex={cell.members ? undefined : first ? 0 : -1}>
      {cell.members ? (
        <Link
          to="/members"
          search={{ segment: cell.members, asOf }}
          preload={false}
          tabIndex={first ? 0 : -1}
          {...look}
        >
          {words}
        </Link>
      ) : (
        <span {...look}>{words}</span>
      )}
    </td>
  )
}
