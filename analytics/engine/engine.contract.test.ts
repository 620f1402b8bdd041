import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { duckdb } from '../sql/duckdb.ts'
import { sql } from '../sql/sql.ts'
import { openDuckDb } from './duckdb.ts'
import { type Engine, QueryCancelled } from './engine.ts'

// What every engine must do, whichever it is.
describe.each([
  { name: 'duckdb', dialect: duckdb, open: (path: string) => openDuckDb(path, { readers: 2 }) },
])('$name', ({ open, dialect: d }) => {
  const folder = mkdtempSync(join(tmpdir(), 'reveille-engine-'))
  let engine: Engine
  beforeAll(async () => {
    engine = await open(join(folder, 'shop.duckdb'))
    await engine.run(sql`create table sale (day date, amount bigint)`)
    await engine.run(sql`insert into sale values
        (${'2024-02-29'}, ${3}), (${'2024-03-01'}, ${null}), (${'2024-03-31'}, ${5}), (${'2024-12-31'}, ${-4})`)
  })
  afterAll(async () => {
    await engine.close()
    rmSync(folder, { recursive: true })
  })

  test('the dialect’s spellings mean what they say', async () => {
    const [row] = await engine.rows(sql`select
        ${d.sum(sql`amount`)} as total, ${d.countIf(sql`amount > 0`)} as positive,
        ${d.sumIf(sql`amount`, sql`amount > 100`)} as none, ${d.quantile(0.5, sql`amount`)} as middle,
        ${d.divide(sql`-7`, sql`2`)} as towards_zero, ${d.textLength(sql`'奶粉'`)} as length,
        ${d.contains(sql`'Green TEA'`, 'tea')} as contains,
        (select count(*) from ${d.integers(4)} as number where n < 3) as integers
        from sale`)
    expect(row).toEqual({
      total: 4,
      positive: 2,
      none: 0,
      middle: 3,
      towardsZero: -3,
      length: 2,
      contains: true,
      integers: 3,
    })
    const [nothing] = await engine.rows(
      sql`select ${d.sum(sql`amount`)} as total from sale where amount > 100`,
    )
    expect(nothing).toEqual({ total: 0 })
  })

  test('values that look like SQL stay values', async () => {
    const nasty = `'); drop table sale; --`
    expect(await engine.rows(sql`select ${nasty} as said`)).toEqual([{ said: nasty }])
    expect(await engine.rows(sql`select count(*) as n from sale`)).toEqual([{ n: 4 }])
  })

  test('a stream gives all rows in chunks, and may be left half way', async () => {
    let seen = 0
    for await (const rows of engine.stream(sql`select n from ${d.integers(10_000)} as number`))
      seen += rows.length
    expect(seen).toBe(10_000)
    for await (const rows of engine.stream(sql`select n from ${d.integers(1_000_000)} as number`)) {
      expect(rows.length).toBeGreaterThan(0)
      break
    }
    expect(await engine.rows(sql`select 1 as n`)).toEqual([{ n: 1 }])
  })

  test('pieces are all rows in their order, several thousand at once, and may be left half way or be stopped', async () => {
    const numbers = (below: number) => sql`select n from ${d.integers(below)} as number order by n`
    const pieces: number[][] = []
    for await (const rows of engine.pieces(numbers(20_001))) pieces.push(rows.map(({ n }) => Number(n)))
    expect(pieces.flat()).toEqual(Array.from({ length: 20_001 }, (_, n) => n))
    expect(pieces.length).toBeLessThan(10)
    for await (const _ of engine.pieces(numbers(0))) expect.unreachable()
    for await (const rows of engine.pieces(numbers(100_000))) {
      expect(rows.length).toBeLessThan(10_000)
      break
    }
    const controller = new AbortController()
    const stopped = async () => {
      for await (const _ of engine.pieces(numbers(100_000), { signal: controller.signal })) controller.abort()
    }
    await expect(stopped()).rejects.toThrow(QueryCancelled)
    expect(await engine.rows(sql`select 1 as n`)).toEqual([{ n: 1 }])
  })

  test('readers see the state before a transaction until it is done', async () => {
    const inside = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const writing = engine.transaction(async (session) => {
      await session.run(sql`insert into sale values (${'2025-01-01'}, 1)`)
      inside.resolve()
      await goOn.promise
    })
    await inside.promise
    expect(await engine.rows(sql`select count(*) as n from sale`)).toEqual([{ n: 4 }])
    // a scratch transaction does not wait for the writer
    await engine.scratch((session) =>
      session.run(sql`create table scratch.main.copied as select * from sale`),
    )
    expect(await engine.rows(sql`select count(*) as n from scratch.main.copied`)).toEqual([{ n: 4 }])
    goOn.resolve()
    await writing
    expect(await engine.rows(sql`select count(*) as n from sale`)).toEqual([{ n: 5 }])
    await engine.run(sql`delete from sale where day = ${'2025-01-01'}`)
  })

  test('who waits for a turn and gives up does not get it', async () => {
    const endless = sql`select count(*) as n from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3`
    const running = new AbortController()
    const busy = [1, 2].map(() => engine.rows(endless, { signal: running.signal }))
    const waiting = new AbortController()
    const third = engine.rows(sql`select 1 as n`, { signal: waiting.signal })
    waiting.abort()
    await expect(third).rejects.toThrow(QueryCancelled)
    running.abort()
    await Promise.all(busy.map((query) => expect(query).rejects.toThrow(QueryCancelled)))
    expect(await engine.rows(sql`select 1 as n`)).toEqual([{ n: 1 }])
  })

  test('a backup is a whole database, and the scratch is no part of it', async () => {
    await engine.backup(join(folder, 'copy.duckdb'))
    const copy = await open(join(folder, 'copy.duckdb'))
    expect(await copy.rows(sql`select ${d.sum(sql`amount`)} as total from sale`)).toEqual([{ total: 4 }])
    await copy.close()
  })

  test('rewritten, the file has no byte of what was deleted; readers and the scratch go on', async () => {
    const path = join(folder, 'rewritten.duckdb')
    const own = await open(path)
    await own.run(sql`create table person (id integer primary key, name varchar unique)`)
    await own.run(sql`insert into person select range, concat('person ', range) from range(200)`)
    await own.run(sql`insert into person values (1000, 'Zebedee Unmistakable')`)
    await own.scratch((session) => session.run(sql`create table scratch.main.kept as select 7 as n`))
    const named = () =>
      readdirSync(folder)
        .filter((file) => file.startsWith('rewritten'))
        .filter((file) => readFileSync(join(folder, file)).includes('Unmistakable'))
    expect(named()).not.toEqual([])
    await own.run(sql`delete from person where id = 1000`)
    let reading = true
    const reader = (async () => {
      while (reading)
        expect(await own.rows(sql`select count(*) as people from person`)).toEqual([{ people: 200 }])
    })()
    expect(await own.rewrite()).toBe(true)
    reading = false
    await reader
    expect(named()).toEqual([])
    expect(await own.rows(sql`select n from scratch.main.kept`)).toEqual([{ n: 7 }])
    await expect(own.run(sql`insert into person values (1, 'twice')`)).rejects.toThrow(
      /duplicate|constraint/i,
    )
    await own.run(sql`insert into person values (1001, 'new')`)
    await own.close()
    expect(readdirSync(folder).filter((file) => file.startsWith('rewritten'))).toEqual(['rewritten.duckdb'])
    expect(await own.rewrite()).toBe(false)
    const again = await open(path)
    expect(await again.rows(sql`select count(*) as people from person`)).toEqual([{ people: 201 }])
    await again.close()
  })

  test('a file is opened once', async () => {
    await expect(open(join(folder, 'shop.duckdb'))).rejects.toThrow(/already open/)
  })
})
