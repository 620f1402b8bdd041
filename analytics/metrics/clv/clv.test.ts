import { afterAll, beforeAll, expect, test } from 'vitest'
import { addDays } from '../../calendar/calendar.ts'
import { testEngine } from '../../oracle/asked.ts'
import { answer } from '../../oracle/asked.ts'
import type { Question } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'
import type { Scope } from '../../relations/scope.ts'
import { horizons } from '../../scores/scores.ts'
import { makeScores } from '../../scores/scoring.ts'
import { derivedTables } from '../../schema/derived.ts'
import { sql } from '../../sql/sql.ts'
import { random } from '../../../fixtures/random.ts'
import { clv, clvFindings, type ClvRow } from './clv.ts'

const start = '2023-01-01'
const asOf = addDays(start, 600)
let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

/** Members who buy at rates and for amounts of their own and stop now and then, in two stores. */
function regulars(count: number): PlainShop {
  const { below } = random(21)
  const dice = () => below(2 ** 20) / 2 ** 20
  let key = 0
  const orders = Array.from({ length: count }, (_, member) => {
    const [mean, amount, gone] = [8 - 25 * Math.log(1 - dice()), 2000 + 8000 * dice(), 0.7 * dice() ** 3]
    const bought: PlainShop['orders'][number][] = []
    for (let day = below(400); day <= 600; day += 1 + Math.floor(-mean * Math.log(1 - dice()))) {
      const orderedAt = new Date(`${addDays(start, day)}T12:00:00+08:00`)
      const store = member % 3 === 0 ? 'East' : 'West'
      const net = Math.round(amount * (0.5 + dice()))
      bought.push({ key: ++key, member: member + 1, orderedAt, state: 'paid', store, channel: 'app', net })
      if (dice() < gone) break
    }
    return bought
  }).flat()
  const calendar = { timeZone: 'Asia/Shanghai', firstWeekday: 1 }
  const members = Array.from({ length: count }, (_, i) => ({ key: i + 1, joinedDay: null }))
  return { calendar, openedAtStart: false, members, orders, refunds: [] }
}

async function asked(plain: PlainShop, question: Partial<Question> = {}) {
  const loaded = await shop.load(plain, {
    asOf,
    audience: null,
    stores: null,
    channels: null,
    categories: null,
    ...question,
  })
  const tables = { ...loaded.tables, memberScores: derivedTables().memberScores }
  const models = await shop.engine.scratch(async (session) => {
    await session.run(sql`drop table if exists ${tables.memberScores}`)
    return makeScores(session, tables, asOf)
  })
  const scope: Scope = { ...loaded, tables, models }
  return { rows: (await answer(shop.engine, clv, scope)) as ClvRow[], scope, models }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

test.each([
  ['everybody', {}],
  ['some members', { audience: Array.from({ length: 90 }, (_, i) => 2 * i + 1) }],
  ['a store', { stores: ['East'] }],
])(
  'of %s, bands, expectations and intervals are what adding up members gives',
  async (_, question: Partial<Question>) => {
    const plain = regulars(400)
    const { rows, scope, models } = await asked(plain, question)
    const scores = (await shop.engine.rows(sql`select * from ${scope.tables.memberScores}`)).map((row) => ({
      key: Number(row.memberKey),
      alive: Number(row.alive),
      clv: Number(row.clvMinor),
      ifAlive: Number(row.clvIfAliveMinor),
      ahead: horizons.map(
        (days) =>
          [
            Number(row[`expected_${days}`] ?? row[`expected${days}`]),
            Number(row[`variance_${days}`] ?? row[`variance${days}`]),
          ] as const,
      ),
    }))
    const bought = (key: number) =>
      plain.orders.some(({ member, store }) => member === key && question.stores?.includes(store!))
    const chosen = scores.filter(
      ({ key }) =>
        (!question.audience || question.audience.includes(key)) && (!question.stores || bought(key)),
    )
    expect(chosen.length).toBeGreaterThan(50)
    const ofKind = (kind: ClvRow['kind']) => rows.filter((row) => row.kind === kind)
    expect(
      ofKind('alive').map(({ fromPercent, members, netMinor, atRiskMinor }) => ({
        fromPercent,
        members,
        netMinor,
        atRiskMinor,
      })),
    ).toEqual(
      Array.from({ length: 10 }, (_, band) => {
        const inBand = chosen.filter(({ alive }) => Math.min(9, Math.floor(alive / 100_000)) === band)
        return {
          fromPercent: 10 * band,
          members: inBand.length,
          netMinor: sum(inBand.map((one) => one.clv)),
          atRiskMinor: sum(inBand.map((one) => one.ifAlive - one.clv)),
        }
      }),
    )
    for (const [i, row] of ofKind('forecast').entries()) {
      const mean = sum(chosen.map(({ ahead }) => ahead[i]![0]))
      const half =
        1.959964 * Math.sqrt(sum(chosen.map(({ ahead }) => ahead[i]![1])) + (models.uncertainty * mean) ** 2)
      expect(row).toMatchObject({ days: horizons[i], members: chosen.length })
      expect(Math.abs(row.netMinor! - mean)).toBeLessThan(1)
      expect(Math.abs(row.lowMinor! - Math.max(0, mean - half))).toBeLessThan(1)
      expect(Math.abs(row.highMinor! - (mean + half))).toBeLessThan(1)
    }
    const keys = new Set(chosen.map(({ key }) => key))
    for (const row of ofKind('observed')) {
      const since = addDays(asOf, -row.days!)
      const spent = plain.orders.filter(
        ({ member, orderedAt }) => keys.has(member!) && orderedAt.toISOString().slice(0, 10) > since,
      )
      expect({ days: row.days, net: row.netMinor }).toEqual({
        days: row.days,
        net: sum(spent.map(({ net }) => net)),
      })
    }
    expect(ofKind('calibration')).toHaveLength(models.calibration!.rows.length)
    expect(
      ofKind('alive').every(
        ({ membersExpression }) => (membersExpression === null) === Boolean(question.stores),
      ),
    ).toBe(true)
    expect(clvFindings(rows, models)[0]!.id).toBe('clv.year')
  },
)

test('of too few members there is no row, and the title says so', async () => {
  const { rows, models } = await asked(regulars(20))
  expect(rows).toEqual([])
  expect(models.quality).toEqual({ kind: 'refused', because: ['few-members'] })
  expect(clvFindings(rows, models)).toEqual([{ id: 'clv.refused', values: {} }])
})
