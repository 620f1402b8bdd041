import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cases } from '../../fixtures/cases.ts'
import { answer, questions, testEngine } from '../oracle/asked.ts'
import { handQuestion, handShop } from '../oracle/hand-shop.ts'
import type { Question } from '../oracle/meaning.ts'
import type { PlainShop } from '../oracle/shop.ts'
import { shopsWithCards } from '../oracle/shop-cards.ts'
import { everywhere } from '../relations/member-orders.ts'
import type { Scope } from '../relations/scope.ts'
import { derivedTables } from '../schema/derived.ts'
import { makeScores } from '../scores/scoring.ts'
import { compile } from '../segments/compile.ts'
import { parse } from '../segments/parse.ts'
import { duckdb } from '../sql/duckdb.ts'
import { sql } from '../sql/sql.ts'
import { affinity } from './affinity/affinity.ts'
import { cards } from './cards/cards.ts'
import { catalogue } from './catalogue.ts'
import { concentration } from './concentration/concentration.ts'
import { dormancy } from './dormancy/dormancy.ts'
import { dormancyRules } from './dormancy-rules/dormancy-rules.ts'
import { growth } from './growth/growth.ts'
import { hours } from './hours/hours.ts'
import { ltv } from './ltv/ltv.ts'
import type { Metric } from './metric.ts'
import { overview } from './overview/overview.ts'
import { places, type PlacesRow } from './places/places.ts'
import { products } from './products/products.ts'
import { repurchase } from './repurchase/repurchase.ts'
import { retention } from './retention/retention.ts'
import { rfm } from './rfm/rfm.ts'
import { rfmMigration } from './rfm-migration/rfm-migration.ts'
import { rfmPreview } from './rfm-preview/rfm-preview.ts'
import { season } from './season/season.ts'

let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

/** Before all activity of the random shops. */
const from = '2023-12-01'

/** Numbers by names that rooms have together. */
type Told = Readonly<Record<string, number>>
/** What a room says that others say too, over all time until asOf; or why it says nothing of that kind. */
type Shared = ((scope: Scope) => Promise<Told>) | { readonly alone: string }

const total = <Row>(rows: readonly Row[], of: (row: Row) => number): number =>
  rows.reduce((sum, row) => sum + of(row), 0)

const room =
  <M extends Metric>(
    metric: M,
    settings: Record<string, unknown>,
    told: (rows: ReturnType<M['finish']>, scope: Scope) => Told,
  ): Shared =>
  async (scope) =>
    told(await answer(shop.engine, metric, scope, settings), scope)

const byCohort = (rows: readonly { cohort: string | null; cohortSize: number }[]): Told =>
  Object.fromEntries(
    rows.flatMap(({ cohort, cohortSize }) =>
      cohort === null ? [] : [[`first bought ${cohort}`, cohortSize]],
    ),
  )

