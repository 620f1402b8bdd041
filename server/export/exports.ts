import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { PassThrough, type Readable } from 'node:stream'
import { isDiskFull } from '../command-line/refusal.ts'
import { importRuns } from '../import/runs.ts'
import { makeFolder, type Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { type Exported, type ExportFormat, exportWorkspace } from './export.ts'
import { FolderSink } from './sink.ts'
import { ZipSink } from './zip.ts'

/** How an export into a folder ended, or that it runs. */
export type ExportState =
  | { readonly kind: 'none' }
  | { readonly kind: 'running' }
  | { readonly kind: 'exported'; readonly folder: string; readonly exported: Exported }
  | { readonly kind: 'cannot-write'; readonly reason: string }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed' }

interface Running {
  readonly stop: AbortController
  readonly finished: Promise<unknown>
}

/** The exports of a platform: one at a time of each workspace, as each reads all of it. */
export class Exports {
  readonly #platform: Platform
  readonly #running = new Map<string, Running>()
  readonly #intoFolders = new Map<string, ExportState>()

  constructor(platform: Platform) {
    this.#platform = platform
  }

  /** Begins and answers the bytes of a zip as they come; null while another export of the workspace runs. Destroying the stream ends it. */
  zip(workspace: Workspace, format: ExportFormat): Readable | null {
    if (this.#running.has(workspace.id)) return null
    const out = new PassThrough()
    this.#begin(workspace.id, async (stop) => {
      out.once('close', () => stop.abort())
      try {
        const sink = new ZipSink(out, this.#platform.clock.now(), stop.signal)
        await this.#export(workspace, format, sink, stop.signal)
        out.end()
      } catch (error) {
        // Who reads sees the stream break off: an archive without its end is no archive.
        if (!stop.signal.aborted) console.error('export:', error)
        out.destroy(error as Error)
      }
    })
    return out
  }

  /**
   * Begins an export into a new or empty folder; how it goes on is told by `state`. `busy` while another
   * export of the workspace runs.
   */
  intoFolder(workspace: Workspace, format: ExportFormat, folder: string): 'begun' | 'busy' | 'not-empty' {
    if (this.#running.has(workspace.id)) return 'busy'
    const isNew = !existsSync(folder)
    if (!isNew && isFilled(folder)) return 'not-empty'
    const tell = (state: ExportState): void => void this.#intoFolders.set(workspace.id, state)
    tell({ kind: 'running' })
    this.#begin(workspace.id, async (stop) => {
      const sink = new FolderSink(folder, stop.signal)
      try {
        makeFolder(folder)
        tell({
          kind: 'exported',
          folder,
          exported: await this.#export(workspace, format, sink, stop.signal),
        })
      } catch (error) {
        sink.discard()
        if (isNew && existsSync(folder)) rmdirSync(folder)
        if (stop.signal.aborted) return tell({ kind: 'stopped' })
        if (isDiskFull(error)) return tell({ kind: 'cannot-write', reason: 'ENOSPC' })
        const { code, syscall } = error as NodeJS.ErrnoException
        if (code && syscall) return tell({ kind: 'cannot-write', reason: code })
        console.error('export:', error)
        tell({ kind: 'failed' })
      }
    })
    return 'begun'
  }

  running(workspaceId: string): boolean {
    return this.#running.has(workspaceId)
  }

  state(workspaceId: string): ExportState {
    return this.#intoFolders.get(workspaceId) ?? { kind: 'none' }
  }

  /** Stops the workspace's export and waits until nothing of it is left. */
  async stop(workspaceId: string): Promise<void> {
    const running = this.#running.get(workspaceId)
    running?.stop.abort()
    await running?.finished
  }

  /** Stops every export, for the end of the process. */
  async close(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((workspaceId) => this.stop(workspaceId)))
  }

  #begin(workspaceId: string, work: (stop: AbortController) => Promise<void>): void {
    const stop = new AbortController()
    const finished = work(stop).finally(() => this.#running.delete(workspaceId))
    this.#running.set(workspaceId, { stop, finished })
  }

  #export(workspace: Workspace, format: ExportFormat, sink: FolderSink | ZipSink, signal: AbortSignal) {
    const { temporaryFolder } = importRuns(this.#platform)
    return exportWorkspace(this.#platform, workspace, { format, sink, temporaryFolder }, signal)
  }
}

function isFilled(folder: string): boolean {
  try {
    return readdirSync(folder).length > 0
  } catch {
    return true // a file of that name, or a folder that may not be read
  }
}

const desks = new WeakMap<Platform, Exports>()

/** The exports of an open platform. */
export function exportsOf(platform: Platform): Exports {
  const known = desks.get(platform)
  if (known) return known
  const made = new Exports(platform)
  desks.set(platform, made)
  return made
}
