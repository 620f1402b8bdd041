import { type RfmRule, rfmByFifths } from '../relations/rfm.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { leavesOf as columnLeavesOf } from '../columns/answers.ts'
import { countBits, numbersOfBits, wordsFor } from '../columns/bits.ts'
import { Asker, chunkMembers } from '../columns/question.ts'
import { readColumns } from '../columns/reading.ts'
import { openDuckDb } from '../engine/duckdb.ts'
import type { Engine, Session } from '../engine/engine.ts'
import { defaultDormancy } from '../relations/scope.ts'
import { createBaseTables } from '../schema/base.ts'
import { derivedTables } from '../schema/derived.ts'
import { buildDerivedTables, refreshDerivedTables } from '../schema/refresh.ts'
import { makeScores } from '../scores/scoring.ts'
import { duckdb } from '../sql/duckdb.ts'
import { join, name, render, type Sql, sql } from '../sql/sql.ts'
import { asOf, everyEntry, expressions, people, savedSegments } from './arbitrary.ts'
import { everyone, type Expression, partsOf } from './ast.ts'
import { askedRules } from './column-leaves.ts'
import { compile, compileHolders, compileHolds, compileTogether, type SegmentSetting } from './compile.ts'
import { compilePartCounts, dearLeaves, type PartCount, partsByDay } from './count-parts.ts'
import { resolveDay } from './days.ts'
import { evaluate } from './evaluate.ts'
import { parse } from './parse.ts'
import type { PersonCoupon } from './person-coupons.ts'
import { askedOn } from './references.ts'
import type { Foretold, Moment, Person } from './person.ts'
import { foretoldOf } from './person-foretold.fixture.ts'
import { print } from './print.ts'
import { minorUnits } from './test-sql.ts'
import { visibleOn } from './person.ts'
import { cases } from '../../fixtures/cases.ts'
import { random } from '../../fixtures/random.ts'
import { addDays } from '../calendar/calendar.ts'

const currencyDecimals = 2
const meaning = { currencyDecimals, segments: savedSegments }
/** As many runs as are asked for, however slow the machine. */
const hours = 4 * 60 * 60 * 1000
const everyRun = { interruptAfterTimeLimit: hours }
let engine: Engine
/** Clauses that columns of numbers answered. */
let byColumns = 0
beforeAll(async () => {
  engine = await openDuckDb(':memory:', { threads: 1 }) // two plan no sooner
  await createBaseTables(engine, { timeZone: 'Asia/Shanghai', firstWeekday: 1 })
  await refreshDerivedTables(engine, {}, '2024-01-01')
})
afterAll(() => engine.close())

test(
  'compiled SQL selects exactly whom the oracle accepts; NOT is the complement',
  async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        people,
        asOf,
        fc.array(expressions, { minLength: 12, maxLength: 12 }),
        everyEntry,
        async (shop, day, whole, entries) => {
          const newest = run++ % 2 === 0
          const then = entries.map((part): Expression => ({ kind: 'on', day: '-30d', part }))
          const rules = [...whole, ...entries, ...then]
          const moment = await load(shop, day, newest)
          await buildOtherDays(rules, day)
          const visible = shop.filter((person) => visibleOn(person, day))
          const asked = rules.flatMap((rule): Expression[] => [rule, { kind: 'not', part: rule }])
          const chosen = await selectedByEach([everyone, ...asked], moment)
          expect(chosen[0]).toEqual(visible.map(({ id }) => id))
          for (const rule of whole.slice(0, 1)) await countsAgree(rule, moment)
          for (const [i, rule] of asked.entries())
            expect({ rule: print(rule), chosen: chosen[i + 1] }).toEqual({
              rule: print(rule),
              chosen: visible.filter((person) => evaluate(rule, person, moment, meaning)).map(({ id }) => id),
            })
          // of the entries every third
          const some = entries.filter((_, i) => i % 3 === entries.length % 3)
          if (newest) await columnsAgree([...whole, ...some], chosen, rules, moment)
          const ofDay = whole.filter((rule) => otherDays(rule, day).length === 1)
          expect(await selectedTogether(ofDay, moment)).toEqual(
            ofDay.map((rule) => chosen[1 + 2 * rules.indexOf(rule)]),
          )
        },
      ),
      // a failure is told as it was found: shrinking it would load hundreds of shops
      { ...everyRun, numRuns: cases(6), endOnFailure: true },
    )
    expect(byColumns).toBeGreaterThan(0)
  },
  hours,
)

