import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, statSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/**
 * One file that holds several: a plain tar (POSIX ustar, sizes over 8 GiB as GNU writes them), so that
 * any tar can list and unpack it.
 */
export interface Entry {
  readonly name: string
  readonly bytes: number
  readonly content: () => Readable
}

const block = 512

export const fileEntry = (name: string, path: string): Entry => ({
  name,
  bytes: statSync(path).size,
  content: () => createReadStream(path),
})

export const textEntry = (name: string, text: string): Entry => ({
  name,
  bytes: Buffer.byteLength(text),
  content: () => Readable.from([Buffer.from(text)]),
})

/** Writes the entries in their order to a new file that only its owner may read, durably. */
export async function writeArchive(
  path: string,
  entries: readonly Entry[],
  signal?: AbortSignal,
): Promise<void> {
  async function* blocks() {
    for (const entry of entries) {
      yield header(entry)
      yield* entry.content()
      yield Buffer.alloc((block - (entry.bytes % block)) % block)
    }
    yield Buffer.alloc(2 * block)
  }
  await pipeline(blocks(), createWriteStream(path, { mode: 0o600, flags: 'wx', flush: true }), { signal })
}

function header({ name, bytes }: Entry): Buffer {
  const head = Buffer.alloc(block)
  head.write(name, 0, 100)
  head.write('0000600\0', 100)
  head.write('0000000\0', 108)
  head.write('0000000\0', 116)
  if (bytes < 8 ** 11) head.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124)
  else {
    head.writeUInt8(0x80, 124)
    head.writeBigUInt64BE(BigInt(bytes), 128)
  }
  head.write('00000000000\0', 136)
  head.write('        ', 148)
  head.write('0', 156)
  head.write('ustar\x0000', 257)
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return head
}

/** The file is no archive, or ends before it should. */
export class ArchiveDamaged extends Error {
  override name = 'ArchiveDamaged'
}

/** What `walkArchive` meets: an entry's name and size, and its bytes to be read now or passed over. */
export interface Met {
  readonly name: string
  readonly bytes: number
  text(): Promise<string>
  /** Writes the content to a new file and answers its SHA-256. */
  save(path: string): Promise<string>
}

/** Goes through an archive in its order. Throws ArchiveDamaged where it is none or is cut short. */
export async function walkArchive(path: string, meet: (entry: Met) => Promise<void>): Promise<void> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    for (let at = 0; ;) {
      const head = await exactly(file, at, block)
      if (head.every((byte) => byte === 0)) return
      const { name, bytes } = readHeader(head)
      const start = at + block
      if (start + bytes > size) throw new ArchiveDamaged(`it ends inside ${name}`)
      const content = () =>
        createReadStream(path, bytes === 0 ? { end: -1 } : { start, end: start + bytes - 1 })
      await meet({
        name,
        bytes,
        text: async () => (await exactly(file, start, bytes)).toString('utf8'),
        async save(target) {
          const hash = createHash('sha256')
          if (bytes === 0) await (await open(target, 'wx', 0o600)).close()
          else
            await pipeline(
              content(),
              async function* (chunks: AsyncIterable<Buffer>) {
                for await (const chunk of chunks) {
                  hash.update(chunk)
                  yield chunk
                }
              },
              createWriteStream(target, { mode: 0o600, flags: 'wx', flush: true }),
            )
          return hash.digest('hex')
        },
      })
      at = start + Math.ceil(bytes / block) * block
    }
  } finally {
    await file.close()
  }
}

async function exactly(file: FileHandle, position: number, bytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, position)
  if (bytesRead < bytes) throw new ArchiveDamaged('it is cut short')
  return buffer
}

function readHeader(head: Buffer): { name: string; bytes: number } {
  const sum = Number.parseInt(head.toString('latin1', 148, 154), 8)
  const counted = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  if (head.toString('latin1', 257, 262) !== 'ustar' || sum !== counted)
    throw new ArchiveDamaged('it is no archive')
  const bytes =
    head[124] === 0x80
      ? Number(head.readBigUInt64BE(128))
      : Number.parseInt(head.toString('latin1', 124, 135), 8)
  return { name: head.toString('utf8', 0, 100).replace(/\0.*$/s, ''), bytes }
}

/** SHA-256 of a file, in hexadecimal. */
export async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
