import { type Language, type Said, sentence } from '../../messages/messages.ts'
import type { JoinedTables } from './joined.ts'
import type { Unused } from './plan.ts'

/** Why a table is not joined, as a sentence. */
export const unusedNote = ({ why, ...values }: Unused): Said => ({ id: `table-unused.${why}`, values })

/** What became of tables that were given together, in sentences; none for a file that is one table. */
export function tableNotes(language: Language, tables: JoinedTables | null | undefined): string[] {
  if (!tables) return []
  const { base, joins, added, members = [], unused } = tables
  const notes: Said[] = [
    { id: 'tables-joined', values: { ...base } },
    ...joins.map((join): Said => ({ id: 'table-joined', values: { ...join } })),
    ...(added ? [{ id: 'table-added', values: { ...added, base: base.name } } as const] : []),
    ...members.map((name): Said => ({ id: 'table-members', values: { name } })),
    ...unused.map(unusedNote),
  ]
  return notes.map(({ id, values }) => sentence(language, id, values))
}