test(
  'whom the facts exclude is selected by no condition',
  async () => {
    const anybody: Expression = {
      kind: 'clause',
      subject: { kind: 'field', field: 'orders' },
      test: { kind: 'compare', operator: '>=', value: 0 },
    }
    await fc.assert(
      fc.asyncProperty(people, asOf, everyEntry, async (shop, day, entries) => {
        const moment = await load(shop, day, true)
        const visible = shop.filter((person) => visibleOn(person, day))
        for (let from = 0; from < entries.length; from += 8) {
          const some = entries.slice(from, from + 8)
          const sets = some.map((part, i) => {
            const rule: Expression = { kind: 'and', parts: [anybody, part] }
            return sql`select ${i} as rule, member_key from (${compile(rule, setting(moment), duckdb, { narrow: true })}) as chosen`
          })
          const rows =
            await engine.rows(sql`select rule, members.member_id from (${join(sets, sql` union all `)}) as chosen
          join members on members.member_key = chosen.member_key order by rule, members.member_key`)
          for (const [i, part] of some.entries())
            expect({
              rule: print(part),
              ids: rows.filter(({ rule }) => rule === i).map(({ memberId }) => memberId),
            }).toEqual({
              rule: print(part),
              ids: visible.filter((person) => evaluate(part, person, moment, meaning)).map(({ id }) => id),
            })
        }
      }),
      { ...everyRun, numRuns: cases(2), endOnFailure: true },
    )
  },
  hours,
)

test('what the models foretell selects whom the oracle accepts, today and on another day', async () => {
  const day = '2025-06-30'
  const shop = customers(400)
  const moment = await load(shop, day, true)
  const texts = [
    ...['< 5%', '< 50%', '>= 80%', 'between 20% and 80%', 'is unknown'].map((test) => `p_alive ${test}`),
    ...['>= 50', '< 200.5', 'is known', 'in (0, 10)'].map((test) => `predicted_clv ${test}`),
    'not p_alive >= 50%',
    'p_alive < 50% and predicted_clv >= 10 and value_decile <= 3',
    '(p_alive >= 50%) on -90d and p_alive < 50%',
    'previous_rfm_group = "champions" and rfm_group != "champions"',
    'value_decile in (1, 10)',
    ...['active', 'cooling', 'dormant', 'lost', 'never bought'].map((one) => `model_status = "${one}"`),
    'model_status is unknown',
  ]
  const rules = texts.map((text) => {
    const parsed = parse(text, { currencyDecimals })
    if (parsed.kind === 'refused') throw new Error(`${text}: ${parsed.problems[0]!.message}`)
    return parsed.expression
  })
  await buildOtherDays(rules, day)
  const chosen = await selectedByEach(rules, moment)
  const visible = shop.filter((person) => visibleOn(person, day))
  for (const [i, rule] of rules.entries()) {
    const wanted = visible.filter((person) => evaluate(rule, person, moment, meaning)).map(({ id }) => id)
    expect({ rule: texts[i], chosen: chosen[i]!.toSorted() }).toEqual({
      rule: texts[i],
      chosen: wanted.toSorted(),
    })
  }
  // some are selected and some are not, or nothing would be told apart
  expect(chosen.filter((ids) => ids.length > 0 && ids.length < visible.length).length).toBeGreaterThan(10)
})

/** Customers who buy at rates of their own, and stop after a purchase now and then; a few never bought. */
function customers(count: number): Person[] {
  const { below } = random(11)
  const dice = () => below(2 ** 20) / 2 ** 20
  const drawn = () => -Math.log(1 - dice())
  return Array.from({ length: count }, (_, i): Person => {
    const [mean, stops, amount] = [20 * drawn() + 4, 0.05 + 0.25 * dice(), 500 + 4000 * dice()]
    const days: number[] = []
    for (let at = Math.floor(300 * dice()); i % 40 !== 0 && at <= 540; at += 1 + Math.floor(mean * drawn())) {
      days.push(at)
      if (dice() < stops) break
    }
    const orders = days.map((at, nth) => ({
      day: addDays('2024-01-01', at),
      store: 'A',
      channel: 'shop',
      state: 'paid' as const,
      netMinor: Math.round(amount * (0.6 + 0.8 * dice())) + 1,
      hour: 12,
      discountMinor: null,
      lines: [],
      refunds: nth % 9 === 4 ? [{ day: addDays('2024-01-01', at + (nth % 2)), amountMinor: 100 }] : [],
    }))
    const joined = '2024-01-01'
    const nothing = { region: null, channel: null, gender: null, tier: null, birthday: null, points: null }
    const none = { tags: [], arms: [], coupons: [], pointsEntries: [], looseRefunds: [] }
    return { id: `m${i}`, joined, ...nothing, storedValueMinor: null, consent: 'granted', ...none, orders }
  })
}

