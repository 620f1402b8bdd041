import { createWriteStream, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Where the files of an export go, one after the other. */
export interface Sink {
  file(name: string, content: AsyncIterable<string | Uint8Array>): Promise<void>
  /** Once, after the last file. */
  end(): Promise<void>
}

/** Files in a folder, each readable by its owner alone; none is overwritten. */
export class FolderSink implements Sink {
  readonly #folder: string
  readonly #signal: AbortSignal
  readonly #made: string[] = []

  constructor(folder: string, signal: AbortSignal) {
    this.#folder = folder
    this.#signal = signal
  }

  async file(name: string, content: AsyncIterable<string | Uint8Array>): Promise<void> {
    const path = join(this.#folder, name)
    this.#made.push(path)
    await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }), {
      signal: this.#signal,
    })
  }

  async end(): Promise<void> {}

  /** Takes away what was written. */
  discard(): void {
    for (const path of this.#made) rmSync(path, { force: true })
  }
}
