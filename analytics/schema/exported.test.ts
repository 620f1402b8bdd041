import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine } from '../engine/engine.ts'
import { join, name, sql } from '../sql/sql.ts'
import { createBaseTables } from './base.ts'
import { exportedTables } from './exported.ts'

let engine: Engine
beforeAll(async () => {
  engine = await openDuckDb(':memory:', { threads: 1 })
  await engine.transaction((session) =>
    createBaseTables(session, { timeZone: 'Asia/Shanghai', firstWeekday: 1 }),
  )
})
afterAll(() => engine.close())

/** Base tables that are the machinery of imports and of what is told to others, and no facts of the shop. */
const machinery = [
  'workspace_state',
  'made_by',
  'import_lines',
  'import_members',
  'row_people',
  'import_merges',
  'merges_set',
  'merges',
  'import_products',
  'import_coupons',
  'import_campaigns',
  'import_targets',
  'import_experiments',
  'import_tags',
  'import_points',
  'tags_set',
  'tag_names',
  'tags_said',
  'tag_rule_runs',
  'tag_rules_applied',
  'tag_groups_set',
  'exclusive_groups',
  'exclusive_tags',
  'consents_set',
  'order_versions',
  'keys_given',
  'identity_rule',
  'identity_claims',
  'identities',
  'ties_dismissed',
  // the Store hands out coupons and their ledger itself
  'issued_coupons',
  'coupon_changes',
  // what was known of segments, to tell why somebody left
  'segment_members',
  'segment_moves',
  'segment_takings',
  'segment_sizes',
  // until the Store's audit has it
  'audit_waiting',
  'figure_changes',
  'member_changes',
  'changed_figures',
  'webhook_batches',
  'webhook_members',
  'webhook_moves',
  'webhook_states',
]

test('every base table is handed out, or is machinery', async () => {
  const tables = await engine.rows(sql`select table_name from duckdb_tables()
    where database_name = current_database() and schema_name = 'main'`)
  expect(tables.map(({ tableName }) => tableName).toSorted()).toEqual(
    [...machinery, ...exportedTables.map(({ base }) => base)].toSorted(),
  )
})

test.each(exportedTables)(
  'every column of $name is handed out and described, or stays inside',
  async (table) => {
    const columns = await engine.rows(sql`select column_name from duckdb_columns()
    where database_name = current_database() and schema_name = 'main' and table_name = ${table.base}`)
    const names = table.columns.map((column) => column.name)
    expect(new Set(names).size).toBe(names.length)
    const own = columns.map(({ columnName }) => String(columnName))
    expect(own.filter((column) => !names.includes(column)).toSorted()).toEqual([...table.inside].toSorted())
  },
)

const duckType = {
  text: /^VARCHAR$/,
  json: /^VARCHAR$/,
  boolean: /^BOOLEAN$/,
  day: /^DATE$/,
  instant: /^TIMESTAMP$/,
  integer: /INT(EGER)?$/,
  decimal: /^DECIMAL/,
}

test.each(exportedTables)('the columns of $name have the types that are said', async (table) => {
  const described = await engine.rows(
    sql`describe select ${join(table.columns.map((column) => sql`${column.from} as ${name(column.name)}`))}
      from ${table.relation}`,
  )
  for (const [i, { columnType }] of described.entries()) {
    const { name: column, type, unit } = table.columns[i]!
    const said = String(columnType)
    expect({ column, said }).toEqual({ column, said: expect.stringMatching(duckType[type]) })
    // a number says what it counts, money always its minor unit, and nothing else has a unit
    expect({ column, counted: unit !== undefined }).toEqual({ column, counted: /INT|DECIMAL/.test(said) })
    expect({ column, money: unit === 'minor' }).toEqual({ column, money: column.endsWith('_minor') })
  }
})

test('everything has words in both languages, and no two columns of a table the same', () => {
  for (const table of exportedTables)
    for (const words of [table.title, table.meaning, ...table.columns.map(({ meaning }) => meaning)]) {
      expect(words.en).toMatch(/^[\w]/)
      expect(words['zh-CN']).toMatch(/[一-鿿]/)
      expect(words['zh-CN']).not.toMatch(/[一-鿿][,;:?!]|[,;:?!][一-鿿]/)
    }
  for (const { columns } of exportedTables)
    for (const language of ['en', 'zh-CN'] as const)
      expect(new Set(columns.map(({ meaning }) => meaning[language])).size).toBe(columns.length)
})
