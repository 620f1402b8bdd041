import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from '../../analytics/sql/sql.ts'
import { runMetric } from '../analytics/run-metric.ts'
import type { Platform } from '../platform.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import {
  type DatabaseQuestion,
  databaseQuestions,
  postgresSpelling,
  sqliteSpelling,
} from './database-questions.ts'
import { keptShop, median, report, taken } from './measuring.ts'
import { installedPostgres, type Postgres, startPostgres } from './postgres.ts'

/** The base tables as both have them: a column a line, its type in PostgreSQL. */
const tables = {
  members: ['member_key integer primary key', 'joined_day date'],
  orders: [
    'order_key bigint primary key',
    'member_key integer',
    'local_day date not null',
    'local_hour smallint not null',
    'store text',
    'channel text',
    'state text not null',
    'gross_minor bigint',
    'discount_minor bigint',
    'net_minor bigint not null',
    'void_day date',
  ],
  order_lines: ['order_key bigint not null', 'category text', 'product text', 'net_minor bigint not null'],
  refunds: [
    'order_key bigint',
    'member_key integer',
    'local_day date not null',
    'store text',
    'amount_minor bigint not null',
    'counts boolean not null',
  ],
} as const
type Table = keyof typeof tables

const rowsOf = {
  members: sql`select member_key, joined_day from members where not stub`,
  orders: sql`select order_key, member_key, local_day, local_hour, store, channel, state, gross_minor, discount_minor, net_minor, void_day from orders`,
  order_lines: sql`select order_key, category, product, net_minor from order_lines`,
  refunds: sql`select order_key, member_key, local_day, store, amount_minor, counts from refunds`,
} as const

const indexes = [
  'orders (member_key, local_day)',
  'orders (local_day)',
  'order_lines (order_key)',
  'refunds (member_key)',
  'refunds (local_day)',
]

/** A question that takes longer is asked once. */
const longMs = 4_000
const runs = 3
/** What we promise of PostgreSQL, on the median question. */
const promised = 10

interface Database {
  readonly name: string
  /** The rows as sorted lines, cells by tabs, and how long they took in the median. */
  ask(question: DatabaseQuestion, asOf: string): { lines: string[]; milliseconds: number }
}

/**
 * Asks PostgreSQL 15, where it is installed, and SQLite what rooms are asked, in straightforward SQL over the same base
 * tables with indexes; answers must be equal. How many times longer they take is printed, and the median of it.
 */
export async function benchDatabases(platform: Platform, members: number, folder: string): Promise<void> {
  const workspace = await keptShop(platform, members)
  const programs = installedPostgres()
  if (programs === null) console.log('PostgreSQL 15 is not installed here: not compared.')
  const postgres = programs === null ? null : await startPostgres(programs)
  const sqlite = new DatabaseSync(join(folder, 'base-tables.sqlite'))
  try {
    await fill(workspace, sqlite, postgres)
    const databases = [...(postgres ? [ofPostgres(postgres)] : []), ofSqlite(sqlite)]
    const ratios = new Map(databases.map(({ name }) => [name, [] as number[]]))
    const [state] = await workspace.engine.rows(sql`select as_of from workspace_state`)
    const asOf = String(state!.asOf)
    for (const question of databaseQuestions) {
      const { metric, settings } = question
      let rows: readonly unknown[] = []
      const ours = await taken(async () => {
        const outcome = await runMetric(platform.store, workspace, metric, { filters: {}, settings })
        if (outcome.kind !== 'answered') throw new Error(`${metric.name}: ${JSON.stringify(outcome)}`)
        rows = outcome.answer.rows
      }, 5)
      const expected = sortedLines(question.cells(rows))
      for (const database of databases) {
        const theirs = database.ask(question, asOf)
        const isEqual = theirs.lines.join('\n') === expected.join('\n')
        if (!isEqual) console.log(differences(expected, theirs.lines))
        const ratio = theirs.milliseconds / ours.wall
        ratios.get(database.name)!.push(ratio)
        report({
          what: `${question.name}, ${database.name}`,
          measured: `${theirs.milliseconds.toFixed(0)} ms, ours ${ours.wall.toFixed(0)} = ${ratio.toFixed(1)}`,
          target: isEqual ? '' : 'equal rows',
          met: isEqual,
        })
      }
    }
    for (const { name } of databases) {
      const ratio = median(ratios.get(name)!)
      const isPromised = name === postgresName
      report({
        what: `the median question, ${name}`,
        measured: `${ratio.toFixed(1)} times`,
        target: isPromised ? `>= ${promised}` : '',
        met: !isPromised || ratio >= promised,
      })
    }
  } finally {
    sqlite.close()
    await postgres?.stop()
  }
}

