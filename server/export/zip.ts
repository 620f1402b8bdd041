import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { once } from 'node:events'
import { crc32, createDeflateRaw } from 'node:zlib'
import type { Sink } from './sink.ts'

interface Entry {
  readonly name: Buffer
  readonly at: number
  readonly crc: number
  readonly packed: number
  readonly bytes: number
}

const most = 0xffff_ffff
const deflated = 8
/** Sizes follow the content (bit 3), names are UTF-8 (bit 11). */
const flags = 0x0808
/** Version 4.5 of the format: sizes of 64 bits. */
const version = 45

/**
 * A zip archive that is written from front to back, so that nothing of it is kept: the sizes of each file
 * stand behind it, with 64 bits, and again in the list at the end. It waits while `out` is full.
 */
export class ZipSink implements Sink {
  readonly #out: Writable
  readonly #signal: AbortSignal
  readonly #stamp: Buffer
  readonly #entries: Entry[] = []
  #written = 0

  constructor(out: Writable, at: Date, signal: AbortSignal) {
    this.#out = out
    this.#signal = signal
    this.#stamp = dosTime(at)
  }

  async file(name: string, content: AsyncIterable<string | Uint8Array>): Promise<void> {
    const at = this.#written
    const path = Buffer.from(name)
    await this.#write(this.#localHeader(path))
    let crc = 0
    let bytes = 0
    const begin = this.#written
    await pipeline(
      content,
      async function* (chunks: AsyncIterable<string | Uint8Array>) {
        for await (const chunk of chunks) {
          const data = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
          crc = crc32(data, crc)
          bytes += data.byteLength
          yield data
        }
      },
      createDeflateRaw({ level: 4 }),
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) await this.#write(chunk)
      },
      { signal: this.#signal },
    )
    const packed = this.#written - begin
    await this.#write(fields([4, 0x08074b50], [4, crc], [8, packed], [8, bytes]))
    this.#entries.push({ name: path, at, crc, packed, bytes })
  }

  async end(): Promise<void> {
    const begin = this.#written
    for (const entry of this.#entries) await this.#write(this.#listed(entry))
    const size = this.#written - begin
    const count = this.#entries.length
    const wide = begin > most || size > most
    if (wide) {
      const at = this.#written
      await this.#write(
        fields(
          [4, 0x06064b50],
          [8, 44],
          [2, version],
          [2, version],
          [4, 0],
          [4, 0],
          [8, count],
          [8, count],
          [8, size],
          [8, begin],
        ),
      )
      await this.#write(fields([4, 0x07064b50], [4, 0], [8, at], [4, 1]))
    }
    await this.#write(
      fields(
        [4, 0x06054b50],
        [2, 0],
        [2, 0],
        [2, count],
        [2, count],
        [4, wide ? most : size],
        [4, wide ? most : begin],
        [2, 0],
      ),
    )
  }

  #localHeader(path: Buffer): Buffer {
    return Buffer.concat([
      fields([4, 0x04034b50], [2, version], [2, flags], [2, deflated]),
      this.#stamp,
      fields([4, 0], [4, most], [4, most], [2, path.length], [2, 20]),
      path,
      fields([2, 1], [2, 16], [8, 0], [8, 0]),
    ])
  }

  #listed({ name, at, crc, packed, bytes }: Entry): Buffer {
    const wide = at > most || packed > most || bytes > most
    const extra = wide ? fields([2, 1], [2, 24], [8, bytes], [8, packed], [8, at]) : Buffer.alloc(0)
    const small = (value: number) => (wide ? most : value)
    return Buffer.concat([
      fields([4, 0x02014b50], [2, 0x0300 | version], [2, version], [2, flags], [2, deflated]),
      this.#stamp,
      fields([4, crc], [4, small(packed)], [4, small(bytes)], [2, name.length], [2, extra.length]),
      // no comment, first disk, binary; readable by its owner alone
      fields([2, 0], [2, 0], [2, 0], [4, (0o100600 << 16) >>> 0], [4, small(at)]),
      name,
      extra,
    ])
  }

  async #write(chunk: Buffer): Promise<void> {
    this.#signal.throwIfAborted()
    this.#written += chunk.length
    if (!this.#out.write(chunk)) await once(this.#out, 'drain', { signal: this.#signal })
  }
}

/** Little-endian integers of 2, 4 or 8 bytes. */
function fields(...parts: readonly (readonly [2 | 4 | 8, number])[]): Buffer {
  const all = Buffer.alloc(parts.reduce((sum, [bytes]) => sum + bytes, 0))
  let at = 0
  for (const [bytes, value] of parts) {
    if (bytes === 8) all.writeBigUInt64LE(BigInt(value), at)
    else all.writeUIntLE(value, at, bytes)
    at += bytes
  }
  return all
}

function dosTime(at: Date): Buffer {
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1)
  const day = ((at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate()
  return fields([2, time], [2, day])
}
