import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { sql } from '../../../analytics/sql/sql.ts'
import { createDemo } from '../../demo/demo.ts'
import { openTestShop } from '../../import/test-shop.ts'
import { openPlatform } from '../../platform.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { cases } from '../../../fixtures/cases.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-compare-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-03-10T04:00:00Z') }, { threads: 1 })
await createDemo(platform, { members: 400, end: '2026-03-01' })
const workspace = (await platform.workspaces.byName('demo'))!
const callerIn = (language: 'en' | 'zh-CN') =>
  createCallerFactory(appRouter)({ platform, actor: { kind: 'local' }, workspace, role: 'owner', language })
const caller = callerIn('en')
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})

const ids = async (expression: string, asOf?: string) =>
  new Set((await caller.segments.memberIds({ expression, asOf })).memberIds)

const rules = [
  'orders >= 3',
  'orders >= 6',
  'days_since_order <= 60',
  'not (days_since_order <= 60)',
  'gender = "female" or net >= 300',
  'region is unknown',
  'random 30% (seed "x")',
  'everyone',
  'orders = 999',
]

describe('overlap', () => {
  test('every member is in one region or in none, and each region’s rule selects exactly its members', async () => {
    const members = new Map<string, ReadonlySet<string>>()
    for (const rule of rules) members.set(rule, await ids(rule))
    const everybody = members.get('everyone')!
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...rules), { minLength: 1, maxLength: 6 }),
        async (expressions) => {
          const told = await caller.segmentCompare.overlap({ expressions })
          expect(told.sets.map((set) => set.members)).toEqual(
            expressions.map((one) => members.get(one)!.size),
          )
          const wanted = new Map<string, number>()
          for (const member of everybody) {
            const key = JSON.stringify(expressions.map((one) => members.get(one)!.has(member)))
            wanted.set(key, (wanted.get(key) ?? 0) + 1)
          }
          const regions = [...told.regions, ...(told.none ? [told.none] : [])]
          expect(new Map(regions.map((region) => [JSON.stringify(region.in), region.members]))).toEqual(
            wanted,
          )
          expect(told.none === null || told.none.in.every((one) => !one)).toBe(true)
          const sizes = told.regions.map((region) => region.members)
          expect(sizes).toEqual(sizes.toSorted((a, b) => b - a))
          for (const region of regions) {
            const inside = await ids(region.expression)
            const own = [...everybody].filter((member) =>
              expressions.every((one, i) => members.get(one)!.has(member) === region.in[i]),
            )
            expect([...inside].toSorted()).toEqual(own.toSorted())
          }
        },
      ),
      { numRuns: cases(6), endOnFailure: true },
    )
  })

  test('a region of saved segments is a rule about them, and follows when one is renamed', async () => {
    const { id } = await caller.segments.save({ name: 'Regulars', expression: 'orders >= 3' })
    await caller.segments.save({ name: 'Quiet “ones”', expression: 'days_since_order > 60' })
    const expressions = ['segment "Regulars"', 'segment "Quiet “ones”"', 'gender = "male" or net > 500']
    const { regions } = await caller.segmentCompare.overlap({ expressions })
    const region = regions.find((one) => one.in[0] && !one.in[1] && !one.in[2])!
    expect(region.expression).toBe(
      'segment "Regulars" and not segment "Quiet “ones”" and not (gender = "male" or net > 500)',
    )
    const saved = await caller.segments.save({ name: 'Region', expression: region.expression })
    await caller.segments.rename({ id, name: 'Often' })
    const kept = await caller.segments.get({ id: saved.id })
    expect(kept.versions[0]!.expression).toMatch(/^segment "Often" and not/)
    expect((await ids(kept.versions[0]!.expression)).size).toBe(region.members)
  })

  test('which rule is none is said, and more than six are refused', async () => {
    await expect(caller.segmentCompare.overlap({ expressions: ['everyone', 'ordrs > 3'] })).rejects.toThrow(
      /^Rule 2: /,
    )
    const expressions = Array<string>(7).fill('everyone')
    await expect(caller.segmentCompare.overlap({ expressions })).rejects.toThrow(/compare-too-many/)
  })
})

