import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { sql } from 'kysely'
import { z } from 'zod'
import { listFileName, type ListFile, readListFile, writeListFile } from '../rights/deletions.ts'
import { makeFolder, type Platform } from '../platform.ts'
import { knownMigrations } from '../store/store.ts'
import { ArchiveDamaged, digestOf, fileEntry, textEntry, walkArchive, writeArchive } from './archive.ts'

const Manifest = z.object({
  format: z.literal('reveille-backup'),
  version: z.literal(1),
  madeAt: z.iso.datetime(),
  /** Newest Store migration of who made it: an older Reveille must not read it. */
  migration: z.string(),
  workspaces: z.array(z.object({ id: z.uuid(), name: z.string() })),
  files: z.array(
    z.object({
      name: z.string().regex(/^(store\.db|workspaces\/[0-9a-f-]{36}\.duckdb)$/),
      bytes: z.int(),
      sha256: z.string(),
    }),
  ),
})
type Manifest = z.infer<typeof Manifest>

const manifestName = 'manifest.json'

export interface BackedUp {
  readonly file: string
  readonly bytes: number
  readonly workspaces: number
}

/** The file exists already; `file` says which. */
export type BackupOutcome = { kind: 'backed-up'; backup: BackedUp } | { kind: 'exists' }

/**
 * Saves everything of an open data folder as one file while it is in use. The engines are copied first
 * and the Store last: what people do in between stands in the Store as events behind an engine's
 * watermark and is drained after a restore; the other way round, events would be lost.
 */
export async function backUp(platform: Platform, file: string, signal?: AbortSignal): Promise<BackupOutcome> {
  if (existsSync(file)) return { kind: 'exists' }
  const drafts = `${file}.partial`
  rmSync(drafts, { recursive: true, force: true })
  makeFolder(join(drafts, 'workspaces'))
  try {
    const workspaces = await platform.workspaces.list()
    const names: string[] = []
    for (const { id } of workspaces) {
      signal?.throwIfAborted()
      const name = `workspaces/${id}.duckdb`
      await (await platform.workspaces.byId(id))!.engine.backup(join(drafts, name))
      names.push(name)
    }
    await sql`vacuum into ${join(drafts, 'store.db')}`.execute(platform.store)
    names.push('store.db')
    const manifest: Manifest = {
      format: 'reveille-backup',
      version: 1,
      madeAt: platform.clock.now().toISOString(),
      migration: knownMigrations.at(-1)!,
      workspaces,
      files: [],
    }
    for (const name of names) {
      signal?.throwIfAborted()
      const path = join(drafts, name)
      manifest.files.push({ name, bytes: statSync(path).size, sha256: await digestOf(path) })
    }
    const whole = join(drafts, 'whole')
    await writeArchive(
      whole,
      [
        textEntry(manifestName, JSON.stringify(manifest, null, 2)),
        ...names.map((name) => fileEntry(name, join(drafts, name))),
      ],
      signal,
    )
    renameSync(whole, file)
    return {
      kind: 'backed-up',
      backup: { file, bytes: statSync(file).size, workspaces: workspaces.length },
    }
  } finally {
    rmSync(drafts, { recursive: true, force: true })
  }
}

export type RestoreOutcome =
  /** `deletions`: how many the lists that were given have; null: none was given. */
  | { kind: 'restored'; workspaces: number; deletions: number | null }
  | { kind: 'no-file' }
  | { kind: 'no-list'; file: string }
  | { kind: 'list-damaged'; file: string }
  | { kind: 'folder-not-empty' }
  | { kind: 'damaged'; reason: string }
  | { kind: 'newer' }

const halfWay = '.restoring'

/**
 * Puts a backup into an empty or new data folder: first aside, every digest checked, then in place, the
 * Store last. Nothing is there until all of it is right. A deletion list (the file `list`, and one that the
 * folder has) is kept for the next start, which applies it to what the backup still knows.
 */
export async function restore(file: string, folder: string, list?: string): Promise<RestoreOutcome> {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return { kind: 'no-file' }
  if (existsSync(folder) && readdirSync(folder).some((name) => name !== halfWay && name !== listFileName))
    return { kind: 'folder-not-empty' }
  const own = join(folder, listFileName)
  if (list !== undefined && !existsSync(list)) return { kind: 'no-list', file: list }
  const given = [...(list === undefined ? [] : [list]), ...(existsSync(own) ? [own] : [])]
  const lists: ListFile[] = []
  for (const path of given) {
    const read = readListFile(path)
    if (!read) return { kind: 'list-damaged', file: path }
    lists.push(read)
  }
  const deletions = [
    ...new Map(lists.flatMap((one) => one.deletions).map((one) => [one.pseudonym, one])).values(),
  ]
  const values = [
    ...new Map(lists.flatMap((one) => one.values).map((one) => [`${one.secret} ${one.hash}`, one])).values(),
  ]
  const aside = join(folder, halfWay)
  rmSync(aside, { recursive: true, force: true })
  makeFolder(join(aside, 'workspaces'))
  try {
    const manifest = await unpacked(file, aside)
    if (manifest.migration > knownMigrations.at(-1)!) return { kind: 'newer' }
    writeListFile(own, { format: 'reveille-deletions', applyAgain: true, deletions, values })
    renameSync(join(aside, 'workspaces'), join(folder, 'workspaces'))
    renameSync(join(aside, 'store.db'), join(folder, 'store.db'))
    return {
      kind: 'restored',
      workspaces: manifest.workspaces.length,
      deletions: given.length === 0 ? null : deletions.length,
    }
  } catch (error) {
    if (error instanceof ArchiveDamaged) return { kind: 'damaged', reason: error.message }
    throw error
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Unpacks into a folder and answers the manifest, once all that it promises is there and nothing else. */
async function unpacked(file: string, folder: string): Promise<Manifest> {
  let manifest: Manifest | undefined
  const found = new Set<string>()
  await walkArchive(file, async (entry) => {
    if (!manifest) {
      if (entry.name !== manifestName) throw new ArchiveDamaged('it has no manifest')
      const read = Manifest.safeParse(parsed(await entry.text()))
      if (!read.success) throw new ArchiveDamaged('its manifest is not understood')
      manifest = read.data
      return
    }
    const promised = manifest.files.find(({ name }) => name === entry.name)
    if (!promised || found.has(entry.name)) throw new ArchiveDamaged(`${entry.name} does not belong to it`)
    const path = join(folder, entry.name)
    makeFolder(dirname(path))
    if ((await entry.save(path)) !== promised.sha256) throw new ArchiveDamaged(`${entry.name} was changed`)
    found.add(entry.name)
  })
  if (!manifest) throw new ArchiveDamaged('it has no manifest')
  for (const { name } of manifest.files) if (!found.has(name)) throw new ArchiveDamaged(`${name} is missing`)
  if (!found.has('store.db')) throw new ArchiveDamaged('store.db is missing')
  return manifest
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
