import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { StoreSchema } from '../store/schema.ts'
import { keyedHash } from './keyed.ts'

/** One deleted member: whoever's id, or `kind:value` of a phone, openid or e-mail, has this hash under this secret is the pseudonym. */
export interface Deletion {
  readonly secret: string
  readonly hash: string
  readonly pseudonym: string
}

/** The list as a file beside the Store: it outlives a Store that has to be restored from an older backup. */
const ListFile = z.object({
  format: z.literal('reveille-deletions'),
  /** A restore asks for it: what is written as applied may be in older files again. */
  applyAgain: z.boolean().default(false),
  deletions: z.array(
    z.object({
      workspaceId: z.uuid(),
      secret: z.string().min(20).max(64),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      pseudonym: z.string().regex(/^deleted-[0-9a-f]{16}$/),
      deletedAt: z.iso.datetime(),
    }),
  ),
  /** What else those members were known by; none in a list from before. */
  values: z
    .array(
      z.object({
        workspaceId: z.uuid(),
        secret: z.string().min(20).max(64),
        hash: z.string().regex(/^[0-9a-f]{64}$/),
        pseudonym: z.string().regex(/^deleted-[0-9a-f]{16}$/),
      }),
    )
    .default([]),
})
export type ListFile = z.infer<typeof ListFile>

export const listFileName = 'deletions.json'

/** The file as it stands; null where it is no deletion list. */
export function readListFile(path: string): ListFile | null {
  try {
    return ListFile.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Writes the file whole or not at all, for the owner of the process alone. */
export function writeListFile(path: string, list: ListFile): void {
  const draft = `${path}.partial`
  writeFileSync(draft, JSON.stringify(list, null, 2), { mode: 0o600, flush: true })
  renameSync(draft, path)
}

/** The workspace's deletion list. */
export async function deletionsOf(store: Kysely<StoreSchema>, workspaceId: string): Promise<Deletion[]> {
  const ids = await store
    .selectFrom('deletions')
    .select(['secret', 'hash', 'pseudonym'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('deleted_at')
    .execute()
  const values = await store
    .selectFrom('deleted_values')
    .select(['secret', 'hash', 'pseudonym'])
    .where('workspace_id', '=', workspaceId)
    .execute()
  return [...ids, ...values]
}

/** Whether somebody stands on the list whom the workspace's engine or Store may still name. */
export async function isDeletionUnderWay(store: Kysely<StoreSchema>, workspaceId: string): Promise<boolean> {
  const found = await store
    .selectFrom('deletions')
    .select('pseudonym')
    .where('workspace_id', '=', workspaceId)
    .where('applied_at', 'is', null)
    .executeTakeFirst()
  return found !== undefined
}

/** Whether an id is somebody's pseudonym. */
export async function isPseudonym(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  memberId: string,
): Promise<boolean> {
  const found = await store
    .selectFrom('deletions')
    .select('pseudonym')
    .where('workspace_id', '=', workspaceId)
    .where('pseudonym', '=', memberId)
    .executeTakeFirst()
  return found !== undefined
}

/** Those of the ids that the list knows, with their pseudonyms. */
export function deletedAmong(list: readonly Deletion[], memberIds: Iterable<string>): Map<string, string> {
  const bySecret = Map.groupBy(list, ({ secret }) => secret)
  const pseudonyms = new Map(
    [...bySecret].map(([secret, all]) => [
      secret,
      new Map(all.map(({ hash, pseudonym }) => [hash, pseudonym])),
    ]),
  )
  const found = new Map<string, string>()
  for (const memberId of memberIds)
    for (const [secret, ofSecret] of pseudonyms) {
      const pseudonym = ofSecret.get(keyedHash(secret, memberId))
      if (pseudonym !== undefined && !found.has(memberId)) found.set(memberId, pseudonym)
    }
  return found
}

/** Puts a member on the list with the values that told them (`kind:value`), not yet applied, and answers the pseudonym. */
export async function listDeletion(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  memberId: string,
  at: Date,
  values: readonly string[] = [],
): Promise<string> {
  const known = await tx
    .selectFrom('deletions')
    .select('secret')
    .where('workspace_id', '=', workspaceId)
    .orderBy('deleted_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  const secret = known?.secret ?? randomBytes(32).toString('base64url')
  const pseudonym = `deleted-${randomBytes(8).toString('hex')}`
  await tx
    .insertInto('deletions')
    .values({
      workspace_id: workspaceId,
      secret,
      hash: keyedHash(secret, memberId),
      pseudonym,
      deleted_at: at.toISOString(),
      applied_at: null,
    })
    .execute()
  for (const value of values)
    await tx
      .insertInto('deleted_values')
      .values({ workspace_id: workspaceId, secret, hash: keyedHash(secret, value), pseudonym })
      // a number that somebody else was deleted with stays theirs
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  return pseudonym
}

/** Writes the Store's list into its file; without any deletion there is none. */
export async function saveList(store: Kysely<StoreSchema>, dataFolder: string): Promise<void> {
  const rows = await store.selectFrom('deletions').selectAll().orderBy('deleted_at').execute()
  const values = await store.selectFrom('deleted_values').selectAll().orderBy('hash').execute()
  const path = join(dataFolder, listFileName)
  if (rows.length === 0 && !existsSync(path)) return
  writeListFile(path, {
    format: 'reveille-deletions',
    applyAgain: false,
    deletions: rows.map((row) => ({
      workspaceId: row.workspace_id,
      secret: row.secret,
      hash: row.hash,
      pseudonym: row.pseudonym,
      deletedAt: row.deleted_at,
    })),
    values: values.map(({ workspace_id, ...row }) => ({ workspaceId: workspace_id, ...row })),
  })
}

/** The deletion list beside the Store is no such list; `path` says which file. */
export class ListDamaged extends Error {
  override name = 'ListDamaged'
  readonly path: string
  constructor(path: string) {
    super(`The file ${path} is no deletion list.`)
    this.path = path
  }
}

/** Takes into the Store what its file knows and it does not, as after a restore. Throws ListDamaged. */
export async function takeListFile(store: Kysely<StoreSchema>, dataFolder: string): Promise<void> {
  const path = join(dataFolder, listFileName)
  if (!existsSync(path)) return
  const list = readListFile(path)
  if (!list) throw new ListDamaged(path)
  await store.transaction().execute(async (tx) => {
    for (const one of list.deletions)
      await tx
        .insertInto('deletions')
        .values({
          workspace_id: one.workspaceId,
          secret: one.secret,
          hash: one.hash,
          pseudonym: one.pseudonym,
          deleted_at: one.deletedAt,
          applied_at: null,
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    for (const { workspaceId, ...value } of list.values)
      await tx
        .insertInto('deleted_values')
        .values({ workspace_id: workspaceId, ...value })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    if (list.applyAgain) await tx.updateTable('deletions').set({ applied_at: null }).execute()
  })
}
