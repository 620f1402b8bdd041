import { type Language, type Said, sentence } from '../../messages/messages.ts'
import { type Refusal, refusal } from '../refusal.ts'
import type { JoinedTables } from './joined.ts'
import type { Unused } from './plan.ts'

/** Why a table is not joined, as a sentence. */
export const unusedNote = ({ why, ...values }: Unused): Said => ({ id: `table-unused.${why}`, values })

/** What became of tables that were given together, in sentences; none for a file that is one table. */
export function tableNotes(language: Language, tables: JoinedTables | null | undefined): string[] {
  if (!tables) return []
  const { base, joins, added, unused, appended = [] } = tables
  const notes: Said[] = [
    ...(joins.length > 0 ? [{ id: 'tables-joined', values: { ...base } } as const] : []),
    ...appended.map((part): Said => ({
      id: 'table-appended',
      values: { ...part, any: part.lacking === '' ? 'no' : 'yes' },
    })),
    ...joins.flatMap(({ ofMembers, ...join }): Said[] => [
      { id: 'table-joined', values: join },
      ...(ofMembers === undefined || (ofMembers === '' && join.unnamed === 0)
        ? []
        : [
            {
              id: 'table-of-members' as const,
              values: {
                name: join.name,
                columns: ofMembers,
                members: join.unnamed,
                any: ofMembers === '' ? 'no' : 'yes',
              },
            },
          ]),
    ]),
    ...(added ? [{ id: 'table-added', values: { ...added, base: base.name } } as const] : []),
    ...unused.map(unusedNote),
  ]
  return notes.map(({ id, values }) => sentence(language, id, values))
}

/** Of files given together: which came in, and why others did not. */
export const partlyImported = (
  file: string,
  came: readonly string[],
  not: readonly { readonly fileName: string; readonly refusal: Refusal }[],
): Refusal =>
  refusal('partly-imported', {
    file,
    done: came.length,
    came: { listed: came },
    not: { listed: not.map(({ fileName }) => fileName) },
    why: not.map(({ refusal: { id, values } }) => ({ id, values })),
  })
