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
 * Does what starts threads of an engine. Other engines' starts wait, or nobody could tell whose threads are new.
 */
export function starting<T>(start: () => Promise<T>): Promise<T> {
  const started = last.then(start)
  last = started.catch(() => {}) // whoever starts them hears of it
  return started
}

/**
 * Does what starts `count` threads of an engine, and gives them less of the processor than the others of the process
 * get. Answers false where they could not be told from others that began meanwhile: they stay as they are. Only Linux
 * gives a thread a priority of its own; elsewhere there is nothing to be done.
 */
export function startingQuietly(count: number, start: () => Promise<unknown>): Promise<boolean> {
  return starting(async () => {
    if (process.platform !== 'linux') {
      await start()
      return true
    }
    await stat('/') // the pool that asks the engine starts with its first work
    const before = new Set(threads())
    await start()
    const begun = threads().filter((thread) => !before.has(thread))
    if (begun.length !== count) return false
    for (const thread of begun) setQuiet(thread)
    return true
  })
}

/** Gives the calling thread, of a worker, less of the processor; only on Linux, as above. */
export function quietThread(): void {
  if (process.platform === 'linux') setQuiet(0)
}

const threads = (): number[] => readdirSync('/proc/self/task').map(Number)
