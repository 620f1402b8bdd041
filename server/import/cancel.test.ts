import { readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import type { Engine, Session } from '../../analytics/engine/engine.ts'
import type { Sql } from '../../analytics/sql/sql.ts'
import { hasEnded } from './run-state.ts'
import { importRuns } from './runs.ts'
import { openTestShop, receiptOf, visible } from './test-shop.ts'

const orders = (rows: number, amount: number) => {
  const lines = ['order_id,customer_id,order_date,amount,product']
  for (let i = 0; i < rows; i++)
    lines.push(`A${i},m${i % 97},2026-01-0${1 + (i % 9)},${i % 2 ? amount : -1}.50,tea`)
  return lines.join('\n')
}

const wordsOf = (query: Sql): string =>
  query.chunks
    .map((chunk) => (typeof chunk === 'string' ? chunk : 'value' in chunk ? '?' : wordsOf(chunk)))
    .join('')

/** The engine, which tells of each statement of a large transaction before it begins, and of its commit. */
function told(
  engine: Engine,
  tell: (statement: string) => void,
  commits: () => Promise<void> = async () => {},
): Engine {
  const telling = <T extends Session>(session: T): T => ({
    ...session,
    rows: (query: Sql, options) => (tell(wordsOf(query)), session.rows(query, options)),
    run: (statement: Sql, options) => (tell(wordsOf(statement)), session.run(statement, options)),
  })
  return new Proxy(engine, {
    get(target, key) {
      if (key === 'largeTransaction')
        return (work: (session: Session) => Promise<unknown>, options: object) =>
          target.largeTransaction(async (session) => {
            const done = await work(telling(session))
            await commits()
            return done
          }, options)
      const value: unknown = Reflect.get(target, key)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

test(
  'cancelled while it folds, writes, refreshes or is about to commit, an import changes nothing and leaves nothing',
  { timeout: 300_000 },
  async () => {
    // as the product opens it: a large transaction runs on the engine's own threads, which a cancel must reach
    await using shop = await openTestShop('GBP', 'Europe/London', {})
    receiptOf(await shop.import(shop.file('first.csv', orders(60, 3))))
    const before = await visible(shop)
    const runs = importRuns(shop.platform)
    const path = shop.file('second.csv', orders(90, 4))
    const cancelledAt = async (moment: number) => {
      let statements = 0
      let at = ''
      let runId = ''
      let ended: Promise<void> | undefined
      const engine = told(shop.workspace.engine, (statement) => {
        if (statements++ !== moment) return
        at = statement
        ended = runs.cancel(shop.workspace.id, runId)
      })
      const started = await runs.start(
        { ...shop.workspace, engine },
        {
          path,
          fileName: 'second.csv',
          map: {},
          dryRun: false,
          replace: false,
          language: 'en',
          actor: 'command-line',
        },
      )
      if (started.kind === 'refused') throw new Error(started.id)
      runId = started.runId
      // a run that hangs is told from a machine that is busy
      for await (const state of runs.follow(shop.workspace.id, runId, AbortSignal.timeout(60_000))) void state
      const state = runs.state(shop.workspace.id, runId)!
      if (!hasEnded(state)) throw new Error(`It hangs in ${state.phase}: ${at}`)
      await ended
      return { phase: state.phase, at }
    }
    const outcomes: { at: string; phase: string }[] = []
    for (let moment = 0; outcomes.at(-1)?.at !== ''; moment += 8) {
      outcomes.push(await cancelledAt(moment))
      expect(readdirSync(runs.temporaryFolder)).toEqual([])
      expect(isDeepStrictEqual(await visible(shop), before)).toBe(outcomes.at(-1)!.phase === 'cancelled')
    }
    const last = outcomes.pop()!
    expect(last).toEqual({ at: '', phase: 'done' }) // no moment was left
    expect(outcomes.length).toBeGreaterThan(8)
    for (const { at, phase } of outcomes) expect([at, phase]).toEqual([at, 'cancelled'])
  },
)

test('once it commits, an import goes on: whoever cancels is answered at once, and its end says that it is there', async () => {
  await using shop = await openTestShop()
  const runs = importRuns(shop.platform)
  let runId = ''
  let atCommit: string | undefined
  const engine = told(
    shop.workspace.engine,
    () => {},
    async () => {
      await runs.cancel(shop.workspace.id, runId) // would never answer if it waited for the commit
      atCommit = runs.state(shop.workspace.id, runId)!.phase
    },
  )
  const path = shop.file('orders.csv', orders(30, 3))
  const started = await runs.start(
    { ...shop.workspace, engine },
    {
      path,
      fileName: 'orders.csv',
      map: {},
      dryRun: false,
      replace: false,
      language: 'en',
      actor: 'command-line',
    },
  )
  if (started.kind === 'refused') throw new Error(started.id)
  runId = started.runId
  for await (const state of runs.follow(shop.workspace.id, runId, new AbortController().signal)) void state
  expect(atCommit).toBe('committing')
  expect(runs.state(shop.workspace.id, runId)).toMatchObject({ phase: 'done', receipt: { imported: 30 } })
})

test('who asks late how an import ended still hears it, though others followed', async () => {
  await using shop = await openTestShop('CNY', 'UTC')
  const runs = importRuns(shop.platform)
  const started = await runs.start(shop.workspace, {
    path: shop.file('a.csv', orders(3, 1)),
    fileName: 'a.csv',
    map: {},
    dryRun: false,
    replace: false,
    language: 'en',
    actor: 'command-line',
  })
  if (started.kind === 'refused') throw new Error(started.id)
  for await (const state of runs.follow(shop.workspace.id, started.runId, new AbortController().signal))
    if (hasEnded(state)) break
  receiptOf(await shop.import(shop.file('b.csv', orders(4, 2))))
  expect(runs.state(shop.workspace.id, started.runId)).toMatchObject({ phase: 'done', fileName: 'a.csv' })
})
