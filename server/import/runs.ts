import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { QueryCancelled } from '../../analytics/engine/engine.ts'
import type { Platform } from '../platform.ts'
import { passAudit } from '../settings/audit.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import type { Readable } from './inspect.ts'
import { readyToRead } from './reading/ready-to-read.ts'
import { type Refusal, refusal } from './refusal.ts'
import { hasEnded, type ImportOrder, type RunState } from './run-state.ts'
import { storageRefusal } from './storage-refusal.ts'
import { importFile } from './work.ts'

interface Run {
  state: RunState
  ended: () => void
  readonly cancel: AbortController
  readonly changed: Set<() => void>
  readonly finished: Promise<void>
}

/** As many runs of a workspace are remembered after their end. */
const mostEnded = 50

/** The imports of this process: one at a time in each workspace, so that each sees what the one before left. */
export class ImportRuns {
  readonly #platform: Platform
  readonly #running = new Map<string, Run>()
  /** Who looks now and then hears of the end, also where others, such as batches of the API, follow at once. */
  readonly #byId = new Map<string, { workspaceId: string; run: Run }>()

  constructor(platform: Platform) {
    this.#platform = platform
    // What a killed process left: nothing of it was visible, nothing of it is needed.
    rmSync(join(platform.dataFolder, 'uploads'), { recursive: true, force: true })
  }