// Every shape of a condition on the day, at days that are somebody's first or last and beside them: what the facts
// decide before the orders are read must leave out nobody.
test('days that the first and the last order decide', async () => {
  const shop = fc
    .sample(people, { numRuns: 20, seed: 1 })
    .flat()
    .map((person, i) => ({ ...person, id: `m${i}` }))
  const day = '2024-10-27' // the busy one
  const moment = await load(shop, day, true)
  const days = ['2024-03-01', '2024-10-26', '2024-10-27', '2024-10-28']
  const within = [
    ...['0', '1', '30', '120'].map((count) => `within ${count} days`),
    ...days.flatMap((at) => ['=', '!=', '<', '<=', '>', '>='].map((operator) => `day ${operator} ${at}`)),
    ...days.map((at) => `between 2024-03-01 and ${at}`),
  ]
  const texts = within.flatMap((condition) => [
    `gender = "female" and orders(${condition}) >= 1`,
    `gender = "female" or orders(${condition}) = 0`,
    `gender = "female" and orders(${condition}) <= 0`,
    `not (gender = "female" and spend(${condition}) > 0)`,
    `gender = "female" and days_since_order(${condition}) is unknown`,
  ])
  const rules = texts.map((text) => {
    const parsed = parse(text, { currencyDecimals })
    if (parsed.kind === 'refused') throw new Error(`${text}: ${parsed.problems[0]!.message}`)
    return parsed.expression
  })
  const chosen = await selectedByEach(rules, moment)
  const visible = shop.filter((person) => visibleOn(person, day))
  for (const [i, rule] of rules.entries())
    expect({ rule: texts[i], chosen: chosen[i]!.toSorted() }).toEqual({
      rule: texts[i],
      chosen: visible
        .filter((person) => evaluate(rule, person, moment, meaning))
        .map(({ id }) => id)
        .toSorted(),
    })
})

test('text is data, whatever it holds', async () => {
  const moment = await load([], '2024-12-31', true)
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      const value = `'; drop table members; -- ${text}`
      const rule: Expression = {
        kind: 'clause',
        subject: { kind: 'field', field: 'region' },
        test: { kind: 'in', values: [value] },
      }
      const { text: query, params } = render(compile(rule, setting(moment), duckdb), duckdb.placeholder)
      expect(query).not.toContain('drop')
      expect(params).toContain(value)
      expect(await selected(rule, moment)).toEqual([])
    }),
    { numRuns: 20 },
  )
})

test.each([
  ['facts', 'orders >= 2 and status = "dormant" and not (region = "North" or tag in ("vip", "quiet"))'],
  [
    'passes',
    'orders(category = "Tea", within 180 days) >= 2 or spend(category in ("Tea", "Cake"), store = "A") > 100.5 or orders(between 2024-01-01 and 2024-01-31) = 0 or average_order between 10 and 20',
  ],
  [
    'lines',
    'days_since_order(sku in ("1", "2"), net >= 100) > 45 and average_order(product = "奶粉", within 180 days) > 80 and order_share(weekday in ("saturday", "sunday")) >= 60% and last_order(category = "Tea", purchase_day = 1) < 2024-06-30 and spend_share(store = "A") > 12.5%',
  ],
  [
    'habits',
    'rhythm_status in ("dormant", "lost") and next_order_in between -14 and 0 and discounted_share >= 60% and daypart = "evening" and orders(daypart = "noon", hour < 13, discounted = true) > 1 and age >= 18',
  ],
  [
    'coupons-and-points',
    'coupons(state = "unused", expires_in <= 3) > 0 and coupons(campaign = "c1", used >= 2024-06-01) = 1 and points_expiring(expires within next 30 days) >= 100',
  ],
])('golden: %s', async (name, text) => {
  const moment = await load([], '2024-12-31', true)
  const parsed = parse(text, { currencyDecimals })
  if (parsed.kind === 'refused') throw new Error(parsed.problems[0]!.message)
  const query = compile(parsed.expression, setting(moment), duckdb, { narrow: true })
  await engine.rows(sql`explain ${query}`)
  const { text: written, params } = render(query, duckdb.placeholder)
  await expect(`${written}\n-- ${JSON.stringify(params)}\n`).toMatchFileSnapshot(`golden/${name}.duckdb.sql`)
})

