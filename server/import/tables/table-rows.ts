import { appendFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from '../../../analytics/engine/engine.ts'
import { join as list, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { cellId, cellText } from '../reading/cells.ts'
import { namedWidth } from '../inspect.ts'
import { readable } from '../reading/readable-records.ts'
import { type BrokenRecord, bytesOf, fieldSeparator, RecordScanner } from '../reading/records.ts'
import { Stopped } from '../refusal.ts'
import { type FileBegin, placeIn } from '../reading/file-begins.ts'
import type { FileStart } from '../reading/several-files.ts'
import { mayBeKey } from './plan.ts'
import { order, options } from './join-order.ts'
import { type Opened, scanAll } from './opened-table.ts'

/** What columns of more than one table are known by, where values like theirs may name a row. */
function sharedKeys(opened: readonly Opened[]): string[] {
  const has = (one: Opened, key: string) => {
    const position = one.keys.indexOf(key)
    return (
      position >= 0 &&
      mayBeKey(
        key,
        one.records.slice(0, 200).map((values) => values[position] ?? ''),
      )
    )
  }
  const all = new Set(opened.flatMap(({ keys }) => keys))
  return [...all].filter((key) => opened.filter((one) => has(one, key)).length > 1).sort()
}

/** Where the rows of a table lie, by its place; `file` reads them. */
export const path = (at: number) => join(order.folder, `table-${at}.parquet`)
export const file = (at: number): Sql => sql`read_parquet(${path(at)})`
/** Columns of all tables have names of their own, so that joined ones keep theirs. */
export const lineOf = (at: number): Sql => name(`line${at}`)
export const fieldsOf = (at: number): Sql => name(`fields${at}`)
export const keyIn = (at: number, key: string): Sql => name(`key${at}_${shared.indexOf(key)}`)
/** What columns of several tables are known by. */
export let shared: readonly string[] = []
/** Settles them, before any table is split. */
export function shareKeys(opened: readonly Opened[]): void {
  shared = sharedKeys(opened)
}

/** Where each of several files begins that are one table, by its place. */
const begins = new Map<number, FileBegin[]>()
function beginsOf(at: number): FileBegin[] {
  const known = begins.get(at) ?? []
  begins.set(at, known)
  return known
}

/** Where the files begin that are one table, and in which order they were given. */
const starts = new Map<number, (FileStart & FileBegin)[]>()
export function startsOf({ table, form }: Opened, at: number): (FileStart & FileBegin)[] {
  const several = beginsOf(at)
  const own = form.headerLine + 1
  const known =
    starts.get(at) ??
    (several.length > 0 ? several : [{ name: table.named, line: own, own }]).map((begin, i) => ({
      ...begin,
      place:
        table.given * mostInFile +
        (table.inFile ?? table.entries?.[i] ?? 0) * mostSheets +
        (table.sheet?.place ?? 0),
    }))
  starts.set(at, known)
  return known
}
/** More sheets than workbooks have that are opened here, and more tables than a zip can hold with these. */
const mostSheets = 1e4
const mostInFile = 1e8

/** Splits a whole table into `line`, `fields` and the columns by which it may be joined. Answers the first record that can't be read. */
export async function take(
  engine: Engine,
  { table, opening, form, headers, keys }: Opened,
  at: number,
  onRead: (bytes: number) => void,
): Promise<BrokenRecord | undefined> {
  const text = join(order.folder, `table-${at}.txt`)
  const scanner = new RecordScanner({
    ...bytesOf(form),
    firstLine: opening.firstLine,
    ...(opening.container === 'xlsx' ? {} : { columns: headers.length }),
    needed: namedWidth(headers),
  })
  let broken: BrokenRecord | undefined
  const put = () => {
    const block = readable(scanner.take(), opening.encoding === 'utf-8')
    appendFileSync(text, block.text, { mode: 0o600 })
    broken ??= [...scanner.broken.splice(0), ...block.broken].find(({ line }) => line > form.headerLine)
  }
  await scanAll(scanner, opening, table, put, { onRead, begins: beginsOf(at) })
  const own = shared.flatMap((key) => {
    const position = keys.indexOf(key)
    const value = sql`string_split(text, ${fieldSeparator})[${position + 2}]`
    return position < 0 ? [] : [sql`, ${cellId(cellText(value))} as ${keyIn(at, key)}`]
  })
  await engine.run(
    sql`copy (
      select cast(string_split(text, ${fieldSeparator})[1] as bigint) as ${lineOf(at)},
        substr(text, strpos(text, ${fieldSeparator}) + 1) as ${fieldsOf(at)} ${list(own, sql``)}
      from read_csv(${text}, auto_detect = false, header = false, delim = ${unheldByAny}, quote = '', escape = '',
        new_line = '\\n', max_line_size = 4194304, columns = {'text': 'varchar'})
      where cast(string_split(text, ${fieldSeparator})[1] as bigint) > ${form.headerLine}
    ) to (${path(at)}) (format parquet)`,
    options,
  )
  unlinkSync(text)
  return broken
}

/** A control character: the scanner leaves none in a record but its own. */
const unheldByAny = '\x1d'

/** Refuses a table for a record that can't be read. */
export function brokenTable(one: Opened, at: number, { line, reason }: BrokenRecord): Stopped {
  const place = placeIn(startsOf(one, at), line)
  return new Stopped('broken-table', {
    file: place.file ?? one.table.named,
    line: place.line,
    reason: reason.replaceAll('-', ''), // as ICU names a choice
  })
}