/** Every room of the catalogue, by its name: a new one is told here, with what it shares or why nothing. */
const rooms: Readonly<Record<string, Shared>> = {
  overview: room(overview, { from, steps: 0 }, ([current]) => ({
    buyers: current!.buyers,
    'new buyers': current!.newBuyers,
    'first seen': current!.firstSeenBuyers,
    orders: current!.orders,
    'member orders': current!.orders - current!.guestOrders,
    net: current!.netMinor,
    'net of members': current!.netMinor - current!.guestNetMinor,
  })),
  growth: room(growth, {}, (rows) => ({
    active: rows.findLast(({ part }) => part === 'end')?.members ?? 0,
  })),
  retention: room(retention, { periods: 24 }, byCohort),
  repurchase: room(repurchase, {}, ([byOrders, byDays]) => ({
    buyers: byOrders!.members,
    'buyers by days': byDays!.members,
    'new buyers': byOrders!.newMembers!,
    'first seen': byOrders!.firstSeenMembers!,
    repeated: byOrders!.repeated,
  })),
  ltv: room(ltv, { periods: 24 }, (rows) => {
    const last = [...new Map(rows.map((row) => [row.cohort, row])).values()]
    return {
      ...byCohort(rows),
      members: total(last, ({ cohortSize }) => cohortSize),
      'net of members': total(last, ({ cumulativeNetMinor }) => cumulativeNetMinor),
    }
  }),
  clv: { alone: 'what is foretold is no count; its bands are held against segments in foretold.test.ts' },
  rfm: room(rfm, {}, (rows) => {
    const groups = rows.filter(({ kind }) => kind === 'group')
    return {
      buyers: total(groups, ({ members }) => members),
      'member orders': total(groups, ({ orders }) => orders),
      'net of buyers': total(groups, ({ netMinor }) => netMinor),
      ...Object.fromEntries(groups.map(({ group, members }) => [`in group ${group}`, members])),
    }
  }),
  'rfm-migration': room(rfmMigration, {}, (rows) => ({
    members: total(rows, ({ members }) => members),
    'net of buyers': total(rows, ({ netMinor }) => netMinor),
    buyers: total(
      rows.filter(({ to }) => to !== 'never bought'),
      ({ members }) => members,
    ),
    ...Object.fromEntries(
      [...Map.groupBy(rows, ({ to }) => to)]
        .filter(([to]) => !/never|not/.test(to))
        .map(([to, some]) => [`in group ${to}`, total(some, ({ members }) => members)]),
    ),
  })),
  'rfm-preview': room(rfmPreview, { recency: '5,20,60,200' }, (rows) => ({
    buyers: total(rows, ({ members }) => members),
    ...Object.fromEntries(
      [...Map.groupBy(rows, (row) => row.from)].map(([group, some]) => [
        `in group ${group}`,
        total(some, ({ members }) => members),
      ]),
    ),
  })),
  concentration: room(concentration, {}, (rows) => ({
    buyers: rows.find(({ kind }) => kind === 'all')?.members ?? 0,
  })),
  places: async (scope) => {
    const told: Record<string, number> = {}
    for (const by of ['store', 'channel', 'region'] as const) {
      const [all, ...apart] = await answer(shop.engine, places, scope, { by, from })
      const orders = (row: PlacesRow) => row.memberOrders + row.guestOrders
      // the places together are all of it
      expect([total(apart, orders), total(apart, ({ netMinor }) => netMinor)]).toEqual([
        orders(all!),
        all!.netMinor,
      ])
      Object.assign(told, {
        buyers: all!.buyers,
        'new buyers': all!.newBuyers,
        repeated: all!.repeated.numerator,
        orders: orders(all!),
        'member orders': all!.memberOrders,
        net: all!.netMinor,
        'net of members': all!.netMinor - all!.guestNetMinor,
      })
    }
    return told
  },
  cards: async (scope) => {
    const rows = await answer(shop.engine, cards, scope)
    const told = ['tier', 'points', 'stored value'].map((kind) => {
      const own = rows.filter((row) => row.kind === kind)
      return {
        members: total(own, ({ members }) => members),
        buyers: total(own, ({ buyers }) => buyers),
        'member orders': total(own, ({ orders }) => orders),
        'net of buyers': total(own, ({ netMinor }) => netMinor),
      }
    })
    // three ways to divide the same members
    expect(told).toEqual(told.map(() => told[0]))
    return told[0]!
  },
  points: { alone: 'it counts entries of the ledger of points, which no other room does' },
  dormancy: room(dormancy, {}, (rows) => {
    const statuses = rows.filter(({ kind }) => kind === 'status')
    return {
      members: total(statuses, ({ members }) => members),
      buyers: total(
        statuses.filter(({ status }) => status !== 'never bought'),
        ({ members }) => members,
      ),
      active: statuses.find(({ status }) => status === 'active')!.members,
    }
  }),
  'dormancy-rules': room(dormancyRules, {}, (rows, scope) => ({
    // order filters choose who bought there, the status stays that of all orders
    ...(everywhere(scope)
      ? {
          members: total(rows, ({ members }) => members),
          active: total(
            rows.filter(({ fixed }) => fixed === 'active'),
            ({ members }) => members,
          ),
        }
      : {}),
    buyers: total(
      rows.filter(({ fixed }) => fixed !== 'never bought'),
      ({ members }) => members,
    ),
  })),
  products: room(products, { top: 50 }, (rows) => {
    const all = rows.find(({ kind }) => kind === 'all')!
    return {
      buyers: all.members,
      'member orders': all.orders,
      repeated: all.repeated.numerator,
      ...Object.fromEntries(
        rows.filter(({ kind }) => kind === 'item').map(({ item, members }) => [`buyers of ${item}`, members]),
      ),
    }
  }),
  affinity: room(affinity, {}, (rows) =>
    Object.fromEntries(
      rows.flatMap((row) => [
        [`buyers of ${row.one}`, row.oneMembers],
        [`buyers of ${row.other}`, row.otherMembers],
      ]),
    ),
  ),
  season: room(season, { months: 60 }, (rows): Told => {
    const months = new Map(rows.map(({ month, share }) => [month, share.denominator]))
    return months.size === 0 ? {} : { 'member orders': total([...months.values()], (orders) => orders) }
  }),
  hours: room(hours, { from }, (rows, scope) => ({
    [scope.audience ? 'member orders' : 'orders']: total(rows, ({ orders }) => orders),
  })),
  'special-days': {
    alone: 'only days whose neighbours are known are in it, so that its orders are no total',
  },
  discounts: { alone: 'only orders whose discount is known count, which no other room asks' },
}

