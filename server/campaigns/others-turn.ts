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
 * How long a work waits after a batch of `batchMs`, where others had `othersMs` of one turn: twice as long as the batch
 * took, so that tills that redeem keep their speed and the long work takes longer; not at all where nobody had work.
 */
export const pauseAfter = (batchMs: number, othersMs: number): number => (othersMs > 1 ? 2 * batchMs : 0)
