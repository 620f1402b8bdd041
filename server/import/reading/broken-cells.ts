import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { QueryCancelled } from '../../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../../analytics/sql/sql.ts'
import type { Readable } from '../inspect.ts'
import { type Refused, refusedRows } from '../refused/refused.ts'
import { Originals } from './originals.ts'

/** Longer texts name nothing. */
const longestName = 200

/**
 * Relation of what stands in the refused records of a file, which is read a second time for it: `row_number`, `cell`, and
 * whether that is what seems to stand where the order's number belongs (`in_place`).
 * Where their cells begin and end can't be told, so each is taken as it seems, and once more cut at every separator,
 * quote and line break: a quote that was left open may have swallowed whole records.
 */
export async function brokenCells(
  { opening, inspection, mapping }: Readable,
  broken: Refused,
  folder: string,
  signal: AbortSignal,
): Promise<Sql> {
  const path = join(folder, 'broken-cells.txt')
  const file = createWriteStream(path, { mode: 0o600 })
  const written = finished(file)
  written.catch(() => {}) // a full disk is told by the next write
  const { delimiter, quote } = inspection
  const ends = new RegExp(`[\\r\\n${delimiter === '|' ? '\\|' : delimiter}${quote}]`)
  const place = (mapping.columns as Record<string, number>).orderId
  const originals = new Originals(inspection.fileName, { opening, inspection })
  for await (const rows of refusedRows(broken, signal)) {
    let text = ''
    for (const { line } of rows) {
      if (signal.aborted) throw new QueryCancelled('The import was cancelled.')
      const cells = await originals.at(line)
      const inPlace = namesIn(place === undefined ? [] : cells.slice(place, place + 1), ends)
      for (const cell of namesIn(cells, ends)) text += `${line}\x1f${cell}\x1f${inPlace.has(cell)}\n`
    }
    if (!file.write(text)) await Promise.race([once(file, 'drain'), written])
  }
  await originals.close()
  file.end()
  await written
  return sql`(select * from read_csv(${path}, auto_detect = false, header = false, delim = ${'\x1f'}, quote = '', escape = '',
    new_line = '\\n', columns = {'row_number': 'bigint', 'cell': 'varchar', 'in_place': 'boolean'}))`
}

/** Letters that nobody sees, as `readable` takes them out of records that can be read. */
const between = /[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g

const namesIn = (cells: readonly string[], ends: RegExp): Set<string> =>
  new Set(
    cells
      .flatMap((cell) => [cell.replace(/[\r\n]+/g, ' '), ...cell.split(ends)])
      .map((text) => text.replace(between, '').trim())
      .filter((text) => text !== '' && text.length <= longestName),
  )
