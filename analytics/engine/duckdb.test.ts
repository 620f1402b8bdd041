import { expect, test } from 'vitest'
import { sql } from '../sql/sql.ts'
import { createBaseTables } from '../schema/base.ts'
import { refreshDerivedTables } from '../schema/refresh.ts'
import { openDuckDb } from './duckdb.ts'
import { QueryCancelled, QueryTimedOut } from './engine.ts'

const endless = sql`select count(*) as n from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3`

test('values cross as plain JavaScript, columns in camelCase', async () => {
  await using engine = await disposable()
  expect(
    await engine.rows(
      sql`select ${'x'} as some_text, cast(3 as bigint) as n, date '2024-02-29' as a_day, null as nothing,
        timestamp '2024-01-02 03:04:05' as instant, true as yes`,
    ),
  ).toEqual([
    {
      someText: 'x',
      n: 3,
      aDay: '2024-02-29',
      nothing: null,
      instant: '2024-01-02T03:04:05.000Z',
      yes: true,
    },
  ])
})

test('an aborted query is interrupted, a slow one times out', async () => {
  await using engine = await disposable()
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 50)
  await expect(engine.rows(endless, { signal: controller.signal })).rejects.toThrow(QueryCancelled)
  await expect(engine.rows(endless, { timeoutMs: 50 })).rejects.toThrow(QueryTimedOut)
  expect(await engine.rows(sql`select 1 as n`)).toEqual([{ n: 1 }])
})

test('an integer that JavaScript cannot hold is refused, not rounded', async () => {
  await using engine = await disposable()
  await expect(engine.rows(sql`select cast(9007199254740993 as bigint) as n`)).rejects.toThrow(/safe integer/)
})

test('a transaction that throws leaves nothing', async () => {
  await using engine = await disposable()
  await engine.run(sql`create table t (n integer)`)
  const failing = engine.transaction(async (session) => {
    await session.run(sql`insert into t values (1)`)
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await engine.rows(sql`select * from t`)).toEqual([])
})

test('an empty workspace has all its tables', async () => {
  await using engine = await disposable()
  await engine.transaction(async (session) => {
    await createBaseTables(session, { timeZone: 'Asia/Shanghai', firstWeekday: 1 })
    await refreshDerivedTables(session, {}, '2026-01-01')
  })
  expect(await engine.rows(sql`select count(*) as members from member_facts`)).toEqual([{ members: 0 }])
})

async function disposable() {
  const engine = await openDuckDb(':memory:')
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.close() })
}
