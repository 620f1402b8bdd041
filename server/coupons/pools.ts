import { randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { Said } from '../messages/messages.ts'
import type { StoreSchema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { givenKey, longestGiven } from './code.ts'

/** A pool of codes that were made elsewhere. */
export interface CodePool {
  readonly name: string
  readonly createdAt: string
  readonly codes: number
  /** Codes that nobody has yet. */
  readonly free: number
}

/** A line of a file that brought no code, and why. */
export interface RefusedCode {
  readonly line: number
  readonly said: Said
}

/** The most codes that one file adds: they are written in one transaction, which tills wait for. */
export const mostCodes = 100_000

interface ReadCode {
  readonly line: number
  readonly code: string
  readonly key: string
}

export type CodesFile =
  | { kind: 'codes'; codes: ReadCode[]; refused: RefusedCode[] }
  /** Nothing of it is taken. */
  | { kind: 'unreadable'; said: Said }

/** What a column of codes may be called, without blanks and in lower case. */
const titles = new Set(
  `code codes couponcode couponno couponnumber vouchercode voucherno promocode redemptioncode
  券码 优惠券码 券号 优惠码 核销码 卡券码 卡券编号 优惠券编号 兑换码 卡密 卡号`
    .split(/\s+/)
    .filter(Boolean),
)

/**
 * Reads a file of codes: one a line, or a table with a column that is called a code. What cannot be a code is refused
 * line by line: empty ones, too long ones, numbers that a spreadsheet has rounded, and codes that came before in it.
 */
export function readCodesFile(text: string): CodesFile {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  while (lines.at(-1)?.trim() === '') lines.pop()
  if (lines.length === 0) return { kind: 'unreadable', said: { id: 'pool-file-empty' } }
  const separator = ['\t', ';', ','].find((each) => lines[0]!.includes(each)) ?? ','
  const first = cellsOf(lines[0]!, separator)
  const titled = first.findIndex((cell) => titles.has(cell.toLowerCase().replace(/[\s_-]/g, '')))
  if (titled === -1 && first.length > 1)
    return { kind: 'unreadable', said: { id: 'pool-file-columns', values: { columns: first.join(', ') } } }
  const column = Math.max(titled, 0)
  const codes: ReadCode[] = []
  const refused: RefusedCode[] = []
  const lineOf = new Map<string, number>()
  for (const [index, row] of lines.entries()) {
    if (index === 0 && titled !== -1) continue
    const line = index + 1
    const code = cellsOf(row, separator)[column] ?? ''
    const key = givenKey(code)
    const refuse = (said: Said) => refused.push({ line, said })
    if (key === null) refuse({ id: 'pool-code-empty', values: { line } })
    else if (code.length > longestGiven)
      refuse({ id: 'pool-code-long', values: { line, most: longestGiven, code: code.slice(0, 20) } })
    else if (/^\d(\.\d+)?E\+\d+$/.test(key)) refuse({ id: 'pool-code-rounded', values: { line, code } })
    else if (lineOf.has(key))
      refuse({ id: 'pool-code-twice', values: { line, code, first: lineOf.get(key)! } })
    else {
      lineOf.set(key, line)
      codes.push({ line, code, key })
    }
  }
  if (codes.length > mostCodes)
    return {
      kind: 'unreadable',
      said: { id: 'pool-file-large', values: { codes: codes.length, most: mostCodes } },
    }
  return { kind: 'codes', codes, refused }
}

/** The cells of a line; quotes around one go, also those with which spreadsheets keep a number a text (="0012"). */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    const sign = line[at]!
    if (quoted && sign === '"' && line[at + 1] === '"') cell += line[at++]
    else if (sign === '"') quoted = !quoted
    else if (!quoted && sign === separator) {
      cells.push(cell)
      cell = ''
    } else cell += sign
  }
  return [...cells, cell].map((each) => each.trim().replace(/^[='’]+/, ''))
}

/** The pools of a workspace, by name. */
export async function listPools(store: Kysely<StoreSchema>, workspaceId: string): Promise<CodePool[]> {
  const { rows } = await sql<CodePool>`
    select code_pools.name, code_pools.created_at as "createdAt", count(pool_codes.seq) as codes,
      coalesce(sum(pool_codes.seq is not null and pool_codes.launch_id is null), 0) as free
    from code_pools left join pool_codes on pool_codes.pool_id = code_pools.id
    where code_pools.workspace_id = ${workspaceId}
    group by code_pools.id order by code_pools.name`.execute(store)
  return rows
}

/** How many codes of a pool nobody has yet; null: there is no such pool. */
export async function freeCodes(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  name: string,
): Promise<{ poolId: string; free: number } | null> {
  const pool = await store
    .selectFrom('code_pools')
    .select('id')
    .where('workspace_id', '=', workspaceId)
    .where('name', '=', name)
    .executeTakeFirst()
  if (!pool) return null
  const { free } = await store
    .selectFrom('pool_codes')
    .where('pool_id', '=', pool.id)
    .where('launch_id', 'is', null)
    .where(isUnissued)
    .select(({ fn }) => fn.countAll<number>().as('free'))
    .executeTakeFirstOrThrow()
  return { poolId: pool.id, free }
}

/** Condition on a row of pool_codes: no coupon is known by it, chosen for many or otherwise. */
const isUnissued = sql<boolean>`not exists (select 1 from coupons as known
  where known.workspace_id = pool_codes.workspace_id and known.given_key = pool_codes.key)`

/**
 * Adds codes of a file to a pool, which is made where there is none of that name. Codes that this workspace has already
 * are refused line by line; the others are all added or none.
 */
export async function addToPool(
  store: Store,
  { workspaceId, name, codes, at }: { workspaceId: string; name: string; codes: ReadCode[]; at: Date },
): Promise<{ added: number; refused: RefusedCode[]; free: number }> {
  return store.transaction().execute(async (tx) => {
    const taken = await namesTaken(tx, workspaceId, codes)
    const refused = codes.flatMap(({ line, code, key }): RefusedCode[] => {
      const by = taken.get(key)
      return by === undefined ? [] : [{ line, said: { id: by.id, values: { line, code, ...by.values } } }]
    })
    const added = codes.filter(({ key }) => !taken.has(key))
    if (added.length > 0) {
      await tx
        .insertInto('code_pools')
        .values({ id: randomUUID(), workspace_id: workspaceId, name, created_at: at.toISOString() })
        .onConflict((conflict) => conflict.columns(['workspace_id', 'name']).doNothing())
        .execute()
      await sql`insert into pool_codes (workspace_id, pool_id, code, key)
        select ${workspaceId}, code_pools.id, value ->> 0, value ->> 1
        from code_pools, json_each(${JSON.stringify(added.map(({ code, key }) => [code, key]))})
        where code_pools.workspace_id = ${workspaceId} and code_pools.name = ${name}`.execute(tx)
    }
    const pool = await freeCodes(tx, workspaceId, name)
    return { added: added.length, refused, free: pool?.free ?? 0 }
  })
}

/** Which of the codes the workspace knows already, and as what. */
async function namesTaken(
  tx: Kysely<StoreSchema>,
  workspaceId: string,
  codes: readonly ReadCode[],
): Promise<Map<string, Said>> {
  const keys = JSON.stringify(codes.map(({ key }) => key))
  const { rows } = await sql<{ key: string; pool: string | null; campaign: string | null }>`
    with asked as (select value as key from json_each(${keys}))
    select asked.key, code_pools.name as pool, null as campaign
    from asked join pool_codes on pool_codes.workspace_id = ${workspaceId} and pool_codes.key = asked.key
    join code_pools on code_pools.id = pool_codes.pool_id
    union all
    select asked.key, null, campaigns.name
    from asked join coupons on coupons.workspace_id = ${workspaceId}
      and (coupons.given_key = asked.key or coupons.code = asked.key)
    join campaigns on campaigns.id = coupons.campaign_id`.execute(tx)
  const taken = new Map<string, Said>()
  for (const { key, pool, campaign } of rows)
    if (!taken.has(key))
      taken.set(
        key,
        pool === null
          ? { id: 'pool-code-issued', values: { campaign: campaign! } }
          : { id: 'pool-code-known', values: { pool } },
      )
  return taken
}

/** Forgets the codes of a pool that nobody has, and the pool when none is left; false: there is no such pool. */
export async function dropFreeCodes(store: Store, workspaceId: string, name: string): Promise<boolean> {
  return store.transaction().execute(async (tx) => {
    const pool = await freeCodes(tx, workspaceId, name)
    if (!pool) return false
    await tx
      .deleteFrom('pool_codes')
      .where('pool_id', '=', pool.poolId)
      .where('launch_id', 'is', null)
      .execute()
    await sql`delete from code_pools where id = ${pool.poolId}
      and not exists (select 1 from pool_codes where pool_codes.pool_id = code_pools.id)`.execute(tx)
    return true
  })
}

/** Sets codes of a pool aside for a launch, in the caller's transaction; answers how many there were. */
export async function takeForLaunch(
  tx: Kysely<StoreSchema>,
  { poolId, launchId, codes }: { poolId: string; launchId: string; codes: number },
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('pool_codes')
    .set({ launch_id: launchId })
    .where('seq', 'in', (from) =>
      from
        .selectFrom('pool_codes')
        .select('seq')
        .where('pool_id', '=', poolId)
        .where('launch_id', 'is', null)
        .where(isUnissued)
        .orderBy('seq')
        .limit(codes),
    )
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

/** Gives back what was set aside for a launch that is undone. */
export const returnCodes = (store: Kysely<StoreSchema>, launchId: string) =>
  store
    .updateTable('pool_codes')
    .set({ launch_id: null })
    .where('launch_id', '=', launchId)
    .where('coupon_id', 'is', null)
    .execute()

/** Gives each of these coupons a code that was set aside for its launch, in the caller's transaction, which issues them. */
export async function giveCodes(
  tx: Kysely<StoreSchema>,
  launchId: string,
  couponIds: readonly string[],
): Promise<Map<string, { code: string; key: string }>> {
  const codes = await tx
    .selectFrom('pool_codes')
    .select(['seq', 'code', 'key'])
    .where('launch_id', '=', launchId)
    .where('coupon_id', 'is', null)
    .orderBy('seq')
    .limit(couponIds.length)
    .execute()
  if (codes.length < couponIds.length)
    throw new Error(
      `${couponIds.length} codes were set aside for ${launchId}, and ${codes.length} are there.`,
    )
  await sql`update pool_codes set coupon_id = given.value ->> 1
    from json_each(${JSON.stringify(codes.map(({ seq }, index) => [seq, couponIds[index]]))}) as given
    where pool_codes.seq = given.value ->> 0`.execute(tx)
  return new Map(codes.map(({ code, key }, index) => [couponIds[index]!, { code, key }]))
}

/** Whether a chosen code is known already in this workspace. */
export async function isCodeTaken(
  store: Kysely<StoreSchema>,
  workspaceId: string,
  key: string,
): Promise<boolean> {
  const { rows } = await sql<{ taken: number }>`select
    exists (select 1 from coupons where workspace_id = ${workspaceId} and (given_key = ${key} or code = ${key}))
    or exists (select 1 from pool_codes where workspace_id = ${workspaceId} and key = ${key}) as taken`.execute(
    store,
  )
  return rows[0]!.taken === 1
}