describe('differences', () => {
  const compare = async (a: string, b?: string, asOf?: string) => {
    const compared = await caller.segmentCompare.differences({ a, b, asOf, limit: 500 })
    if (compared.kind !== 'compared') throw new Error(compared.why)
    return compared
  }

  test.each([
    ['orders >= 3', undefined, 'a-in-b'],
    ['everyone', 'days_since_order <= 60', 'b-in-a'],
    ['orders >= 3', 'days_since_order <= 60', 'overlapping'],
    ['gender = "male"', 'gender = "female"', 'apart'],
  ] as const)(
    '%s and %s: whoever is in both is left out, and every count is its rule’s',
    async (a, b, how) => {
      const compared = await compare(a, b)
      const [inA, inB] = [await ids(a), await ids(b ?? 'everyone')]
      const both = [...inA].filter((member) => inB.has(member))
      expect(compared).toMatchObject({ how, both: both.length })
      const sides = {
        a: await ids(compared.a.compared.expression),
        b: await ids(compared.b.compared.expression),
      }
      expect([...sides.a].filter((member) => sides.b.has(member))).toEqual([])
      const alone = (own: ReadonlySet<string>, other: ReadonlySet<string>) =>
        new Set([...own].filter((member) => !other.has(member)))
      expect(sides.a).toEqual(how === 'a-in-b' ? inA : alone(inA, inB))
      expect(sides.b).toEqual(how === 'b-in-a' ? inB : alone(inB, inA))
      expect(compared.a.compared.members).toBe(sides.a.size)
      expect(compared.b.compared.members).toBe(sides.b.size)
      expect(compared.differences.length).toBeGreaterThan(how === 'apart' ? -1 : 5)
      for (const one of compared.differences)
        for (const side of ['a', 'b'] as const) {
          const { expression, have, of } = one.counts[side]
          const counted = (await caller.segments.count({ expression })).members
          expect({ expression, counted }).toEqual({ expression, counted: have ?? of })
          const share = have === null ? one[side] : have / sides[side].size
          expect(one[side]).toBeCloseTo(share, 12)
        }
    },
  )

  test('means and trimmed means are those of the members, one by one', async () => {
    const compared = await compare('orders >= 3', 'days_since_order <= 120')
    const plain = async (expression: string) => {
      const members = await ids(expression)
      const rows = await workspace.engine.rows(
        sql`select members.member_id, facts.orders, facts.net_minor, date '2026-03-01' - facts.last_day as silent,
            facts.discounted_orders, facts.discount_known_orders
          from member_facts as facts join members on members.member_key = facts.member_key`,
      )
      return rows.filter(({ memberId }) => members.has(String(memberId)))
    }
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const middle = (values: readonly number[]) => {
      const cut = Math.floor(values.length * 0.2)
      return mean(values.toSorted((x, y) => x - y).slice(cut, values.length - cut))
    }
    let seen = 0
    for (const side of ['a', 'b'] as const) {
      const rows = await plain(compared[side].compared.expression)
      const buyers = rows.filter(({ orders }) => Number(orders) > 0)
      const known = rows.filter((row) => Number(row.discountKnownOrders) > 0)
      const wanted = {
        orders: mean(rows.map(({ orders }) => Number(orders))),
        'days-silent': mean(buyers.map(({ silent }) => Number(silent))),
        net: middle(rows.map(({ netMinor }) => Number(netMinor))),
        'average-order': middle(buyers.map((row) => Number(row.netMinor) / Number(row.orders))),
        'discounted-share': mean(
          known.map((row) => Number(row.discountedOrders) / Number(row.discountKnownOrders)),
        ),
      }
      for (const one of compared.differences) {
        if (one.kind === 'share') continue
        seen++
        expect(one[side]).toBeCloseTo(wanted[one.id as keyof typeof wanted], 6)
      }
    }
    expect(seen).toBeGreaterThan(3)
  })

  test('a rule’s own condition stands first and is marked; what does most comes first', async () => {
    const category = (await caller.segments.values()).values.categories[1]!.value
    const compared = await compare(`orders(category = "${category}") >= 1`)
    const [first] = compared.differences
    expect(first).toMatchObject({ id: 'category', value: category, a: 1, b: 0, asked: true })
    expect(compared.differences.find(({ id }) => id === 'net')?.asked).toBe(false)
    const recent = await compare('days_since_order <= 60')
    expect(recent.differences.filter(({ id }) => id === 'status').map(({ asked }) => asked)).toContain(true)
    expect(recent.differences.find(({ id }) => id === 'net')?.asked ?? false).toBe(false)
    const effects = compared.differences.map(({ effect }) => effect)
    expect(effects).toEqual(effects.toSorted((x, y) => y - x))
    for (const { low, high, difference } of compared.differences) {
      expect(low * high).toBeGreaterThan(0)
      expect(difference).toBeGreaterThanOrEqual(low)
      expect(difference).toBeLessThanOrEqual(high)
    }
  })

  test('said in plain words in both languages, a saved segment by its name', async () => {
    await caller.segments.save({ name: 'Five orders', expression: 'orders >= 5' })
    const compared = await compare('segment "Five orders"')
    const orders = compared.differences.find(({ id }) => id === 'orders')!
    expect(orders.sentence).toMatch(
      /^Orders: \d+\.\d on average in “Five orders”, \d+\.\d in the others: \d+\.\d more \(\d+\.\d–\d+\.\d\) – a rule asks about this$/,
    )
    const share = compared.differences.find(({ id }) => id === 'status')!
    expect(share.sentence).toMatch(/% of “Five orders” .*, .*% of the others: \d+\.\d points (more|fewer) \(/)
    const chinese = await callerIn('zh-CN').segmentCompare.differences({ a: 'segment "Five orders"' })
    if (chinese.kind !== 'compared') throw new Error(chinese.why)
    expect(chinese.differences.every(({ sentence }) => /[，：]/.test(sentence))).toBe(true)
  })

  test('on a past day the traits without a past are left out, and the counts are that day’s', async () => {
    const compared = await compare('orders >= 3', 'everyone', '2025-12-01')
    expect(compared.asOf).toBe('2025-12-01')
    expect(compared.differences.some(({ id }) => id === 'region' || id === 'tier')).toBe(false)
    for (const one of compared.differences.slice(0, 6)) {
      const { expression, have, of } = one.counts.a
      expect((await caller.segments.count({ expression, asOf: '2025-12-01' })).members).toBe(have ?? of)
    }
  })

  test('nobody, and the same members twice, are said', async () => {
    const kindOf = async (a: string, b: string) => (await caller.segmentCompare.differences({ a, b })).kind
    expect(await kindOf('orders = 999', 'everyone')).toBe('nobody-in-a')
    expect(await kindOf('everyone', 'orders = 999')).toBe('nobody-in-b')
    expect(await kindOf('orders >= 3', 'orders > 2')).toBe('alike')
  })

  test('what was gathered of an older state of the data is not told, also where several ask at once', async () => {
    await using shop = await openTestShop('CNY', 'Asia/Shanghai')
    const own = createCallerFactory(appRouter)({
      ...shop,
      actor: { kind: 'local' },
      role: 'owner',
      language: 'en',
    })
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    const take = (name: string, category: string, from: number) =>
      shop.import(
        shop.file(
          `${name}.csv`,
          `order_id,member_id,date,amount,category,store\n${Array.from({ length: 60 }, (_, i) => `${name}${i},M${i},2026-0${1 + (i % 9)}-05,30,${i >= from ? quoted(category) : 'Tea'},${i >= 30 ? 'East' : 'West'}\n`).join('')}`,
        ),
      )
    const shares = async () => {
      const both = await Promise.all(
        [1, 2].map(() =>
          own.segmentCompare.differences({ a: 'store = "East"', b: 'store = "West"', limit: 500 }),
        ),
      )
      expect({ ...both[1], milliseconds: 0 }).toEqual({ ...both[0], milliseconds: 0 })
      const [told] = both
      if (told?.kind !== 'compared') throw new Error(told?.kind)
      return told.differences
        .filter(({ id }) => id === 'category')
        .map(({ value, a, b }) => ({ value, a, b }))
        .toSorted((x, y) => (x.value! < y.value! ? -1 : 1))
    }
    await take('first', '奶粉', 30)
    expect(await shares()).toEqual([
      { value: 'Tea', a: 0, b: 1 },
      { value: '奶粉', a: 1, b: 0 },
    ])
    await take('second', '米"粉', 15)
    expect(await shares()).toEqual(
      [
        { value: 'Tea', a: 0, b: 1 },
        { value: '奶粉', a: 1, b: 0 },
        { value: '米"粉', a: 1, b: 0.5 },
      ].toSorted((x, y) => (x.value < y.value ? -1 : 1)),
    )
  })
})

test('a comparison is asked once of the same data and rules, and anew when a rule or the data changes', async () => {
  const { id } = await caller.segments.save({ name: 'Kept', expression: 'orders >= 3' })
  const compared = async (limit = 20) => {
    const { milliseconds: _, ...told } = await caller.segmentCompare.differences({
      a: 'segment "Kept"',
      limit,
    })
    if (told.kind !== 'compared') throw new Error(told.kind)
    return told
  }
  const first = await compared()
  const asked = vi.spyOn(workspace.engine, 'scratch')
  expect(await compared()).toEqual(first)
  expect((await compared(1)).differences).toEqual(first.differences.slice(0, 1))
  expect(asked).not.toHaveBeenCalled()
  asked.mockRestore()
  await caller.segments.save({ id, name: 'Kept', expression: 'orders >= 6' })
  const edited = await compared()
  expect(edited.a.members).toBeLessThan(first.a.members)
  const [some] = [...(await ids('segment "Kept"'))]
  await caller.tags.add({ tag: 'told apart', whose: { kind: 'members', memberIds: [some!] } })
  expect((await compared()).dataVersion).toBeGreaterThan(edited.dataVersion)
  await caller.segments.remove({ id })
})
