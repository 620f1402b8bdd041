import { basename } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Engine, TransactionSession } from '../../analytics/engine/engine.ts'
import { random } from '../../fixtures/random.ts'
import type { RunState } from '../import/run-state.ts'
import { importRuns } from '../import/runs.ts'
import { openPlatform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/**
 * Cancels imports of a file into empty workspaces, in a process of its own, which the bench starts: at
 * random moments between begin and end, and at the beginning of the commit, which nothing can interrupt.
 * Prints as JSON how long each took to be answered, and how long the commits went on.
 */
export interface ImportCancel {
  readonly moments: readonly {
    readonly phase: 'reading' | 'saving' | 'committing'
    readonly milliseconds: number
  }[]
  readonly commits: readonly number[]
}

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    file: { type: 'string' },
    moments: { type: 'string' },
  },
})

const platform = await openPlatform(values.data!)
const runs = importRuns(platform)
let made = 0
const emptyWorkspace = async () =>
  (await platform.workspaces.create({
    name: `${basename(values.data!)}-${made++}`,
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!

async function started(into: Workspace): Promise<string> {
  const order = {
    path: values.file!,
    fileName: basename(values.file!),
    map: {},
    dryRun: false,
    replace: false,
  }
  const run = await runs.start(into, { ...order, language: 'en', actor: 'bench' })
  if (run.kind === 'refused') throw new Error(JSON.stringify(run))
  return run.runId
}

async function ended(into: Workspace, runId: string): Promise<RunState> {
  for await (const state of runs.follow(into.id, runId, new AbortController().signal)) void state
  return runs.state(into.id, runId)!
}

/** The workspace, which tells when an import's transaction is about to be committed. */
const tellingCommit = (into: Workspace, tell: () => void): Workspace => ({
  ...into,
  engine: new Proxy(into.engine, {
    get(target: Engine, key) {
      if (key === 'largeTransaction')
        return <T>(work: (session: TransactionSession) => Promise<T>, options: object) =>
          target.largeTransaction(async (session) => {
            const done = await work(session)
            tell()
            return done
          }, options)
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  }),
})

const moments: { phase: 'reading' | 'saving' | 'committing'; milliseconds: number }[] = []
const commits: number[] = []

async function cancelledAtCommit(): Promise<void> {
  const into = await emptyWorkspace()
  let runId = ''
  let cancelled: Promise<void> | undefined
  let began = 0
  const begin = () => {
    began = performance.now()
    cancelled = runs
      .cancel(into.id, runId)
      .then(() => void moments.push({ phase: 'committing', milliseconds: performance.now() - began }))
  }
  runId = await started(tellingCommit(into, begin))
  const { phase } = await ended(into, runId)
  if (phase !== 'done') throw new Error(phase)
  commits.push(performance.now() - began)
  await cancelled
}

const whole = await (async () => {
  const into = await emptyWorkspace()
  const began = performance.now()
  const { phase } = await ended(into, await started(into))
  if (phase !== 'done') throw new Error(phase)
  return performance.now() - began
})()

const draw = random(12)
const wanted = Number(values.moments!)
for (let moment = 0, longest = whole; moments.length < wanted;) {
  const into = await emptyWorkspace()
  const runId = await started(into)
  await passed(((moment + draw.below(1000) / 1000) / wanted) * longest)
  const { phase } = runs.state(into.id, runId)!
  if (phase !== 'reading' && phase !== 'saving') {
    longest *= 0.9 // it was faster than the first: too late to be cancelled
    continue
  }
  const began = performance.now()
  await runs.cancel(into.id, runId)
  moments.push({ phase, milliseconds: performance.now() - began })
  moment++
}
for (let times = 0; times < 2; times++) await cancelledAtCommit()
await platform.close()
console.log(JSON.stringify({ moments, commits } satisfies ImportCancel))
