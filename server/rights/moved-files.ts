import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { setImmediate as othersTurn } from 'node:timers/promises'
import type { Session } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { resolvedMembers } from '../identity/match.ts'
import { openArchive } from '../import/containers/zip.ts'
import { inboxOf, noteEnding } from '../import/inbox.ts'
import type { Readable } from '../import/inspect.ts'
import { kindNamed } from '../import/kinds/catalogue.ts'
import { fieldsOf } from '../import/kinds/kind.ts'
import { inspectIn, partsIn } from '../import/ready-to-read.ts'
import { Stopped } from '../import/refusal.ts'
import { originals } from '../import/refused-file.ts'
import { importRuns } from '../import/runs.ts'
import { systemCode } from '../command-line/refusal.ts'
import { openSource, readSource, type Source, tablesOf, takeOutTable } from '../import/source.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { bare } from './refused-rows.ts'

/** What files may name somebody by. Names are not among it: many people have the same. */
export interface Telling {
  /** Member numbers. */
  readonly ids: readonly string[]
  /** Phones, openids and e-mails. */
  readonly values: readonly string[]
}

/** A file that the inbox took in or refused, as people find it: `done/…` or `refused/…`. */
export interface MovedFile {
  readonly name: string
  readonly path: string
}

export interface MovedFiles {
  /** Those that name the person. */
  readonly named: readonly MovedFile[]
  /** Those that can't be read, of which nobody knows. */
  readonly unread: readonly MovedFile[]
}

/** What stands or ever stood for the members of a relation with one column `member_id`. */
export async function tellingOf(session: Pick<Session, 'rows'>, memberIds: Sql): Promise<Telling> {
  const rows =
    await session.rows(sql`select member_id, phone, openid, email from members where member_id in ${memberIds}
    union select member_id, phone, openid, email from ${resolvedMembers(sql`import_members`)} as said where member_id in ${memberIds}
    union select named, phone, openid, email from row_people where named in ${memberIds}
    union select member_id, null, null, null from ${memberIds} as named`)
  const texts = (of: readonly unknown[]) => [
    ...new Set(of.filter((text): text is string => typeof text === 'string' && text !== '')),
  ]
  return {
    ids: texts(rows.map(({ memberId }) => memberId)),
    values: texts(rows.flatMap(({ phone, openid, email }) => [phone, openid, email])),
  }
}

/**
 * Of the files that the inbox moved to `done` and `refused`: those whose rows, or whose own name, name somebody. Each is
 * read whole, packed ones, workbooks and Parquet too, and others may work meanwhile. Short numbers, which may as well be
 * amounts, are looked for in the columns that name members alone, as an import would read the file.
 */
export async function movedFilesNaming(
  platform: Platform,
  workspace: Workspace,
  { ids, values }: Telling,
  signal?: AbortSignal,
): Promise<MovedFiles> {
  const named: MovedFile[] = []
  const unread: MovedFile[] = []
  const seen = await seenBefore(platform, workspace, { ids, values })
  const plain = new Set(ids.filter((id) => !isDistinctive(id)))
  const names = namesIn([...ids.filter(isDistinctive), ...values])
  const scratch = join(importRuns(platform).temporaryFolder, randomUUID())
  try {
    for (const file of movedFiles(platform, workspace)) {
      signal?.throwIfAborted()
      const version = versionOf(file)
      if (version === null) continue
      let found = seen.get(version)
      if (found === undefined) {
        found = await unlessGone(
          file,
          async () =>
            names(file.name) ||
            noteNames(file, names) ||
            (plain.size > 0 && (await columnsNaming(workspace, file, plain, scratch, signal))) ||
            (await fileNames(file, names, scratch)),
        )
        seen.set(version, found)
      }
      if (found === true) named.push(file)
      else if (found === null) unread.push(file)
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return { named, unread }
}

/** By whom was looked for, what the files said: the deletion itself need not read again what it showed before. */
const lastSeen = new WeakMap<Platform, { asked: string; found: Map<string, boolean | null> }>()

/** What was found of files when the same was looked for before, and no import has come since that could read them otherwise. */
async function seenBefore(
  platform: Platform,
  workspace: Workspace,
  { ids, values }: Telling,
): Promise<Map<string, boolean | null>> {
  const [imports] = await workspace.engine.rows(sql`select count(*) as n from imports`)
  const asked = createHash('sha256')
    .update(JSON.stringify([workspace.id, imports!.n, ids.toSorted(), values.toSorted()]))
    .digest('hex')
  const last = lastSeen.get(platform)
  if (last?.asked === asked) return last.found
  const found = new Map<string, boolean | null>()
  lastSeen.set(platform, { asked, found })
  return found
}

/** Names a file as it stands, with the note beside it; null: it is gone. */
function versionOf({ path }: MovedFile): string | null {
  const of = (one: string) => {
    const found = statSync(one, { bigint: true, throwIfNoEntry: false })
    return found ? [found.ino, found.size, found.mtimeNs, found.ctimeNs].join() : null
  }
  const own = of(path)
  return own && JSON.stringify([path, own, of(`${path}${noteEnding}`)])
}

/** What a file that somebody takes away meanwhile said is that it names nobody. */
async function unlessGone(file: MovedFile, look: () => Promise<boolean | null>): Promise<boolean | null> {
  try {
    return await look()
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && !existsSync(file.path)) return false
    throw error
  }
}

const noteNames = ({ path }: MovedFile, names: (text: string) => boolean): boolean =>
  existsSync(`${path}${noteEnding}`) && names(readFileSync(`${path}${noteEnding}`, 'utf8'))

/** Takes files away, with the notes beside them; one that is gone already is no error. */
export function removeMoved(files: readonly MovedFile[]): void {
  for (const { path } of files) {
    rmSync(path, { force: true })
    rmSync(`${path}${noteEnding}`, { force: true })
  }
}

function movedFiles(platform: Platform, workspace: Workspace): MovedFile[] {
  const folders = inboxOf(platform, workspace)
  return (['done', 'refused'] as const).flatMap((folder) =>
    existsSync(folders[folder])
      ? readdirSync(folders[folder], { withFileTypes: true })
          .filter((entry) => entry.isFile() && !entry.name.endsWith(noteEnding))
          .map(({ name }) => ({ name: `${folder}/${name}`, path: join(folders[folder], name) }))
      : [],
  )
}

/** A text that can't be taken for an amount, a count or a word. */
const isDistinctive = (id: string): boolean => id.length >= 5 && !/^\d{1,9}$/.test(id)

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
    const seen = text
      .normalize('NFKC')
      .replace(/[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, '')
    return patterns.some((pattern) => pattern.test(seen))
  }
}

