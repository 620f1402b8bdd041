import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Session } from '../../analytics/engine/engine.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { systemCode } from '../command-line/refusal.ts'
import { resolvedMembers } from '../identity/match.ts'
import { inboxOf, noteEnding } from '../import/inbox.ts'
import { importRuns } from '../import/runs.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { fileNames, searchFor, type Telling } from './names-in-file.ts'

/** A file that the inbox took in or refused, as people find it: `done/…` or `refused/…`. */
export interface MovedFile {
  readonly name: string
  readonly path: string
}

export interface MovedFiles {
  /** Those that name the person. */
  readonly named: readonly MovedFile[]
  /** Those that can't be read, of which nobody knows. */
  readonly unread: readonly MovedFile[]
}

/** What stands or ever stood for the members of a relation with one column `member_id`. */
export async function tellingOf(session: Pick<Session, 'rows'>, memberIds: Sql): Promise<Telling> {
  const rows =
    await session.rows(sql`select member_id, phone, openid, email from members where member_id in ${memberIds}
    union select member_id, phone, openid, email from ${resolvedMembers(sql`import_members`)} as said where member_id in ${memberIds}
    union select named, phone, openid, email from row_people where named in ${memberIds}
    union select member_id, null, null, null from ${memberIds} as named`)
  const texts = (of: readonly unknown[]) => [
    ...new Set(of.filter((text): text is string => typeof text === 'string' && text !== '')),
  ]
  return {
    ids: texts(rows.map(({ memberId }) => memberId)),
    values: texts(rows.flatMap(({ phone, openid, email }) => [phone, openid, email])),
  }
}

/**
 * Of the files that the inbox moved to `done` and `refused`: those whose rows, or whose own name, name somebody. Each is
 * read whole, packed ones, workbooks and Parquet too, and others may work meanwhile. Short numbers, which may as well be
 * amounts, are looked for in the columns that name members alone, as an import would read the file.
 */
export async function movedFilesNaming(
  platform: Platform,
  workspace: Workspace,
  telling: Telling,
  signal?: AbortSignal,
): Promise<MovedFiles> {
  const named: MovedFile[] = []
  const unread: MovedFile[] = []
  const seen = await seenBefore(platform, workspace, telling)
  const scratch = join(importRuns(platform).temporaryFolder, randomUUID())
  const search = searchFor(telling, { workspace, scratch, signal })
  const files = movedFiles(platform, workspace)
  const sizes = files.map(({ path }) => statSync(path, { throwIfNoEntry: false })?.size ?? 0)
  const all = Math.max(
    1,
    sizes.reduce((sum, size) => sum + size, 0),
  )
  let before = 0
  const own = Symbol('reading')
  const tell = (bytes: number) =>
    underWay.set(own, {
      workspaceId: workspace.id,
      files: files.length,
      share: Math.min(1, (before + bytes) / all),
    })
  try {
    for (const [at, file] of files.entries()) {
      signal?.throwIfAborted()
      tell(0)
      const version = versionOf(file)
      let found = version === null ? false : seen.get(version)
      if (found === undefined) {
        found = await unlessGone(
          file,
          async () =>
            search.names(file.name) ||
            noteNames(file, search.names) ||
            (await fileNames(file, { ...search, onShare: (share) => tell(share * sizes[at]!) })),
        )
        seen.set(version!, found)
      }
      before += sizes[at]!
      if (found === true) named.push(file)
      else if (found === null) unread.push(file)
    }
  } finally {
    underWay.delete(own)
    rmSync(scratch, { recursive: true, force: true })
  }
  return { named, unread }
}

/** How far the reading of a workspace's moved files is: of how many files, which share of their bytes. */
export interface MovedReading {
  readonly files: number
  readonly share: number
}

/** Each reading for itself: of two at once the one that ends first leaves the other's. */
const underWay = new Map<symbol, MovedReading & { readonly workspaceId: string }>()

/** The reading of a workspace's moved files that is under way, of several the one that began last; null: none is. */
export function readingOfMoved(workspaceId: string): MovedReading | null {
  const found = [...underWay.values()].findLast((one) => one.workspaceId === workspaceId)
  return found ? { files: found.files, share: found.share } : null
}

/** By whom was looked for, what the files said: the deletion itself need not read again what it showed before. */
const lastSeen = new WeakMap<Platform, { asked: string; found: Map<string, boolean | null> }>()

/** What was found of files when the same was looked for before, and nothing was imported, undone or said of columns since by which they could be read otherwise. */
async function seenBefore(
  platform: Platform,
  workspace: Workspace,
  { ids, values }: Telling,
): Promise<Map<string, boolean | null>> {
  const [imports] = await workspace.engine.rows(
    sql`select cast(bit_xor(hash(import_id, undone_at, mapping)) as varchar) as state from imports`,
  )
  const asked = createHash('sha256')
    .update(JSON.stringify([workspace.id, imports!.state, ids.toSorted(), values.toSorted()]))
    .digest('hex')
  const last = lastSeen.get(platform)
  if (last?.asked === asked) return last.found
  const found = new Map<string, boolean | null>()
  lastSeen.set(platform, { asked, found })
  return found
}

/** Names a file as it stands, with the note beside it; null: it is gone. */
function versionOf({ path }: MovedFile): string | null {
  const of = (one: string) => {
    const found = statSync(one, { bigint: true, throwIfNoEntry: false })
    return found ? [found.ino, found.size, found.mtimeNs, found.ctimeNs].join() : null
  }
  const own = of(path)
  return own && JSON.stringify([path, own, of(`${path}${noteEnding}`)])
}

/** What a file that somebody takes away meanwhile said is that it names nobody. */
async function unlessGone(file: MovedFile, look: () => Promise<boolean | null>): Promise<boolean | null> {
  try {
    return await look()
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && !existsSync(file.path)) return false
    throw error
  }
}

const noteNames = ({ path }: MovedFile, names: (text: string) => boolean): boolean =>
  existsSync(`${path}${noteEnding}`) && names(readFileSync(`${path}${noteEnding}`, 'utf8'))

/** Takes files away, with the notes beside them; one that is gone already is no error. */
export function removeMoved(files: readonly MovedFile[]): void {
  for (const { path } of files) {
    rmSync(path, { force: true })
    rmSync(`${path}${noteEnding}`, { force: true })
  }
}

function movedFiles(platform: Platform, workspace: Workspace): MovedFile[] {
  const folders = inboxOf(platform, workspace)
  return (['done', 'refused'] as const).flatMap((folder) =>
    existsSync(folders[folder])
      ? readdirSync(folders[folder], { withFileTypes: true })
          .filter((entry) => entry.isFile() && !entry.name.endsWith(noteEnding))
          .map(({ name }) => ({ name: `${folder}/${name}`, path: join(folders[folder], name) }))
      : [],
  )
}
