import { basename } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as passed } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { catalogue } from '../../analytics/metrics/catalogue.ts'
import { runMetric } from '../analytics/run-metric.ts'
import { importRuns } from '../import/runs.ts'
import { openPlatform, type Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/**
 * One import in a process of its own, which the bench starts: prints as JSON what it cost and, where a
 * workspace is asked meanwhile, how long a cheap question and the event loop took with and without it.
 */
export interface ImportLoad {
  readonly read: number
  readonly milliseconds: number
  readonly readingMilliseconds: number
  /** Of the whole process, in bytes. */
  readonly peakMemory: number
  readonly idle: Responses | null
  readonly during: Responses | null
}

/** The 99th of a hundred, in milliseconds. */
export interface Responses {
  readonly questions: number
  readonly answered: number
  readonly lag: number
}

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    file: { type: 'string' },
    into: { type: 'string', default: 'bench' },
    /** The workspace that is asked meanwhile; none without. */
    ask: { type: 'string' },
  },
})

const everyMs = 50
const repurchase = catalogue.find(({ name }) => name === 'repurchase')!

async function workspaceNamed(platform: Platform, name: string): Promise<Workspace> {
  const there = await platform.workspaces.byName(name)
  return there ?? (await platform.workspaces.create({ name, currency: 'CNY', timeZone: 'Asia/Shanghai' }))!
}

/** Of any kind of file. */
async function imported(platform: Platform, into: Workspace) {
  const runs = importRuns(platform)
  const order = {
    path: values.file!,
    fileName: basename(values.file!),
    map: {},
    dryRun: false,
    replace: false,
  }
  const started = await runs.start(into, { ...order, language: 'en', actor: 'bench' })
  if (started.kind === 'refused') throw new Error(JSON.stringify(started))
  for await (const state of runs.follow(into.id, started.runId, new AbortController().signal)) {
    const receipt = state.receipt ?? state.membersReceipt ?? state.kindReceipt
    if (receipt) return receipt
  }
  throw new Error('The import did not end well.')
}

/** Asks every 50 ms, whether the question before is answered or not, until `until` resolves. */
async function responses(platform: Platform, asked: Workspace, until: Promise<unknown>): Promise<Responses> {
  let ended = false
  void until.finally(() => (ended = true)).catch(() => {})
  const taken: number[] = []
  const waiting = new Set<Promise<void>>()
  const lag = monitorEventLoopDelay({ resolution: 1 })
  lag.enable()
  while (!ended) {
    const began = performance.now()
    const question = runMetric(platform.store, asked, repurchase, { filters: {} }).then((outcome) => {
      if (outcome.kind !== 'answered') throw new Error(JSON.stringify(outcome))
      taken.push(performance.now() - began)
      waiting.delete(question)
    })
    waiting.add(question)
    await passed(everyMs)
  }
  lag.disable()
  await Promise.all(waiting)
  const sorted = taken.toSorted((a, b) => a - b)
  return {
    questions: sorted.length,
    answered: sorted[Math.ceil(0.99 * sorted.length) - 1]!,
    lag: lag.percentile(99) / 1e6,
  }
}

const platform = await openPlatform(values.data!)
const into = await workspaceNamed(platform, values.into)
let idle: Responses | null = null
let during: Responses | null = null
const asked = values.ask === undefined ? null : await workspaceNamed(platform, values.ask)
if (asked) {
  await responses(platform, asked, passed(1_000)) // the first questions read from the disk
  idle = await responses(platform, asked, passed(8_000))
}
const work = imported(platform, into)
if (asked) during = await responses(platform, asked, work)
const { read, milliseconds, readingMilliseconds } = await work
const peakMemory = process.resourceUsage().maxRSS * 1024
await platform.close()
console.log(
  JSON.stringify({ read, milliseconds, readingMilliseconds, peakMemory, idle, during } satisfies ImportLoad),
)
