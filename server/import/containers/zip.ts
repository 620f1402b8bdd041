import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { type Entry, fromBufferPromise, openPromise } from 'yauzl'
import { Stopped } from '../refusal.ts'

/** An open zip archive. What is in it is read, never written anywhere under its own name. */
export interface Archive extends Disposable {
  /** Its files, without folders and without what macOS adds. */
  readonly entries: readonly Entry[]
  /** The content of a file; `onShare` hears how much of it has been read, 0 to 1. */
  read(entry: Entry, onShare?: (share: number) => void): AsyncGenerator<Buffer>
}

/** No table shrinks to less than a 250th: beyond that, a small file means to fill a disk. */
const mostShrunk = 250
const harmlessBytes = 50 << 20
const mostEntries = 2_000

/** Whether so many bytes out of so few are no table's. */
export const isBomb = (packed: number, unpacked: number): boolean =>
  unpacked > harmlessBytes && unpacked > mostShrunk * packed

/** Opens a zip archive, by its path or what it holds. Throws `Stopped` when it is broken, locked with a password or a bomb. */
export async function openArchive(from: string | Buffer, named: string): Promise<Archive> {
  const broken = (error: unknown) => {
    if (error instanceof Stopped) throw error
    throw new Stopped('broken-zip', { file: named })
  }
  const opening = typeof from === 'string' ? openPromise(from, { autoClose: false }) : fromBufferPromise(from)
  const zip = await opening.catch(broken)
  const entries: Entry[] = []
  let packed = 0
  let unpacked = 0
  try {
    for await (const entry of zip.eachEntry()) {
      if (/\/$|(^|\/)(__MACOSX\/|\.)/.test(entry.fileName)) continue
      if (entry.isEncrypted()) throw new Stopped('zip-locked', { file: named })
      if (isBomb(entry.compressedSize, entry.uncompressedSize))
        throw new Stopped('zip-bomb', { file: named, entry: entry.fileName })
      entries.push(entry)
      if (entries.length > mostEntries) throw new Stopped('zip-entries', { file: named, most: mostEntries })
      packed += entry.compressedSize
      unpacked += entry.uncompressedSize
      // entries that share their bytes
      if (packed > zip.fileSize) throw new Stopped('zip-bomb', { file: named, entry: entry.fileName })
    }
    // many that would be harmless one by one
    if (isBomb(packed, unpacked))
      throw new Stopped('zip-bomb', { file: named, entry: entries.at(-1)!.fileName })
  } catch (error) {
    zip.close()
    broken(error)
  }
  return {
    entries,
    async *read(entry, onShare = () => {}) {
      let stream: Readable | undefined
      let bytes = 0
      let sum = 0
      try {
        stream = await zip.openReadStreamPromise(entry)
        for await (const piece of stream as AsyncIterable<Buffer>) {
          bytes += piece.length
          sum = crc32(piece, sum)
          onShare(bytes / Math.max(1, entry.uncompressedSize))
          yield piece
        }
        if (sum !== entry.crc32) throw new Stopped('broken-zip', { file: named })
      } catch (error) {
        broken(error)
      } finally {
        stream?.destroy()
      }
    },
    [Symbol.dispose]: () => zip.close(),
  }
}