test('amounts become minor units exactly', () => {
  expect(minorUnits(1000.5, 2)).toBe(100_050)
  expect(minorUnits(-0.29, 2)).toBe(-29)
  expect(minorUnits(1.005, 3)).toBe(1005)
  expect(minorUnits(99_999_999_999, 2)).toBe(9_999_999_999_900)
  expect(minorUnits(12, 0)).toBe(12)
  expect(minorUnits(0, 2)).toBe(0)
})

/** The tables of a day; what the models foretell is always made in `scratch`. */
const tablesOf = (prefix = '') => ({
  ...derivedTables(prefix),
  memberScores: name(`scratch.main.${prefix}member_scores`),
})

const setting = ({ asOf: day, dormancy, rfm, newest }: Moment): SegmentSetting => ({
  scope: { asOf: day, dormancy, rfm, tables: tablesOf() },
  currencyDecimals,
  newest,
  segments: savedSegments,
  days: new Map(),
})

/** Each part of the rule is counted as the oracle counts it, alone and with those before it in its group. */
async function countsAgree(rule: Expression, moment: Moment): Promise<void> {
  const counted = new Map<string, PartCount>()
  for (const [i, parts] of partsByDay(rule, settingFor(rule, moment)).entries()) {
    // sets that are known already, and conditions asked in the same query
    const known = [...dearLeaves(parts)].filter((_, leaf) => (leaf + i) % 2 === 0)
    const sets = known.map(([text, leaf]) => [text, sql`(${compile(leaf, parts.setting, duckdb)})`] as const)
    const { query, read } = compilePartCounts(parts, new Map(sets), duckdb)
    const [row] = await engine.rows(query)
    for (const one of read(row!)) counted.set(one.path, one)
  }
  const wanted = new Map<string, PartCount>()
  const visit = (part: Expression, path: string, at: Moment, before: Expression): void => {
    const those = moment.people.filter((person) => visibleOn(person, at.asOf))
    const many = (of: Expression) => those.filter((one) => evaluate(of, one, at, meaning)).length
    wanted.set(path, { path, members: many(part), together: many(before), all: those.length })
    const day = part.kind === 'on' ? resolveDay(part.day, at.asOf) : at.asOf
    const then = day === at.asOf ? at : { ...at, asOf: day, newest: false }
    partsOf(part).forEach((one, i, all) =>
      visit(
        one,
        path === '' ? `${i}` : `${path}.${i}`,
        then,
        part.kind === 'and' || part.kind === 'or' ? { kind: part.kind, parts: all.slice(0, i + 1) } : one,
      ),
    )
  }
  visit(rule, '', moment, rule)
  expect({ rule: print(rule), counted }).toEqual({ rule: print(rule), counted: wanted })
}

const prefixOf = (day: string) => `day_${day.replaceAll('-', '')}_`
const otherDays = (rule: Expression, asOf: string) => [
  ...new Set(askedOn(rule, asOf, savedSegments).map(({ day }) => day)),
]

/** The setting with the tables of every day that the rule asks about; `buildOtherDays` has made them. */
function settingFor(rule: Expression, moment: Moment): SegmentSetting {
  const days = otherDays(rule, moment.asOf).map((day) => {
    const scope = { asOf: day, dormancy: moment.dormancy, rfm: moment.rfm, tables: tablesOf(prefixOf(day)) }
    return [day, { scope, newest: false }] as const
  })
  return { ...setting(moment), days: new Map(days) }
}

