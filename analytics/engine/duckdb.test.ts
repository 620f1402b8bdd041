import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
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
  await expect(engine.scratch((session) => session.rows(endless), { timeoutMs: 50 })).rejects.toThrow(
    QueryTimedOut,
  )
  expect(await engine.rows(sql`select 1 as n`)).toEqual([{ n: 1 }])
})

test('a write takes as long as it takes, a question half a minute', async () => {
  await using engine = await disposable()
  const count = sql`select count(*) as n from range(30000000) as a(i) where hash(i) % 7 < 9`
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const asked = engine.rows(count).catch((error: unknown) => error)
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    vi.advanceTimersByTime(31_000)
    expect(await asked).toBeInstanceOf(QueryTimedOut)
    const written = engine.transaction((session) => session.rows(count))
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(1))
    vi.advanceTimersByTime(31_000)
    expect(await written).toEqual([{ n: 30_000_000 }])
  } finally {
    vi.useRealTimers()
  }
})

test('a statement left aside answers, fails, is interrupted and times out like any other', async () => {
  await using engine = await disposable()
  const aside = true
  await engine.run(sql`create table t as select range as n from range(300000)`, { aside })
  expect(await engine.rows(sql`select sum(n) as total from t where n < ${3}`, { aside })).toEqual([
    { total: 3 },
  ])
  await expect(engine.rows(sql`select cast('x' || n as integer) as n from t`, { aside })).rejects.toThrow(
    /Could not convert string 'x/,
  )
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 50)
  await expect(engine.rows(endless, { signal: controller.signal, aside })).rejects.toThrow(QueryCancelled)
  await expect(engine.run(endless, { timeoutMs: 50, aside })).rejects.toThrow(QueryTimedOut)
  expect(await engine.rows(sql`select 1 as n`, { aside })).toEqual([{ n: 1 }])
  const numbers = await engine.scratch(
    async (session) => {
      const all: number[] = []
      const query = sql`select cast(n as integer) from t where n < 5000 order by n`
      for await (const [some] of session.numbers(query)) all.push(...some!)
      return all
    },
    { aside },
  )
  expect(numbers).toEqual(Array.from({ length: 5000 }, (_, n) => n))
  await expect(
    engine.scratch(
      async (session) => {
        for await (const _ of session.numbers(endless)) break
      },
      { timeoutMs: 50, aside },
    ),
  ).rejects.toThrow(QueryTimedOut)
})

test('an engine without threads of its own leaves nothing aside', async () => {
  const engine = await openDuckDb(':memory:', { threads: 1 })
  expect(await engine.rows(sql`select sum(range) as total from range(100000)`, { aside: true })).toEqual([
    { total: 4_999_950_000 },
  ])
  await engine.close()
})

test.runIf(process.platform === 'linux')(
  'what is left aside is worked on by a thread of lower priority alone',
  async () => {
    const threads = () => readdirSync('/proc/self/task').map(Number)
    /** Processor time by thread, in ticks of a hundredth of a second. */
    const ticks = () =>
      new Map(
        threads().map((thread) => {
          const [user, system] = readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
            .split(') ')[1]!
            .split(' ')
            .slice(11, 13)
          return [thread, Number(user) + Number(system)]
        }),
      )
    await using engine = await disposable()
    const before = ticks()
    await engine.rows(sql`select count(distinct hash(range) % 1000003) as n from range(8000000)`, {
      aside: true,
    })
    const worked = [...ticks()]
      .map(([thread, now]) => ({ thread, ticks: now - (before.get(thread) ?? 0) }))
      .toSorted((a, b) => b.ticks - a.ticks)
    expect(getPriority(worked[0]!.thread)).toBe(Math.min(getPriority() + 10, 19))
    const others = worked.slice(1).reduce((sum, one) => sum + one.ticks, 0)
    expect(others).toBeLessThan(worked[0]!.ticks / 4)
    const quiet = () => threads().filter((thread) => getPriority(thread) > getPriority())
    for (let i = 0; quiet().length > 0 && i < 100; i++) await passed(20)
    expect(quiet(), 'afterwards its own threads help with questions as before').toEqual([])
  },
)

test('a long log is written into the file after the commit, a short one stays', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-log-'))
  const engine = await openDuckDb(join(folder, 'shop.duckdb'))
  const log = () => statSync(join(folder, 'shop.duckdb.wal'), { throwIfNoEntry: false })?.size ?? 0
  await engine.run(sql`create table t (n varchar)`)
  await passed(50)
  expect(log()).toBeGreaterThan(0)
  // in pieces that are too small for the file, so that the log holds them
  await engine.transaction(async (session) => {
    for (let i = 0; i < 30; i++)
      await session.run(sql`insert into t select repeat(md5(cast(range as varchar)), 20) from range(1000)`)
  })
  for (let i = 0; log() > 0 && i < 500; i++) await passed(20)
  expect(log()).toBe(0)
  expect(await engine.rows(sql`select count(*) as n from t`)).toEqual([{ n: 30_000 }])
  await engine.close()
  rmSync(folder, { recursive: true })
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
