import fc from 'fast-check'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine, Row } from '../engine/engine.ts'
import type { Metric } from '../metrics/metric.ts'
import { rfmByFifths } from '../relations/rfm.ts'
import { defaultDormancy, type Scope } from '../relations/scope.ts'
import { derivedTables } from '../schema/derived.ts'
import { buildDerivedTables } from '../schema/refresh.ts'
import { duckdb } from '../sql/duckdb.ts'
import { sql } from '../sql/sql.ts'
import { loadShop } from './load.ts'
import { dataStart, type Question } from './meaning.ts'
import { days, type PlainShop } from './shop.ts'

/** Random questions: any day, all members or some, all places or some. */
export const questions: fc.Arbitrary<Question> = fc.record({
  asOf: days,
  audience: fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 7 })), { nil: null }),
  stores: fc.option(fc.constantFrom(['East'], ['East', 'West']), { nil: null, freq: 2 }),
  channels: fc.option(fc.constant(['app']), { nil: null, freq: 3 }),
  categories: fc.option(fc.constantFrom(['tea'], ['tea', 'cake']), { nil: null, freq: 2 }),
})

/** The scope of a question to a loaded shop whose derived tables for the day stand under `prefix`. */
export const scopeOfQuestion = (shop: PlainShop, question: Question, prefix = ''): Scope => ({
  asOf: question.asOf,
  calendar: shop.calendar,
  tables: derivedTables(prefix),
  dormancy: defaultDormancy,
  rfm: rfmByFifths,
  currencyDecimals: 2,
  dataStart: dataStart(shop),
  openedAtStart: shop.openedAtStart,
  audience:
    question.audience &&
    sql`(select unnest(from_json(${JSON.stringify(question.audience)}, '["INTEGER"]')) as member_key)`,
  stores: question.stores,
  channels: question.channels,
  categories: question.categories,
})

/** An engine that holds one shop at a time and answers questions about it. */
export async function testEngine() {
  const engine = await openDuckDb(':memory:', { threads: 1 })
  return {
    engine,
    /** Loads the shop and derives its tables for the question's day. */
    async load(shop: PlainShop, question: Question): Promise<Scope> {
      return engine.transaction(async (session) => {
        await loadShop(session, shop)
        await session.run(sql`update workspace_state set data_start = cast(${dataStart(shop)} as date)`)
        await buildDerivedTables(session, question.asOf, 'day_')
        return scopeOfQuestion(shop, question, 'day_')
      })
    },
    close: () => engine.close(),
  }
}

/** A metric's rows, as the runner computes them. */
export async function answer<M extends Metric>(
  engine: Engine,
  metric: M,
  scope: Scope,
  given: Record<string, unknown> = {},
): Promise<ReturnType<M['finish']>> {
  const settings = metric.settings.parse(given)
  const rows: Row[] = await engine.rows(metric.build(settings, scope, duckdb))
  return metric.finish(rows, settings, scope) as ReturnType<M['finish']>
}
