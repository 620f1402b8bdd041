import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDuckDb } from '../../../analytics/engine/duckdb.ts'
import { sql } from '../../../analytics/sql/sql.ts'
import { type JudgedRow, openRefused, refuse, refusedIn, refusedReasons, refusedRows } from './refused.ts'

test('refused rows come once each in the order of the file, however many and however they were put aside', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-refused-'))
  const engine = await openDuckDb(':memory:', { threads: 1 })
  const refused = refusedIn(folder)
  const told = async () => {
    const rows: JudgedRow[] = []
    for await (const piece of refusedRows({ engine, refused, files: [] }, new AbortController().signal))
      for (const row of piece) rows.push(row)
    return rows
  }
  try {
    await openRefused(engine, folder)
    expect(await told()).toEqual([])
    // 70,000 lines backwards, two that stand far behind them, and one among them from elsewhere
    await refuse(
      engine,
      folder,
      sql`select 70000 - i, 'bad-date', 'orderedAt', null::varchar from range(70000) as row (i) where i <> 69000`,
    )
    await refuse(
      engine,
      folder,
      sql`select * from (values (90000001, 'other-currency', 'amount', '美元, "x" ' || chr(30)), (9000000, 'stray-quote', null, ''))`,
    )
    await refuse(engine, folder, sql`select 1000, 'too-few-columns', null::varchar, null::varchar`)
    const want: JudgedRow[] = Array.from({ length: 70_000 }, (_, i) =>
      i === 999
        ? { line: 1000, reason: 'too-few-columns', field: null, value: null }
        : { line: i + 1, reason: 'bad-date', field: 'orderedAt', value: null },
    )
    want.push({ line: 9_000_000, reason: 'stray-quote', field: null, value: '' })
    want.push({ line: 90_000_001, reason: 'other-currency', field: 'amount', value: '美元, "x" \x1e' })
    const rows = await told()
    expect(rows.length).toBe(want.length)
    expect(rows.find((row, at) => JSON.stringify(row) !== JSON.stringify(want[at]))).toBeUndefined()
    expect((await refusedReasons({ engine, refused, files: [] }))[0]).toEqual({
      reason: 'bad-date',
      field: 'orderedAt',
      rows: 69_999,
    })
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
