import { setImmediate, setTimeout as pause } from 'node:timers/promises'

/**
 * Between two batches of a long work on the server's own thread, of which the last began at `began` (`performance.now()`):
 * what came in meanwhile has its turn, and more than one where somebody had work (`pauseAfter`).
 */
export async function othersTurn(began: number): Promise<void> {
  const ended = performance.now()
  await setImmediate()
  const ms = pauseAfter(ended - began, performance.now() - ended)
  if (ms > 0) await pause(ms)
}

/**
 * How long a work waits after a batch of `batchMs`, where others had `othersMs` of one turn: until they had half as long as
 * the batch took, and a moment in any case, in which what came in with that turn is answered; not at all where nobody had
 * work.
 */
export const pauseAfter = (batchMs: number, othersMs: number): number =>
  othersMs > 1 ? Math.max(1, batchMs / 2 - othersMs) : 0
