import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Engine } from '../../analytics/engine/engine.ts'
import { handShop } from '../../analytics/oracle/hand-shop.ts'
import { loadShop } from '../../analytics/oracle/load.ts'
import { refreshDerivedTables } from '../../analytics/schema/refresh.ts'
import { sql } from '../../analytics/sql/sql.ts'
import { isNoPage, makeApp } from '../app.ts'
import { openPlatform, type Platform } from '../platform.ts'
import { appRouter } from '../router.ts'
import { createCallerFactory } from '../trpc.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { tablesAt } from './tables-at.ts'

/** The shop worked out by hand with cards: Ann's points go in September and December, Cai has money on the card. */
const cardShop = {
  ...handShop,
  members: handShop.members.map((member) => ({
    ...member,
    ...[
      { tier: 'Gold', points: 130, storedValue: 0, region: 'North' },
      { tier: "O'Hara", points: 0, storedValue: 4999, region: 'North' },
      { tier: 'Gold', storedValue: 20_050 },
      { points: -3 },
    ][member.key - 1],
  })),
  points: [
    { member: 1, change: 100, expiresDay: '2024-09-30' },
    { member: 1, change: 80, expiresDay: '2024-12-31' },
    { member: 1, change: -50, expiresDay: null },
    { member: 3, change: 40, expiresDay: '2026-01-01' },
  ].map((entry) => ({ ...entry, reason: null, changedAt: new Date('2024-07-20T04:00:00Z') })),
}

let folder: string
let platform: Platform
let workspace: Workspace
const callerFor = createCallerFactory(appRouter)
let caller: ReturnType<typeof callerFor>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reveille-analytics-'))
  platform = await openPlatform(folder, { now: () => new Date('2024-08-31T15:00:00Z') }, { threads: 1 })
  workspace = (await platform.workspaces.create({
    name: 'hand',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  }))!
  await workspace.engine.transaction(async (session) => {
    await loadShop(session, cardShop)
    await refreshDerivedTables(session, {}, workspace.today())
  })
  caller = callerFor({ platform, actor: { kind: 'local' }, workspace, role: 'viewer', language: 'en' })
})
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

type ProductsAnswer = Awaited<ReturnType<typeof caller.analytics.products>>

/** Every cell of products that opens its members, as a row of its own. */
const cellsOf = ({ rows, ...answer }: ProductsAnswer) => ({
  ...answer,
  rows: rows.flatMap((row) => [
    { members: row.repeated.numerator, membersExpression: row.repeatedExpression },
    { members: row.returned.denominator, membersExpression: row.beganExpression },
    { members: row.returned.numerator, membersExpression: row.returnedExpression },
    { members: row.switchedAway, membersExpression: row.switchedExpression },
    { members: row.gone, membersExpression: row.goneExpression },
    { members: row.cameOver, membersExpression: row.cameOverExpression },
  ]),
})

/** Of a table of 169 cells those with members. */
const filled = <A extends { rows: { members: number }[] }>(answer: A): A => ({
  ...answer,
  rows: answer.rows.filter(({ members }) => members > 0),
})

/** Rows of which another figure than the first is counted open the members of that one. */
const opening = <Key extends string, A extends { rows: Record<Key, string | null>[] }>(
  key: Key,
  { rows, ...answer }: A,
) => ({ ...answer, rows: rows.map((row) => ({ ...row, membersExpression: row[key] })) })

const ofRepeated = <A extends { rows: { repeated: { numerator: number } }[] }>({ rows, ...answer }: A) => ({
  ...answer,
  rows: rows.map((row) => ({ ...row, repeatedBuyers: row.repeated.numerator })) as (A['rows'][number] & {
    repeatedBuyers: number
  })[],
})

