import { Stopped } from '../refusal.ts'
import { fields, plainHeader } from '../columns/fields.ts'
import { isKnownHeader } from '../columns/known-headers.ts'

/**
 * The cells of a sheet that are merged downward, each of them one number, in the order of their first rows: a sheet
 * of a million rows has millions of them.
 */
export type Merges = Float64Array

/** A million rows of which every second begins merges in eight columns. */
const mostMerges = 1 << 22
const heights = 2 ** 19
const columns = 2 ** 14
const rows = 2 ** 20

const encoded = (first: number, column: number, height: number): number =>
  ((first - 1) * columns + column) * heights + Math.min(height, heights - 1)

/**
 * What the cells of a sheet merge, which stands behind its rows: the content is searched without being read as XML.
 * Throws `Stopped` where there are more than any table has.
 */
export async function mergesOf(content: AsyncIterable<Buffer>, named: string): Promise<Merges> {
  let found = new Float64Array(16)
  let count = 0
  let rest = ''
  let seen = false
  for await (const piece of content) {
    // one byte is one letter, whatever it is: references are ASCII
    const begins = rest + piece.toString('latin1', 0, mark.length)
    seen ||= begins.includes(mark) || piece.includes(mark)
    if (!seen) {
      rest =
        piece.length < overlap
          ? (rest + piece.toString('latin1')).slice(-overlap)
          : piece.toString('latin1', piece.length - overlap)
      continue
    }
    const text = rest + piece.toString('latin1')
    let end = 0
    for (const match of text.matchAll(merged)) {
      end = match.index + match[0].length
      const [, column = '', first = 0, , last = 0] = match[1] === undefined ? match.slice(4) : match
      const height = Number(last) - Number(first) + 1
      if (height < 2 || Number(first) < 1 || Number(last) > rows) continue
      if (count === mostMerges) throw new Stopped('many-merges', { file: named, most: mostMerges })
      if (count === found.length) {
        const longer = new Float64Array(count * 2)
        longer.set(found)
        found = longer
      }
      found[count++] = encoded(Number(first), columnNumber(column), height)
    }
    rest = text.slice(Math.max(end, text.length - overlap))
  }
  return found.subarray(0, count).sort()
}

const mark = 'mergeCell'
/** Longer than a merge's element and shorter than what a piece is read in. */
const overlap = 200
const reference = `\\$?([A-Z]{1,3})\\$?(\\d{1,7}):\\$?([A-Z]{1,3})\\$?(\\d{1,7})`
const merged = new RegExp(
  `<(?:\\w{1,20}:)?mergeCell\\s[^<>]{0,100}?\\bref=(?:"${reference}"|'${reference}')`,
  'g',
)

const columnNumber = (letters: string): number =>
  [...letters].reduce((sofar, letter) => sofar * 26 + letter.charCodeAt(0) - 64, 0) - 1

/**
 * Carries what stands in cells merged downward to the rows that they cover. Rows come in their order; one without
 * anything of its own stays so. What counts or measures (amounts, quantities) stays on the first row, as the whole
 * order's: on each it would count once for each.
 */
export function carriedDown(merges: Merges): (row: number, cells: string[]) => void {
  const open = new Map<number, { last: number; text: string }>()
  const named = new Map<number, string>()
  let next = 0
  return (row, cells) => {
    const isEmpty = cells.every((cell) => cell === '')
    for (const [column, { last, text }] of open) {
      if (row > last) {
        open.delete(column)
        continue
      }
      if (isEmpty) continue
      while (cells.length <= column) cells.push('')
      if (cells[column] === '') cells[column] = text
    }
    if (row <= namesWithin)
      for (const [column, cell] of cells.entries())
        if (cell !== '' && !number.test(cell) && (isKnownHeader(cell) || measures(cell)))
          named.set(column, cell)
    for (; next < merges.length; next++) {
      const place = Math.floor(merges[next]! / heights)
      const first = Math.floor(place / columns) + 1
      if (first > row) break
      const column = place % columns
      const text = cells[column] ?? ''
      if (first < row || text === '') continue
      if (!isMeasure(text, named.get(column) ?? ''))
        open.set(column, { last: first + (merges[next]! % heights) - 1, text })
    }
  }
}

/** Titles and headers of a sheet are above this row. */
const namesWithin = 60

const number = /^[^\d\p{L}]{0,3}(?:[A-Z]{0,3}\p{Sc})? ?-?[\d,]{1,12}(\.\d+)? ?(?:元|円|원|[A-Z]{3})?$/u

const isMeasure = (text: string, header: string): boolean =>
  number.test(text) && (measures(header) || (!/^\d+$/.test(text) && !isDated(header)))

const dated: ReadonlySet<string> = new Set([...fields.orderedAt.aliases, ...fields.paidAt.aliases])
const isDated = (header: string): boolean => dated.has(plainHeader(header))
const numbers: ReadonlySet<string> = new Set(
  Object.values(fields).flatMap(({ type, aliases }): readonly string[] => (type === 'number' ? aliases : [])),
)
const measures = (header: string): boolean =>
  numbers.has(plainHeader(header)) ||
  (/[额額价價款费費]|[实實应應][付收]|数量|數量|件数|积分|[合小总]计|折扣|优惠|amount|total|price|paid|qty|quantity|discount|fee|cost|points/i.test(
    header,
  ) &&
    !/[号號码碼]|时间|時間|日期|[日时時]$|id$|no\.?$|number|date|time|at$/i.test(header))
