import { isAscii } from 'node:buffer'
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { Readable as ByteStream } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, constants } from 'node:zlib'
import { isKnownHeader } from '../columns/known-headers.ts'
import { type Encoding, type Evidence, evidenceOf, firstBroken, saidEvidence } from '../encoding/encoding.ts'
import { escapedIn } from '../encoding/escaped-encoding.ts'
import { gathered } from '../containers/delimited.ts'
import { jsonLinePaths, jsonLines } from '../containers/json-lines.ts'
import { oldStranger, packedStranger, strangerOf, tellingBytes } from '../containers/strangers.ts'
import { isWorkbook, mostRows, type Sheet, sheetsOf, workbookLines } from '../containers/xlsx.ts'
import { type Archive, isBomb, openArchive } from '../containers/zip.ts'
import { type FileBegin, inItsFile } from './file-begins.ts'
import { Stopped } from '../refusal.ts'

export type Container = 'plain' | 'gzip' | 'zip' | 'xlsx' | 'parquet'

/** All that is needed to read a file as delimited text again. */
export interface Source {
  readonly path: string
  readonly container: Container
  readonly encoding: Encoding
  /** Of JSON Lines: the paths that are columns; null: the text is delimited. */
  readonly jsonPaths: readonly string[] | null
  /** Of a zip: the places of its files that are read, as parts of one table; all of them unless told. */
  readonly entries?: readonly number[] | undefined
  /** Of a workbook: the sheet that is read, the first that is not hidden unless told. */
  readonly sheet?: string | null | undefined
}

/** The beginning of a file, unpacked, and what it is written in. */
export interface Opening extends Source {
  readonly bytes: number
  readonly sheet: string | null
  /** Its other sheets that are not hidden: nothing of them is read. */
  readonly otherSheets: readonly string[]
  /** The number of the header's line: 0 where no line of the file is the header. */
  readonly firstLine: 0 | 1
  /** At most `openingBytes` of delimited text, in UTF-8, without byte order mark. */
  readonly head: Buffer
  /** The head is the whole file. */
  readonly whole: boolean
  /** What its encoding is told by. */
  readonly evidence: Evidence
}

const openingBytes = 1 << 20

/** What is known of a file before it is opened. */
export interface ToOpen {
  readonly entries?: readonly number[] | undefined
  /** Of a workbook: the sheet that is read. */
  readonly sheet?: string | null | undefined
  /** Its encoding, as somebody said; without it the likeliest is taken, which may not be sure. */
  readonly said?: Encoding | undefined
  /** Of a zip, where it goes by another name: what it is called. */
  readonly archive?: string | undefined
  /** Several tables were joined into it: text, whatever the names of their files that it goes by end in. */
  readonly isJoined?: boolean | undefined
}

