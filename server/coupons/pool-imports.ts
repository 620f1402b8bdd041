import { randomUUID } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import type { Said } from '../messages/messages.ts'
import { auditName, recordAudit } from '../settings/audit.ts'
import type { Store } from '../store/store.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Clock } from '../platform.ts'
import { type CodeColumn, codeColumn, type ReadCode, readCodes, type RefusedCode } from './codes-file.ts'
import { dropEmptyPool, freeCodes } from './pools.ts'

/** Whose files come in, and by which clock. */
export interface PoolDesk {
  readonly store: Store
  readonly clock: Clock
  readonly workspaceId: string
}

/** Lines that are read and written in one transaction: tills wait for it. */
export const linesAtOnce = 1_000
/** The most codes of one file. */
export const mostCodes = 1_000_000
/** The longest line, in signs. */
const longestLine = 20_000
/** After so many minutes without a part, a file is taken for given up. */
const patienceMinutes = 2

export type ImportRefusal =
  | { kind: 'gone' }
  | { kind: 'out-of-turn'; expected: number }
  /** Nothing of it is taken. */
  | { kind: 'unreadable'; said: Said }

/** How far a file has come. */
export interface ImportProgress {
  readonly kind: 'read'
  readonly lines: number
  readonly codes: number
  /** Of the part that was sent. */
  readonly refused: readonly RefusedCode[]
}

/**
 * Begins to take a file of codes into a pool, which is made where there is none of that name. One file of a workspace
 * comes in at a time, so that what is refused as known already is known for good; one that was given up goes.
 */
export async function beginImport(
  { store, clock, workspaceId }: PoolDesk,
  name: string,
): Promise<{ kind: 'begun'; importId: string } | { kind: 'running'; pool: string }> {
  const now = clock.now()
  for (const other of await unpublished(store, workspaceId)) {
    if (now.getTime() - Date.parse(other.touchedAt) < patienceMinutes * 60_000)
      return { kind: 'running', pool: other.pool }
    await discardImport(store, workspaceId, other.importId)
  }
  const importId = randomUUID()
  const begun = await store.transaction().execute(async (tx) => {
    const [other] = await unpublished(tx, workspaceId)
    if (other) return { kind: 'running', pool: other.pool } as const
    await tx
      .insertInto('code_pools')
      .values({ id: randomUUID(), workspace_id: workspaceId, name, created_at: now.toISOString() })
      .onConflict((conflict) => conflict.columns(['workspace_id', 'name']).doNothing())
      .execute()
    const { id } = await tx
      .selectFrom('code_pools')
      .select('id')
      .where('workspace_id', '=', workspaceId)
      .where('name', '=', name)
      .executeTakeFirstOrThrow()
    await tx
      .insertInto('pool_imports')
      .values({
        id: importId,
        workspace_id: workspaceId,
        pool_id: id,
        parts: 0,
        rest: JSON.stringify(''),
        code_column: null,
        next_line: 1,
        codes: 0,
        touched_at: now.toISOString(),
        published_at: null,
      })
      .execute()
    return null
  })
  return begun ?? { kind: 'begun', importId }
}

/**
 * Takes the next part of a file's text, cut anywhere; `part` counts from 0. A part that was taken already changes
 * nothing. What nobody can read gives the file up.
 */
export async function takePart(
  desk: PoolDesk,
  { importId, part, text }: { importId: string; part: number; text: string },
): Promise<ImportProgress | ImportRefusal> {
  const { store, clock, workspaceId } = desk
  const arrived = await store.transaction().execute(async (tx): Promise<ImportRefusal | null> => {
    const row = await running(tx, workspaceId, importId)
    if (!row) return { kind: 'gone' }
    if (part < row.parts) return null
    if (part > row.parts) return { kind: 'out-of-turn', expected: row.parts }
    await tx
      .updateTable('pool_imports')
      .set({
        parts: part + 1,
        rest: JSON.stringify((JSON.parse(row.rest) as string) + text),
        touched_at: clock.now().toISOString(),
      })
      .where('id', '=', importId)
      .execute()
    return null
  })
  return arrived ?? readOn(desk, importId, false)
}

