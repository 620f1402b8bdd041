import { randomUUID } from 'node:crypto'
import { closeSync, createReadStream, mkdirSync, openSync, readSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as othersTurn } from 'node:timers/promises'
import { openArchive } from '../import/containers/zip.ts'
import type { Readable } from '../import/inspect.ts'
import { kindNamed } from '../import/kinds/catalogue.ts'
import { fieldsOf } from '../import/kinds/kind.ts'
import { cellsOfAll } from '../import/reading/originals.ts'
import { inspectIn, partsIn } from '../import/reading/ready-to-read.ts'
import { Stopped } from '../import/refusal.ts'
import { openSource, readSource, type Source, tablesOf, takeOutTable } from '../import/reading/source.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { bare } from './refused-rows.ts'

/** What files may name somebody by. Names are not among it: many people have the same. */
export interface Telling {
  /** Member numbers. */
  readonly ids: readonly string[]
  /** Phones, openids and e-mails. */
  readonly values: readonly string[]
}

/** Whom to look for in files, and how a reading goes on. */
export interface Search {
  /** Whether a text names somebody for certain. */
  readonly names: (text: string) => boolean
  /** Short numbers, which may as well be amounts: they count in columns that name members alone. */
  readonly short: ReadonlySet<string>
  /** Whether a text has one of them at all. */
  readonly mayName: (text: string) => boolean
  readonly workspace: Workspace
  /** A folder for what is taken out of archives; made where it is needed. */
  readonly scratch: string
  readonly signal?: AbortSignal | undefined
  /** Told which share of the file is read. */
  readonly onShare?: (share: number) => void
}

/** Looks for all that tells somebody. */
export function searchFor(
  { ids, values }: Telling,
  place: Pick<Search, 'workspace' | 'scratch' | 'signal'>,
): Search {
  const short = ids.filter((id) => !isDistinctive(id))
  return {
    names: namesIn([...ids.filter(isDistinctive), ...values]),
    short: new Set(short),
    mayName: namesIn(short),
    ...place,
  }
}

/**
 * Whether a file names somebody in any of its tables, in whatever they are written and packed; null: it can't be read. It
 * is read once; and once more, as an import would read it, where it has a short number that may be a member's.
 */
export async function fileNames(
  { path, name }: { readonly path: string; readonly name: string },
  search: Search,
): Promise<boolean | null> {
  let may = false
  const seen = (text: string) => {
    may ||= search.mayName(text)
    return search.names(text)
  }
  const once = search.short.size === 0
  const { onShare = () => {} } = search
  const found = await textNames(path, name, seen, {
    ...search,
    onShare: (share) => onShare(once ? share : share / 2),
  })
  if (found === true || once || (found === false && !may)) return found
  const ofColumns = await columnsName(path, name, {
    ...search,
    onShare: (share) => onShare((1 + share) / 2),
  })
  return ofColumns || found
}

/** A text that can't be taken for an amount, a count or a word. */
export const isDistinctive = (id: string): boolean => id.length >= 5 && !/^\d{1,9}$/.test(id)

/** Whether some text has one of those: whole, phones however they are written, e-mails in letters of either case. */
function namesIn(texts: readonly string[]): (text: string) => boolean {
  const word = (text: string) =>
    `(?<![\\p{L}\\p{N}_-])${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}(?![\\p{L}\\p{N}_-])`
  const mails = texts.filter((text) => text.includes('@'))
  const phones = texts.filter((text) => /^\+?\d{8,15}$/.test(text)).map((text) => text.replace('+', ''))
  const spaced = (digits: string) => [...digits].join('[ \\u00a0().-]{0,2}')
  const patterns = [
    ...texts.filter((text) => !text.includes('@')).map((text) => new RegExp(word(text), 'u')),
    ...mails.map((text) => new RegExp(word(text), 'iu')),
    ...phones.map((digits) => {
      // with the country's number, without it (one to three digits), or with zeros for it
      const national = [0, 1, 2, 3].map((cut) => digits.slice(cut)).filter(({ length }) => length >= 8)
      return new RegExp(`(?<!\\d)0{0,2}(?:${national.map(spaced).join('|')})(?!\\d)`, 'u')
    }),
  ]
  return (text) => {
    if (patterns.length === 0) return false
    const seen = text
      .normalize('NFKC')
      .replace(/[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, '')
    return patterns.some((pattern) => pattern.test(seen))
  }
}

type Seen = (text: string) => boolean

async function textNames(path: string, name: string, seen: Seen, search: Search): Promise<boolean | null> {
  const { scratch, signal, onShare } = search
  try {
    for (const table of await tablesOf(path, name)) {
      if (seen(table.named)) return true
      if (table.other) continue // read with all that the archive holds
      if (table.packed) {
        const taken = join(scratch, randomUUID())
        mkdirSync(scratch, { recursive: true, mode: 0o700 })
        await takeOutTable(table, taken, signal ?? new AbortController().signal)
        const found = await textNames(taken, table.named, seen, { ...search, onShare: () => {} })
        rmSync(taken, { force: true })
        if (found !== false) return found
      } else {
        const source = await openSource(path, table.named, {
          entries: table.entries,
          sheet: table.sheet?.name,
        })
        if (await linesName(textOf(source, table.named, onShare), seen, signal)) return true
      }
    }
    // also what no import reads: further sheets of a workbook, what lies beside tables
    return (await archiveNames(path, name, seen, signal)) || (isPacked(path, ['%PDF']) ? null : false)
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    if (await rawNames(() => createReadStream(path, { highWaterMark: pieceLength }), seen, signal))
      return true
    return isPacked(path) ? null : false
  }
}

const pieceLength = 1 << 16
const longestLine = 1 << 20

/** Whether text that comes in pieces has a line that names somebody. */
async function linesName(
  pieces: AsyncIterable<string>,
  seen: Seen,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let rest = ''
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; from += pieceLength) {
      rest += piece.slice(from, from + pieceLength)
      const end = rest.length > longestLine ? rest.length : rest.lastIndexOf('\n') + 1
      if (end === 0) continue
      if (seen(rest.slice(0, end))) return true
      rest = rest.slice(end)
      signal?.throwIfAborted()
      await othersTurn()
    }
  }
  return seen(rest)
}

