import type { Platform } from '../platform.ts'
import { isDiskFull } from '../command-line/refusal.ts'
import { backUp, type BackupOutcome } from './backup.ts'

export type BackupState =
  | { kind: 'none' }
  | { kind: 'running' }
  | BackupOutcome
  | { kind: 'cannot-write'; reason: string }
  | { kind: 'stopped' }

interface Job {
  state: BackupState
  readonly stop: AbortController
}

const jobs = new WeakMap<Platform, Job>()

/** Starts a backup, unless one is running. It may take longer than an HTTP request may: ask `backupState`. */
export function startBackup(platform: Platform, file: string): boolean {
  if (jobs.get(platform)?.state.kind === 'running') return false
  const job: Job = { state: { kind: 'running' }, stop: new AbortController() }
  jobs.set(platform, job)
  backUp(platform, file, job.stop.signal).then(
    (outcome) => (job.state = outcome),
    (error: unknown) => {
      if (job.stop.signal.aborted) job.state = { kind: 'stopped' }
      else {
        const { code, syscall } = error as NodeJS.ErrnoException
        // What the system refuses is said to the caller; anything else is a bug to be found.
        if (!isDiskFull(error) && (!code || !syscall)) console.error('backup:', error)
        job.state = { kind: 'cannot-write', reason: isDiskFull(error) ? 'ENOSPC' : (code ?? String(error)) }
      }
    },
  )
  return true
}

export const backupState = (platform: Platform): BackupState => jobs.get(platform)?.state ?? { kind: 'none' }

export const stopBackup = (platform: Platform): void => jobs.get(platform)?.stop.abort()