/** Makes the codes of a file be there, all at once, at the end of its text. */
export async function publishImport(
  desk: PoolDesk,
  importId: string,
  actor: Parameters<typeof auditName>[0],
): Promise<{ kind: 'added'; added: number; free: number; refused: readonly RefusedCode[] } | ImportRefusal> {
  const { store, clock, workspaceId } = desk
  const read = await readOn(desk, importId, true)
  if (read.kind !== 'read') return read
  return store.transaction().execute(async (tx) => {
    const row = await running(tx, workspaceId, importId)
    if (!row) return { kind: 'gone' } as const
    const at = clock.now()
    await tx
      .updateTable('pool_imports')
      .set({ published_at: at.toISOString() })
      .where('id', '=', importId)
      .execute()
    const { name } = await tx
      .selectFrom('code_pools')
      .select('name')
      .where('id', '=', row.pool_id)
      .executeTakeFirstOrThrow()
    if (row.codes === 0) await dropEmptyPool(tx, row.pool_id)
    else
      await recordAudit(tx, {
        workspaceId,
        actor: auditName(actor),
        action: 'codes-imported',
        subject: name,
        at,
      })
    const pool = await freeCodes(tx, workspaceId, name)
    return { kind: 'added', added: row.codes, free: pool?.free ?? 0, refused: read.refused } as const
  })
}

/** Takes the codes of a file that is not published out again; false: there is none of that id. */
export async function discardImport(store: Store, workspaceId: string, importId: string): Promise<boolean> {
  for (;;) {
    const left = await store.transaction().execute(async (tx) => {
      const row = await running(tx, workspaceId, importId)
      if (!row) return null
      const { numDeletedRows } = await tx
        .deleteFrom('pool_codes')
        .where('seq', 'in', (from) =>
          from.selectFrom('pool_codes').select('seq').where('import_id', '=', importId).limit(linesAtOnce),
        )
        .executeTakeFirstOrThrow()
      const codes = row.codes - Number(numDeletedRows)
      // who sends on meanwhile is out of turn
      await tx.updateTable('pool_imports').set({ codes, parts: -1 }).where('id', '=', importId).execute()
      if (codes > 0) return codes
      await tx.deleteFrom('pool_imports').where('id', '=', importId).execute()
      await dropEmptyPool(tx, row.pool_id)
      return 0
    })
    if (left === null) return false
    if (left === 0) return true
    await setImmediate()
  }
}

/** After a start: takes out what files brought that did not come in whole. */
export async function recoverImports(store: Store): Promise<void> {
  const broken = await store
    .selectFrom('pool_imports')
    .select(['id', 'workspace_id'])
    .where('published_at', 'is', null)
    .execute()
  for (const { id, workspace_id } of broken) await discardImport(store, workspace_id, id)
}

const running = (tx: Kysely<StoreSchema>, workspaceId: string, importId: string) =>
  tx
    .selectFrom('pool_imports')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', importId)
    .where('published_at', 'is', null)
    .executeTakeFirst()

const unpublished = (store: Kysely<StoreSchema>, workspaceId: string) =>
  store
    .selectFrom('pool_imports')
    .innerJoin('code_pools', 'code_pools.id', 'pool_imports.pool_id')
    .select([
      'pool_imports.id as importId',
      'pool_imports.touched_at as touchedAt',
      'code_pools.name as pool',
    ])
    .where('pool_imports.workspace_id', '=', workspaceId)
    .where('pool_imports.published_at', 'is', null)
    .execute()

/** Reads what has arrived, so many lines a transaction; `toEnd`: its last line too, which no other line ends. */
async function readOn(
  { store, workspaceId }: PoolDesk,
  importId: string,
  toEnd: boolean,
): Promise<ImportProgress | ImportRefusal> {
  const refused: RefusedCode[] = []
  let before = -1
  for (;;) {
    const step = await store.transaction().execute(async (tx): Promise<ImportProgress | ImportRefusal> => {
      const row = await running(tx, workspaceId, importId)
      if (!row || row.parts < 0) return { kind: 'gone' }
      const arrived = JSON.parse(row.rest) as string
      const { lines, rest } = nextLines(row.next_line === 1 ? arrived.replace(/^\uFEFF/, '') : arrived, toEnd)
      if (lines.length === 0 && rest.trim().length > longestLine)
        return {
          kind: 'unreadable',
          said: { id: 'pool-line-long', values: { line: row.next_line, most: longestLine } },
        }
      if (toEnd && lines.length === 0 && row.next_line === 1)
        return { kind: 'unreadable', said: { id: 'pool-file-empty' } }
      if (lines.length === 0) return { kind: 'read', lines: row.next_line - 1, codes: row.codes, refused: [] }
      const column = row.code_column === null ? null : (JSON.parse(row.code_column) as CodeColumn)
      const told = column ? { kind: 'column' as const, ...column, titled: false } : codeColumn(lines[0]!)
      if (told.kind === 'unclear') return { kind: 'unreadable', said: told.said }
      const { titled, separator, column: at } = told
      const read = readCodes(lines.slice(titled ? 1 : 0), row.next_line + (titled ? 1 : 0), {
        separator,
        column: at,
      })
      const known = await refusedAsKnown(tx, workspaceId, importId, read.codes)
      const refusedLines = new Set(known.map(({ line }) => line))
      const added = read.codes.filter(({ line }) => !refusedLines.has(line))
      const codes = row.codes + added.length
      if (codes > mostCodes)
        return { kind: 'unreadable', said: { id: 'pool-file-large', values: { most: mostCodes } } }
      await sql`insert into pool_codes (workspace_id, pool_id, import_id, code, key, line)
          select ${workspaceId}, ${row.pool_id}, ${importId}, value ->> 0, value ->> 1, value ->> 2
          from json_each(${JSON.stringify(added.map(({ code, key, line }) => [code, key, line]))})`.execute(
        tx,
      )
      await tx
        .updateTable('pool_imports')
        .set({
          rest: JSON.stringify(rest),
          next_line: row.next_line + lines.length,
          code_column: JSON.stringify({ separator, column: at } satisfies CodeColumn),
          codes,
        })
        .where('id', '=', importId)
        .execute()
      return {
        kind: 'read',
        lines: row.next_line - 1 + lines.length,
        codes,
        refused: [...read.refused, ...known].toSorted((one, other) => one.line - other.line),
      }
    })
    if (step.kind === 'unreadable') await discardImport(store, workspaceId, importId)
    if (step.kind !== 'read') return step
    if (step.lines === before) return { ...step, refused }
    before = step.lines
    refused.push(...step.refused)
    await setImmediate() // lets tills in
  }
}

