import { Worker } from 'node:worker_threads'
import type { OrderColumns } from './tables.ts'
import { bitsOfWord, type TallyPass } from './tally.ts'
import type { TallyMessage, TallyReply } from './tally-worker.ts'

/** Where the answer to a check is: the bit of a word by member. */
export interface Place {
  readonly word: number
  readonly bit: number
}

/** The answers to the checks of passes. */
export interface Tallies {
  /** By member. */
  readonly words: readonly Int32Array<ArrayBuffer>[]
  /** Of each pass the places of its checks. */
  readonly places: readonly (readonly Place[])[]
}

const threadCount = 2

/** A thread ended: what was held is gone. */
export class TallyThreadEnded extends Error {
  override name = 'TallyThreadEnded'
}

/** Threads that go through columns, which all of them see; they end with the process. */
export class TallyThreads {
  readonly #workers: Worker[] = []
  readonly #waiting = new Map<
    number,
    { readonly worker: Worker; resolve(words: TallyReply['words']): void; reject(error: unknown): void }
  >()
  #asked = 0
  #isOver = false

  /** Takes columns up under a number of its own. */
  hold(columns: number, { tables, members }: OrderColumns): void {
    this.#tell({ kind: 'hold', columns, tables, members })
  }

  drop(columns: number): void {
    this.#tell({ kind: 'drop', columns })
  }

  /** Answers the checks of all passes over columns that are held. */
  async ask(
    columns: number,
    { tables, members }: OrderColumns,
    passes: readonly TallyPass[],
  ): Promise<Tallies> {
    const costs = passes.map((pass) => costOf(pass, tables[pass.table as keyof typeof tables].rows, members))
    const parts = Array.from({ length: threadCount }, () => ({ cost: 0, passes: [] as number[] }))
    for (const [pass, cost] of [...costs.entries()].toSorted(([, a], [, b]) => b - a)) {
      const part = parts.reduce((least, one) => (one.cost < least.cost ? one : least))
      part.cost += cost
      part.passes.push(pass)
    }
    const answers = await Promise.all(
      parts.map((part, thread) =>
        part.passes.length === 0
          ? []
          : this.#ask(
              thread,
              columns,
              part.passes.map((pass) => passes[pass]!),
            ),
      ),
    )
    const places: Place[][] = []
    let before = 0
    for (const [thread, part] of parts.entries()) {
      let check = 0
      for (const pass of part.passes)
        places[pass] = passes[pass]!.checks.map(() => ({
          word: before + Math.floor(check / bitsOfWord),
          bit: check++ % bitsOfWord,
        }))
      before += answers[thread]!.length
    }
    return inOneWord({ words: answers.flat(), places })
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#workers.splice(0).map((worker) => worker.terminate()))
  }

  #tell(message: TallyMessage): void {
    if (!this.#isOver) for (const worker of this.#started()) worker.postMessage(message)
  }

  #ask(thread: number, columns: number, passes: readonly TallyPass[]): Promise<TallyReply['words']> {
    if (this.#isOver) return Promise.reject(new TallyThreadEnded('Nobody goes through orders any more.'))
    const worker = this.#started()[thread]!
    return new Promise((resolve, reject) => {
      const id = this.#asked++
      this.#waiting.set(id, { worker, resolve, reject })
      worker.ref() // the process stays for the answer
      worker.postMessage({ kind: 'ask', id, columns, passes } satisfies TallyMessage)
    })
  }

  #started(): readonly Worker[] {
    while (this.#workers.length < threadCount) this.#workers.push(this.#start())
    return this.#workers
  }

  #start(): Worker {
    const worker = new Worker(new URL('./tally-worker.ts', import.meta.url))
    worker.unref()
    worker.on('message', ({ id, words }: TallyReply) => {
      this.#waiting.get(id)?.resolve(words)
      this.#waiting.delete(id)
      if (![...this.#waiting.values()].some((one) => one.worker === worker)) worker.unref()
    })
    const fail = (error?: unknown) => {
      this.#isOver = true
      for (const [id, waiting] of this.#waiting) {
        if (waiting.worker !== worker) continue
        this.#waiting.delete(id)
        waiting.reject(new TallyThreadEnded('A thread that goes through orders ended.', { cause: error }))
      }
    }
    worker.on('error', fail)
    worker.on('exit', () => fail())
    return worker
  }
}

/** About how many rows are looked at, and members. */
function costOf({ conditions, checks }: TallyPass, rows: number, members: number): number {
  const shares = conditions.map((one) =>
    'mask' in one ? one.mask.reduce((sum, code) => sum + code, 0) / Math.max(1, one.mask.length) : 1,
  )
  return rows * Math.min(1, ...shares) + members * (1 + checks.length)
}

/** Where the answers fit into one word, they are moved there. */
function inOneWord({ words, places }: Tallies): Tallies {
  const bits = words.map((_, word) => places.flat().filter((place) => place.word === word).length)
  if (words.length < 2 || bits.reduce((sum, some) => sum + some, 0) > bitsOfWord) return { words, places }
  const [first, ...others] = words
  let before = bits[0]!
  const shifts = [0]
  for (const [i, word] of others.entries()) {
    shifts.push(before)
    for (let member = 0; member < word.length; member++) first![member]! |= word[member]! << before
    before += bits[i + 1]!
  }
  const moved = places.map((checks) => checks.map(({ word, bit }) => ({ word: 0, bit: bit + shifts[word]! })))
  return { words: [first!], places: moved }
}
