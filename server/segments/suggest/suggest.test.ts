import { createHash } from 'node:crypto'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { expect, test } from 'vitest'
import { addDays } from '../../../analytics/calendar/calendar.ts'
import { openTestShop, type TestShop } from '../../import/test-shop.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import type { Suggestions } from './suggest.ts'

const start = '2025-10-01'
const last = 400
const dayOf = (n: number) => addDays(start, n)

const callerOf = ({ platform, workspace }: TestShop) =>
  createCallerFactory(appRouter)({
    platform,
    actor: { kind: 'local' },
    workspace,
    role: 'owner',
    language: 'en',
  })

async function suggested(shop: TestShop): Promise<Suggestions> {
  for (;;) {
    const answer = await callerOf(shop).segmentSuggestions.found()
    if (answer.kind !== 'learning') return answer
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

interface Order {
  readonly member: number
  readonly day: number
  readonly store: string
  readonly amount: number
}

/**
 * Everybody buys one to three times before day 220, alike in all but the store; who is of the East returns in each
 * of the two times of 90 days after that with the chance `east`, who is of the West with `west`.
 */
function ordersOf({ members, east, west }: { members: number; east: number; west: number }): Order[] {
  const generator = xoroshiro128plus(20261127)
  const draw = () => uniformFloat64(generator)
  const amount = () => 10 + Math.floor(draw() * 190)
  const orders: Order[] = []
  for (let member = 1; member <= members; member++) {
    const store = member % 2 === 0 ? 'East' : 'West'
    const order = (day: number) => orders.push({ member, day, store, amount: amount() })
    for (let n = Math.ceil(draw() * 3); n > 0; n--) order(Math.floor(draw() * 220))
    for (const from of [221, 311])
      if (draw() < (store === 'East' ? east : west)) order(from + Math.floor(draw() * 90))
  }
  // the data begins and ends on fixed days
  orders.push(
    { member: 1, day: 0, store: 'West', amount: 5 },
    { member: 2, day: last, store: 'East', amount: 5 },
  )
  return orders
}

async function take(shop: TestShop, orders: readonly Order[], name = 'orders'): Promise<void> {
  const rows = orders.map(
    ({ member, day, store, amount }, i) => `${name}${i},M${member},${dayOf(day)},${store},${amount}`,
  )
  const receipt = await shop.import(
    shop.file(`${name}.csv`, `order_id,member_id,date,store,amount\n${rows.join('\n')}\n`),
  )
  expect('id' in receipt ? receipt : null).toBeNull()
}

const idsOf = async (shop: TestShop, expression: string) =>
  new Set((await callerOf(shop).segments.memberIds({ expression })).memberIds)

test('a known split is found; each leaf’s rule selects exactly its members, then as now', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const orders = ordersOf({ members: 1200, east: 0.8, west: 0.2 })
  await take(shop, orders)
  const told = await suggested(shop)
  if (told.kind !== 'found') throw new Error(told.kind)
  expect(told).toMatchObject({ asOf: dayOf(400), learnedOn: dayOf(220), triedOn: dayOf(310) })
  // the store alone decides: .8 · .8 + ½ · 2 · .8 · .2
  expect(told.auc.low).toBeLessThan(0.8)
  expect(told.auc.high).toBeGreaterThan(0.8)
  expect(told.tree.branches.map(({ condition }) => condition).join()).toMatch(
    /^not (store = "(East|West)"),\1$/,
  )
  expect(told.segments.map(({ expression }) => expression).toSorted()).toEqual([
    expect.stringMatching(/^orders >= 1 and not store = "(East|West)"$/),
    expect.stringMatching(/^store = "(East|West)"$/),
  ])

  // nobody is in two leaves, every buyer in one
  const buyers = await idsOf(shop, 'orders >= 1')
  const leaves = await Promise.all(told.segments.map(({ expression }) => idsOf(shop, expression)))
  expect(told.segments.map(({ members }) => members)).toEqual(leaves.map(({ size }) => size))
  expect(leaves.reduce((sum, { size }) => sum + size, 0)).toBe(buyers.size)
  expect(new Set(leaves.flatMap((leaf) => [...leaf]))).toEqual(buyers)

  // a member of the East is in a leaf that returns often
  for (const [i, { rate }] of told.segments.entries()) {
    const east = [...leaves[i]!].filter((id) => Number(id.slice(1)) % 2 === 0).length
    expect(Math.abs(rate!.share - (east / leaves[i]!.size) * 0.6 - 0.2)).toBeLessThan(0.25)
    expect(rate!.low).toBeLessThanOrEqual(rate!.share)
    expect(rate!.high).toBeGreaterThanOrEqual(rate!.share)
  }

  // tried on held-out members alone, by what the rule selected on that day, and on whether they bought after it
  const heldOut = (id: string) =>
    createHash('md5').update(`held out:${id}`).digest().readUInt32BE(0) / 2 ** 32 < 0.3
  const came = new Set(orders.filter(({ day }) => day > 310 && day <= 400).map(({ member }) => `M${member}`))
  for (const { expression, tried, lift, rate } of told.segments) {
    const then = [...(await idsOf(shop, `(${expression}) on ${told.triedOn}`))].filter(heldOut)
    expect(tried).toEqual({ rows: then.length, yes: then.filter((id) => came.has(id)).length })
    expect(lift).toBeCloseTo(rate!.share / (told.tried.yes / told.tried.rows), 10)
  }
  const everybody = [...(await idsOf(shop, `(orders >= 1) on ${told.triedOn}`))].filter(heldOut)
  expect(told.tried.rows).toBe(everybody.length)
  const learnedFrom = [...(await idsOf(shop, `(orders >= 1) on ${told.learnedOn}`))].filter(
    (id) => !heldOut(id),
  )
  expect(told.learned.rows).toBe(learnedFrom.length)
})

test('where chance alone decides, nothing is said to separate them', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await take(shop, ordersOf({ members: 1200, east: 0.45, west: 0.45 }))
  const told = await suggested(shop)
  if (told.kind !== 'nothing') throw new Error(told.kind)
  expect(told.auc.auc).toBeLessThan(0.6)
})