async function buildOtherDays(rules: readonly Expression[], asOf: string): Promise<void> {
  const days = new Set(rules.flatMap((rule) => otherDays(rule, asOf)))
  days.delete(asOf)
  await engine.transaction(async (session) => {
    for (const day of days) await buildDerivedTables(session, day, prefixOf(day))
  })
  for (const day of days) await foretell(day, prefixOf(day))
}

async function foretell(day: string, prefix?: string): Promise<void> {
  const tables = tablesOf(prefix)
  await engine.scratch(async (session) => {
    await session.run(sql`drop table if exists ${tables.memberScores}`)
    await makeScores(session, tables, day)
  })
}

/** What columns of numbers answer is what each rule selects, asked alone and several at once. */
async function columnsAgree(
  asked: readonly Expression[],
  chosen: readonly string[][],
  rules: readonly Expression[],
  moment: Moment,
): Promise<void> {
  const { scope } = setting(moment)
  const ids = new Map(
    (await engine.rows(sql`select member_key, member_id from members`)).map(({ memberKey, memberId }) => [
      Number(memberKey),
      String(memberId),
    ]),
  )
  await engine.scratch(async (session) => {
    const columns = (await readColumns(session, scope.tables, 'scratch.main.columns_'))!
    for (let from = 0; from < asked.length;) {
      const some = asked.slice(from, from + (from % 3 === 0 ? 1 : 3))
      from += some.length
      const own = settingFor({ kind: 'or', parts: some }, moment)
      const found = askedRules(some, savedSegments, {
        reading: { ...own.scope, newest: true, d: duckdb },
        test: { asOf: moment.asOf, currencyDecimals, d: duckdb },
      })
      byColumns += found.byColumns.length
      const told = found.byEngine.map(() => new Uint32Array(wordsFor(columns.members)))
      for (const [i, leaf] of found.byEngine.entries()) {
        const holds = sql`select member_key from (${compileHolds([leaf], own, duckdb)}) as answers where h0`
        const query = compileHolders(leaf, own, duckdb) ?? holds
        for (const { memberKey } of await session.rows(query))
          told[i]![Number(memberKey) >>> 5]! |= 1 << (Number(memberKey) & 31)
      }
      const leaves = [
        ...(await columnLeavesOf(session, columns, found.byColumns)),
        ...told.map((bits) => ({ kind: 'told', bits }) as const),
      ]
      const selected = some.map(() => new Uint32Array(wordsFor(columns.members)))
      const asker = new Asker(columns, { leaves, rules: found.rules })
      for (let chunk = 0; chunk * chunkMembers < columns.members; chunk++) asker.answer(chunk, selected)
      for (const [i, rule] of some.entries()) {
        const bits = selected[i]!
        const members = [...numbersOfBits(bits, countBits(bits))].map((member) => ids.get(member)!)
        expect({ rule: print(rule), chosen: members.toSorted() }).toEqual({
          rule: print(rule),
          chosen: chosen[1 + 2 * rules.indexOf(rule)]!.toSorted(),
        })
      }
    }
    for (const table of columns.dictionaries.values()) await session.run(sql`drop table ${table}`)
  })
}

const selected = async (rule: Expression, moment: Moment): Promise<string[]> =>
  (await selectedByEach([rule], moment))[0]!

/** The ids of whom each rule selects, some asked in one query: planning one of all takes longest. */
async function selectedByEach(rules: readonly Expression[], moment: Moment): Promise<string[][]> {
  const chosen = rules.map((): string[] => [])
  for (let from = 0; from < rules.length; from += 8) {
    const sets = rules
      .slice(from, from + 8)
      .map(
        (rule, i) =>
          sql`select ${from + i} as rule, member_key from (${compile(rule, settingFor(rule, moment), duckdb, { narrow: (from + i) % 3 > 0 })}) as chosen`,
      )
    const rows = await engine.rows(
      sql`select rule, members.member_id from (${join(sets, sql` union all `)}) as chosen
        join members on members.member_key = chosen.member_key order by rule, members.member_key`,
    )
    for (const { rule, memberId } of rows) chosen[Number(rule)]!.push(String(memberId))
  }
  return chosen
}

