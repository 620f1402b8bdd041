import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import { name, sql } from '../../../analytics/sql/sql.ts'
import { openRefused, refusedIn } from '../refused/refused.ts'
import { foldFiles } from './several-files.ts'

interface Row {
  /** Null: rows are told apart by what they hold alone. */
  readonly order: string | null
  readonly hash: number
  readonly timed: boolean
}

// From DEFINITIONS, "The order is the unit of version", file by file and row by row.
function expectedOf(files: readonly (readonly Row[])[], replace: boolean) {
  const orders = new Map<string, readonly Row[]>()
  let refused = 0
  let nameless: Row[] = []
  const restated = new Set<string>()
  const inSeveral = (order: string) =>
    files.filter((rows) => rows.some((row) => row.order === order)).length > 1
  for (const rows of files) {
    for (const order of new Set(rows.flatMap((row) => row.order ?? []))) {
      const coming = rows.filter((row) => row.order === order)
      if (inSeveral(order) && !coming.some(({ timed }) => timed)) {
        refused += coming.length
        continue
      }
      const held = orders.get(order)
      const left = [...(held ?? [])]
      const isPart = coming.every(({ hash }) => {
        const at = left.findIndex((one) => one.hash === hash)
        if (at >= 0) left.splice(at, 1)
        return at >= 0
      })
      if (held && isPart && !(replace && left.length > 0)) continue
      if (held) restated.add(order)
      orders.set(order, coming)
    }
    const left = [...nameless]
    const added = rows.filter(({ order, hash }) => {
      const at = order === null ? left.findIndex((one) => one.hash === hash) : 0
      if (order === null && at >= 0) left.splice(at, 1)
      return order === null && at < 0
    })
    nameless = [...nameless, ...added]
  }
  const told = [...[...orders.values()].flat(), ...nameless]
  return {
    rows: told.map(({ order, hash }) => `${order} ${hash}`).toSorted(),
    refused,
    superseded: restated.size,
  }
}

test('several files come to the fold of each, whatever the order in which their lines stand', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-several-'))
  const engine = await openDuckDb(':memory:', { threads: 1 })
  const row = fc.record({
    order: fc.constantFrom('A', 'A', 'B', 'C', null),
    hash: fc.integer({ min: 1, max: 3 }),
    timed: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
  })
  const files = fc.array(fc.array(row, { maxLength: 5 }), { minLength: 2, maxLength: 4 })
  try {
    await fc.assert(
      fc.asyncProperty(files, fc.boolean(), fc.nat(23), async (given, replace, turn) => {
        for (const table of ['told', 'left_out', 'held', 'told_lines', 'taken'])
          await engine.run(sql`drop table if exists ${name(table)}`)
        rmSync(folder, { recursive: true })
        mkdirSync(folder)
        await openRefused(engine, folder)
        // as files of which the one with most columns stands first
        const standing = given.map((rows, place) => ({ rows, place }))
        standing.push(...standing.splice(0, turn % standing.length))
        let line = 1
        const starts: { line: number; place: number }[] = []
        const all: object[] = []
        for (const { rows, place } of standing) {
          starts.push({ line, place })
          for (const { order, hash, timed } of rows)
            all.push({
              row_number: line++,
              order_id: order,
              content_hash: hash,
              at: timed ? '2026-01-02' : null,
            })
        }
        await engine.run(sql`create or replace table given as
          select row_number, order_id, content_hash, cast("at" as timestamp) as ordered_at from (
            select unnest(from_json(${JSON.stringify(all)},
              '[{"row_number":"BIGINT","order_id":"VARCHAR","content_hash":"UBIGINT","at":"VARCHAR"}]'), recursive := true))`)
        const folded = await foldFiles(engine, sql`given`, starts, { replace, dated: true }, folder, {})
        const rows = await engine.rows(
          sql`select coalesce(order_id, 'null') || ' ' || content_hash as text from ${folded.rows} as line`,
        )
        const [refused] = await engine.rows(sql`select count(*) as n from ${refusedIn(folder)} as row`)
        const want = expectedOf(given, replace)
        expect({
          rows: rows.map(({ text }) => String(text)).toSorted(),
          refused: Number(refused!.n),
          superseded: folded.superseded,
        }).toEqual(want)
        expect(folded.repeated).toBe(all.length - want.rows.length - want.refused)
      }),
      { numRuns: 100, seed: 7 },
    )
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
