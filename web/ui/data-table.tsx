import { Checkbox } from '@mantine/core'
import { IconChevronDown, IconChevronUp, IconSelector } from '@tabler/icons-react'
import { useMemo, useState, type KeyboardEvent, type ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import classes from './data-table.module.css'

/** A column: what it shows, and the plain value behind it for sorting and CSV. */
export interface Column<Row> {
  readonly key: string
  readonly header: ReactNode
  /** Numbers stand at the right, with one precision and their unit in the header. */
  readonly align?: 'right'
  readonly cell?: (row: Row) => ReactNode
  /** Minor units, ratio, count, ISO day or text; null is unknown. */
  readonly value?: (row: Row) => string | number | null
  /** The header in CSV, where it is not `key`: a stable name such as `net_minor`. */
  readonly csvHeader?: string
  readonly sortable?: boolean
  /** Holds sentences: takes what room others leave, which are not squeezed by it. */
  readonly wide?: true
  /** Stays in view where the table is wider than the screen: the last column alone. */
  readonly pinned?: true
}

export interface Order {
  readonly column: string
  readonly descending: boolean
}

/**
 * Rows as a real table that scrolls sideways by itself on a narrow screen. With `order` and `onOrder` the
 * caller sorts (on the server); without them columns marked `sortable` sort here. `onRow` opens a row by
 * click or Enter; `selection` adds a checkbox column.
 */
export function DataTable<Row>({
  columns,
  rows,
  rowKey,
  onRow,
  label,
  selection,
  order,
  onOrder,
  dense,
}: {
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey?: (row: Row, index: number) => string
  onRow?: (row: Row) => void
  label: string
  selection?: {
    selected: ReadonlySet<string>
    onChange: (selected: ReadonlySet<string>) => void
    /** Rows that can't be chosen have no checkbox. */
    may?: (row: Row) => boolean
  }
  order?: Order
  onOrder?: (order: Order) => void
  dense?: boolean
}) {
  const t = useTranslations('ui')
  const [own, setOwn] = useState<Order>()
  const shownOrder = order ?? own
  const sorted = useMemo(() => {
    const by = order ? undefined : columns.find((column) => column.key === own?.column)?.value
    return by ? rows.toSorted((a, b) => compare(by(a), by(b), own?.descending ? -1 : 1)) : rows
  }, [rows, columns, own, order])
  const keyOf = (row: Row, index: number) => rowKey?.(row, index) ?? String(index)
  const keys = sorted.map(keyOf)
  const mayChoose = (row: Row) => selection?.may?.(row) ?? true
  const choices = keys.filter((_, index) => mayChoose(sorted[index]!))
  const all = selection && choices.length > 0 && choices.every((key) => selection.selected.has(key))
  const some = selection && !all && choices.some((key) => selection.selected.has(key))

  const sortBy = (key: string) => {
    const next = { column: key, descending: shownOrder?.column === key ? !shownOrder.descending : true }
    if (onOrder) onOrder(next)
    else setOwn(next)
  }
  const toggle = (key: string) => {
    if (!selection) return
    const next = new Set(selection.selected)
    if (!next.delete(key)) next.add(key)
    selection.onChange(next)
  }

  return (
    <div className={classes.scroller} tabIndex={0} role="region" aria-label={label}>
      <table
        className={classes.table}
        data-dense={dense || undefined}
        data-sentences={columns.some(({ wide }) => wide) || undefined}
      >
        <thead>
          <tr>
            {selection ? (
              <th className={classes.check}>
                <Checkbox
                  aria-label={t('selectAll')}
                  checked={all ?? false}
                  indeterminate={some ?? false}
                  onChange={() => selection.onChange(new Set(all ? [] : choices))}
                />
              </th>
            ) : null}
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                data-align={column.align}
                data-pinned={column.pinned}
                aria-sort={
                  shownOrder?.column === column.key
                    ? shownOrder.descending
                      ? 'descending'
                      : 'ascending'
                    : undefined
                }
              >
                {column.sortable ? (
                  <button type="button" className={classes.sort} onClick={() => sortBy(column.key)}>
                    {column.header}
                    {shownOrder?.column !== column.key ? (
                      <IconSelector size={14} aria-hidden />
                    ) : shownOrder.descending ? (
                      <IconChevronDown size={14} aria-hidden />
                    ) : (
                      <IconChevronUp size={14} aria-hidden />
                    )}
                  </button>
                ) : (
                  column.header
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row, index) => (
            <tr
              key={keys[index]}
              data-opens={onRow ? true : undefined}
              tabIndex={onRow ? 0 : undefined}
              onClick={onRow ? () => onRow(row) : undefined}
              onKeyDown={
                onRow
                  ? (event: KeyboardEvent) => {
                      if (event.key === 'Enter' && event.target === event.currentTarget) onRow(row)
                    }
                  : undefined
              }
            >
              {selection ? (
                <td className={classes.check} onClick={(event) => event.stopPropagation()}>
                  {mayChoose(row) ? (
                    <Checkbox
                      aria-label={t('select')}
                      checked={selection.selected.has(keys[index] ?? '')}
                      onChange={() => toggle(keys[index] ?? '')}
                    />
                  ) : null}
                </td>
              ) : null}
              {columns.map((column) => (
                <td
                  key={column.key}
                  data-align={column.align}
                  data-pinned={column.pinned}
                  data-wide={column.wide}
                >
                  {column.cell ? column.cell(row) : (column.value?.(row) ?? '–')}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

/** Unknown stands last in either direction: it is neither small nor large. */
function compare(a: string | number | null, b: string | number | null, direction: 1 | -1): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
  const ascending =
    typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b))
  return ascending * direction
}
