import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Encoding } from '../encoding.ts'
import { type Refusal, refusal, Stopped } from '../refusal.ts'
import { tablesOf } from '../source.ts'
import { storageRefusal } from '../storage-refusal.ts'
import type { JoinAnswer, JoinOrder } from './join-worker.ts'
import type { Unused } from './plan.ts'

/** Files that are given together, each with the name that people know it by. */
export interface GivenFile {
  readonly path: string
  readonly fileName: string
}

/** Files that are given together as the order of an import names them: a single one as it is. */
export const givenFiles = (files: readonly [GivenFile, ...GivenFile[]]) =>
  files.length === 1
    ? files[0]
    : { ...files[0], fileName: files.map(({ fileName }) => fileName).join(' + '), together: files }

/** What became of tables that were given together. */
export interface JoinedTables {
  /** The number of the first line of the base. */
  readonly firstLine: 0 | 1
  /** Each row of the joined table is one of this table's and stands on its line. */
  readonly base: { readonly name: string; readonly rows: number }
  /** `without`: rows of `child` that name no row of this table; `unnamed`: rows of this table that none names. */
  readonly joins: readonly {
    readonly name: string
    readonly rows: number
    readonly by: string
    readonly child: string
    readonly without: number
    readonly unnamed: number
  }[]
  /** Places of the columns that come from the table of orders: each row of an order has the same. */
  readonly ofOrders: readonly number[]
  /** Orders that no row of the base names: rows of their own, from this line on. */
  readonly added: { readonly name: string; readonly rows: number; readonly line: number } | null
  /** Joined tables that say of members what orders don’t take along, by name. */
  readonly members: readonly string[]
  readonly unused: readonly Unused[]
}

/** More are no export of one system. */
export const mostTables = 40
/** Less is done before leaving it aside would pay. */
const smallBytes = 1 << 20

/** Joining that goes on, by where its result goes: who asks for the same meanwhile gets the same. */
const going = new Map<string, Promise<JoinAnswer>>()

/**
 * Where the files, or the files in a zip, are different tables: they are joined into one file of delimited text in
 * `folder`, kept there for who asks again. `fileName` names them all; `encoding`: that
 * of tables that leave it open. Null: they are one table and are read as they are.
 */
export async function joinedTables(
  files: readonly GivenFile[],
  fileName: string,
  folder: string,
  encoding?: Encoding,
): Promise<{ readonly path: string; readonly tables: JoinedTables } | Refusal | null> {
  try {
    const found = await Promise.all(files.map(({ path, fileName }) => tablesOf(path, fileName)))
    const tables = found
      .flat()
      .map((table) => ({ ...table, name: basename(table.named) }))
      .toSorted((a, b) => (a.named < b.named ? -1 : 1))
    if (tables.length < 2) return null
    if (tables.length > mostTables) return refusal('many-tables', { file: fileName, most: mostTables })
    const digest = createHash('sha256').update(encoding ?? '')
    for (const { path, named } of tables) {
      const { size, mtimeMs } = statSync(path)
      digest.update(JSON.stringify([path, named, size, mtimeMs]))
    }
    const place = join(folder, digest.digest('hex').slice(0, 32))
    const path = join(place, 'joined.csv')
    const known = join(place, 'tables.json')
    if (!existsSync(known)) {
      const bytes = files.reduce((sum, one) => sum + statSync(one.path).size, 0)
      const order = { fileName, tables, encoding, aside: bytes > smallBytes }
      const join = going.get(place) ?? joinInto(place, order)
      going.set(place, join)
      const answer = await join.finally(() => going.delete(place))
      if (answer.kind === 'refused') return answer
    }
    return { path, tables: JSON.parse(readFileSync(known, 'utf8')) as JoinedTables }
  } catch (error) {
    if (error instanceof Stopped) return error.refusal
    const known = storageRefusal(error, folder, fileName)
    if (known) return known
    throw error
  }
}

/** Joins in a thread of its own, in a folder that becomes `place` once all of it is there. */
async function joinInto(place: string, order: Omit<JoinOrder, 'folder' | 'joined'>): Promise<JoinAnswer> {
  const folder = `${place}.part`
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'work'), { recursive: true, mode: 0o700 })
  try {
    const answer = await answerOf({
      ...order,
      folder: join(folder, 'work'),
      joined: join(folder, 'joined.csv'),
    })
    if (answer.kind === 'refused') return answer
    rmSync(join(folder, 'work'), { recursive: true })
    writeFileSync(join(folder, 'tables.json'), JSON.stringify(answer.tables))
    rmSync(place, { recursive: true, force: true })
    renameSync(folder, place)
    return answer
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const answerOf = (order: JoinOrder): Promise<JoinAnswer> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./join-worker.ts', import.meta.url), { workerData: order })
    worker.on('message', resolve)
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('The joining of tables ended without a word.')))
  })
