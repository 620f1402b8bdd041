import { Worker } from 'node:worker_threads'
import { type Examples, growTree, leafOf, leavesOf, type Tree } from '../../../analytics/models/tree.ts'

/** A bin travels as a letter, this one the first. */
export const firstBin = 48

/** What was known of members, and whether it came true. */
export interface Answers {
  /** Of each portion of the features one letter per feature and member, a member's side by side. */
  readonly portions: readonly { readonly features: number; readonly bins: string }[]
  /** A digit per member: 1 where it came true. */
  readonly outcome: string
  readonly rows: number
  readonly yes: number
}

/** What the tree is grown from and tried on; each feature has as many bins as `widths` says. */
export interface ToGrow {
  readonly widths: readonly number[]
  readonly learned: Answers
  readonly tried: Answers
}

export interface Grown {
  readonly tree: Tree
  /** Of each leaf, in the order of `leavesOf`, how many of those it was tried on ended there, and of how many it came true. */
  readonly leaves: readonly { readonly rows: number; readonly yes: number }[]
}

const depth = 3

/** Grows the tree and tries it, in the thread that calls. */
export function grow({ widths, learned, tried }: ToGrow): Grown {
  const leaf = Math.max(30, Math.round(0.02 * learned.rows))
  const tree = growTree(examplesOf(learned, widths), { depth, leaf, chance: 0.05 })
  const { bins, outcome } = examplesOf(tried, widths)
  const leaves = leavesOf(tree).map(() => ({ rows: 0, yes: 0 }))
  for (const [row, came] of outcome.entries()) {
    const ended = leaves[leafOf(tree, (feature) => bins[feature]![row]!)]!
    ended.rows++
    ended.yes += came
  }
  return { tree, leaves }
}

function examplesOf({ portions, outcome }: Answers, widths: readonly number[]): Examples {
  const bins = portions.flatMap(({ features, bins: letters }) =>
    Array.from({ length: features }, (_, feature) =>
      Uint8Array.from(outcome, (_, row) => letters.charCodeAt(row * features + feature) - firstBin),
    ),
  )
  return { bins, widths, outcome: Uint8Array.from(outcome, Number) }
}

/** Grows the tree in a quiet thread of its own. An abort ends the thread and rejects with the signal's reason. */
export async function grown(what: ToGrow, signal: AbortSignal): Promise<Grown> {
  signal.throwIfAborted()
  const worker = new Worker(new URL('./grow-worker.ts', import.meta.url), { workerData: what })
  const { promise, resolve, reject } = Promise.withResolvers<Grown>()
  const failed = (cause?: unknown) => reject(new Error('The thread that grows a tree ended.', { cause }))
  const stop = () => reject(signal.reason)
  worker.once('message', resolve)
  worker.once('error', failed)
  worker.once('exit', () => failed())
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await promise
  } finally {
    signal.removeEventListener('abort', stop)
    await worker.terminate()
  }
}
