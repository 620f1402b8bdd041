import { createHash, type Hash } from 'node:crypto'
import { createReadStream, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { isUtf8 } from 'node:buffer'
import { createGunzip, constants } from 'node:zlib'
import { Stopped } from './refusal.ts'

export type Encoding = 'utf-8' | 'gb18030' | 'windows-1252'

/** The beginning of a file, decompressed, and what it is written in. */
export interface Opening {
  readonly path: string
  readonly bytes: number
  readonly gzip: boolean
  readonly encoding: Encoding
  /** At most `openingBytes`, in UTF-8, without byte order mark. */
  readonly head: Buffer
  /** The head is the whole file. */
  readonly whole: boolean
}

const openingBytes = 1 << 20

/** Reads the beginning of a file and decides its encoding. Throws `Stopped` with what is wrong with it. */
export async function openSource(path: string, named: string): Promise<Opening> {
  const bytes = sizeOf(path, named)
  const start = Buffer.alloc(Math.min(bytes, 4))
  const file = await open(path).catch(() => {
    throw new Stopped('unreadable-file', { file: named })
  })
  try {
    await file.read(start, 0, start.length, 0)
  } finally {
    await file.close()
  }
  const gzip = start.length > 1 && start[0] === 0x1f && start[1] === 0x8b
  if (!gzip && /\.gz$/i.test(named)) throw new Stopped('not-gzip', { file: named })
  if (start.subarray(0, 4).equals(Buffer.from([0x50, 0x4b, 3, 4])))
    throw new Stopped('spreadsheet', { file: named })

  const pieces: Buffer[] = []
  let length = 0
  let whole = true
  for await (const piece of decompressed(path, gzip, named)) {
    pieces.push(piece)
    length += piece.length
    if (length > openingBytes) {
      whole = false
      break
    }
  }
  const raw = Buffer.concat(pieces).subarray(0, openingBytes)
  if (raw.length === 0) throw new Stopped('empty', { file: named })
  const encoding = encodingOf(raw, whole, named)
  const head = encoding === 'utf-8' ? withoutMark(raw) : Buffer.from(decode(encoding, raw))
  if (head.toString('latin1').trim() === '') throw new Stopped('empty', { file: named })
  return { path, bytes, gzip, encoding, head, whole }
}

/** The whole text in UTF-8, in pieces; `onRead` hears how many bytes of the file have been read so far. */
export async function* readSource(
  { path, gzip, encoding }: Pick<Opening, 'path' | 'gzip' | 'encoding'>,
  named: string,
  onRead: (bytes: number) => void = () => {},
  hash?: Hash,
): AsyncGenerator<Buffer> {
  const decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding)
  let first = true
  for await (const piece of decompressed(path, gzip, named, onRead, hash)) {
    if (decoder) yield Buffer.from(decoder.decode(piece, { stream: true }))
    else yield first ? withoutMark(piece) : piece
    first = false
  }
  if (decoder) yield Buffer.from(decoder.decode())
}

/** SHA-256 of the file as it stands on disk: what makes two imports the same file. */
export const fileHash = (): Hash => createHash('sha256')

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
  if (status.isFile() && status.size === 0) throw new Stopped('empty', { file: named })
  return status.size
}

async function* decompressed(
  path: string,
  gzip: boolean,
  named: string,
  onRead: (bytes: number) => void = () => {},
  hash?: Hash,
): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 1 << 18 })
  let bytes = 0
  file.on('data', (piece) => {
    bytes += piece.length
    hash?.update(piece)
    onRead(bytes)
  })
  const unzip = gzip ? createGunzip({ chunkSize: 1 << 18, finishFlush: constants.Z_FINISH }) : null
  if (unzip) file.on('error', (error) => unzip.destroy(error)).pipe(unzip)
  try {
    for await (const piece of unzip ?? file) yield piece as Buffer
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

/**
 * UTF-8 when it is; else GB18030 when bytes beyond ASCII stand in pairs as in Chinese text; else
 * Windows-1252 when they stand alone between ASCII, as accents do. Anything else is refused, not guessed.
 */
function encodingOf(raw: Buffer, whole: boolean, named: string): Encoding {
  if ((raw[0] === 0xff && raw[1] === 0xfe) || (raw[0] === 0xfe && raw[1] === 0xff))
    throw new Stopped('utf-16', { file: named })
  const controls = raw.reduce((n, byte) => (byte < 9 || (byte > 13 && byte < 27) ? n + 1 : n), 0)
  if (raw.includes(0) || controls > raw.length / 100) throw new Stopped('binary', { file: named })
  // A head may end inside a character.
  for (let cut = 0; cut < (whole ? 1 : 4); cut++)
    if (isUtf8(raw.subarray(0, raw.length - cut))) return 'utf-8'
  let paired = 0
  let alone = 0
  for (let i = 0; i < raw.length; i++) {
    if (raw[i]! < 0x80) continue
    if (raw[i]! >= 0xa1 && (raw[i + 1] ?? 0) >= 0xa1) {
      paired += 2
      i++
    } else alone++
  }
  if (paired > 4 * alone) return 'gb18030'
  if (alone > 4 * paired && !raw.some((byte) => [0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte)))
    return 'windows-1252'
  throw new Stopped('unknown-encoding', { file: named })
}

const decode = (encoding: Encoding, raw: Buffer): string => new TextDecoder(encoding).decode(raw)
