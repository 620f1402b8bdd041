import { basename, extname, join } from 'node:path'
import type { Encoding, Reading } from '../encoding/encoding.ts'
import type { ImportKind } from '../import-kinds.ts'
import { sampleOf } from '../inspect.ts'
import { kindsOf } from '../columns/kind-of.ts'
import { isKnownEncoding } from '../columns/remembered.ts'
import { RecordScanner, UnreadableRecord } from '../reading/records.ts'
import { fields, plainHeader } from '../columns/fields.ts'
import { memberFieldNames, memberFields } from '../members/fields.ts'
import { type Refusal, refusal, Stopped } from '../refusal.ts'
import { type FileBegin, inItsFile } from '../reading/file-begins.ts'
import {
  openSource,
  type Opening,
  readSource,
  takeOutTable,
  tablesOf,
  type ZippedPart,
} from '../reading/source.ts'
import { isOrderKey, keyOf } from './plan.ts'
import type { JoinedTables } from './joined.ts'
import { unusedNote } from './told.ts'
import { type GivenTable, blockBytes, order, stop, stopped } from './join-order.ts'

/** A table that has columns and rows. */
export interface Opened {
  readonly part: string
  readonly table: GivenTable
  /** What it may be written in, where that is open. */
  readonly readings: readonly Reading[]
  /** As somebody said, where it would be open. */
  readonly encoding: Encoding | null
  readonly kind: ImportKind
  /** Its columns speak for no kind. */
  readonly isGuess: boolean
  readonly opening: Opening
  readonly form: Pick<Awaited<ReturnType<typeof sampleOf>>, 'delimiter' | 'quote' | 'headerLine'>
  readonly headers: readonly string[]
  readonly keys: readonly string[]
  readonly records: readonly (readonly string[])[]
}

export type Table = GivenTable
/** A table that is left out, and why. */
export type Unusable = JoinedTables['unused'][number]
/** A table that can't be opened. */
export interface Unreadable {
  readonly part: string
  readonly table: Table
  readonly refusal: Refusal
}

/** What is opened of a table that was given: of a workbook that lies in a zip each of its sheets. */
export async function openTables(part: string, given: Table): Promise<(Opened | Unusable | Unreadable)[]> {
  if (!given.packed) return [await openTable(part, given)]
  try {
    const path = join(order.kept, `table-${part}${extname(given.name)}`)
    await takeOutTable(given, path, stop.signal)
    const { entries, ...others } = given
    const inFile = entries?.[0] ?? 0
    const found = await tablesOf(path, given.named)
    const opened = []
    for (const [place, one] of found.entries()) {
      const name = found.length > 1 ? basename(one.named) : given.name
      const table = { ...others, ...one, name, inFile }
      opened.push(await openTable(place === 0 ? part : `${part}.${place}`, table))
    }
    return opened
  } catch (error) {
    return [notOpened(part, given, error)]
  }
}

/** What the first lines of a table tell, that it is none, or why it can't be read. */
async function openTable(part: string, table: Table): Promise<Opened | Unusable | Unreadable> {
  const { name, sheet } = table
  if (table.other) return { name, why: 'no-table' }
  try {
    const { opening, readings, encoding } = await openTold(part, table)
    const { sample, ...form } = await sampleOf(opening, table.named)
    const { kinds, isGuess } = kindsOf(sample, {})
    const keys = sample.headers.map((header) => keyOf(header, sheet?.name ?? name.replace(/\..*$/, '')))
    const about = { part, table, readings, encoding, kind: kinds[0], isGuess, keys }
    return { ...about, opening, form, headers: sample.headers, records: sample.records }
  } catch (error) {
    return notOpened(part, table, error)
  }
}

/** That a table is none, or why it can't be read; throws what is no refusal. */
function notOpened(part: string, table: Table, error: unknown): Unusable | Unreadable {
  const refusal = refusalOf(error, table)
  const { id } = refusal
  if (id === 'empty' || id === 'no-rows') return { name: table.name, why: 'empty' }
  if (id === 'one-column' || id === 'lone-column' || id === 'no-header')
    return { name: table.name, why: 'no-table' }
  return { part, table, refusal }
}

/** A table as somebody said that it is written in, or said of the last one with its header, where it leaves that open; else as it is likeliest, with what it may be. */
async function openTold(
  part: string,
  { path, named, archive, entries, sheet: one }: Table,
): Promise<{ opening: Opening; readings: readonly Reading[]; encoding: Encoding | null }> {
  const sheet = one?.name
  const opening = await openSource(path, named, { entries, sheet, archive })
  const { readings, sure } = opening.evidence
  if (sure) return { opening, readings: [], encoding: null }
  const said = order.encodings.parts?.[part] ?? order.encodings.all
  for (const { encoding } of readings) {
    if (said !== undefined && encoding !== said) continue
    const as = await openSource(path, named, { entries, said: encoding, archive })
    if (encoding === said) return { opening: as, readings: [], encoding }
    const { headers } = (await sampleOf(as, named)).sample
    if (isKnownEncoding(order.remembered, headers, encoding)) return { opening: as, readings: [], encoding }
  }
  return { opening, readings, encoding: null }
}

/** Rows are what a key names, a member or a product, and no orders. */
export const isOf = ({ keys }: Opened, field: 'memberId' | 'sku'): boolean =>
  keys.some((key) => (fields[field].aliases as readonly string[]).includes(key)) && !keys.some(isOrderKey)

/** Columns of a table of members that say something of them which no order line does. */
export const aboutMembers = ({ headers }: Opened): string =>
  headers
    .filter((header) => {
      const plain = plainHeader(header)
      return memberFieldNames.some(
        (field) => !(field in fields) && (memberFields[field].aliases as readonly string[]).includes(plain),
      )
    })
    .join(', ')

/** Reads a whole table through a scanner, whose records are taken now and then; notes where each of several files of a zip begins. */
export async function scanAll(
  scanner: RecordScanner,
  opening: Opening,
  table: Table,
  take: () => void,
  { onRead = () => {}, begins }: { onRead?: (bytes: number) => void; begins: FileBegin[] },
): Promise<void> {
  const onPart = ({ name, lines, own }: ZippedPart) =>
    begins.push({
      name: `${table.archive ?? table.named}/${name}`,
      line: opening.jsonPaths ? lines + 1 : scanner.line,
      own,
    })
  try {
    for await (const piece of readSource(opening, table.named, onRead, undefined, onPart)) {
      stopped()
      scanner.push(piece)
      if (scanner.pending > blockBytes) take()
    }
    scanner.end()
  } catch (error) {
    const stopped = inItsFile(refusalOf(error, table), begins)
    throw new Stopped(stopped.id, stopped.values)
  }
  take()
}

/** What expected refusals of a table are as values; throws what is none. */
export function refusalOf(error: unknown, { named }: Pick<Table, 'named'>): Refusal {
  // of an archive that is damaged nothing is believed
  if (error instanceof Stopped && error.refusal.id !== 'broken-zip') return error.refusal
  if (error instanceof UnreadableRecord) return unreadable(error, named)
  throw error
}

const unreadable = ({ reason, line }: UnreadableRecord, file: string): Refusal =>
  refusal(reason === 'too-long' ? 'long-record' : 'open-quote', { file, line })

/** Refuses tables of which none can be taken. */
export const apart = (unused: readonly Unusable[]) =>
  new Stopped('tables-apart', {
    file: order.fileName,
    tables: { listed: order.tables.map((one) => one.name) },
    why: unused.map(unusedNote),
  })
