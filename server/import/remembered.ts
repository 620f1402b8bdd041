import { createHash } from 'node:crypto'
import type { Engine } from '../../analytics/engine/engine.ts'
import { join, sql } from '../../analytics/sql/sql.ts'
import { importKinds, type ImportKind } from './import-kinds.ts'
import { MapOverrides } from './mapping.ts'
import { columnsBefore } from './refused-file.ts'

/** What the last import of a file with these columns was told of them. */
export interface Remembered {
  readonly map: MapOverrides
  readonly fileName: string
  /** ISO text. */
  readonly importedAt: string
}

/**
 * Names a header: the same columns in the same order. Kept with the mapping of every import. A mended file of
 * refused rows has the columns of the file that they came from.
 */
export const headersDigest = (headers: readonly string[]): string =>
  createHash('sha256')
    .update(JSON.stringify(headers.slice(columnsBefore(headers))))
    .digest('hex')

/**
 * The mapping that was confirmed for the newest import with this header that is not undone, of a kind where
 * that was said; null: there is none. Fields that were left out on purpose stay out. What the values themselves decide — how dates and decimals are
 * written — is decided anew, except the order of day and month, which had to be asked.
 */
export async function rememberedMapping(
  engine: Engine,
  headers: readonly string[],
  kind?: ImportKind,
): Promise<Remembered | null> {
  const ofKind = sql`kind in (${join(kind === undefined ? importKinds : [kind])})`
  const [last] = await engine.rows(sql`select kind, mapping, file_name, imported_at from imports
    where ${ofKind} and undone_at is null
      and json_extract_string(mapping, '$.headers') = ${headersDigest(headers)}
    order by import_seq desc limit 1`)
  if (!last) return null
  const { columns, dates, timeZone, states, preset, amountsAreNet } = JSON.parse(
    String(last.mapping),
  ) as MapOverrides
  const before = columnsBefore(headers)
  const map = MapOverrides.safeParse({
    kind: last.kind,
    columns: Object.fromEntries(
      Object.entries(columns ?? {}).map(([field, column]) => [
        field,
        typeof column === 'number' ? column + before : column,
      ]),
    ),
    ...(dates === 'day-first' || dates === 'month-first' ? { dates } : {}),
    timeZone,
    ...(states ? { states } : {}),
    ...(preset ? { preset } : {}),
    ...(amountsAreNet === undefined ? {} : { amountsAreNet }),
  })
  return map.success
    ? { map: map.data, fileName: String(last.fileName), importedAt: String(last.importedAt) }
    : null
}

/** What was said of this file goes before what is remembered of the last one. */
export const over = (remembered: MapOverrides, given: MapOverrides): MapOverrides => ({
  ...remembered,
  ...given,
  columns: { ...remembered.columns, ...given.columns },
  states: { ...remembered.states, ...given.states },
})
