import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine } from '../engine/engine.ts'
import { scopeOfQuestion } from '../oracle/asked.ts'
import { handQuestion, handShop } from '../oracle/hand-shop.ts'
import type { Question } from '../oracle/meaning.ts'
import { createBaseTables } from '../schema/base.ts'
import { derivedTables } from '../schema/derived.ts'
import { refreshDerivedTables } from '../schema/refresh.ts'
import { makeScores } from '../scores/scoring.ts'
import { duckdb } from '../sql/duckdb.ts'
import { render, type Sql, sql } from '../sql/sql.ts'
import { catalogue, metricNamed } from './catalogue.ts'

// ClickHouse joins this list when its adapter does.
const engines: { name: string; open: () => Promise<Engine> }[] = [
  { name: duckdb.name, open: () => openDuckDb(':memory:', { threads: 1 }) },
]

const narrow: Question = {
  ...handQuestion,
  audience: [1, 2],
  stores: ['East', "O'Hara"],
  channels: ['app'],
}
const categories = ["Baker's", 'tea']
const questions = {
  'all members, everywhere': handQuestion,
  'some members': { ...handQuestion, audience: [1, 2] },
  'some members, stores and channels': narrow,
  'some categories': { ...handQuestion, categories },
}

/** The text with its placeholders, without empty lines. */
const shown = (query: Sql): string =>
  render(query, duckdb.placeholder)
    .text.replace(/\n[ \t]*\n/g, '\n')
    .trim()

describe.each(catalogue.map((metric) => [metric.name, metric] as const))('%s', (room, metric) => {
  test.each(Object.entries(questions))('writes the reviewed SQL for %s', async (of, question) => {
    const query = metric.build(metric.settings.parse({}), scopeOfQuestion(handShop, question), duckdb)
    await expect(`-- ${of}\n${shown(query)}\n`).toMatchFileSnapshot(
      `./${room}/golden/${of.replaceAll(/[ ,]+/g, '-')}.duckdb.sql`,
    )
  })

  describe.each(engines)('on $name', ({ open }) => {
    let engine: Engine
    beforeAll(async () => {
      engine = await open()
      await engine.transaction(async (session) => {
        await createBaseTables(session, handShop.calendar)
        await refreshDerivedTables(session, {}, handQuestion.asOf)
      })
      if (metric.foretold)
        await engine.scratch((session) => makeScores(session, derivedTables(), handQuestion.asOf))
    })
    afterAll(() => engine.close())

    test.each(Object.entries(questions))('is planned and answers over no data: %s', async (_of, question) => {
      const scope = { ...scopeOfQuestion(handShop, question), dataStart: null }
      const settings = metric.settings.parse({})
      const query = metric.build(settings, scope, duckdb)
      expect(await engine.rows(sql`explain ${query}`)).not.toEqual([])
      const rows = metric.finish(await engine.rows(query), settings, scope)
      z.array(metric.row).parse(rows)
    })
  })

  test('is described: both languages, settings with defaults, a schema of its rows', () => {
    expect(metric.title.en).not.toBe('')
    expect(metric.description['zh-CN']).toMatch(/\p{Script=Han}/u)
    expect(metric.settings.parse({})).toBeTypeOf('object')
    expect(z.toJSONSchema(metric.row)).toMatchObject({ type: 'object' })
  })

  test('binds every value: nothing a user typed is in the text', () => {
    const { text, params } = render(
      metric.build(metric.settings.parse({}), scopeOfQuestion(handShop, { ...narrow, categories }), duckdb),
      duckdb.placeholder,
    )
    for (const typed of ["O'Hara", "Baker's"]) {
      expect(text).not.toContain(typed)
      expect(params).toContain(typed)
    }
  })
})

test('names are unique, and an unknown one is nothing', () => {
  expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length)
  expect(metricNamed('nonsense')).toBeUndefined()
})
