import type { Column } from './data-table.tsx'

/** A row of a panel's table with the row that it is held against; either may be missing. */
export interface ComparedRow<Row> {
  readonly now: Row | undefined
  readonly other: Row | undefined
}

const isDay = /^\d{4}-\d{2}(-\d{2})?$/

/**
 * Rows of the same question asked twice, side by side: those whose texts are equal. Where time was moved, days are told
 * by their place from the newest, so that last year's newest month stands beside this year's.
 */
export function beside<Row>(
  columns: readonly Column<Row>[],
  now: readonly Row[],
  other: readonly Row[],
  timeMoved: boolean,
): ComparedRow<Row>[] {
  // a number at the left is no name of a row
  const texts = columns
    .filter(({ align }) => align !== 'right')
    .flatMap(({ value }) => (value ? (row: Row) => (typeof value(row) === 'number' ? null : value(row)) : []))
  const keysOf = (rows: readonly Row[]) => {
    const places = texts.map((value) => {
      const days = [...new Set(rows.map(value))].filter((text) => isDay.test(String(text ?? '')))
      return new Map(days.toSorted((a, b) => (a! < b! ? 1 : -1)).map((day, place) => [day, `#${place}`]))
    })
    const seen = new Map<string, number>()
    return rows.map((row) => {
      const key = JSON.stringify(
        texts.map((value, i) => (timeMoved ? (places[i]!.get(value(row)) ?? value(row)) : value(row))),
      )
      // equal texts are told by their order
      const nth = seen.get(key) ?? 0
      seen.set(key, nth + 1)
      return `${key} ${nth}`
    })
  }
  const others = new Map(keysOf(other).map((key, place) => [key, other[place]!]))
  const rows: ComparedRow<Row>[] = keysOf(now).map((key, place) => {
    const same = others.get(key)
    others.delete(key)
    return { now: now[place], other: same }
  })
  return [...rows, ...[...others.values()].map((row) => ({ now: undefined, other: row }))]
}

/** How a number moved; null where one of the two is not known. */
export function moved<Row>({ value }: Column<Row>, row: ComparedRow<Row>): 'up' | 'down' | 'same' | null {
  const [one, other] = [row.now && value?.(row.now), row.other && value?.(row.other)]
  if (typeof one !== 'number' || typeof other !== 'number') return null
  return one > other ? 'up' : one < other ? 'down' : 'same'
}