  /** Folder of what lives only as long as an upload or an import. */
  get temporaryFolder(): string {
    const folder = join(this.#platform.dataFolder, 'uploads')
    mkdirSync(folder, { recursive: true })
    return folder
  }

  /** Folder of a workspace's tables that were joined: as short-lived as what they were joined of. */
  joinedFolder(workspaceId: string): string {
    return join(this.temporaryFolder, `joined-${workspaceId}`)
  }

  /**
   * Notes in the audit what was done to the data of a workspace by a process that was killed before it could. To be
   * called before anybody is served.
   */
  async settleAudit(): Promise<void> {
    const { store, workspaces } = this.#platform
    for (const { id } of await workspaces.list()) await passAudit(store, (await workspaces.byId(id))!)
  }

  /** Checks the file and its mapping and begins; how it goes on is told by `state` and `follow`. */
  async start(
    workspace: Workspace,
    order: ImportOrder,
    signal?: AbortSignal,
  ): Promise<{ kind: 'started'; runId: string } | Refusal> {
    const readable = await readyToRead(workspace, order, this.joinedFolder(workspace.id), signal)
    if ('id' in readable) return readable
    const busy = this.#running.get(workspace.id)
    if (busy) return refusal('import-running', { fileName: busy.state.fileName })
    const run = this.#newRun(order.fileName, readable.mapping.kind, 'reading')
    run.state = { ...run.state, bytes: readable.opening.bytes }
    this.#remember(workspace, [run])
    this.#running.set(workspace.id, run)
    void this.#end(workspace, order, readable, run).then((end) => {
      if (!order.dryRun) this.#forgetKept(workspace, [readable])
      // Whoever hears of the end may begin the next one.
      this.#running.delete(workspace.id)
      this.#tell(run, end)
      run.ended()
    })
    return { kind: 'started', runId: run.state.runId }
  }

  /**
   * Begins the imports of files that were given together, one after the other: each by itself, so that one that is refused keeps
   * none from coming in. Who cancels one cancels those after it too. Answers their runs, in their order.
   */
  startSet(
    workspace: Workspace,
    orders: readonly ImportOrder[],
  ): { kind: 'started'; runIds: readonly string[] } | Refusal {
    const busy = this.#running.get(workspace.id)
    if (busy) return refusal('import-running', { fileName: busy.state.fileName })
    const planned = orders.map((order) => ({
      order,
      run: this.#newRun(order.fileName, order.kind ?? null, 'waiting'),
    }))
    const runs = planned.map(({ run }) => run)
    const runIds = runs.map(({ state }) => state.runId)
    for (const run of runs) run.state = { ...run.state, set: runIds }
    this.#remember(workspace, runs)
    this.#running.set(workspace.id, runs[0]!)
    void this.#endSet(workspace, planned)
    return { kind: 'started', runIds }
  }

  async #endSet(
    workspace: Workspace,
    planned: readonly { readonly order: ImportOrder; readonly run: Run }[],
  ): Promise<void> {
    const taken: Readable[] = []
    for (const [at, { order, run }] of planned.entries()) {
      const { signal } = run.cancel
      this.#running.set(workspace.id, run)
      let end: Partial<RunState> = { phase: 'cancelled' }
      try {
        const readable = signal.aborted
          ? null
          : await readyToRead(workspace, order, this.joinedFolder(workspace.id), signal)
        if (readable && 'id' in readable) {
          if (!signal.aborted) end = { phase: 'refused', refusal: readable }
        } else if (readable) {
          taken.push(readable)
          this.#tell(run, { phase: 'reading', bytes: readable.opening.bytes })
          end = await this.#end(workspace, order, readable, run)
        }
      } catch (error) {
        if (!signal.aborted) {
          console.error('An import failed:', error)
          end = { phase: 'failed' }
        }
      }
      if (at === planned.length - 1) {
        if (!order.dryRun) this.#forgetKept(workspace, taken)
        this.#running.delete(workspace.id)
      }
      this.#tell(run, end)
      run.ended()
    }
  }

  /** How an import ends, whatever happens in it. */
  #end(workspace: Workspace, order: ImportOrder, readable: Readable, run: Run): Promise<Partial<RunState>> {
    return importFile({
      platform: this.#platform,
      workspace,
      order,
      readable,
      runId: run.state.runId,
      together: run.state.set[0] ?? null,
      signal: run.cancel.signal,
      folder: this.temporaryFolder,
      tell: (change) => this.#tell(run, change),
    }).catch((error: unknown): Partial<RunState> => {
      if (error instanceof QueryCancelled && run.cancel.signal.aborted) return { phase: 'cancelled' }
      const known = storageRefusal(error, this.#platform.dataFolder, order.fileName)
      if (known) return { phase: 'refused', refusal: known }
      console.error('An import failed:', error)
      return { phase: 'failed' }
    })
  }

  /** What was made of files given together is kept for an import after the check, no longer. */
  #forgetKept({ id }: Workspace, taken: readonly Readable[]): void {
    for (const { opening } of taken) {
      const place = dirname(opening.path)
      if (dirname(place) === this.joinedFolder(id)) rmSync(place, { recursive: true, force: true })
    }
  }

  #newRun(fileName: string, kind: RunState['kind'], phase: RunState['phase']): Run {
    let ended = () => {}
    const finished = new Promise<void>((resolve) => (ended = resolve))
    return {
      state: {
        runId: randomUUID(),
        fileName,
        kind,
        set: [],
        phase,
        bytes: 0,
        bytesRead: 0,
        rows: 0,
        rowsPerSecond: 0,
        secondsLeft: null,
        receipt: null,
        membersReceipt: null,
        kindReceipt: null,
        refusal: null,
      },
      cancel: new AbortController(),
      changed: new Set(),
      finished,
      ended: () => ended(),
    }
  }

  #remember(workspace: Workspace, runs: readonly Run[]): void {
    const before = [...this.#byId].filter(([, known]) => known.workspaceId === workspace.id)
    for (const [id, { run: old }] of before.slice(0, -mostEnded)) {
      forgetCheck(old)
      this.#byId.delete(id)
    }
    for (const run of runs) this.#byId.set(run.state.runId, { workspaceId: workspace.id, run })
  }

  /** Null for a run of another workspace or one that was forgotten. */
  state(workspaceId: string, runId: string): RunState | null {
    return this.#known(workspaceId, runId)?.state ?? null
  }

  /** The import that runs in a workspace now. */
  current(workspaceId: string): RunState | null {
    return this.#running.get(workspaceId)?.state ?? null
  }

  /** The state now and after every change, until it has ended. */
  async *follow(workspaceId: string, runId: string, signal: AbortSignal): AsyncGenerator<RunState> {
    const run = this.#known(workspaceId, runId)
    if (!run) return
    let wake = () => {}
    const changed = () => wake()
    run.changed.add(changed)
    signal.addEventListener('abort', changed)
    try {
      for (;;) {
        const told = run.state
        yield told
        if (hasEnded(told) || signal.aborted) return
        if (run.state === told) await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      run.changed.delete(changed)
      signal.removeEventListener('abort', changed)
    }
  }

  /** Stops a run and waits until nothing of it is left; one that commits goes on, and its phase says so at once. */
  async cancel(workspaceId: string, runId: string): Promise<void> {
    const run = this.#known(workspaceId, runId)
    if (!run || hasEnded(run.state)) return
    const { set } = run.state
    const later = set.slice(set.indexOf(runId) + 1).flatMap((id) => this.#known(workspaceId, id) ?? [])
    for (const { cancel } of later) cancel.abort()
    if (run.state.phase === 'committing') return
    run.cancel.abort()
    await run.finished
  }

  /** Takes away the refused rows of checks without importing. */
  forgetChecks(workspaceId: string): void {
    for (const known of this.#byId.values()) if (known.workspaceId === workspaceId) forgetCheck(known.run)
  }

  /** Stops every run, for the end of the process. */
  async close(): Promise<void> {
    const runs = [...this.#byId.values()].flatMap(({ run }) => (hasEnded(run.state) ? [] : [run]))
    for (const run of runs) run.cancel.abort()
    await Promise.all(runs.map((run) => run.finished))
  }

  #known(workspaceId: string, runId: string): Run | null {
    const known = this.#byId.get(runId)
    return known?.workspaceId === workspaceId ? known.run : null
  }

  #tell(run: Run, change: Partial<RunState>): void {
    run.state = { ...run.state, ...change }
    for (const changed of run.changed) changed()
  }
}

/** Takes away the refused rows of a check, which its run alone leads to. */
function forgetCheck({ state: { receipt, membersReceipt, kindReceipt } }: Run): void {
  const told = receipt ?? membersReceipt ?? kindReceipt
  if (told?.dryRun && told.refusedFile) rmSync(told.refusedFile, { force: true })
}

const desks = new WeakMap<Platform, ImportRuns>()

/** The imports of an open platform. */
export function importRuns(platform: Platform): ImportRuns {
  const known = desks.get(platform)
  if (known) return known
  const made = new ImportRuns(platform)
  desks.set(platform, made)
  return made
}