/** Reads the beginning of a file and decides what it is. Throws `Stopped` with what is wrong with it. */
export async function openSource(
  path: string,
  named: string,
  { entries, sheet: wanted, said, archive = named, isJoined = false }: ToOpen = {},
): Promise<Opening> {
  const bytes = sizeOf(path, named)
  const { container, sheets } = isJoined ? alone('plain') : await containerOf(path, named)
  const sheet = wanted ?? sheets.find((one) => one.path !== null)?.name ?? null
  const otherSheets = sheets.map(({ name }) => name).filter((name) => name !== sheet)
  const found = { path, bytes, container, sheet, otherSheets, entries }
  if (container === 'xlsx' || container === 'parquet') {
    const source = { ...found, encoding: 'utf-8', evidence: untold, jsonPaths: null } as const
    // A sheet may have all of its rows empty but a few: nothing but line ends.
    const most = openingBytes + (container === 'xlsx' ? mostRows : 0)
    const { head, whole } = await headOf(readSource(source, named), most)
    if (isBlank(head)) throw new Stopped('empty', { file: named })
    return { ...source, firstLine: container === 'xlsx' ? 1 : 0, head, whole }
  }
  const { head: raw, whole } = await headOf(unpacked({ path, container, entries }, named))
  if (raw.length === 0) throw new Stopped('empty', { file: named })
  const { encoding, evidence } = textEncodingOf(raw, whole, named, said)
  const head = encoding === 'utf-8' ? withoutMark(raw) : Buffer.from(decode(encoding, raw))
  if (isBlank(head)) throw new Stopped('empty', { file: named })
  const begins = head.toString('latin1', 0, 4096).trimStart()
  if (/^\[\s*[{[]/.test(begins)) throw new Stopped('json-array', { file: named })
  if (!/^\{\s*["}]/.test(begins))
    return { ...found, encoding, evidence, jsonPaths: null, firstLine: 1, head, whole }
  const parts: FileBegin[] = []
  const onPart = ({ name, lines, own }: ZippedPart) =>
    parts.push({ name: `${archive}/${name}`, line: lines + 1, own })
  const text = readSource({ ...found, encoding, jsonPaths: null }, named, undefined, undefined, onPart)
  const jsonPaths = await jsonLinePaths(text, named).catch((error: unknown) => {
    if (!(error instanceof Stopped)) throw error
    const { id, values } = inItsFile(error.refusal, parts)
    throw new Stopped(id, values)
  })
  const source = { ...found, encoding, evidence, jsonPaths }
  return { ...source, firstLine: 0, ...(await headOf(readSource(source, named))) }
}

/** A file of a zip that is read as one with others. */
export interface ZippedPart {
  /** Its name in the zip. */
  readonly name: string
  /** Of JSON Lines: how many lines came before it. */
  readonly lines: number
  /** The line on which what is read of it begins: behind a header that is the first file's too. */
  readonly own: number
}

/**
 * The whole file as delimited text in UTF-8, in pieces; `onRead` hears how many bytes of the file have been read so far,
 * `onPart` of each of several files of a zip before its first piece.
 */
export async function* readSource(
  { path, container, encoding, jsonPaths, entries, sheet }: Source,
  named: string,
  onRead: (bytes: number) => void = () => {},
  hash?: Hash,
  onPart: (part: ZippedPart) => void = () => {},
): AsyncGenerator<Buffer> {
  if (jsonPaths) {
    const plain = { path, container, encoding, jsonPaths: null, entries }
    const text = readSource(plain, named, onRead, hash, onPart)
    yield* gathered(jsonLines(text, jsonPaths, named))
    return
  }
  if (hash && container !== 'plain' && container !== 'gzip')
    for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer)
  const bytes = sizeOf(path, named)
  const onShare = (share: number) => onRead(Math.round(bytes * Math.min(1, share)))
  if (container === 'parquet') {
    // it alone needs an engine, which every thread that reads a file would load
    const { parquetLines } = await import('../containers/parquet.ts')
    yield* gathered(parquetLines(path, named, onShare))
  } else if (container === 'xlsx') {
    using archive = await openArchive(path, named)
    const all = (await sheetsOf(archive, named)).filter((one) => one.path !== null)
    const one = (sheet ? all.find(({ name }) => name === sheet) : all[0])!
    // each sheet is a file of its own, and the first stands for the workbook
    if (one !== all[0]) hash?.update(one.name)
    yield* gathered(workbookLines(archive, one.path!, named, onShare))
  } else {
    const decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding)
    let first = true
    for await (const piece of unpacked({ path, container, entries }, named, onRead, hash, onPart)) {
      if (decoder) yield Buffer.from(decoder.decode(piece, { stream: true }))
      else yield first ? withoutMark(piece) : piece
      first = false
    }
    if (decoder) yield Buffer.from(decoder.decode())
  }
}

/** SHA-256 of the file as it stands on disk: what makes two imports the same file. */
export const fileHash = (): Hash => createHash('sha256')

const startsWith = (start: Buffer, ...signature: number[]): boolean =>
  start.subarray(0, signature.length).equals(Buffer.from(signature))

/** `sheets`: of a workbook, those that are not hidden. */
interface Found {
  readonly container: Container
  readonly sheets: readonly Sheet[]
}

const alone = (container: Container): Found => ({ container, sheets: [] })

/** What the file is by its first bytes, whatever its name says. */
async function containerOf(path: string, named: string): Promise<Found> {
  let start = Buffer.alloc(tellingBytes)
  const file = await open(path).catch(() => {
    throw new Stopped('unreadable-file', { file: named })
  })
  try {
    const { bytesRead } = await file.read(start, 0, start.length, 0)
    start = start.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
  if (startsWith(start, 0x1f, 0x8b)) return alone('gzip')
  if (/\.gz$/i.test(named)) throw new Stopped('not-gzip', { file: named })
  if (startsWith(start, 0x50, 0x41, 0x52, 0x31)) return alone('parquet')
  const isOld = startsWith(start, 0xd0, 0xcf, 0x11, 0xe0)
  const stranger = isOld ? oldStranger(named) : strangerOf(start)
  if (stranger) throw new Stopped('not-a-table', { file: named, what: stranger })
  if (isOld) throw new Stopped('old-spreadsheet', { file: named })
  const isZip = startsWith(start, 0x50, 0x4b, 3, 4) || startsWith(start, 0x50, 0x4b, 5, 6)
  if (!isZip) return alone('plain')
  using archive = await openArchive(path, named)
  if (isWorkbook(archive)) return { container: 'xlsx', sheets: await sheetsOf(archive, named) }
  const packed = packedStranger(archive.entries)
  if (packed) throw new Stopped('not-a-table', { file: named, what: packed })
  tablesIn(archive, named)
  return alone('zip')
}

/** A file, a sheet of a workbook, or the files of a zip that are parts of one table: those that begin with the same line. */
export interface TableFile {
  readonly path: string
  /** For sentences. */
  readonly named: string
  /** Of a zip: what it is called. */
  readonly archive?: string
  readonly entries?: readonly number[]
  /** Of a workbook with several: which of those that are not hidden. */
  readonly sheet?: { readonly name: string; readonly place: number }
  /** A workbook, Parquet or compressed text in a zip: it has to be taken out (`takeOutTable`) before it can be read. */
  readonly packed?: true
  /** No table, such as a picture, that lies beside tables. */
  readonly other?: true
}

/** The tables that a file may hold: the sheets of a workbook, of a zip as many as its files have different headers, else one. Throws `Stopped`. */
export async function tablesOf(path: string, named: string): Promise<TableFile[]> {
  sizeOf(path, named)
  const { container, sheets } = await containerOf(path, named)
  if (sheets.length > 1)
    return sheets.map(({ name, path: cells }, place) => ({
      path,
      named: `${named}/${name}`,
      sheet: { name, place },
      ...(cells === null ? { other: true } : {}),
    }))
  if (container !== 'zip') return [{ path, named }]
  using archive = await openArchive(path, named)
  const entries = tablesIn(archive, named)
  const tables: { header: readonly string[]; entries: number[]; packed?: true }[] = []
  for (const [place, entry] of entries.entries()) {
    if (entry.uncompressedSize === 0) continue
    if (isPacked(entry)) {
      tables.push({ header: [], entries: [place], packed: true })
      continue
    }
    const header = await headerOf(archive, entry)
    const known = tables.find(
      (table) => !table.packed && namesColumns(header) && isSameTable(table.header, header),
    )
    if (known) known.entries.push(place)
    else tables.push({ header, entries: [place] })
  }
  const others = archive.entries.filter((entry) => !entries.includes(entry))
  if (tables.length < 2 && others.length === 0 && !tables[0]?.packed) return [{ path, named }]
  return [
    ...tables.map(({ entries: places, packed }) => ({
      path,
      named: `${named}/${entries[places[0]!]!.fileName.replace(/\.gz$/i, '')}`,
      archive: named,
      entries: places,
      ...(packed ? { packed } : {}),
    })),
    ...others.map(({ fileName }): TableFile => ({ path, named: `${named}/${fileName}`, other: true })),
  ]
}

/**
 * Writes a table of a zip into a file of its own, as it would be if it had been given alone; text in .gz is unpacked.
 * Throws `Stopped` where it unpacks to far more than it takes in the zip, or to what has to be unpacked once more.
 */
export async function takeOutTable(
  { path, named, entries, packed }: TableFile,
  to: string,
  signal: AbortSignal,
): Promise<void> {
  using archive = await openArchive(path, named)
  const chosen = tablesIn(archive, named).filter((_, place) => entries?.includes(place) ?? true)
  const [entry] = chosen
  if (!entry) throw new Stopped('empty', { file: named })
  const write = (pieces: AsyncIterable<Buffer>) =>
    pipeline(ByteStream.from(pieces), createWriteStream(to, { mode: 0o600 }), { signal })
  const bomb = () => new Stopped('zip-bomb', { file: named, entry: entry.fileName })
  // the archive is to be open until all of it is written
  if (chosen.length > 1)
    await write(
      joined(
        archive,
        named,
        entries,
        () => {},
        () => {},
      ),
    )
  else if (packed && isGzip(entry)) await write(unzipped(archive, entry, named, bomb))
  else await write(archive.read(entry))
  if (!packed || isGzip(entry)) return
  const { container } = await containerOf(to, named)
  if (container === 'gzip' || container === 'zip') throw packedTwice(named, entry.fileName)
  if (container !== 'xlsx') return
  using workbook = await openArchive(to, named)
  const unpackedBytes = workbook.entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  if (isBomb(entry.compressedSize, unpackedBytes)) throw bomb()
}

async function* unzipped(
  archive: Archive,
  entry: Archive['entries'][number],
  named: string,
  bomb: () => Stopped,
): AsyncGenerator<Buffer> {
  const unzip = createGunzip({ chunkSize: 1 << 18, finishFlush: constants.Z_FINISH })
  const source = ByteStream.from(archive.read(entry))
  source.on('error', (error) => unzip.destroy(error)).pipe(unzip)
  let out = 0
  try {
    for await (const piece of unzip as AsyncIterable<Buffer>) {
      if (out === 0 && (startsWith(piece, 0x50, 0x4b) || startsWith(piece, 0x1f, 0x8b)))
        throw packedTwice(named, entry.fileName)
      out += piece.length
      if (isBomb(entry.compressedSize, out)) throw bomb()
      yield piece
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith('Z_'))
      throw new Stopped('broken-gzip', { file: named })
    throw error
  } finally {
    source.destroy()
    unzip.destroy()
  }
}

const packedTwice = (named: string, entry: string) => new Stopped('packed-twice', { file: named, entry })

const isPacked = ({ fileName }: { readonly fileName: string }) => /\.(xlsx|xlsm|parquet|gz)$/i.test(fileName)
const isGzip = ({ fileName }: { readonly fileName: string }) => /\.gz$/i.test(fileName)

/** A first line as it stands, or the names in the first object of JSON Lines. */
async function headerOf(archive: Archive, entry: Archive['entries'][number]): Promise<readonly string[]> {
  let begin = Buffer.alloc(0)
  for await (const piece of archive.read(entry)) {
    begin = Buffer.concat([begin, piece])
    if (begin.some(isLineEnd) || begin.length >= openingBytes) break
  }
  const end = begin.findIndex(isLineEnd)
  const line = withoutMark(begin.subarray(0, end < 0 ? begin.length : end))
  if (!isJsonLines(entry)) return [line.toString('latin1')]
  try {
    return Object.keys(JSON.parse(line.toString()) as object)
  } catch {
    return [] // what is wrong with it is said when it is read
  }
}

/** A first line that is no title above the columns, and no part of a header of several lines. */
const namesColumns = (header: readonly string[]): boolean => {
  const [line = ''] = header
  return (
    header.length > 1 || (line.split('"').length % 2 === 1 && /[^\s,;|"][^,;\t|]*[,;\t|]+[^,;\t|]/.test(line))
  )
}

/** Parts of one table have one header; objects of one, some names more or less. */
const isSameTable = (a: readonly string[], b: readonly string[]): boolean =>
  a.length < 2 || b.length < 2
    ? a.join() === b.join()
    : a.filter((one) => b.includes(one)).length * 2 > Math.min(a.length, b.length)

const isJsonLines = ({ fileName }: { readonly fileName: string }) => !/\.(csv|tsv|txt)$/i.test(fileName)

/** The files of an archive that may be tables. What else lies beside them is told (`tablesOf`); an archive without any is refused. */
function tablesIn(archive: Archive, named: string) {
  if (archive.entries.length === 0) throw new Stopped('empty', { file: named })
  const tables = archive.entries.filter(
    (entry) => /\.(csv|tsv|txt|jsonl|ndjson|json)$/i.test(entry.fileName) || isPacked(entry),
  )
  if (tables.length === 0)
    throw new Stopped('zip-content', { file: named, entry: archive.entries[0]!.fileName })
  return tables
}

async function headOf(
  pieces: AsyncIterable<Buffer>,
  most = openingBytes,
): Promise<{ head: Buffer; whole: boolean }> {
  const read: Buffer[] = []
  let length = 0
  for await (const piece of pieces) {
    read.push(piece)
    length += piece.length
    if (length > most) return { head: Buffer.concat(read).subarray(0, most), whole: false }
  }
  return { head: Buffer.concat(read), whole: true }
}

const isBlank = (text: Buffer): boolean => text.toString('latin1').trim() === ''

const withoutMark = (text: Buffer): Buffer =>
  text.length >= 3 && text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? text.subarray(3) : text

function sizeOf(path: string, named: string): number {
  let status
  try {
    status = statSync(path)
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new Stopped(missing ? 'missing-file' : 'unreadable-file', { file: named })
  }
  if (status.isDirectory()) throw new Stopped('directory', { file: named })
  // it is read more than once, and a pipe that nobody writes into would never end
  if (!status.isFile()) throw new Stopped('not-a-file', { file: named })
  if (status.size === 0) throw new Stopped('empty', { file: named })
  return status.size
}

/** The text inside of a plain, compressed or zipped file, as it is encoded. */
async function* unpacked(
  {
    path,
    container,
    entries,
  }: Pick<Source, 'path' | 'entries'> & { readonly container: 'plain' | 'gzip' | 'zip' },
  named: string,
  onRead: (bytes: number) => void = () => {},
  hash?: Hash,
  onPart: (part: ZippedPart) => void = () => {},
): AsyncGenerator<Buffer> {
  if (container === 'zip') {
    using archive = await openArchive(path, named)
    const onShare = (share: number) => onRead(Math.round(sizeOf(path, named) * share))
    yield* joined(archive, named, entries, onShare, onPart)
    return
  }
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  let bytes = 0
  file.on('data', (piece) => {
    bytes += piece.length
    hash?.update(piece)
    onRead(bytes)
  })
  const unzip =
    container === 'gzip' ? createGunzip({ chunkSize: 1 << 18, finishFlush: constants.Z_FINISH }) : null
  if (unzip) file.on('error', (error) => unzip.destroy(error)).pipe(unzip)
  let out = 0
  try {
    for await (const piece of unzip ?? file) {
      out += (piece as Buffer).length
      if (unzip && isBomb(bytes, out)) throw new Stopped('gzip-bomb', { file: named })
      yield piece as Buffer
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code?.startsWith('Z_')) throw new Stopped('broken-gzip', { file: named })
    if (code === 'EACCES' || code === 'EPERM' || code === 'EIO')
      throw new Stopped('unreadable-file', { file: named })
    throw error
  } finally {
    unzip?.destroy()
    file.destroy()
  }
}

function newlinesIn(piece: Buffer): number {
  let count = 0
  for (let at = piece.indexOf(0x0a); at >= 0; at = piece.indexOf(0x0a, at + 1)) count++
  return count
}

const isLineEnd = (byte: number | undefined): boolean => byte === 0x0a || byte === 0x0d

/**
 * The files of an archive as one text: parts of one table. Each later one must begin with the first one's
 * header, which is left out.
 */
async function* joined(
  archive: Archive,
  named: string,
  places: Source['entries'],
  onShare: (share: number) => void,
  onPart: (part: ZippedPart) => void,
): AsyncGenerator<Buffer> {
  const entries = tablesIn(archive, named).filter((_, place) => places?.includes(place) ?? true)
  const total = entries.reduce((sum, { compressedSize }) => sum + compressedSize, 0)
  let before = 0
  let lines = 0
  let header: Buffer | undefined
  for (const entry of entries) {
    const isText = isJsonLines(entry) // they have no header
    if (entries.length > 1) onPart({ name: entry.fileName, lines, own: header && !isText ? 2 : 1 })
    let begin = Buffer.alloc(0)
    let begun = isText
    let ended = true
    for await (const piece of archive.read(entry, (share) =>
      onShare((before + share * entry.compressedSize) / Math.max(1, total)),
    )) {
      if (begun) {
        ended = isLineEnd(piece.at(-1))
        if (isText && entries.length > 1) lines += newlinesIn(piece)
        yield piece
        continue
      }
      begin = Buffer.concat([begin, piece])
      const end = begin.findIndex(isLineEnd)
      if (end < 0 && begin.length < openingBytes) continue
      begun = true
      // Texts of two bytes a character can't be put one behind the other.
      if (entries.length > 1 && (startsWith(begin, 0xff, 0xfe) || startsWith(begin, 0xfe, 0xff)))
        throw new Stopped('utf-16', { file: named })
      const first = withoutMark(begin.subarray(0, end < 0 ? begin.length : end))
      if (header && !header.equals(first)) throw new Error(`${entry.fileName} in ${named} is another table.`) // tablesOf tells them apart
      const next = begin[end] === 0x0d && begin[end + 1] === 0x0a ? end + 2 : end + 1
      const text = header ? begin.subarray(next) : begin
      header = first
      ended = text.length === 0 || isLineEnd(text.at(-1))
      if (text.length > 0) yield text
    }
    // without a line end it is a header alone
    if (!begun && begin.length > 0 && !(header && withoutMark(begin).equals(header))) {
      header ??= withoutMark(begin)
      ended = false
      yield begin
    }
    // nothing follows the last one, whose characters may have two bytes
    if (!ended && entry !== entries.at(-1)) {
      lines++
      yield Buffer.from('\n')
    }
    before += entry.compressedSize
  }
}

/** Of a file that has no other encoding, or says its own. */
const untold: Evidence = { readings: [], sure: true }

/** Its mark tells UTF-16 and UTF-8, else what was said, else the text itself. Stops at what is no text or can't be read here. */
function textEncodingOf(
  raw: Buffer,
  whole: boolean,
  named: string,
  said?: Encoding,
): { encoding: Encoding; evidence: Evidence } {
  if (startsWith(raw, 0xff, 0xfe) || startsWith(raw, 0xfe, 0xff)) {
    const encoding = raw[0] === 0xff ? 'utf-16le' : 'utf-16be'
    if (/[\0\ufffd]/.test(decode(encoding, raw.subarray(0, raw.length & ~1))))
      throw new Stopped('utf-16', { file: named })
    return { encoding, evidence: untold }
  }
  const isControl = (byte: number) => byte < 9 || (byte > 13 && byte < 27)
  let controls = 0
  for (let at = 0; at < raw.length; at++) if (isControl(raw[at]!)) controls++
  if (controls > Math.max(fewControls, raw.length / 100)) {
    const line = raw
      .subarray(0, raw.findIndex(isControl))
      .toString('latin1')
      .split(/\r\n?|\n/).length
    throw new Stopped('binary', {
      file: named,
      line,
      byte: `0x${raw.find(isControl)!.toString(16).padStart(2, '0')}`,
    })
  }
  if (startsWith(raw, 0xef, 0xbb, 0xbf)) return { encoding: 'utf-8', evidence: untold }
  const escaped = isAscii(raw) ? escapedIn(raw) : null
  if (escaped) throw new Stopped('escaped-encoding', { file: named, encoding: escaped })
  const evidence = said === undefined ? evidenceOf(raw, whole, isKnownHeader) : saidEvidence(raw, whole, said)
  const [first] = evidence.readings
  if (!first) throw new Stopped('unknown-encoding', { file: named, ...firstBroken(raw) })
  return { encoding: first.encoding, evidence: first.encoding === 'utf-8' ? untold : evidence }
}

/** Of these a text may have some: rows with a 0x00 are refused one by one. */
const fewControls = 3

const decode = (encoding: Encoding, raw: Buffer): string => new TextDecoder(encoding).decode(raw)
