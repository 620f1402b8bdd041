import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Encoding, Reading } from '../encoding/encoding.ts'
import type { ImportKind } from '../import-kinds.ts'
import type { Inspection } from '../inspect.ts'
import type { MapOverrides } from '../columns/mapping.ts'
import type { KnownEncoding } from '../columns/remembered.ts'
import { type Refusal, refusal, Stopped } from '../refusal.ts'
import type { FileBegin } from '../reading/file-begins.ts'
import type { FileStart } from '../reading/several-files.ts'
import { type TableFile, tablesOf } from '../reading/source.ts'
import { storageRefusal } from '../storage-refusal.ts'
import type { JoinAnswer, JoinOrder, JoinProgress } from './join-order.ts'
import type { Unused } from './plan.ts'

/** Files that are given together, each with the name that people know it by. */
export interface GivenFile {
  readonly path: string
  readonly fileName: string
}

/** Files that are given together as the order of an import names them: a single one as it is. */
export const givenFiles = (files: readonly [GivenFile, ...GivenFile[]]) =>
  files.length === 1
    ? files[0]
    : { ...files[0], fileName: files.map(({ fileName }) => fileName).join(' + '), together: files }

/** Of files that are given together: what becomes an import of its own. */
export interface Part {
  /** Tells it from the others, the same each time these files are looked at. */
  readonly part: string
  readonly fileName: string
  readonly kind: ImportKind
  /** The tables whose rows are in it. */
  readonly names: readonly string[]
  /** Rows to be read; null where they can't be, or are not counted. */
  readonly rows: number | null
  /** What is read. */
  readonly path: string
  /** Of a workbook with several: the sheet that is read. */
  readonly sheet: string | null
  /** Where it is joined of several tables, or read beside what is none: what became of each. */
  readonly tables: JoinedTables | null
  /** What somebody said that it is written in. */
  readonly encoding: Encoding | null
  /** Where it is several files of a zip as they are: where each begins. */
  readonly begins: readonly FileBegin[]
  /** Why it can't be taken; the others can. */
  readonly refusal: Refusal | null
  /** What is known of its columns before anybody says it. */
  readonly map?: MapOverrides
  /** Tags of a file of members: the part that is these. Members without a tag are passed over. */
  readonly ofMembers?: string
}

/** All that was found in files that are given together. */
export interface Parts {
  /** The folder that keeps what was made of the files. */
  readonly place: string
  /** In the order in which they are imported: orders, members, products, then what refers to them. */
  readonly parts: readonly [Part, ...Part[]]
  /** What is in none of them. */
  readonly unused: readonly Unused[]
  /** Tables to be joined that leave open what they are written in. */
  readonly open: readonly {
    readonly part: string
    readonly name: string
    readonly readings: readonly Reading[]
  }[]
}

/** The same before it has its place: paths of what is kept are relative to it. */
export type FoundParts = Omit<Parts, 'place'>

/** What tables are written in, where they leave it open: `all` of them, or each by its `part`. */
export interface SaidEncodings {
  readonly all?: Encoding | undefined
  readonly parts?: Readonly<Record<string, Encoding>> | undefined
}

/** What became of tables that were joined. */
export interface JoinedTables {
  /** The number of the first line of the base. */
  readonly firstLine: 0 | 1
  /** Each row of the joined table is one of this table's and stands on its line. */
  readonly base: { readonly name: string; readonly rows: number }
  /** Where several files are the base together: where each begins in the joined table. */
  readonly files?: readonly FileStart[]
  /** Whose rows stand where: those of the base, of what was appended to it, and of orders that were added. Of a table alone, and in receipts from before it was kept, not there. */
  readonly begins?: readonly FileBegin[]
  /** `without`: rows of `child` that name no row of this table; `unnamed`: rows of this table that none names. */
  readonly joins: readonly {
    readonly name: string
    readonly rows: number
    readonly by: string
    readonly child: string
    readonly without: number
    readonly unnamed: number
    /** Of a table of members: its columns that no order line has a place for. */
    readonly ofMembers?: string
  }[]
  /** Tables with the columns of the base, or some of them, and other orders: their rows follow. */
  readonly appended?: readonly {
    readonly name: string
    readonly rows: number
    /** Columns that they lack. */
    readonly lacking: string
  }[]
  /** Places of the columns that come from the table of orders: each row of an order has the same. */
  readonly ofOrders: readonly number[]
  /** Orders that no row of the base names: rows of their own, behind this line, each as many lines behind it as it stands in its own table. */
  readonly added: { readonly name: string; readonly rows: number; readonly line: number } | null
  readonly unused: readonly Unused[]
  /** Where nothing was joined to the base: what that one table is written in. */
  readonly alone?: Pick<Inspection, 'container' | 'sheet' | 'jsonLines' | 'encoding' | 'delimiter'>
  /** Of tables that leave it open: what they were read in, for the next ones with their headers. */
  readonly encodings?: readonly KnownEncoding[]
}

/** More are no export of one system. */
export const mostTables = 40
/** Less is done before leaving it aside would pay. */
const smallBytes = 1 << 20

interface Joining {
  readonly answer: Promise<JoinAnswer>
  readonly fileName: string
  share: number
  /** How many wait for it: it ends when nobody does. */
  waiting: number
  stopped: boolean
  stop(): void
}

/** Joining that goes on, by where its result goes: who asks for the same meanwhile gets the same. */
const going = new Map<string, Joining>()

/** What is being joined now for `folder`, and how far that is; null: nothing is. */
export function joiningIn(folder: string): { readonly fileName: string; readonly share: number } | null {
  for (const [place, { fileName, share }] of going) if (dirname(place) === folder) return { fileName, share }
  return null
}