async function* textOf(
  source: Source & { readonly bytes: number },
  name: string,
  onShare: (share: number) => void = () => {},
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8')
  const onRead = (bytes: number) => onShare(bytes / Math.max(1, source.bytes))
  for await (const piece of readSource(source, name, onRead)) yield decoder.decode(piece, { stream: true })
}

/** The first bytes of what holds text that can't be seen in it: zip and workbook, gzip, Parquet, old spreadsheets, PDF. */
const packings = ['PK', '\x1f\x8b', 'PAR1', '\xd0\xcf\x11\xe0', '%PDF']

function isPacked(path: string, only = packings): boolean {
  const file = openSync(path, 'r')
  try {
    const start = Buffer.alloc(4)
    readSync(file, start, 0, 4, 0)
    return only.some((packing) => start.toString('latin1').startsWith(packing))
  } finally {
    closeSync(file)
  }
}

async function archiveNames(
  path: string,
  name: string,
  seen: Seen,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!isPacked(path, ['PK'])) return false
  using archive = await openArchive(path, name)
  for (const entry of archive.entries)
    if (await rawNames(() => archive.read(entry), seen, signal)) return true
  return false
}

/** Encodings in which a file that no reader takes may be text all the same. */
const encodings = ['utf-8', 'gb18030', 'utf-16le'] as const

async function rawNames(
  bytes: () => AsyncIterable<Uint8Array>,
  seen: Seen,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const encoding of encodings) {
    const decoder = new TextDecoder(encoding)
    const pieces = async function* () {
      for await (const piece of bytes()) yield decoder.decode(piece, { stream: true })
    }
    if (await linesName(pieces(), seen, signal)) return true
  }
  return false
}

/** Whether a column that names members, as an import would read the file, has one of the short numbers. Of what no import reads nobody is told. */
async function columnsName(
  path: string,
  name: string,
  { workspace, short, scratch, signal, onShare = () => {} }: Search,
): Promise<boolean> {
  const given = { path, fileName: name }
  try {
    const parts = await partsIn(workspace, given, scratch, { signal })
    if (parts && 'id' in parts) return false
    for (const part of parts?.parts.map((one) => one.part) ?? [undefined]) {
      const readable = await inspectIn(
        workspace,
        { ...given, ...(part ? { part } : {}) },
        {},
        scratch,
        signal,
      )
      if ('id' in readable) continue
      const columns = memberColumns(readable)
      if (columns.length === 0) continue
      const onRead = (bytes: number) => onShare(bytes / Math.max(1, readable.opening.bytes))
      for await (const records of cellsOfAll(name, readable, columns, onRead)) {
        if (records.some((cells) => cells.some((cell) => short.has(bare(cell))))) return true
        signal?.throwIfAborted()
        await othersTurn()
      }
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error // what is wrong with the file was met before
  }
  return false
}

/** The positions of the columns that a file's kind takes for member numbers. */
function memberColumns({ mapping }: Readable): number[] {
  const kind = kindNamed(mapping.kind)
  const fields = kind
    ? fieldsOf(kind).flatMap(([field, { member }]) => (member ? [field as string] : []))
    : ['memberId']
  return Object.entries(mapping.columns).flatMap(([field, column]) =>
    fields.includes(field) ? [column] : [],
  )
}
