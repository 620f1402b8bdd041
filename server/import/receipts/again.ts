import { sql } from '../../../analytics/sql/sql.ts'
import type { Deletion } from '../../rights/deletions.ts'
import { homeOf } from '../../rights/find-deleted.ts'
import { withoutDeleted } from '../../rights/forget-in-texts.ts'
import type { Workspace } from '../../workspaces/workspaces.ts'

/** A file that came once more and changed nothing: how often so far, and what the last time was. */
export interface Again {
  readonly times: number
  readonly fileName: string
  /** ISO text. */
  readonly at: string
  readonly unchanged: number
  readonly refused: number
}

/**
 * Notes in the report of an import that its file came again. A cron job that sends the same file every hour is one
 * line of the history, however often it comes. Its name is kept without whom the deletion list (`list`) knows.
 */
export async function noteAgain(
  workspace: Workspace,
  importId: string,
  last: Omit<Again, 'times'>,
  list: readonly Deletion[],
): Promise<void> {
  await workspace.engine.transaction(async (session) => {
    const [row] = await session.rows(sql`select report from imports where import_id = ${importId}`)
    if (!row) return // taken out meanwhile
    const report = JSON.parse(String(row.report)) as { again?: Again }
    const [fileName] = await withoutDeleted(session, list, homeOf(workspace), [last.fileName])
    const again: Again = { ...last, fileName: fileName!, times: (report.again?.times ?? 0) + 1 }
    await session.run(sql`update imports set report = ${JSON.stringify({ ...report, again })}
      where import_id = ${importId}`)
  })
}