describe('a question', () => {
  test('is asked of the default day, which is not later than today though an order of tomorrow is in', async () => {
    const {
      asOf,
      rows,
      averages,
      findings,
      metric,
      version,
      workspace: name,
    } = await caller.analytics.retention({})
    expect({ asOf, metric, version, name }).toEqual({
      asOf: '2024-08-31',
      metric: 'retention',
      version: 1,
      name: 'hand',
    })
    expect(rows).toHaveLength(6)
    expect(averages[1]).toMatchObject({ cohorts: 2, rate: 0.5 })
    expect(findings).toEqual([{ id: 'retention.month-1', values: { rate: 0.5, cohorts: 2 } }])
  })

  test('of another day sees what was visible then, and what is known now', async () => {
    const { asOf, rows } = await caller.analytics.retention({ filters: { asOf: '2024-08-01' } })
    expect(asOf).toBe('2024-08-01')
    // Ben's June order was not refunded yet: he is in the June cohort.
    expect(rows[0]).toMatchObject({ cohort: '2024-06-01', period: 0, cohortSize: 2 })
  })

  test('of a segment counts only its members, and every row leads to them', async () => {
    const { rows } = await caller.analytics.retention({ filters: { segment: 'orders >= 3' } })
    expect(rows.map(({ cohort, cohortSize }) => [cohort, cohortSize])).toEqual(
      Array.from({ length: 3 }, () => ['2024-06-01', 1]),
    )
    expect(rows[1]!.membersExpression).toBe(
      'orders >= 3 and first_order between 2024-06-01 and 2024-06-30 and orders(between 2024-07-01 and 2024-07-31) >= 1',
    )
  })

  test('of tiers and regions counts their members, whatever else chooses them', async () => {
    const asked = async (filters: object) => (await caller.analytics.dormancy({ filters })).rows
    const segment = '(orders >= 1) and (tier in ("Gold", "O\'Hara")) and (region in ("North"))'
    const filters = { segment: 'orders >= 1', tiers: ['Gold', "O'Hara"], regions: ['North'] }
    expect(await asked(filters)).toEqual(await asked({ segment }))
    expect((await asked({ tiers: ['Gold'] })).reduce((sum, { members }) => sum + members, 0)).toBeGreaterThan(
      0,
    )
    expect((await asked({ tiers: ['none has it'] })).every(({ members }) => members === 0)).toBe(true)
  })

  test.each([
    {},
    { segment: 'orders = 1 or first_order < 2024-07-01' },
    { stores: ['East'] },
    { categories: ['tea'] },
    { categories: ['tea', 'bread'], channels: ['app'], tiers: ['Gold'] },
  ])('every row’s expression chooses exactly the members that it counts: %o', async (filters) => {
    const { analytics } = caller
    const quietFrom = { filters, settings: { quietDays: 31 } }
    const sold = await Promise.all(
      (['store', 'channel', 'region'] as const).map((by) =>
        analytics.places({ filters, settings: { by, from: '2024-06-15' } }),
      ),
    )
    const held = [await analytics.cards(quietFrom), await analytics.points(quietFrom)]
    const answers = [
      { rows: await analytics.retention({ filters }), counted: 'returned' },
      {
        rows: await analytics.overview({ filters, settings: { step: 'month', steps: 2 } }),
        counted: 'buyers',
      },
      { rows: await analytics.growth({ filters }), counted: 'members' },
      { rows: await analytics.products({ filters }), counted: 'members' },
      { rows: await analytics.affinity({ filters }), counted: 'both' },
      {
        rows: await analytics.discounts({ filters, settings: { withinDays: 40, leastOrders: 1 } }),
        counted: 'members',
      },
      {
        rows: cellsOf(await analytics.products({ filters, settings: { withinDays: 40, windowDays: 31 } })),
        counted: 'members',
      },
      { rows: await analytics.rfm({ filters }), counted: 'members' },
      {
        rows: filled(await analytics.rfmMigration({ filters, settings: { days: 31 } })),
        counted: 'members',
      },
      {
        rows: filled(await analytics.rfmMigration({ filters, settings: { days: 100 } })),
        counted: 'members',
      },
      ...sold.flatMap((rows) => [
        { rows, counted: 'buyers' },
        { rows: opening('newExpression', rows), counted: 'newBuyers' },
        { rows: opening('repeatedExpression', ofRepeated(rows)), counted: 'repeatedBuyers' },
      ]),
      ...held.flatMap((rows) => [
        { rows, counted: 'members' },
        { rows: opening('quietExpression', rows), counted: 'quietMembers' },
      ]),
      { rows: await analytics.ltv({ filters }), counted: 'cohortSize' },
      {
        rows: await analytics.dormancy({ filters, settings: { until: 60, every: 20 } }),
        counted: 'members',
      },
      { rows: await analytics.repurchase({ filters }), counted: 'repeated' },
    ].flatMap(({ rows: { metric, asOf, rows }, counted }) =>
      (rows as Record<string, unknown>[]).map((row) => ({
        metric,
        asOf,
        expression: row['membersExpression'] as string | null,
        members: row[counted] as number,
      })),
    )
    const stated = answers.flatMap(({ expression, ...row }) =>
      expression === null ? [] : [{ ...row, expression }],
    )
    expect(new Set(stated.map(({ metric }) => metric)).size).toBeGreaterThanOrEqual(4)
    for (const { metric, expression, asOf, members } of stated) {
      const counted = await caller.segments.count({ expression, asOf })
      expect([metric, expression, counted.members]).toEqual([metric, expression, members])
    }
  })

  test('that makes no sense is refused with a sentence', async () => {
    await expect(caller.analytics.retention({ filters: { segment: 'odrers > 2' } })).rejects.toThrow(/orders/)
    await expect(
      caller.analytics.overview({ filters: { from: '2024-08-02', to: '2024-08-01' } }),
    ).rejects.toThrow('The window ends (2024-08-01) before it begins (2024-08-02).')
    await expect(caller.analytics.overview({ filters: { from: '2024-09-02' } })).rejects.toThrow(
      /begins \(2024-09-02\) after/,
    )
    await expect(caller.analytics.metric({ name: 'retension' })).rejects.toThrow(
      /There is no metric retension/,
    )
    await expect(caller.analytics.metric({ name: 'retention', settings: { perods: '3' } })).rejects.toThrow(
      /perods/,
    )
  })

  test('of any day that can be asked about is answered, of another refused', async () => {
    const { metric, overview, retention } = caller.analytics
    const { list } = caller.members
    const metrics = await caller.analytics.metrics()
    const withoutPast = metrics.filter(({ history }) => history === 'none').map(({ name }) => name)
    expect(withoutPast).toEqual(['cards'])
    const ask = (asOf: string) =>
      metrics
        .filter(({ history }) => history === 'full' || asOf > '2024-08-31')
        .map(async ({ name }) => (await metric({ name, filters: { asOf } })).asOf)
    for (const asOf of ['1970-01-01', '2200-12-31'])
      expect(new Set(await Promise.all(ask(asOf)))).toEqual(new Set([asOf]))
    await expect(metric({ name: 'cards', filters: { asOf: '2024-08-30' } })).rejects.toThrow(
      'what they were on 2024-08-30 is not known. Ask as of 2024-08-31.',
    )
    const all = { from: '1970-01-01', to: '2200-12-31', asOf: '2200-12-31' }
    expect((await overview({ filters: all, settings: { step: 'month', steps: 120 } })).rows).toHaveLength(122)
    await caller.opportunities.keyFigures({ filters: { asOf: '2200-12-31' } })
    await caller.opportunities.thisWeek({ filters: { asOf: '1970-01-01' } })
    for (const day of ['0001-01-01', '1969-12-31', '2201-01-01', '9999-12-31'])
      for (const asked of [
        overview({ filters: { asOf: day } }),
        overview({ filters: { from: day } }),
        overview({ filters: { to: day } }),
        overview({ settings: { from: day } }),
        retention({ settings: { since: day } }),
        caller.opportunities.keyFigures({ filters: { asOf: day } }),
        caller.segments.count({ expression: 'everyone', asOf: day }),
        list({ asOf: day }),
      ])
        await expect(asked).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(metric({ name: 'retention', settings: { since: '9999-12-31' } })).rejects.toMatchObject({
      code: 'BAD_REQUEST',
      message: expect.stringContaining('between 1970-01-01 and 2200-12-31'),
    })
  })

  test('with a filter that there is not is refused, not answered without it', async () => {
    const filters = { store: 'East' } as object
    for (const asked of [
      caller.analytics.overview({ filters }),
      caller.analytics.metric({ name: 'ltv', filters }),
      caller.opportunities.thisWeek({ filters }),
      caller.opportunities.keyFigures({ filters }),
      caller.analytics.ltv({ settings: { perods: 3 } as object }),
      caller.analytics.ltv({ filter: {} } as object),
    ])
      await expect(asked).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('by name takes settings as the command line writes them', async () => {
    const { rows } = await caller.analytics.metric({ name: 'retention', settings: { periods: '1' } })
    expect(Math.max(...rows.map((row) => Number(row['period'])))).toBe(1)
  })

  test('another day’s tables are built once for all who ask, and again when the data changed', async () => {
    const built = vi.spyOn(workspace.engine, 'scratch')
    const ask = () => tablesAt(platform.store, workspace, '2024-07-15')
    const [one, other] = await Promise.all([ask(), ask()])
    expect(one.tables).toEqual(other.tables)
    await ask()
    expect(built).toHaveBeenCalledTimes(1)
    await workspace.engine.transaction((session) => refreshDerivedTables(session, {}, workspace.today()))
    expect((await ask()).dataVersion).toBe(one.dataVersion + 1)
    expect(built).toHaveBeenCalledTimes(2)
    built.mockRestore()
  })

  test.each(['overview', 'rfm', 'dormancy', 'products', 'retention', 'hours'] as const)(
    'of %s is held against the same question otherwise: another segment, days before',
    async (name) => {
      const asked = async (filters: object) => (await caller.analytics[name]({ filters })) as object
      const segment = 'orders >= 2'
      const { compared, ...now } = (await asked({ compare: { segment } })) as Record<string, unknown>
      const { milliseconds: _now, ...plain } = (await asked({})) as Record<string, unknown>
      const {
        milliseconds: _then,
        compared: _none,
        asked: _asked,
        ...other
      } = (await asked({ segment })) as Record<string, unknown>
      expect(now).toMatchObject({ rows: plain['rows'] as object })
      expect(compared).toMatchObject({ kind: 'asked', against: 'segment', segment, data: other })
      const before = (await asked({ asOf: '2024-12-01', compare: 'previous' })) as { compared: object }
      const { rows } = (await asked({ asOf: '2024-09-02' })) as { rows: object[] }
      expect(before.compared).toMatchObject({ kind: 'asked', asOf: '2024-09-02', data: { rows } })
      const early = (await asked({ compare: 'year' })) as { compared: object }
      expect(early.compared).toEqual({ kind: 'not-known', because: 'data-begins' })
    },
  )

  test('shows the statement behind every room, with what was typed as values', async () => {
    const { explain, metrics, rfm } = caller.analytics
    for (const { name, version } of await metrics()) {
      const explained = await explain({
        name,
        filters: { categories: ["Baker's tea"], segment: 'orders >= 1' },
      })
      expect(explained).toMatchObject({ version, asOf: '2024-08-31' })
      expect(explained.sql).toMatch(/select/)
      expect(explained.sql).not.toContain('Baker')
      expect(explained.values).toContain("Baker's tea")
      expect(explained.values).toHaveLength(new Set(explained.sql.match(/\$\d+/g)).size)
    }
    const { asked } = await rfm({ filters: { stores: ['East'] }, settings: { windowDays: 30 } })
    expect(asked).toEqual({ filters: { stores: ['East'] }, settings: { windowDays: 30 } })
    await expect(explain({ name: 'rfm', filters: { segment: 'odrers > 2' } })).rejects.toThrow(/orders/)
    await expect(explain({ name: 'retension' })).rejects.toThrow(/no metric retension/)
  })

  test('by name tells programs the rows beside it, and refuses another segment that is none', async () => {
    const { metric } = caller.analytics
    const { rows, compared } = await metric({
      name: 'cards',
      filters: { tiers: ['Gold'], compare: { segment: 'everyone' } },
    })
    // the tier holds on both sides
    expect(compared).toMatchObject({ kind: 'asked', rows: rows.map(({ members }) => ({ members })) })
    expect((await metric({ name: 'cards', filters: { compare: 'previous' } })).compared).toEqual({
      kind: 'not-known',
      because: 'no-past',
    })
    expect('compared' in (await metric({ name: 'rfm' }))).toBe(false)
    await expect(metric({ name: 'rfm', filters: { compare: { segment: 'odrers > 2' } } })).rejects.toThrow(
      /orders/,
    )
  })
})

describe('over HTTP', () => {
  test('a workspace that there is not is named to the owner of the files', async () => {
    const app = await makeApp(platform)
    const asked = async (name?: string) => {
      const { body, statusCode } = await app.inject({
        url: '/trpc/analytics.overview?input={}',
        headers: {
          authorization: `Bearer ${platform.ownerToken}`,
          ...(name === undefined ? {} : { 'x-reveille-workspace': name }),
        },
      })
      return { statusCode, message: JSON.parse(body).error?.message as string | undefined }
    }
    expect(await asked('nope')).toEqual({
      statusCode: 404,
      message: expect.stringContaining('There is no workspace named nope.'),
    })
    expect(await asked()).toEqual({ statusCode: 403, message: 'Choose a workspace first.' })
    expect((await asked('hand')).statusCode).toBe(200)
    await app.close()
  })

  test('an address of programs or a hidden file is no page of the dashboard', () => {
    for (const url of ['/api', '/api/v2/x', '/trpc', '/.env', '/a/.git/config', '/%2eenv?x'])
      expect({ url, noPage: isNoPage(url) }).toEqual({ url, noPage: true })
    for (const url of ['/', '/members?segment=net%20/.5', '/sign-in', '/apiary'])
      expect({ url, noPage: isNoPage(url) }).toEqual({ url, noPage: false })
  })

  const slow = sql`select count(*) as n from range(1000000) a, range(1000000) b where (a.range * b.range) % 7 = 3`

  test.each([
    ['GET', `/trpc/analytics.retention?input=${encodeURIComponent('{}')}`],
    ['POST', '/trpc/analytics.retention'],
  ])('a client that goes away interrupts its query by %s', async (method, path) => {
    const app = await makeApp(platform)
    const address = new URL(await app.listen({ port: 0, host: '127.0.0.1' }))
    const engine: Engine = workspace.engine
    const rows = engine.rows.bind(engine)
    const begun = Promise.withResolvers<AbortSignal | undefined>()
    const ended = Promise.withResolvers<unknown>()
    const spy = vi.spyOn(engine, 'rows').mockImplementation((query, options) => {
      if (!query.chunks.some((chunk) => typeof chunk === 'string' && chunk.includes('cohort_month')))
        return rows(query, options)
      const answer = rows(slow, options)
      answer.catch(ended.resolve)
      begun.resolve(options?.signal)
      return answer
    })
    try {
      const call = request({
        host: address.hostname,
        port: address.port,
        method,
        path,
        headers: {
          authorization: `Bearer ${platform.ownerToken}`,
          'x-reveille-workspace': 'hand',
          ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
        },
      })
      call.on('error', () => {}) // it is we who hang up
      call.end(method === 'POST' ? '{}' : undefined)
      expect(await begun.promise).toBeInstanceOf(AbortSignal)
      call.destroy()
      expect(await ended.promise).toMatchObject({ name: 'QueryCancelled' })
      // the connection it had is free for the next question
      expect(await rows(sql`select 1 as n`)).toEqual([{ n: 1 }])
    } finally {
      spy.mockRestore()
      await app.close()
    }
  })

  test('a query that takes too long is stopped, and the answer says so without a word of SQL', async () => {
    const engine: Engine = workspace.engine
    const rows = engine.rows.bind(engine)
    const spy = vi
      .spyOn(engine, 'rows')
      .mockImplementation((query, options) =>
        query.chunks.some((chunk) => typeof chunk === 'string' && chunk.includes('cohort_month'))
          ? rows(slow, { ...options, timeoutMs: 50 })
          : rows(query, options),
      )
    await expect(caller.analytics.retention({})).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/^This took longer/),
    })
    spy.mockRestore()
  })
})