test('every room is asked, or says why it shares no number', () => {
  expect(Object.keys(rooms).toSorted()).toEqual(catalogue.map(({ name }) => name).toSorted())
})

/** A rule about the tier, as the filter of that name writes it. */
const ofTier = (scope: Scope): Scope => {
  const parsed = parse('tier in ("gold", "O\'Hara")', { currencyDecimals: scope.currencyDecimals })
  if (parsed.kind !== 'parsed') throw new Error('the rule about tiers is none')
  const setting = {
    scope,
    newest: true,
    currencyDecimals: scope.currencyDecimals,
    segments: new Map(),
    days: new Map(),
  }
  return { ...scope, audience: sql`(${compile(parsed.expression, setting, duckdb)})` }
}

/** How often a number was told by two rooms or more. */
const met = new Map<string, number>()

/** Asks every room one question; `met` notes who told a number that another told too. */
async function agree(plain: PlainShop, question: Question, tier: boolean): Promise<void> {
  const loaded = await shop.load(plain, question)
  const tables = { ...loaded.tables, memberScores: derivedTables().memberScores }
  const models = await shop.engine.scratch(async (session) => {
    await session.run(sql`drop table if exists ${tables.memberScores}`)
    return makeScores(session, tables, question.asOf)
  })
  const asked: Scope = { ...loaded, tables, models }
  const scope = tier ? ofTier(asked) : asked
  const said = new Map<string, Map<number, string[]>>()
  for (const [name, shared] of Object.entries(rooms)) {
    if (typeof shared !== 'function') continue
    for (const [number, value] of Object.entries(await shared(scope))) {
      const sayers = said.get(number) ?? new Map<number, string[]>()
      said.set(number, sayers.set(value, [...(sayers.get(value) ?? []), name]))
    }
  }
  for (const [number, sayers] of said) {
    // who says what, so that a failure names the rooms that differ
    expect([number, [...sayers]]).toEqual([number, [...sayers].slice(0, 1)])
    const [[, names] = [0, []]] = [...sayers]
    if (names.length > 1) for (const name of names) met.set(name, (met.get(name) ?? 0) + 1)
  }
  // each place by itself is what the overview says of it
  for (const by of ['store', 'channel'] as const)
    for (const row of await answer(shop.engine, places, scope, { by, from })) {
      if (row.place === null) continue
      const there = {
        ...scope,
        ...(by === 'store' ? { stores: [row.place] } : { channels: [row.place] }),
      }
      const [alone] = await answer(shop.engine, overview, there, { from, steps: 0 })
      expect([row.memberOrders + row.guestOrders, row.netMinor, row.buyers, row.newBuyers]).toEqual([
        alone!.orders,
        alone!.netMinor,
        alone!.buyers,
        alone!.newBuyers,
      ])
    }
}

test('under the same filters the rooms agree on members, buyers, orders, cohorts and net', async () => {
  await agree(handShop, handQuestion, false)
  await fc.assert(
    fc.asyncProperty(shopsWithCards, questions, fc.boolean(), async (plain, question, tier) => {
      if (question.asOf >= from) await agree(plain, question, tier)
    }),
    { numRuns: cases(24) },
  )
  // a name that only one room uses would compare nothing
  const compared = Object.entries(rooms).flatMap(([name, shared]) =>
    typeof shared === 'function' ? [[name, (met.get(name) ?? 0) > 0]] : [],
  )
  expect(Object.fromEntries(compared)).toEqual(Object.fromEntries(compared.map(([name]) => [name, true])))
})