/** The answer of a joining, or that this caller has stopped waiting: it ends once nobody waits. */
async function awaited(joining: Joining, signal: AbortSignal | undefined): Promise<JoinAnswer> {
  const leave = () => {
    joining.waiting--
    if (joining.waiting > 0) return
    joining.stopped = true
    joining.stop()
  }
  joining.waiting++
  if (signal?.aborted) leave()
  signal?.addEventListener('abort', leave, { once: true })
  try {
    return await joining.answer
  } finally {
    signal?.removeEventListener('abort', leave)
  }
}

/**
 * Where the files, or the files in a zip, are different tables: what becomes of them. Orders and what tells more of them are
 * joined into one file of delimited text in `folder`; each other table is a part of its own, as it is. Both are kept
 * there for who asks again. `fileName` names all files. Null: they are one table and are read as they are.
 */
export async function partsOf(
  files: readonly GivenFile[],
  fileName: string,
  folder: string,
  {
    encodings = {},
    known: remembered = [],
    signal,
  }: {
    encodings?: SaidEncodings | undefined
    /** What tables with the same headers were said to be written in before. */
    known?: readonly KnownEncoding[]
    signal?: AbortSignal | undefined
  } = {},
): Promise<Parts | Refusal | null> {
  try {
    const found = await Promise.all(files.map((one) => tablesIn(one, files.length > 1)))
    const tables = found
      .flatMap((tables, given) => tables.map((table) => ({ ...table, given, name: basename(table.named) })))
      // sheets of several workbooks may well have the same names
      .map((one, _, all) =>
        one.sheet && all.filter(({ name }) => name === one.name).length > 1
          ? { ...one, name: one.named }
          : one,
      )
      .toSorted((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1))
    if (tables.length < 2 && !tables[0]?.packed) return null
    if (tables.length > mostTables) return refusal('many-tables', { file: fileName, most: mostTables })
    const said = Object.entries(encodings.parts ?? {}).toSorted()
    const digest = createHash('sha256').update(JSON.stringify([encodings.all ?? null, said, remembered]))
    for (const { path, named, given } of tables) {
      const { size, mtimeMs } = statSync(path)
      digest.update(JSON.stringify([path, named, given, size, mtimeMs]))
    }
    const place = join(folder, digest.digest('hex').slice(0, 32))
    const known = join(place, 'parts.json')
    if (!existsSync(known)) {
      const bytes = files.reduce((sum, one) => sum + statSync(one.path).size, 0)
      const names = files.map((one) => one.fileName)
      const order = { fileName, names, tables, encodings, remembered, aside: bytes > smallBytes }
      // who asks anew waits until what others have called off is gone
      while (going.get(place)?.stopped) await going.get(place)?.answer
      const joining = going.get(place) ?? joinInto(place, order)
      const answer = await awaited(joining, signal)
      if (answer.kind === 'refused') return answer
    }
    const { parts, ...others } = JSON.parse(readFileSync(known, 'utf8')) as FoundParts
    const [first, ...rest] = parts
    const at = (part: Part): Part => ({ ...part, path: resolve(place, part.path) })
    return { ...others, place, parts: [at(first), ...rest.map(at)] }
  } catch (error) {
    if (error instanceof Stopped) return error.refusal
    const known = storageRefusal(error, folder, fileName)
    if (known) return known
    throw error
  }
}

/** What may be tables in a file; one beside others that is none for sure, such as a PDF, is left out as in a zip. */
const tablesIn = ({ path, fileName }: GivenFile, hasOthers: boolean): Promise<TableFile[]> =>
  tablesOf(path, fileName).catch((error: unknown): TableFile[] => {
    if (!hasOthers || !(error instanceof Stopped) || error.refusal.id !== 'not-a-table') throw error
    return [{ path, named: fileName, other: true }]
  })

/** Files by their names, sheets as they stand in their workbook. */
const inOrder = ({ named, sheet }: TableFile): string =>
  sheet ? `${dirname(named)}/${String(sheet.place).padStart(6, '0')}` : named

/** Joins in a thread of its own, in a folder that becomes `place` once all of it is there. */
function joinInto(place: string, order: Omit<JoinOrder, 'folder' | 'kept'>): Joining {
  let stop = () => {}
  const stopping = new Promise<void>((resolve) => (stop = resolve))
  const joining: Joining = {
    fileName: order.fileName,
    share: 0,
    waiting: 0,
    stopped: false,
    stop,
    answer: joinedInto(place, order, stopping, (share) => (joining.share = share)).finally(() =>
      going.delete(place),
    ),
  }
  going.set(place, joining)
  return joining
}

async function joinedInto(
  place: string,
  order: Omit<JoinOrder, 'folder' | 'kept'>,
  stopping: Promise<void>,
  onShare: (share: number) => void,
): Promise<JoinAnswer> {
  const folder = `${place}.part`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'work'), { recursive: true, mode: 0o700 })
  try {
    const answer = await answerOf({ ...order, folder: join(folder, 'work'), kept: folder }, stopping, onShare)
    if (answer.kind === 'refused') return answer
    rmSync(join(folder, 'work'), { recursive: true })
    writeFileSync(join(folder, 'parts.json'), JSON.stringify(answer.parts), { mode: 0o600 })
    rmSync(place, { recursive: true, force: true })
    renameSync(folder, place)
    return answer
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const answerOf = (
  order: JoinOrder,
  stopping: Promise<void>,
  onShare: (share: number) => void,
): Promise<JoinAnswer> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./join-worker.ts', import.meta.url), { workerData: order })
    void stopping.then(() => worker.postMessage('stop'))
    worker.on('message', (message: JoinAnswer | JoinProgress) => {
      if (message.kind === 'progress') onShare(message.share)
      else resolve(message)
    })
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('The joining of tables ended without a word.')))
  })