/**
 * The next whole lines of a text. Its last line waits for its end, and empty lines wait for another after them: those at
 * the end of a file are none.
 */
function nextLines(text: string, toEnd: boolean): { lines: string[]; rest: string } {
  const lines: string[] = []
  const end = /\r\n|\n|\r/g
  let from = 0
  let said = { lines: 0, from: 0 }
  for (let found = end.exec(text); found && lines.length < linesAtOnce; found = end.exec(text)) {
    if (!toEnd && end.lastIndex === text.length && found[0] === '\r') break // its \n may follow
    const line = text.slice(from, found.index)
    lines.push(line)
    from = end.lastIndex
    if (line.trim() !== '') said = { lines: lines.length, from }
  }
  if (toEnd && lines.length < linesAtOnce && text.slice(from).trim() !== '')
    return { lines: [...lines, text.slice(from)], rest: '' }
  // a whole batch of empty lines, and something after them
  if (said.lines === 0 && text.slice(from).trim() !== '') return { lines, rest: text.slice(from) }
  return { lines: lines.slice(0, said.lines), rest: text.slice(said.from) }
}

/** Those of the codes that stood in the file before or that the workspace knows already, and as what. */
async function refusedAsKnown(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  importId: string,
  codes: readonly ReadCode[],
): Promise<RefusedCode[]> {
  const keys = JSON.stringify(codes.map(({ key }) => key))
  // cross joins keep SQLite from reading a whole pool for each batch
  const { rows } = await sql<{
    key: string
    pool: string | null
    first: number | null
    campaign: string | null
  }>`
    with asked as (select value as key from json_each(${keys}))
    select asked.key, code_pools.name as pool, case when pool_codes.import_id = ${importId} then pool_codes.line end as first,
      null as campaign
    from asked cross join pool_codes on pool_codes.workspace_id = ${workspaceId} and pool_codes.key = asked.key
    join code_pools on code_pools.id = pool_codes.pool_id
    union all
    select asked.key, null, null, campaigns.name
    from asked cross join coupons on coupons.workspace_id = ${workspaceId} and coupons.given_key = asked.key
    join campaigns on campaigns.id = coupons.campaign_id
    union all
    select asked.key, null, null, campaigns.name
    from asked cross join coupons on coupons.workspace_id = ${workspaceId} and coupons.code = asked.key
    join campaigns on campaigns.id = coupons.campaign_id`.execute(tx)
  const known = new Map<string, Said>()
  for (const { key, pool, first, campaign } of rows)
    if (!known.has(key))
      known.set(
        key,
        first !== null
          ? { id: 'pool-code-twice', values: { first } }
          : pool !== null
            ? { id: 'pool-code-known', values: { pool } }
            : { id: 'pool-code-issued', values: { campaign: campaign! } },
      )
  return codes.flatMap(({ line, code, key }): RefusedCode[] => {
    const said = known.get(key)
    if (said) return [{ line, said: { id: said.id, values: { line, code, ...said.values } } }]
    known.set(key, { id: 'pool-code-twice', values: { first: line } })
    return []
  })
}
