import { readdirSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { constants, getPriority, setPriority } from 'node:os'

/** Added to the nice value: a tenth of the processor's time where another thread wants it too. */
const nicer = 10

const setQuiet = (thread: number): void =>
  setPriority(thread, Math.min(getPriority() + nicer, constants.priority.PRIORITY_LOW))

/** Each waits for the one before, or it could not be told whose threads are new. */
let last: Promise<unknown> = Promise.resolve()

/**
 * Gives the threads that `open` starts, `count` of them, less of the processor than the others of the
 * process get. Only on Linux, where a thread has a priority of its own; elsewhere, and where another
 * number of threads began meanwhile, all stay as they are.
 */
export function quietly<T>(count: number, open: () => Promise<T>): Promise<T> {
  if (process.platform !== 'linux' || count === 0) return open()
  const opened = last.then(async () => {
    await stat('/') // the pool that asks the engine starts with its first work
    const before = new Set(threads())
    const result = await open()
    const begun = threads().filter((thread) => !before.has(thread))
    if (begun.length === count) for (const thread of begun) setQuiet(thread)
    return result
  })
  last = opened.catch(() => {}) // whoever opens hears of it
  return opened
}

/** Gives the calling thread, of a worker, less of the processor; only on Linux, as above. */
export function quietThread(): void {
  if (process.platform === 'linux') setQuiet(0)
}

const threads = (): number[] => readdirSync('/proc/self/task').map(Number)