/** The same of rules that are asked together, each through a rule that names it. */
async function selectedTogether(rules: readonly Expression[], moment: Moment): Promise<string[][]> {
  const named = rules.map((expression, i) => ({ name: `rule ${i}`, expression }))
  const naming = named.map(({ name }): { name: string; expression: Expression } => ({
    name: `not ${name}`,
    expression: { kind: 'not', part: { kind: 'segment', name } },
  }))
  const rows = await engine.rows(
    sql`select answers.*, members.member_id from (${compileTogether([...named, ...naming], setting(moment), duckdb)}) as answers
      join members on members.member_key = answers.member_key order by members.member_key`,
  )
  return rules.map((_, i) => {
    const own = rows.filter((row) => row[`s${i}`] === true)
    expect(rows.filter((row) => row[`s${rules.length + i}`] === false)).toEqual(own)
    return own.map(({ memberId }) => String(memberId))
  })
}

/** Fills the base tables with the people and builds the derived ones for the day. */
const ownThresholds: RfmRule = {
  windowDays: 200,
  recency: [10, 40, 90, 150],
  frequency: null,
  money: [0, 100, 5000, 20_000],
}

async function load(shop: readonly Person[], day: string, newest: boolean): Promise<Moment> {
  const paid = shop.flatMap(({ orders }) =>
    orders.filter(({ state }) => state === 'paid').map((one) => one.day),
  )
  const dataStart = paid.toSorted()[0] ?? null
  await engine.transaction(async (session) => {
    for (const table of [
      'members',
      'orders',
      'order_lines',
      'refunds',
      'member_tags',
      'removed_tags',
      'campaign_arms',
      'issued_coupons',
      'coupon_changes',
      'coupons_elsewhere',
      'points_entries',
    ] as const)
      await session.run(
        {
          members: sql`delete from members`,
          orders: sql`delete from orders`,
          order_lines: sql`delete from order_lines`,
          refunds: sql`delete from refunds`,
          member_tags: sql`delete from member_tags`,
          removed_tags: sql`delete from removed_tags`,
          campaign_arms: sql`delete from campaign_arms`,
          issued_coupons: sql`delete from issued_coupons`,
          coupon_changes: sql`delete from coupon_changes`,
          coupons_elsewhere: sql`delete from coupons_elsewhere`,
          points_entries: sql`delete from points_entries`,
        }[table],
      )
    await session.run(
      sql`update workspace_state set data_start = ${dataStart === null ? null : duckdb.date(dataStart)}`,
    )
    const rows = new Rows()
    let orderKey = 0
    let seq = 0
    for (const [key, person] of shop.entries()) {
      const { joined, birthday } = person
      rows.add(
        sql`members`,
        sql`(${key}, ${person.id}, null, null, ${person.gender},
          cast(${birthday} as date), cast(${joined} as date), ${person.region}, ${person.channel}, ${person.tier},
          ${person.points}, ${person.storedValueMinor}, ${person.consent}, false, null, null)`,
      )
      for (const { tag, addedDay, removedDay } of person.tags)
        if (removedDay === null)
          rows.add(sql`member_tags`, sql`(${key}, ${tag}, 'manual', ${duckdb.date(addedDay)})`)
        else
          rows.add(
            sql`removed_tags`,
            sql`(${key}, ${tag}, ${duckdb.date(addedDay)}, ${duckdb.date(removedDay)})`,
          )
      for (const { campaign, arm, day: launched } of person.arms)
        rows.add(sql`campaign_arms`, sql`(${campaign}, ${key}, ${arm}, ${duckdb.date(launched)}, null)`)
      for (const coupon of person.coupons) seq = issue(rows, key, person.id, coupon, seq)
      for (const { day: changed, change, expires } of person.pointsEntries)
        rows.add(
          sql`points_entries (member_id, changed_at, change, expires_day)`,
          sql`(${person.id}, ${noon(changed)}, ${change}, cast(${expires} as date))`,
        )
      for (const order of person.orders) {
        orderKey++
        let left = order.netMinor
        let voidDay: string | null = null
        for (const refund of order.refunds.toSorted((a, b) => (a.day < b.day ? -1 : 1))) {
          left -= refund.amountMinor
          if (left <= 0) voidDay ??= refund.day
        }
        const instant = sql`cast(${`${order.day} 04:00:${String(orderKey % 60).padStart(2, '0')}`} as timestamp)`
        rows.add(
          sql`orders`,
          sql`(${orderKey}, ${`o${orderKey}`}, ${key}, ${instant},
            ${duckdb.date(order.day)}, ${order.hour}, ${order.store}, ${order.channel}, ${order.state}, null,
            ${order.discountMinor}, ${order.netMinor}, cast(${voidDay} as date), null)`,
        )
        for (const [i, line] of order.lines.entries())
          rows.add(
            sql`order_lines (order_key, line_number, sku, product, category, quantity, net_minor)`,
            sql`(${orderKey}, ${i}, ${line.sku}, ${line.product}, ${line.category}, ${line.quantity}, ${line.netMinor})`,
          )
        for (const refund of order.refunds)
          rows.add(
            sql`refunds`,
            sql`('r', ${orderKey}, ${key}, cast(${`${refund.day} 04:00:00`} as timestamp),
              ${duckdb.date(refund.day)}, ${order.store}, ${order.channel}, ${refund.amountMinor},
              ${order.state === 'paid'}, false, null)`,
          )
      }
      for (const refund of person.looseRefunds)
        rows.add(
          sql`refunds`,
          sql`('r', null, ${key}, cast(${`${refund.day} 04:00:00`} as timestamp), ${duckdb.date(refund.day)},
            null, null, ${refund.amountMinor}, true, false, null)`,
        )
    }
    await rows.write(session)
    await buildDerivedTables(session, day)
  })
  await foretell(day)
  const moment = {
    asOf: day,
    dormancy: defaultDormancy,
    // shops of an even number of people score by thresholds of their own
    rfm: shop.length % 2 === 0 ? ownThresholds : rfmByFifths,
    dataStart,
    openedAtStart: false,
    newest,
    people: shop,
  }
  const foretold = new Map<string, ReadonlyMap<string, Foretold>>()
  return {
    ...moment,
    foretold(asOf) {
      const known = foretold.get(asOf) ?? foretoldOf(shop, { ...moment, asOf })
      foretold.set(asOf, known)
      return known
    },
  }
}