const pieceLength = 1 << 16
const longestLine = 1 << 20

/** Whether text that comes in pieces has a line that names somebody. */
async function linesName(pieces: AsyncIterable<string>, names: (text: string) => boolean): Promise<boolean> {
  let rest = ''
  for await (const piece of pieces) {
    for (let from = 0; from < piece.length; from += pieceLength) {
      rest += piece.slice(from, from + pieceLength)
      const end = rest.length > longestLine ? rest.length : rest.lastIndexOf('\n') + 1
      if (end === 0) continue
      if (names(rest.slice(0, end))) return true
      rest = rest.slice(end)
      await othersTurn()
    }
  }
  return names(rest)
}

/** Whether a file names somebody in any of its tables, in whatever they are written and packed; null: it can't be read. */
async function fileNames(
  { path, name }: MovedFile,
  names: (text: string) => boolean,
  scratch: string,
): Promise<boolean | null> {
  try {
    for (const table of await tablesOf(path, name)) {
      if (names(table.named)) return true
      if (table.other) continue // read with all that the archive holds
      if (table.packed) {
        const taken = join(scratch, randomUUID())
        mkdirSync(scratch, { recursive: true, mode: 0o700 })
        await takeOutTable(table, taken, new AbortController().signal)
        const found = await fileNames({ path: taken, name: table.named }, names, scratch)
        rmSync(taken, { force: true })
        if (found !== false) return found
      } else {
        const source = await openSource(path, table.named, {
          entries: table.entries,
          sheet: table.sheet?.name,
        })
        if (await linesName(textOf(source, table.named), names)) return true
      }
    }
    // also what no import reads: further sheets of a workbook, what lies beside tables
    return (await archiveNames(path, name, names)) || (isPacked(path, ['%PDF']) ? null : false)
  } catch (error) {
    if (!(error instanceof Stopped)) throw error
    if (await rawNames(() => createReadStream(path, { highWaterMark: pieceLength }), names)) return true
    return isPacked(path) ? null : false
  }
}

async function* textOf(source: Source, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8')
  for await (const piece of readSource(source, name)) yield decoder.decode(piece, { stream: true })
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

async function archiveNames(path: string, name: string, names: (text: string) => boolean): Promise<boolean> {
  if (!isPacked(path, ['PK'])) return false
  using archive = await openArchive(path, name)
  for (const entry of archive.entries) if (await rawNames(() => archive.read(entry), names)) return true
  return false
}

/** Encodings in which a file that no reader takes may be text all the same. */
const encodings = ['utf-8', 'gb18030', 'utf-16le'] as const

async function rawNames(
  bytes: () => AsyncIterable<Uint8Array>,
  names: (text: string) => boolean,
): Promise<boolean> {
  for (const encoding of encodings) {
    const decoder = new TextDecoder(encoding)
    const pieces = async function* () {
      for await (const piece of bytes()) yield decoder.decode(piece, { stream: true })
    }
    if (await linesName(pieces(), names)) return true
  }
  return false
}

/** Whether a column that names members, as an import would read the file, has one of the numbers. Of what no import reads nobody is told. */
async function columnsNaming(
  workspace: Workspace,
  { path, name }: MovedFile,
  ids: ReadonlySet<string>,
  scratch: string,
  signal: AbortSignal | undefined,
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
      let rows = 0
      for await (const { values } of originals(name, readable)) {
        if (columns.some((column) => ids.has(bare(values[column] ?? '')))) return true
        if (++rows % 2_000 === 0) await othersTurn()
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
