import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql as storeSql } from 'kysely'
import { importRuns } from '../import/runs.ts'
import { forgetUploads } from '../import/uploads.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

/** A file that stands beside an engine until nothing is left in its bytes of who was deleted. */
const markOf = ({ dataFolder }: Platform, workspaceId: string) =>
  join(dataFolder, 'workspaces', `${workspaceId}.to-rewrite`)

/** Notes that the workspace's files have to be written anew, also by a later process. */
export const markRemains = (platform: Platform, workspace: Workspace): void =>
  writeFileSync(markOf(platform, workspace.id), '', { mode: 0o600, flush: true })

/**
 * Takes what deletions left behind from the bytes of the workspace's files: uploads, the Store's log, the
 * engine's file. What cannot be done now is done at the next start.
 */
export async function eraseRemains(platform: Platform, workspace: Workspace): Promise<void> {
  const mark = markOf(platform, workspace.id)
  if (!existsSync(mark)) return
  try {
    importRuns(platform).forgetChecks(workspace.id)
    forgetUploads(platform, workspace.id)
    // The Store overwrites what it deletes; its log still had the pages as they were.
    await storeSql`pragma wal_checkpoint(truncate)`.execute(platform.store)
    if (await workspace.engine.rewrite()) rmSync(mark, { force: true })
  } catch (error) {
    console.error(
      'What was deleted is gone from every question, and its bytes will be at the next start:',
      error,
    )
  }
}
