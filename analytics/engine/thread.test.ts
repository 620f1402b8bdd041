import { readdirSync } from 'node:fs'
import { getPriority } from 'node:os'
import { expect, test } from 'vitest'
import { duckdb } from '../sql/duckdb.ts'
import { sql } from '../sql/sql.ts'
import { QueryCancelled, QueryTimedOut } from './engine.ts'
import { openInThread } from './thread.ts'

const endless = sql`select count(*) from range(100000000000) where hash(range) % 7 = 8`
const disposable = async () => {
  const engine = await openInThread({ threads: 2 })
  return Object.assign(engine, { [Symbol.asyncDispose]: () => engine.close() })
}

test('an engine in a thread answers with bound values, and says what went wrong', async () => {
  await using engine = await disposable()
  await engine.run(sql`create table sale (day date, amount bigint)`)
  await engine.run(sql`insert into sale values (${'2024-02-29'}, ${3n}), (${'2024-03-01'}, ${null})`)
  expect(await engine.rows(sql`select * from sale order by day`)).toEqual([
    { day: '2024-02-29', amount: 3 },
    { day: '2024-03-01', amount: null },
  ])
  await expect(engine.rows(sql`select absent from sale`)).rejects.toThrow(/absent/)
  const both = await Promise.all([engine.rows(sql`select 1 as n`), engine.rows(sql`select 2 as n`)])
  expect(both).toEqual([[{ n: 1 }], [{ n: 2 }]])
})

test('it is interrupted and times out, and goes on afterwards', async () => {
  await using engine = await disposable()
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 50)
  await expect(engine.rows(endless, { signal: controller.signal })).rejects.toThrow(QueryCancelled)
  await expect(engine.rows(sql`select 1`, { signal: controller.signal })).rejects.toThrow(QueryCancelled)
  await expect(engine.run(endless, { timeoutMs: 50 })).rejects.toThrow(QueryTimedOut)
  expect(await engine.rows(sql`select 1 as n`)).toEqual([{ n: 1 }])
})

test('a stream gives all rows in chunks, and may be left half way or be stopped', async () => {
  await using engine = await disposable()
  const numbers = sql`select n from ${duckdb.integers(10_000)} as number`
  let seen = 0
  for await (const rows of engine.stream(numbers)) seen += rows.length
  expect(seen).toBe(10_000)
  for await (const rows of engine.stream(numbers)) {
    expect(rows.length).toBeLessThan(10_000)
    break
  }
  const controller = new AbortController()
  const stopped = async () => {
    for await (const _ of engine.stream(numbers, { signal: controller.signal })) controller.abort()
  }
  await expect(stopped()).rejects.toThrow(QueryCancelled)
})

test('closed twice it is closed, and what it was asked meanwhile fails, at whatever moment', async () => {
  for (let time = 0; time < 30; time++) {
    const engine = await openInThread({ threads: 2 })
    const [asked] = await Promise.allSettled([engine.rows(endless), engine.close(), engine.close()])
    expect(asked.status).toBe('rejected')
    await engine.close()
  }
})

test.runIf(process.platform === 'linux')('all its threads let others go before them', async () => {
  const threads = () => new Set(readdirSync('/proc/self/task').map(Number))
  const before = threads()
  await using engine = await disposable()
  await engine.rows(sql`select count(*) as n from range(1000000)`)
  const quiet = [...threads()].filter((one) => !before.has(one) && getPriority(one) > getPriority())
  expect(quiet.length, 'that which plans and that which works').toBeGreaterThanOrEqual(2)
})
