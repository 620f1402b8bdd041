import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import { openPlatform, type Platform } from '../platform.ts'
import type { EngineSettings, Workspace } from '../workspaces/workspaces.ts'
import type { Readable } from './inspect.ts'
import type { KindReceipt } from './kinds/receipt.ts'
import type { MapOverrides } from './columns/mapping.ts'
import type { MembersReceipt } from './members/receipt.ts'
import { inspectIn } from './reading/ready-to-read.ts'
import type { ImportOrder, RunState } from './run-state.ts'
import { importRuns } from './runs.ts'
import type { Receipt } from './receipts/receipt.ts'
import type { Refusal } from './refusal.ts'

/** A data folder with one workspace, for tests; everything is gone when it is disposed of. */
export interface TestShop extends AsyncDisposable {
  readonly folder: string
  readonly platform: Platform
  readonly workspace: Workspace
  /** Writes a file into the folder. */
  file(name: string, content: string | Uint8Array): string
  import(path: string, order?: Partial<ImportOrder>): Promise<Receipt | Refusal>
  /** Reads its beginning, as before an import. */
  inspect(path: string, fileName: string, map: MapOverrides): Promise<Readable | Refusal>
  importMembers(path: string, order?: Partial<ImportOrder>): Promise<MembersReceipt>
  importKind(path: string, order?: Partial<ImportOrder>): Promise<KindReceipt>
}

export const now = new Date('2026-11-22T08:00:00Z')

/** What is in a data folder, by its path in there; ID stands for the workspace. */
type Content = readonly (readonly [path: string, content: Buffer])[]
const emptyShops = new Map<string, Promise<Content>>()

/** A data folder with a shop without data, made once for all tests of a file: a copy is there in a third of the time. */
async function emptyShop(currency: string, timeZone: string): Promise<Content> {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-empty-'))
  try {
    const platform = await openPlatform(folder, { now: () => now }, { threads: 1 })
    const { id } = (await platform.workspaces.create({ name: 'shop', currency, timeZone }))!
    await platform.close()
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [
        relative(folder, join(parentPath, name)).replace(id, 'ID'),
        readFileSync(join(parentPath, name)),
      ])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Its engine has one thread: two take half as much processor time again for as few rows as tests have. */
export async function openTestShop(
  currency = 'GBP',
  timeZone = 'Europe/London',
  engine: EngineSettings = { threads: 1 },
): Promise<TestShop> {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-import-'))
  const kind = `${currency} ${timeZone}`
  const making = emptyShops.get(kind) ?? emptyShop(currency, timeZone)
  emptyShops.set(kind, making)
  // an id of its own, as each workspace has
  const id = randomUUID()
  for (const [path, content] of await making) {
    const copy = join(folder, 'data', path.replace('ID', id))
    mkdirSync(dirname(copy), { recursive: true })
    writeFileSync(copy, content)
  }
  const platform = await openPlatform(join(folder, 'data'), { now: () => now }, engine)
  await platform.store.updateTable('workspaces').set({ id }).execute()
  const workspace = (await platform.workspaces.byId(id))!
  async function run(path: string, order: Partial<ImportOrder>): Promise<RunState | Refusal> {
    const runs = importRuns(platform)
    const started = await runs.start(workspace, {
      path,
      fileName: basename(path),
      map: {},
      dryRun: false,
      replace: false,
      language: 'en',
      actor: 'command-line',
      ...order,
    })
    if (started.kind === 'refused') return started
    for await (const state of runs.follow(workspace.id, started.runId, new AbortController().signal)) {
      if (state.phase === 'done') return state
      if (state.phase === 'refused') return state.refusal!
      if (state.phase === 'failed' || state.phase === 'cancelled') throw new Error(state.phase)
    }
    throw new Error('The run was forgotten.')
  }
  return {
    folder,
    platform,
    workspace,
    file(name, content) {
      const path = join(folder, name)
      writeFileSync(path, name.endsWith('.gz') && typeof content === 'string' ? gzipSync(content) : content)
      return path
    },
    inspect: (path, fileName, map) =>
      inspectIn(workspace, { path, fileName }, map, importRuns(platform).joinedFolder(workspace.id)),
    async import(path, order = {}) {
      const state = await run(path, order)
      return 'id' in state ? state : state.receipt!
    },
    async importMembers(path, order = {}) {
      const state = await run(path, order)
      if ('id' in state) throw new Error(`Refused: ${state.id} ${JSON.stringify(state.values)}`)
      return state.membersReceipt!
    },
    async importKind(path, order = {}) {
      const state = await run(path, order)
      if ('id' in state) throw new Error(`Refused: ${state.id} ${JSON.stringify(state.values)}`)
      return state.kindReceipt!
    },
    async [Symbol.asyncDispose]() {
      await importRuns(platform).close()
      await platform.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The receipt, where the import was not refused. */
export function receiptOf(outcome: Receipt | Refusal): Receipt {
  if ('id' in outcome) throw new Error(`Refused: ${outcome.id} ${JSON.stringify(outcome.values)}`)
  return outcome
}

/** What any figure could see of the workspace, as a digest of each table, whatever the order of its rows. */
export async function visible({ workspace }: TestShop): Promise<Record<string, unknown>> {
  const digest = async (query: Sql) => {
    const [row] = await workspace.engine.rows(
      sql`select count(*) as n, cast(sum(cast(hash(digested) as hugeint)) as varchar) as digest from (${query}) as digested`,
    )
    return row
  }
  return {
    state: await workspace.engine.rows(sql`select data_version, as_of, data_start from workspace_state`),
    orders: await digest(sql`select * from orders`),
    lines: await digest(sql`select * from order_lines`),
    refunds: await digest(sql`select * from refunds`),
    members: await digest(sql`select * from members`),
    facts: await digest(sql`select * from member_facts`),
    // that its file came again is noted, and changes no figure
    imports: await digest(
      sql`select * replace (json_merge_patch(report, '{"again":null}') as report) from imports`,
    ),
    importLines: await digest(sql`select import_seq, row_number, content_hash from import_lines`),
  }
}
