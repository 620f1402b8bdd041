import type { Engine } from '../../analytics/engine/engine.ts'
import { sql } from '../../analytics/sql/sql.ts'

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
 * line of the history, however often it comes.
 */
export async function noteAgain(engine: Engine, importId: string, last: Omit<Again, 'times'>): Promise<void> {
  await engine.transaction(async (session) => {
    const [row] = await session.rows(sql`select report from imports where import_id = ${importId}`)
    if (!row) return // taken out meanwhile
    const report = JSON.parse(String(row.report)) as { again?: Again }
    const again: Again = { ...last, times: (report.again?.times ?? 0) + 1 }
    await session.run(sql`update imports set report = ${JSON.stringify({ ...report, again })}
      where import_id = ${importId}`)
  })
}