test('what came after the cut-off is not known to the tree: only the outcome changes with it', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  const orders = ordersOf({ members: 900, east: 0.8, west: 0.2 })
  await take(shop, orders)
  const before = await suggested(shop)
  // many further large orders of those who return, all after the first cut-off and before the second
  const came = new Set(orders.filter(({ day }) => day > 220 && day <= 310).map(({ member }) => member))
  const more = [...came].flatMap((member) =>
    Array.from({ length: 5 }, (_, i): Order => {
      const store = member % 2 === 0 ? 'East' : 'West'
      return { member, day: 230 + i, store, amount: 5000 }
    }),
  )
  await take(shop, more, 'more')
  const after = await suggested(shop)
  const treeOf = (one: Suggestions) =>
    one.kind === 'found' ? one.segments.map(({ expression }) => expression).toSorted() : one.kind
  expect(before.kind).toBe('found')
  expect(after.dataVersion).toBeGreaterThan(before.dataVersion)
  expect(treeOf(after)).toEqual(treeOf(before))
})

test('too few members, or too short a past, are said with what is needed', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  expect(await suggested(shop)).toMatchObject({ kind: 'too-short', from: null, days: 0 })
  const orders = ordersOf({ members: 150, east: 0.8, west: 0.2 })
  const early = orders.filter(({ day }) => day <= 269)
  await take(shop, early)
  expect(await suggested(shop)).toMatchObject({ kind: 'too-short', from: start, needed: 270 })
  await take(
    shop,
    orders.filter(({ day }) => day > 269),
    'late',
  )
  const told = await suggested(shop)
  if (told.kind !== 'too-few') throw new Error(told.kind)
  expect(told.fewest.learned).toBe(200)
  expect(told.learned.rows + told.tried.rows).toBe(150)
})

test('its steps are told; who cancels ends it, and it begins anew when that is asked for', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await take(shop, ordersOf({ members: 900, east: 0.8, west: 0.2 }))
  const { found, stop, begin } = callerOf(shop).segmentSuggestions
  expect(await found()).toMatchObject({ kind: 'learning', done: 0 })
  expect(await stop()).toMatchObject({ kind: 'stopped', asOf: dayOf(last) })
  for (let i = 0; i < 5; i++) expect((await found()).kind).toBe('stopped')
  expect((await begin()).kind).toBe('learning')
  const steps: number[] = []
  let answer = await found()
  for (; answer.kind === 'learning'; answer = await found()) {
    steps.push(answer.done)
    expect(answer.done).toBeLessThan(answer.all)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  expect(answer.kind).toBe('found')
  expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(new Set(steps).size).toBeGreaterThan(4)
  // done is done
  expect((await stop()).kind).toBe('found')
})