const postgresName = 'PostgreSQL 15'

const sortedLines = (rows: readonly (readonly unknown[])[]) =>
  rows.map((cells) => cells.map((cell) => cell ?? '').join('\t')).toSorted()

/** The first lines that only one of them has. */
function differences(ours: readonly string[], theirs: readonly string[]): string {
  const lacking = (some: readonly string[], others: readonly string[]) => {
    const known = new Set(others)
    return some.filter((line) => !known.has(line)).slice(0, 3)
  }
  return `only ours: ${JSON.stringify(lacking(ours, theirs))}, only theirs: ${JSON.stringify(lacking(theirs, ours))}`
}

const ofPostgres = (postgres: Postgres): Database => ({
  name: postgresName,
  ask(question, asOf) {
    const statement = `${question.sql(asOf, postgresSpelling)};`
    const first = postgres.run(statement)
    const again = first.milliseconds[0]! > longMs ? first : postgres.run(statement.repeat(runs))
    return {
      lines: first.text.split('\n').filter(Boolean).toSorted(),
      milliseconds: median(again.milliseconds),
    }
  },
})

const ofSqlite = (sqlite: DatabaseSync): Database => ({
  name: 'SQLite',
  ask(question, asOf) {
    const statement = sqlite.prepare(question.sql(asOf, sqliteSpelling))
    // cells by their place: two columns may have no name of their own
    statement.setReturnArrays(true)
    const asked = () => {
      const began = performance.now()
      const rows = statement.all() as unknown as unknown[][]
      return { rows, milliseconds: performance.now() - began }
    }
    const first = asked()
    const all = first.milliseconds > longMs ? [first] : Array.from({ length: runs }, asked)
    return {
      lines: sortedLines(first.rows),
      milliseconds: median(all.map(({ milliseconds }) => milliseconds)),
    }
  },
})

/** The same rows into both, then the indexes, and what their planners want to know. */
async function fill(workspace: Workspace, sqlite: DatabaseSync, postgres: Postgres | null): Promise<void> {
  sqlite.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -1000000')
  for (const [table, columns] of Object.entries(tables) as [Table, readonly string[]][]) {
    const create = `create table ${table} (${columns.join(', ')})`
    sqlite.exec(`${create}; begin`)
    postgres?.run(`${create};`)
    const insert = sqlite.prepare(`insert into ${table} values (${columns.map(() => '?').join(', ')})`)
    const copy = postgres?.load(table)
    for await (const chunk of workspace.engine.stream(rowsOf[table], { timeoutMs: 60 * 60_000 })) {
      const rows = chunk.map((row) => Object.values(row))
      for (const cells of rows)
        insert.run(...cells.map((cell) => (typeof cell === 'boolean' ? Number(cell) : cell)))
      const text = rows.map((cells) => `${cells.map((cell) => cell ?? '\\N').join('\t')}\n`).join('')
      if (copy && !copy.rows.write(text)) await once(copy.rows, 'drain')
    }
    sqlite.exec('commit')
    copy?.rows.end()
    await copy?.done
  }
  const made = indexes.map((on, i) => `create index by_${i} on ${on};`).join('\n')
  sqlite.exec(`${made} analyze`)
  postgres?.run(`${made}\nvacuum analyze;`)
}
