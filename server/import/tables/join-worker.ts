import { appendFileSync, closeSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { extname, join } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import { type Engine, QueryCancelled } from '../../../analytics/engine/engine.ts'
import { quietThread } from '../../../analytics/engine/priority.ts'
import { join as list, name, type Sql, sql } from '../../../analytics/sql/sql.ts'
import { cellId, cellText } from '../cells.ts'
import { delimitedLine } from '../containers/delimited.ts'
import type { Encoding, Reading } from '../encoding.ts'
import { type ImportKind, importKinds } from '../import-kinds.ts'
import { headerDigest } from '../header-digest.ts'
import { namedWidth, sampleOf } from '../inspect.ts'
import { kindsOf } from '../kind-of.ts'
import { readable } from '../readable-records.ts'
import {
  type BrokenRecord,
  bytesOf,
  fieldSeparator,
  lineBreakInValue,
  RecordScanner,
  UnreadableRecord,
} from '../records.ts'
import { fields, plainHeader } from '../fields.ts'
import { memberFieldNames, memberFields } from '../members/fields.ts'
import type { KnownEncoding } from '../remembered.ts'
import { type Refusal, refusal, Stopped, undecidedEncoding } from '../refusal.ts'
import type { FileStart } from '../several-files.ts'
import { openSource, type Opening, readSource, type TableFile, takeOutTable } from '../source.ts'
import {
  isOrderKey,
  isWhole,
  type JoinPlan,
  keyOf,
  type Link,
  mayBeKey,
  mayFollow,
  mayJoin,
  planJoin,
  type TableFacts,
  whyUnused,
} from './plan.ts'
import type { FoundParts, JoinedTables, Part, SaidEncodings } from './joined.ts'
import { unusedNote } from './told.ts'

/** Tables that are given together, and where what is made of them goes: `kept` what is read later, `folder` what is written on the way. */
export interface JoinOrder {
  readonly fileName: string
  /** The names of the files, in the order in which they were given. */
  readonly names: readonly string[]
  readonly tables: readonly GivenTable[]
  readonly folder: string
  readonly kept: string
  readonly encodings: SaidEncodings
  readonly remembered: readonly KnownEncoding[]
  /** Questions come first. */
  readonly aside: boolean
}

/** `given`: the place of its file among those that were given. */
type GivenTable = TableFile & { readonly name: string; readonly given: number }

export type JoinAnswer = { kind: 'found'; parts: FoundParts } | Refusal
/** How far the joining is, 0 to 1; sent before the answer, many times. */
export interface JoinProgress {
  readonly kind: 'progress'
  readonly share: number
}

/** A table that has columns and rows. */
interface Opened {
  readonly part: string
  readonly table: GivenTable
  /** What it may be written in, where that is open. */
  readonly readings: readonly Reading[]
  /** As somebody said, where it would be open. */
  readonly encoding: Encoding | null
  readonly kind: ImportKind
  readonly opening: Opening
  readonly form: Pick<Awaited<ReturnType<typeof sampleOf>>, 'delimiter' | 'quote' | 'headerLine'>
  readonly headers: readonly string[]
  readonly keys: readonly string[]
  readonly records: readonly (readonly string[])[]
}

const blockBytes = 8 << 20
const order = workerData as JoinOrder
/** Whoever asked for it is told of nothing else: any message ends the joining. */
const stop = new AbortController()
const options = { timeoutMs: 12 * 60 * 60 * 1000, aside: order.aside, signal: stop.signal }
/** Shares of the time that a joining takes: most of it goes into reading the tables and writing what they come to. */
const shares = { reading: 0.45, joining: 0.15, writing: 0.4 }
let told = 0
function tell(share: number): void {
  if (share < told + 0.01) return
  told = share
  const progress: JoinProgress = { kind: 'progress', share }
  parentPort!.postMessage(progress)
}
const stopped = (): void => {
  if (stop.signal.aborted) throw new QueryCancelled('The joining was cancelled.')
}

type Table = GivenTable
type Unusable = JoinedTables['unused'][number]
/** A table that can't be opened. */
interface Unreadable {
  readonly part: string
  readonly table: Table
  readonly refusal: Refusal
}

/**
 * What becomes of the tables. Orders and what tells more of them (`joinedKinds`) are one part; each table of another kind is
 * one too, those of members and products besides, because no order line has a place for all they say.
 */
async function found(): Promise<FoundParts> {
  const tables: Opened[] = []
  const unused: Unusable[] = []
  const unreadable: Unreadable[] = []
  for (const [place, table] of order.tables.entries()) {
    const one = await openTable(String(place), table)
    if ('why' in one) unused.push(one)
    else if ('refusal' in one) unreadable.push(one)
    else tables.push(one)
  }
  const nothingElse = unused.every(({ why }) => why === 'no-table') && unreadable.length === 0
  const anyOrders = tables.some(({ kind }) => kind === 'orders')
  // a single table beside what is none is read as it is, whatever it holds
  const alone = tables.length === 1 && unreadable.length === 0
  const ofOrders = tables.filter(({ kind }) => alone || (anyOrders && joinedKinds.includes(kind)))
  const byItself = alone
    ? unused.length === 0
      ? tables
      : []
    : ofOrders.length === 1 && nothingElse && unused.length === 0
      ? tables
      : tables.filter(({ kind }) => kind !== 'orders')
  const own = new Set(byItself)
  const together = ofOrders.filter((one) => !own.has(one) || ofOrders.length > 1)
  const parts: Part[] = []
  const open = together.filter(({ readings }) => readings.length > 0)
  if (together.length > 0)
    parts.push(await joinedPart(together, own, { unused, unreadable, nothingElse, open }))
  for (const one of byItself) parts.push(await ownPart(one))
  const saidOf = parts[0]?.refusal
  for (const { part, table, refusal } of unreadable)
    if (saidOf?.id !== refusal.id || saidOf.values.file !== refusal.values.file)
      parts.push(
        partOf({ part, table, kind: 'orders', encoding: null, path: table.path, rows: null, refusal }),
      )
  // told where they stand: tables of their own are not left out
  const names = new Set(byItself.map(({ table }) => table.name))
  const left = unused.filter(({ name }) => !names.has(name))
  const inOrder = parts.toSorted((a, b) => rankOf(a) - rankOf(b))
  const [first, ...rest] = inOrder
  if (!first) throw apart(unused)
  return {
    parts: [first, ...rest],
    unused: left,
    open: open.map(({ part, table, readings }) => ({ part, name: table.name, readings })),
  }
}

/** Orders come first, then members and products, then what refers to them; of these in the order of their kinds. */
const firstKinds: readonly ImportKind[] = ['orders', 'members', 'products']
const rankOf = ({ kind }: Part): number => [...new Set([...firstKinds, ...importKinds])].indexOf(kind)

const partOf = ({
  table,
  ...part
}: Pick<Part, 'part' | 'kind' | 'encoding' | 'path' | 'rows' | 'refusal'> & { table: Table }): Part => ({
  ...part,
  fileName: table.named,
  names: [table.name],
  tables: null,
  firstLines: [],
})

const apart = (unused: readonly Unusable[]) =>
  new Stopped('tables-apart', {
    file: order.fileName,
    tables: order.tables.map((one) => one.name).join(', '),
    why: unused.map(unusedNote),
  })

/** What expected refusals of a table are as values; throws what is none. */
function refusalOf(error: unknown, { named }: Pick<Table, 'named'>): Refusal {
  // of an archive that is damaged nothing is believed
  if (error instanceof Stopped && error.refusal.id !== 'broken-zip') return error.refusal
  if (error instanceof UnreadableRecord) return unreadable(error, named)
  throw error
}

const unreadable = ({ reason, line }: UnreadableRecord, file: string): Refusal =>
  refusal(reason === 'too-long' ? 'long-record' : 'open-quote', { file, line })

/** A table that is read as it is: taken out of its zip, its rows counted. */
async function ownPart(one: Opened): Promise<Part> {
  const { part, table, kind, encoding } = one
  const kept = table.entries === undefined ? null : `table-${part}${extname(table.name)}`
  if (kept !== null && !table.packed) await takeOutTable(table, join(order.kept, kept), stop.signal)
  const path = kept ?? table.path
  let rows: number | null = null
  let refusal: Refusal | null = null
  const firstLines: number[] = []
  try {
    rows = await rowsOf(one, firstLines)
  } catch (error) {
    refusal = refusalOf(error, table)
  }
  return { ...partOf({ part, table, kind, encoding, path, rows, refusal }), firstLines }
}

/** Rows of a table, those that will be refused too; into `firstLines` go those of each further file of a zip. */
async function rowsOf({ table, opening, form, headers }: Opened, firstLines: number[]): Promise<number> {
  const scanner = new RecordScanner({
    ...bytesOf(form),
    firstLine: opening.firstLine,
    ...(opening.container === 'xlsx' ? {} : { columns: headers.length }),
    needed: namedWidth(headers),
    keep: [],
  })
  let above = 0
  let broken = 0
  const count = () => {
    const block = scanner.take()
    for (let at = 0; at < block.length; at = block.indexOf(0x0a, at) + 1) {
      if (Number.parseInt(block.toString('latin1', at, at + 16)) > form.headerLine) break
      above++
    }
    broken += scanner.broken.splice(0).filter(({ line }) => line > form.headerLine).length
  }
  await scanAll(scanner, opening, table, count, { firstLines })
  return scanner.records - above + broken
}

/** Reads a whole table through a scanner, whose records are taken now and then; notes the first line of each further file of a zip. */
async function scanAll(
  scanner: RecordScanner,
  opening: Opening,
  table: Table,
  take: () => void,
  { onRead = () => {}, firstLines }: { onRead?: (bytes: number) => void; firstLines: number[] },
): Promise<void> {
  const onPart = (lines: number) => firstLines.push(opening.jsonPaths ? lines + 1 : scanner.line)
  try {
    for await (const piece of readSource(opening, table.named, onRead, undefined, onPart)) {
      stopped()
      scanner.push(piece)
      if (scanner.pending > blockBytes) take()
    }
    scanner.end()
  } catch (error) {
    if (!(error instanceof UnreadableRecord)) throw error
    throw new Stopped(error.reason === 'too-long' ? 'long-record' : 'open-quote', {
      file: table.named,
      line: error.line,
    })
  }
  take()
}

/** Of orders and what tells more of them: one table, or why there is none. */
async function joinedPart(
  usable: readonly Opened[],
  own: ReadonlySet<Opened>,
  {
    unused,
    unreadable,
    nothingElse,
    open,
  }: {
    readonly unused: Unusable[]
    readonly unreadable: readonly Unreadable[]
    readonly nothingElse: boolean
    readonly open: readonly Opened[]
  },
): Promise<Part> {
  const files = new Set(usable.map(({ table }) => table.named.split('/')[0]!))
  const named = order.names.filter((one) => files.has(one))
  const part = {
    part: 'joined',
    fileName: named.join(' + '),
    kind: usable.length === 1 ? usable[0]!.kind : ('orders' as const),
    names: usable.map(({ table }) => table.name),
    path: 'joined.csv',
    encoding: null,
    firstLines: [],
  }
  const not = (refusal: Refusal): Part => ({ ...part, rows: null, tables: null, refusal })
  const [first] = open
  if (first) return not(undecidedEncoding(first.table.named, first.readings))
  const encodings = usable.flatMap(({ headers, encoding }) =>
    encoding === null ? [] : [{ headers: headerDigest(headers), encoding }],
  )
  const before = unused.length
  try {
    const tables = await joined(usable, own, unused, nothingElse)
    const names = [
      tables.base.name,
      ...(tables.appended ?? []).map(({ name }) => name),
      ...tables.joins.map(({ name }) => name),
    ]
    return {
      ...part,
      names,
      rows: tables.base.rows + (tables.added?.rows ?? 0),
      tables: { ...tables, ...(encodings.length > 0 ? { encodings } : {}) },
      refusal: null,
    }
  } catch (error) {
    const refusal = refusalOf(error, { named: order.fileName })
    // they are not left out beside others, but all of them can't be taken
    unused.splice(before)
    return not(refusal.id === 'tables-apart' && unreadable[0] ? unreadable[0].refusal : refusal)
  }
}

async function joined(
  usable: readonly Opened[],
  own: ReadonlySet<Opened>,
  unused: Unusable[],
  nothingElse: boolean,
): Promise<JoinedTables> {
  const { opened, bases } = partsLast(usable)
  shared = sharedKeys(opened)
  const engine = await openDuckDb(':memory:', {
    threads: order.aside ? 2 : 1,
    memoryLimit: '600MB',
    temporaryFolder: join(order.folder, 'aside'),
  })
  try {
    const broken: (BrokenRecord | undefined)[] = []
    const bytes = opened.reduce((sum, { opening }) => sum + opening.bytes, 0)
    let before = 0
    for (const [at, one] of opened.entries()) {
      broken.push(await take(engine, one, at, (read) => tell((shares.reading * (before + read)) / bytes)))
      before += one.opening.bytes
    }
    const appended = await appendParts(engine, opened, bases, broken)
    if (appended.length > 0) opened.splice(opened.length - bases.length)
    const tables = await Promise.all(
      opened.map(async ({ table, headers, keys }, at) => {
        const counts = await countsOf(engine, keys, at)
        return { name: table.name, headers, keys, ...counts }
      }),
    )
    const links = await linksOf(engine, tables)
    const planned = planJoin(tables, links)
    const base = planned.joins.length > 0 ? planned.base : loneBase(opened, nothingElse)
    const plan = { ...planned, base: base ?? planned.base }
    const used = new Set([plan.base, ...plan.joins.map(({ parent }) => parent)])
    for (const at of tables.keys())
      if (!used.has(at) && !own.has(opened[at]!)) unused.push(whyUnused(tables, links, plan, at))
    if (base === null) throw apart(unused)
    for (const at of used) if (broken[at]) throw brokenTable(opened[at]!, broken[at])
    const added = plan.joins.find(({ child, key }) => child === plan.base && isOrderKey(key))
    const { lastLine, rowsAdded, ofOrders } = await write(
      engine,
      opened,
      plan,
      added,
      tables[plan.base]!.rows,
    )
    const joins = []
    for (const link of plan.joins) {
      const { child, parent, key, found } = link
      const [unnamed] = await engine.rows(
        sql`select count(*) as n from ${file(parent)} where ${keyIn(parent, key)} not in (
          select ${keyIn(child, key)} from ${file(child)} where ${keyIn(child, key)} is not null)`,
        options,
      )
      joins.push({
        name: tables[parent]!.name,
        rows: tables[parent]!.rows,
        by: opened[child]!.headers[opened[child]!.keys.indexOf(key)]!,
        child: tables[child]!.name,
        without: tables[child]!.rows - found,
        // rows of a table that comes in by itself too stay out of nothing
        unnamed: link === added || own.has(opened[parent]!) ? 0 : Number(unnamed!.n),
        ...(isOf(opened[parent]!, 'memberId') && !own.has(opened[parent]!)
          ? { ofMembers: aboutMembers(opened[parent]!) }
          : {}),
      })
    }
    return {
      firstLine: opened[plan.base]!.opening.firstLine,
      base: { name: tables[plan.base]!.name, rows: tables[plan.base]!.rows },
      ...(startsOf(opened[plan.base]!, plan.base).length > 1
        ? { files: startsOf(opened[plan.base]!, plan.base) }
        : {}),
      joins,
      ofOrders,
      appended,
      added:
        added && rowsAdded > 0
          ? { name: tables[added.parent]!.name, rows: rowsAdded, line: lastLine + 1 }
          : null,
      unused,
    }
  } finally {
    await engine.close()
  }
}

/** Where nothing can be joined: the table that is read alone, the only one of orders, else the only one that says when orders were and what they came to. */
function loneBase(opened: readonly Opened[], nothingElse: boolean): number | null {
  const places = [...opened.keys()]
  if (opened.length === 1 && nothingElse) return 0
  const ofOrders = places.filter((at) => opened[at]!.kind === 'orders')
  const whole = ofOrders.filter((at) => isWhole(opened[at]!))
  const candidates = ofOrders.length === 1 && nothingElse ? ofOrders : whole
  return candidates.length === 1 ? candidates[0]! : null
}

/** What a row of order lines may be told by. Rows of other kinds are facts of their own. */
const joinedKinds: readonly ImportKind[] = ['orders', 'members', 'products']

/** What the first lines of a table tell, that it is none, or why it can't be read. */
async function openTable(part: string, given: Table): Promise<Opened | Unusable | Unreadable> {
  if (given.other) return { name: given.name, why: 'no-table' }
  let table = given
  try {
    if (given.packed) {
      const path = join(order.kept, `table-${part}${extname(given.name)}`)
      await takeOutTable(given, path, stop.signal)
      table = { ...given, path }
    }
    const source = { ...table, entries: table.packed ? undefined : table.entries }
    const { opening, readings, encoding } = await openTold(part, source)
    const { sample, ...form } = await sampleOf(opening, table.named)
    const [kind] = kindsOf(sample, {}).kinds
    const keys = sample.headers.map((header) => keyOf(header, table.name.replace(/\..*$/, '')))
    const about = { part, table, readings, encoding, kind, keys }
    return { ...about, opening, form, headers: sample.headers, records: sample.records }
  } catch (error) {
    const refusal = refusalOf(error, table)
    const { id } = refusal
    if (id === 'empty' || id === 'no-rows') return { name: table.name, why: 'empty' }
    if (id === 'one-column' || id === 'no-header') return { name: table.name, why: 'no-table' }
    return { part, table, refusal }
  }
}

/** Rows are what a key names, a member or a product, and no orders. */
const isOf = ({ keys }: Opened, field: 'memberId' | 'sku'): boolean =>
  keys.some((key) => (fields[field].aliases as readonly string[]).includes(key)) && !keys.some(isOrderKey)

/** Columns of a table of members that say something of them which no order line does. */
const aboutMembers = ({ headers }: Opened): string =>
  headers
    .filter((header) => {
      const plain = plainHeader(header)
      return memberFieldNames.some(
        (field) => !(field in fields) && (memberFields[field].aliases as readonly string[]).includes(plain),
      )
    })
    .join(', ')

/** A table as somebody said that it is written in, or said of the last one with its header, where it leaves that open; else as it is likeliest, with what it may be. */
async function openTold(
  part: string,
  { path, named, entries }: { path: string; named: string; entries?: readonly number[] | undefined },
): Promise<{ opening: Opening; readings: readonly Reading[]; encoding: Encoding | null }> {
  const opening = await openSource(path, named, entries)
  const { readings, sure } = opening.evidence
  if (sure) return { opening, readings: [], encoding: null }
  const said = order.encodings.parts?.[part] ?? order.encodings.all
  for (const { encoding } of readings) {
    if (said !== undefined && encoding !== said) continue
    const as = await openSource(path, named, entries, encoding)
    if (encoding === said) return { opening: as, readings: [], encoding }
    const headers = headerDigest((await sampleOf(as, named)).sample.headers)
    if (order.remembered.some((one) => one.headers === headers && one.encoding === encoding))
      return { opening: as, readings: [], encoding }
  }
  return { opening, readings, encoding: null }
}

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

const path = (at: number) => join(order.folder, `table-${at}.parquet`)
const file = (at: number): Sql => sql`read_parquet(${path(at)})`
/** Columns of all tables have names of their own, so that joined ones keep theirs. */
const lineOf = (at: number): Sql => name(`line${at}`)
const fieldsOf = (at: number): Sql => name(`fields${at}`)
const keyIn = (at: number, key: string): Sql => name(`key${at}_${shared.indexOf(key)}`)
/** What columns of several tables are known by. */
let shared: readonly string[] = []

/** The first lines of what follows the first of several files that are one table, by its place. */
const firstLines = new Map<number, number[]>()
function firstLinesOf(at: number): number[] {
  const known = firstLines.get(at) ?? []
  firstLines.set(at, known)
  return known
}

/** Where the files begin that are one table, and in which order they were given. */
const starts = new Map<number, FileStart[]>()
function startsOf({ table }: Opened, at: number): FileStart[] {
  const known =
    starts.get(at) ??
    [0, ...firstLinesOf(at)].map((line, i) => ({
      line,
      place: table.given * mostInFile + (table.entries?.[i] ?? 0),
    }))
  starts.set(at, known)
  return known
}
/** More files than a zip can hold that is opened here. */
const mostInFile = 1e6

/** Splits a whole table into `line`, `fields` and the columns by which it may be joined. Answers the first record that can't be read. */
async function take(
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
  await scanAll(scanner, opening, table, put, { onRead, firstLines: firstLinesOf(at) })
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

const brokenTable = ({ table }: Opened, { line, reason }: BrokenRecord) =>
  new Stopped('broken-table', { file: table.named, line, reason: reason.replaceAll('-', '') }) // as ICU names a choice

/** Tables whose rows may follow those of another one come last; `bases`: the places of those that they follow. */
function partsLast(tables: readonly Opened[]): { opened: Opened[]; bases: number[] } {
  const wholes: Opened[] = []
  const parts: { part: Opened; base: Opened }[] = []
  for (const one of tables.toSorted((a, b) => b.keys.length - a.keys.length)) {
    const base = wholes.find((other) => mayFollow(one, other))
    if (base) parts.push({ part: one, base })
    else wholes.push(one)
  }
  const kept = tables.filter((one) => wholes.includes(one))
  return {
    opened: [...kept, ...parts.map(({ part }) => part)],
    bases: parts.map(({ base }) => kept.indexOf(base)),
  }
}

/**
 * Puts the rows of the last tables behind those of their bases, by the names of the columns. Where two of them with
 * other columns tell mostly the same orders, none are: they are no files of different months.
 */
async function appendParts(
  engine: Engine,
  opened: readonly Opened[],
  bases: readonly number[],
  broken: readonly (BrokenRecord | undefined)[],
): Promise<NonNullable<JoinedTables['appended']>> {
  const first = opened.length - bases.length
  const of = bases.map((base, i) => ({ base, at: first + i }))
  for (const [i, { base, at }] of of.entries()) {
    const key = opened[at]!.keys.find((one) => isOrderKey(one) && shared.includes(one))
    if (key === undefined) return []
    for (const other of [base, ...of.slice(0, i).flatMap((one) => (one.base === base ? [one.at] : []))]) {
      if (opened[at]!.keys.length === opened[other]!.keys.length) continue
      const orders = (place: number) => sql`(select distinct ${keyIn(place, key)} as id from ${file(place)})`
      const [counted] = await engine.rows(
        sql`select (select count(*) from ${orders(at)} as a join ${orders(other)} as b using (id)) as both_tell,
          least((select count(*) from ${orders(at)} as a), (select count(*) from ${orders(other)} as b)) as fewest`,
        options,
      )
      if (Number(counted!.bothTell) * 2 > Number(counted!.fewest)) return []
    }
  }
  const appended = []
  for (const { base, at } of of) {
    const [whole, part] = [opened[base]!, opened[at]!]
    if (broken[at]) throw brokenTable(part, broken[at])
    const [own] = await engine.rows(
      sql`select count(*) as n, min(${lineOf(at)}) as first from ${file(at)}`,
      options,
    )
    const [last] = await engine.rows(sql`select max(${lineOf(base)}) as line from ${file(base)}`, options)
    const before = Number(last!.line) - part.form.headerLine
    const values = whole.keys.map((key) => {
      const position = part.keys.indexOf(key)
      return position < 0
        ? sql`''`
        : sql`coalesce(string_split(${fieldsOf(at)}, ${fieldSeparator})[${position + 1}], '')`
    })
    const keys = shared.filter((key) => whole.keys.includes(key))
    const to = join(order.folder, `whole-${base}-${at}.parquet`)
    await engine.run(
      sql`copy (
        select ${lineOf(base)}, ${fieldsOf(base)} ${list(
          keys.map((key) => sql`, ${keyIn(base, key)}`),
          sql``,
        )} from ${file(base)}
        union all
        select ${lineOf(at)} + ${before}, array_to_string([${list(values)}], ${fieldSeparator})
          ${list(
            keys.map((key) => (part.keys.includes(key) ? sql`, ${keyIn(at, key)}` : sql`, null`)),
            sql``,
          )} from ${file(at)}
      ) to (${to}) (format parquet)`,
      options,
    )
    renameSync(to, path(base))
    const [, ...further] = startsOf(part, at)
    startsOf(whole, base).push(
      { line: Number(last!.line) + 1, place: startsOf(part, at)[0]!.place },
      ...further.map(({ line, place }) => ({ line: line + before, place })),
    )
    appended.push({
      name: part.table.name,
      rows: Number(own!.n),
      line: Number(own!.first) + before,
      own: Number(own!.first),
      lacking: whole.headers.filter((_, i) => !part.keys.includes(whole.keys[i]!)).join(', '),
    })
  }
  return appended
}

async function countsOf(engine: Engine, keys: readonly string[], at: number) {
  const [counted] = await engine.rows(sql`select count(*) as n from ${file(at)}`, options)
  const rows = Number(counted!.n)
  const unique = new Map<string, boolean>()
  for (const key of shared.filter((one) => keys.includes(one))) {
    const [distinct] = await engine.rows(
      sql`select count(*) as n from (select ${keyIn(at, key)} from ${file(at)} where ${keyIn(at, key)} is not null group by all)`,
      options,
    )
    unique.set(key, rows > 0 && Number(distinct!.n) === rows)
  }
  return { rows, unique }
}

/** How many rows of each table find theirs in another one, by every key that could lead there. */
async function linksOf(engine: Engine, tables: readonly TableFacts[]): Promise<Link[]> {
  const links: Link[] = []
  for (const [parent, { unique }] of tables.entries())
    for (const [key, isKey] of unique)
      for (const child of isKey ? tables.keys() : []) {
        if (child === parent || !tables[child]!.unique.has(key)) continue
        if (!mayJoin(tables[child]!, tables[parent]!)) continue
        const value = keyIn(child, key)
        const [counted] = await engine.rows(
          sql`select count(${value}) as filled, count(*) filter (where ${value} in (
            select ${keyIn(parent, key)} from ${file(parent)})) as found from ${file(child)}`,
          options,
        )
        links.push({
          child,
          parent,
          key,
          filled: Number(counted!.filled),
          found: Number(counted!.found),
        })
      }
  return links
}

/**
 * Writes the joined table: each row of the base on the line where it stands in its own file, behind it what it names.
 * Rows of the table of orders that no row of the base names follow after its last line.
 */
async function write(
  engine: Engine,
  opened: readonly Opened[],
  { base, joins }: JoinPlan,
  added: Link | undefined,
  baseRows: number,
): Promise<{ lastLine: number; rowsAdded: number; ofOrders: readonly number[] }> {
  // one join after the other, each from disk to disk: all at once would hold every table
  let rows = file(base)
  for (const [step, link] of joins.entries()) {
    const { child, parent, key } = link
    const named =
      added && link !== added && child === base && key === added.key
        ? sql`coalesce(${keyIn(base, key)}, ${keyIn(added.parent, key)})`
        : keyIn(child, key)
    const to = join(order.folder, `rows-${step}.parquet`)
    await engine.run(
      sql`copy (select * from ${rows} as row ${link === added ? sql`full` : sql`left`} join ${file(parent)} as named
        on ${keyIn(parent, key)} = ${named}) to (${to}) (format parquet)`,
      options,
    )
    rows = sql`read_parquet(${to})`
    tell(shares.reading + (shares.joining * (step + 1)) / joins.length)
  }
  const parts = [base, ...joins.map(({ parent }) => parent)]
  // keys of joined tables say nothing that the naming row does not say
  const columns = parts.flatMap((at, part) =>
    opened[at]!.headers.flatMap((header, position) =>
      part > 0 && opened[at]!.keys.indexOf(joins[part - 1]!.key) === position
        ? []
        : [{ at, header, position }],
    ),
  )
  const keyColumn =
    added &&
    columns.findIndex(({ at, position }) => at === base && opened[base]!.keys.indexOf(added.key) === position)
  const keyPosition = added && opened[added.parent]!.keys.indexOf(added.key)
  const out = openSync(join(order.kept, 'joined.csv'), 'wx', 0o600)
  try {
    let text = delimitedLine(headersOf(opened, columns))
    let line = opened[base]!.opening.firstLine + 1
    let lastLine = 0
    let rowsAdded = 0
    let written = 0
    const inOrder = sql`select ${lineOf(base)} as line, ${list(parts.map(fieldsOf))} from ${rows}
      order by ${lineOf(base)} nulls last${added ? sql`, ${lineOf(added.parent)}` : sql``}`
    for await (const chunk of engine.stream(inOrder, options)) {
      stopped()
      written += chunk.length
      tell(1 - shares.writing * (1 - Math.min(1, written / Math.max(1, baseRows))))
      for (const row of chunk) {
        const fields = new Map(
          parts.map((at) => [at, ((row[`fields${at}`] as string | null) ?? '').split(fieldSeparator)]),
        )
        const values = columns.map(({ at, position }) => fields.get(at)![position] ?? '')
        if (row.line === null) {
          values[keyColumn!] = fields.get(added!.parent)![keyPosition!] ?? ''
          rowsAdded++
        } else {
          lastLine = Number(row.line)
          text += '\n'.repeat(lastLine - line)
          line = lastLine
        }
        text += delimitedLine(values.map((value) => value.replaceAll(lineBreakInValue, ' ')))
        line++
      }
      if (text.length < blockBytes) continue
      writeSync(out, text)
      text = ''
    }
    writeSync(out, text)
    const ofOrders = columns.flatMap(({ at }, place) => (at === added?.parent ? [place] : []))
    return { lastLine, rowsAdded, ofOrders }
  } finally {
    closeSync(out)
  }
}

/** The columns' names; one that is there already gets the name of its table before it. */
function headersOf(
  opened: readonly Opened[],
  columns: readonly { readonly at: number; readonly header: string }[],
): string[] {
  const given = new Map<string, number>()
  return columns.map(({ at, header: own }) => {
    // a name alone says what it is of in its own table only
    const header = opened.length > 1 && isOf(opened[at]!, 'sku') && isName(own) ? productName(own) : own
    const first = given.get(header.toLowerCase())
    if (first === undefined) given.set(header.toLowerCase(), at)
    return first === undefined || first === at || header === ''
      ? header
      : `${opened[at]!.table.name.replace(/\..*$/, '')}.${header}`
  })
}

const isName = (header: string): boolean => /^(name|title|名称|名稱)$/.test(plainHeader(header))
const productName = (header: string): string => (/[a-z]/i.test(header) ? 'product_name' : `商品${header}`)

parentPort!.once('message', () => stop.abort())
if (order.aside) quietThread()
const answer = await found().then(
  (parts): JoinAnswer => ({ kind: 'found', parts }),
  (error: unknown): JoinAnswer => {
    if (error instanceof Stopped) return error.refusal
    if (stop.signal.aborted) return refusal('import-cancelled')
    throw error
  },
)
parentPort!.postMessage(answer)
parentPort!.close()
