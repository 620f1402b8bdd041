import type { Engine } from '../../../analytics/engine/engine.ts'
import { join, sql } from '../../../analytics/sql/sql.ts'
import { leaveAudit } from '../../settings/audit.ts'
import { amountFields } from './amount-columns.ts'
import type { Encoding } from '../encoding/encoding.ts'
import { headerDigest } from '../reading/header-digest.ts'
import { importKinds, type ImportKind } from '../import-kinds.ts'
import { MapOverrides } from './mapping.ts'
import { columnsBefore } from '../refused/refused-columns.ts'

/** What the last import of a file with these columns was told of them. */
export interface Remembered {
  readonly map: MapOverrides
  readonly fileName: string
  /** ISO text. */
  readonly importedAt: string
}

/**
 * Names a header: the same columns, in whichever order; where names repeat, in the same order, because columns are told
 * by their places there. Kept with the mapping of every import. A mended file of refused rows has the columns of the
 * file that they came from.
 */
export function headersDigest(headers: readonly string[]): string {
  const own = headers.slice(columnsBefore(headers))
  return headerDigest(new Set(own).size === own.length ? own.toSorted() : own)
}

/** The same, and what imports before 28 November 2026 have kept: the columns in their order. */
const headersDigests = (headers: readonly string[]): string[] => [
  ...new Set([headersDigest(headers), headerDigest(headers.slice(columnsBefore(headers)))]),
]

/** SQL over imports: what its columns were told to mean counts for the next file like it. */
const isRemembered = sql`undone_at is null and json_extract_string(mapping, '$.headers') is not null
  and json_extract_string(mapping, '$.forgotten') is null and json_extract_string(mapping, '$.batch') is null`

/** What files with one header are read as, without a question. */
export interface SavedMapping {
  /** Names the header. */
  readonly headers: string
  readonly kind: ImportKind
  /** The newest file that was confirmed so. ISO text. */
  readonly fileName: string
  readonly importedAt: string
  /** Imports of this kind with this header that are not undone. */
  readonly files: number
  /** Which column each field is taken from: its name, or its number where names repeat. */
  readonly columns: readonly { readonly field: string; readonly column: string }[]
  readonly dates: 'day-first' | 'month-first' | null
}

/** The mappings that the next files with the same columns are read by, the newest first. */
export async function savedMappings(engine: Engine): Promise<SavedMapping[]> {
  const rows = await engine.rows(sql`
    select kind, file_name, imported_at, mapping, json_extract_string(mapping, '$.headers') as headers,
      count(*) over (partition by kind, headers) as files
    from imports where kind in (${join(importKinds)}) and ${isRemembered}
    qualify row_number() over (partition by kind, headers order by import_seq desc) = 1
    order by import_seq desc`)
  return rows.map((row) => {
    const { columns = {}, dates } = JSON.parse(String(row.mapping)) as MapOverrides
    return {
      headers: String(row.headers),
      kind: row.kind as ImportKind,
      fileName: String(row.fileName),
      importedAt: String(row.importedAt),
      files: Number(row.files),
      columns: Object.entries(columns).flatMap(([field, column]) =>
        column === null ? [] : [{ field, column: String(column) }],
      ),
      dates: dates === 'day-first' || dates === 'month-first' ? dates : null,
    }
  })
}

/** From now on files with this header are guessed anew; what they brought stays. Answers whether anything was remembered. */
export function forgetMapping(
  engine: Engine,
  { kind, headers }: { kind: ImportKind; headers: string },
  { actor, at }: { actor: string; at: Date },
): Promise<boolean> {
  return engine.transaction(async (session) => {
    const these = sql`kind = ${kind} and ${isRemembered} and json_extract_string(mapping, '$.headers') = ${headers}`
    const [found] = await session.rows(sql`select count(*) as n from imports where ${these}`)
    await session.run(
      sql`update imports set mapping = json_merge_patch(mapping, '{"forgotten": true}') where ${these}`,
    )
    if (found!.n === 0) return false
    await leaveAudit(session, { actor, action: 'mapping-forgotten', subject: kind, at })
    return true
  })
}

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
  // what a file tells beside something else is not what it is of
  const ofKind =
    kind === undefined
      ? sql`kind in (${join(importKinds)}) and json_extract_string(mapping, '$.beside') is null`
      : sql`kind = ${kind}`
  const [last] = await engine.rows(sql`select kind, mapping, file_name, imported_at from imports
    where ${ofKind} and ${isRemembered}
      and json_extract_string(mapping, '$.headers') in (${join(headersDigests(headers))})
    order by import_seq desc limit 1`)
  if (!last) return null
  const { columns, dates, timeZone, states, preset, amountsAreNet, encoding } = JSON.parse(
    String(last.mapping),
  ) as MapOverrides
  const before = columnsBefore(headers)
  const map = MapOverrides.safeParse({
    kind: last.kind,
    columns: {
      // which of several columns of money is the amount was settled then: no other becomes one beside it
      ...(last.kind === 'orders' ? Object.fromEntries(amountFields.map((field) => [field, null])) : {}),
      ...Object.fromEntries(
        Object.entries(columns ?? {}).map(([field, column]) => [
          field,
          typeof column === 'number' ? column + before : column,
        ]),
      ),
    },
    ...(dates === 'day-first' || dates === 'month-first' ? { dates } : {}),
    timeZone,
    ...(states ? { states } : {}),
    ...(preset ? { preset } : {}),
    ...(amountsAreNet === undefined ? {} : { amountsAreNet }),
    ...(encoding === undefined ? {} : { encoding }),
  })
  return map.success
    ? { map: map.data, fileName: String(last.fileName), importedAt: String(last.importedAt) }
    : null
}

/** What a table was said to be written in that leaves it open, by its header. */
export interface KnownEncoding {
  /** As `headerDigest` or `headersDigest` names it. */
  readonly headers: string
  readonly encoding: Encoding
}

/** Whether a table with these columns was said to be written so. */
export const isKnownEncoding = (
  known: readonly KnownEncoding[],
  headers: readonly string[],
  encoding: Encoding,
): boolean => {
  const digests = headersDigests(headers)
  return known.some((one) => digests.includes(one.headers) && one.encoding === encoding)
}

/** What the newest imports that are not undone were told of the tables that they were joined of, by header; and of files alone. */
export async function rememberedEncodings(engine: Engine): Promise<KnownEncoding[]> {
  const rows = await engine.rows(sql`
    with told as (
      select import_seq, unnest(from_json(json_extract(mapping, '$.tables'), '[{"headers":"VARCHAR","encoding":"VARCHAR"}]'),
        recursive := true)
      from imports where ${isRemembered}
      union all
      select import_seq, json_extract_string(mapping, '$.headers'), json_extract_string(mapping, '$.encoding')
      from imports where ${isRemembered}
    )
    select headers, encoding from told where encoding is not null
    qualify row_number() over (partition by headers order by import_seq desc) = 1 order by headers`)
  return rows.map(({ headers, encoding }) => ({ headers: String(headers), encoding: encoding as Encoding }))
}

/** What was said of this file goes before what is remembered of the last one. */
export const over = (remembered: MapOverrides, given: MapOverrides): MapOverrides => ({
  ...remembered,
  ...given,
  columns: { ...remembered.columns, ...given.columns },
  states: { ...remembered.states, ...given.states },
})
