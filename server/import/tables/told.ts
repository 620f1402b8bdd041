import { type Language, type Said, sentence } from '../../messages/messages.ts'
import type { FileRead } from '../reading/file-begins.ts'
import { type Refusal, refusal } from '../refusal.ts'
import type { JoinedTables } from './joined.ts'
import type { Unused } from './plan.ts'

/** Why a table is not joined, as a sentence. */
export const unusedNote = ({ why, ...values }: Unused): Said => ({ id: `table-unused.${why}`, values })

const mostFiles = 20

/** Which files were read as one, with their rows; nothing where a table was joined to a single one. */
function filesRead(
  language: Language,
  tables: JoinedTables | null | undefined,
  files: readonly FileRead[],
): string[] {
  const last = tables?.added?.line ?? Number.MAX_SAFE_INTEGER
  const own = files.filter(({ line }) => line <= last)
  if (own.length < 2) return []
  const listed = own
    .slice(0, mostFiles)
    .map(({ name, rows }) => sentence(language, 'file-rows', { file: name, rows }))
  return [
    sentence(language, 'files-read', {
      n: own.length,
      files: { listed },
      more: Math.max(0, own.length - mostFiles),
    }),
  ]
}

/** What became of files and tables that were given together, in sentences; none for a file that is one table. `files`: those that were read as one. */
export function tableNotes(
  language: Language,
  tables: JoinedTables | null | undefined,
  files: readonly FileRead[] = [],
): string[] {
  const read = filesRead(language, tables, files)
  if (!tables) return read
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
  return [...read, ...notes.map(({ id, values }) => sentence(language, id, values))]
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
