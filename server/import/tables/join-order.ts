import { parentPort, workerData } from 'node:worker_threads'
import { QueryCancelled } from '../../../analytics/engine/engine.ts'
import type { KnownEncoding } from '../columns/remembered.ts'
import type { Refusal } from '../refusal.ts'
import type { TableFile } from '../reading/source.ts'
import type { FoundParts, SaidEncodings } from './joined.ts'

/** Tables that are given together, and where what is made of them goes: `kept` what is read later, `folder` what is written on the way. */
export interface JoinOrder {
  readonly fileName: string
  /** The names of the files, in the order in which they were given. */
  readonly names: readonly string[]
  readonly tables: readonly GivenTable[]
  readonly folder: string
  readonly kept: string
  readonly encodings: SaidEncodings
  readonly remembered: readonly KnownEncoding[]
  /** Questions come first. */
  readonly aside: boolean
}

/** `given`: the place of its file among those that were given; `inFile`: of what was taken out of a zip, its place there. */
export type GivenTable = TableFile & {
  readonly name: string
  readonly given: number
  readonly inFile?: number
}

/** The last thing that the worker tells. */
export type JoinAnswer = { kind: 'found'; parts: FoundParts } | Refusal
/** How far the joining is, 0 to 1; sent before the answer, many times. */
export interface JoinProgress {
  readonly kind: 'progress'
  readonly share: number
}

/** As much is held before it is written. */
export const blockBytes = 8 << 20
/** What the worker was told to do; there is none in any other thread. */
export const order = workerData as JoinOrder
/** Whoever asked for it is told of nothing else: any message ends the joining. */
export const stop = new AbortController()
/** Of every query of the joining. */
export const options = { timeoutMs: 12 * 60 * 60 * 1000, aside: order.aside, signal: stop.signal }
/** Shares of the time that a joining takes: most of it goes into reading the tables and writing what they come to. */
export const shares = { reading: 0.45, joining: 0.15, writing: 0.4 }
let told = 0
/** Tells whoever waits how far the joining is, by steps of a hundredth. */
export function tell(share: number): void {
  if (share < told + 0.01) return
  told = share
  const progress: JoinProgress = { kind: 'progress', share }
  parentPort!.postMessage(progress)
}
/** Throws once the joining is to end. */
export const stopped = (): void => {
  if (stop.signal.aborted) throw new QueryCancelled('The joining was cancelled.')
}