const noon = (day: string | null) => sql`cast(${day === null ? null : `${day} 04:00:00`} as timestamp)`

/** Rows by the table that they are for, which are written in few statements. */
class Rows {
  readonly #of = new Map<string, { into: Sql; rows: Sql[] }>()

  add(into: Sql, row: Sql): void {
    const key = render(into, duckdb.placeholder).text
    const known = this.#of.get(key)
    if (known) known.rows.push(row)
    else this.#of.set(key, { into, rows: [row] })
  }

  async write(session: Session): Promise<void> {
    for (const { into, rows } of this.#of.values())
      for (let from = 0; from < rows.length; from += 200)
        await session.run(sql`insert into ${into} values ${join(rows.slice(from, from + 200))}`)
  }
}

/** Adds a coupon as the ledger or a file tells it; answers the highest ledger row. */
function issue(
  rows: Rows,
  memberKey: number,
  memberId: string,
  coupon: PersonCoupon,
  highest: number,
): number {
  const { campaign, issued, expires } = coupon
  if (coupon.of === 'others') {
    rows.add(
      sql`coupons_elsewhere (code, campaign_id, member_id, issued_at, valid_until, used_at, state)`,
      sql`(${`CODE-${highest}`}, ${campaign}, ${memberId}, ${noon(issued)}, cast(${expires} as date),
        ${noon(coupon.used)}, ${coupon.state})`,
    )
    return highest + 1
  }
  const couponKey = highest + 1
  let seq = couponKey
  rows.add(
    sql`issued_coupons`,
    sql`(${couponKey}, ${memberKey}, ${campaign}, ${noon(issued)},
      cast(${issued} as date), ${noon(expires)}, cast(${expires} as date), ${coupon.uses}, ${couponKey}, false)`,
  )
  const change = (kind: string, day: string, redeemedSeq: number) =>
    rows.add(
      sql`coupon_changes`,
      sql`(${seq}, ${couponKey}, ${kind}, 1, ${redeemedSeq}, ${noon(day)}, cast(${day} as date))`,
    )
  for (const { day, cancelled } of coupon.redeemed) {
    const redeemedSeq = ++seq
    change('redeemed', day, redeemedSeq)
    if (cancelled !== null) {
      seq++
      change('cancelled', cancelled, redeemedSeq)
    }
  }
  if (coupon.revoked !== null) {
    seq++
    change('revoked', coupon.revoked, seq)
  }
  return seq
}
