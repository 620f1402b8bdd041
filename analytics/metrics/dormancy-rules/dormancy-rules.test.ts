import { afterAll, beforeAll, expect, test } from 'vitest'
import { random } from '../../../fixtures/random.ts'
import { addDays } from '../../calendar/calendar.ts'
import { answer, testEngine } from '../../oracle/asked.ts'
import type { Question } from '../../oracle/meaning.ts'
import type { PlainShop } from '../../oracle/shop.ts'
import type { Scope } from '../../relations/scope.ts'
import { derivedTables } from '../../schema/derived.ts'
import { makeScores } from '../../scores/scoring.ts'
import { sql } from '../../sql/sql.ts'
import { dormancyRules, dormancyRulesFindings, type DormancyRulesRow } from './dormancy-rules.ts'

const start = '2023-01-01'
const asOf = addDays(start, 600)
let shop: Awaited<ReturnType<typeof testEngine>>
beforeAll(async () => {
  shop = await testEngine()
})
afterAll(() => shop.close())

/** Members who buy at a rate and for amounts of their own and stop at some time; every tenth never bought. */
function comers(count: number): PlainShop {
  const { below } = random(21)
  const dice = () => below(2 ** 20) / 2 ** 20
  let key = 0
  const orders = Array.from({ length: count }, (_, member) => {
    if (member % 10 === 9) return []
    const [mean, amount, stops] = [8 - 25 * Math.log(1 - dice()), 2000 + 8000 * dice(), 0.7 * dice() ** 3]
    const bought: PlainShop['orders'][number][] = []
    for (let day = below(400); day <= 600; day += 1 + Math.floor(-mean * Math.log(1 - dice()))) {
      bought.push({
        key: ++key,
        member: member + 1,
        orderedAt: new Date(`${addDays(start, day)}T12:00:00+08:00`),
        state: 'paid',
        store: member % 3 === 0 ? 'East' : 'West',
        channel: 'app',
        net: Math.round(amount * (0.5 + dice())),
      })
      if (dice() < stops) break
    }
    return bought
  }).flat()
  const calendar = { timeZone: 'Asia/Shanghai', firstWeekday: 1 }
  return {
    calendar,
    openedAtStart: false,
    members: Array.from({ length: count }, (_, i) => ({ key: i + 1, joinedDay: start })),
    orders,
    refunds: [],
  }
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
  return { rows: (await answer(shop.engine, dormancyRules, scope)) as DormancyRulesRow[], scope }
}

const byModel = (millionths: number) => {
  const alive = millionths / 1_000_000
  if (alive >= 0.5) return 'active'
  if (alive >= 0.2) return 'cooling'
  return alive >= 0.05 ? 'dormant' : 'lost'
}

test.each([
  ['everybody', {}],
  ['some members', { audience: Array.from({ length: 200 }, (_, i) => 2 * i + 1) }],
  ['a store', { stores: ['East'] }],
])(
  'of %s, each is in one row, and by the model where P(alive) puts them',
  async (_, question: Partial<Question>) => {
    const plain = comers(400)
    const { rows, scope } = await asked(plain, question)
    const scores = (await shop.engine.rows(sql`select * from ${scope.tables.memberScores}`)).map((row) => ({
      key: Number(row.memberKey),
      model: byModel(Number(row.alive)),
      atRisk: Number(row.clvIfAliveMinor) - Number(row.clvMinor),
    }))
    const isAsked = (key: number) =>
      (!question.audience || question.audience.includes(key)) &&
      (!question.stores ||
        plain.orders.some(({ member, store }) => member === key && question.stores!.includes(store!)))
    const buyers = scores.filter(({ key }) => isAsked(key))
    for (const status of ['active', 'cooling', 'dormant', 'lost'] as const) {
      const inRows = rows.filter(({ model }) => model === status)
      const inScores = buyers.filter(({ model }) => model === status)
      expect({
        members: inRows.reduce((sum, { members }) => sum + members, 0),
        atRisk: inRows.reduce((sum, row) => sum + row.valueAtRiskMinor, 0),
      }).toEqual({ members: inScores.length, atRisk: inScores.reduce((sum, { atRisk }) => sum + atRisk, 0) })
    }
    const never = plain.members.filter(
      ({ key }) => isAsked(key) && !plain.orders.some(({ member }) => member === key),
    ).length
    const neverRows = rows.filter(({ fixed }) => fixed === 'never bought')
    expect(
      neverRows.map(({ rhythm, model, members, valueAtRiskMinor }) => [
        rhythm,
        model,
        members,
        valueAtRiskMinor,
      ]),
    ).toEqual(never === 0 ? [] : [['never bought', 'never bought', never, 0]])
    expect(scope.models!.value).toEqual({ kind: 'trusted' })
    expect(rows.every(({ valueBasis }) => valueBasis === 'expected')).toBe(true)
    expect(rows.every(({ rhythm }) => rhythm !== null)).toBe(true)
    const agreeing = rows.filter(
      (row) => row.fixed !== 'never bought' && row.fixed === row.rhythm && row.fixed === row.model,
    )
    expect(dormancyRulesFindings(rows)[0]).toMatchObject({
      id: 'dormancy-rules.agree',
      values: { agreeing: agreeing.reduce((sum, { members }) => sum + members, 0), members: buyers.length },
    })
  },
)

test('where the models and the rhythm are refused, fixed days alone speak, and the value is that before silence', async () => {
  const few: PlainShop = {
    ...comers(4),
    orders: comers(4).orders.filter(
      ({ member }, i, all) => all.findIndex((one) => one.member === member) === i,
    ),
  }
  const { rows: single } = await asked(few)
  expect(
    single.map(({ rhythm, model, members, valueBasis }) => ({ rhythm, model, members, valueBasis })),
  ).toEqual(
    single.map(({ members }) => ({ rhythm: null, model: null, members, valueBasis: 'before silence' })),
  )
  expect(single.reduce((sum, { valueAtRiskMinor }) => sum + valueAtRiskMinor, 0)).toBe(
    few.orders.reduce((sum, { net }) => sum + net, 0),
  )
  expect(single[0]!.membersExpression).toMatch(/and rhythm_status is unknown and model_status is unknown$/)
  expect(dormancyRulesFindings(single)).toEqual([{ id: 'dormancy-rules.fixed-alone', values: {} }])
  expect(dormancyRulesFindings([])).toEqual([{ id: 'dormancy-rules.neutral', values: {} }])
})
