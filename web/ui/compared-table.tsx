import { useTranslations } from 'use-intl'
import { beside, type ComparedRow, moved } from './compared.ts'
import classes from './compared-table.module.css'
import { type Column, DataTable } from './data-table.tsx'
import { useFormat } from './format.ts'
import type { TableOf } from './query-panel.tsx'

/** What a panel's answer is held against, as the server tells it. */
export type Comparison<T> =
  | {
      readonly kind: 'asked'
      readonly against: 'previous' | 'year' | 'segment'
      readonly asOf: string
      readonly from: string | null
      readonly to: string | null
      readonly data: T
    }
  | { readonly kind: 'not-known'; readonly because: 'data-begins' | 'no-past' }

const arrows = { up: '↑', down: '↓', same: '=' } as const

/** A panel's rows beside those that they are held against: each number, and what it was there. */
export function ComparedTable<T>({
  comparison,
  table,
  now,
  label,
}: {
  comparison: Comparison<T>
  table: (data: T) => TableOf<never>
  now: TableOf<never>
  label: string
}) {
  const t = useTranslations('ui.compared')
  const format = useFormat()
  if (comparison.kind === 'not-known') return <p className={classes.note}>{t(comparison.because)}</p>
  const { against, asOf, from, to } = comparison
  const columns = now.columns as readonly Column<object>[]
  const rows = beside(
    columns,
    now.rows as readonly object[],
    table(comparison.data).rows as readonly object[],
    against !== 'segment',
  )
  const when = from !== null && to !== null ? format.dayRange(from, to) : format.day(asOf)
  const heading = t('heading', { against, window: from !== null && to !== null ? 'yes' : 'no', when })
  const shown = (column: Column<object>, row: object | undefined) =>
    row === undefined ? '–' : (column.cell?.(row) ?? column.value?.(row) ?? '–')
  return (
    <div className={classes.compared}>
      <h3 className={classes.heading}>{heading}</h3>
      <div className={classes.scroller} tabIndex={0} role="group" aria-label={heading}>
        <DataTable<ComparedRow<object>>
          label={`${label}: ${heading}`}
          dense
          rows={rows}
          columns={columns
            .filter(({ header }) => header !== '')
            .map((column) =>
              column.align === 'right'
                ? {
                    key: column.key,
                    header: column.header,
                    align: 'right' as const,
                    cell: (row) => {
                      const way = moved(column, row)
                      return (
                        <span className={classes.pair}>
                          <span>
                            {shown(column, row.now)}
                            {way === null ? null : (
                              <>
                                <span aria-hidden="true"> {arrows[way]}</span>
                                <span className="visually-hidden"> {t(way)} </span>
                              </>
                            )}
                          </span>
                          <span className={classes.then}>{shown(column, row.other)}</span>
                        </span>
                      )
                    },
                  }
                : {
                    key: column.key,
                    header: column.header,
                    cell: ({ now: one, other }) =>
                      one &&
                      other &&
                      against !== 'segment' &&
                      column.value?.(one) !== column.value?.(other) ? (
                        <span className={classes.pair}>
                          <span>{shown(column, one)}</span>
                          <span className={classes.then}>{shown(column, other)}</span>
                        </span>
                      ) : (
                        shown(column, one ?? other)
                      ),
                  },
            )}
        />
      </div>
      <p className={classes.note}>{t('reading')}</p>
    </div>
  )
}
