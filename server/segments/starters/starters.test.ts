import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { daysBetween } from '../../../analytics/calendar/calendar.ts'
import { asOf, loadHandWorkedShop, members, orders, refunds } from '../../../fixtures/hand-worked/shop.ts'
import { parse } from '../../../analytics/segments/parse.ts'
import { print } from '../../../analytics/segments/print.ts'
import { tablesAt } from '../../analytics/tables-at.ts'
import { createDemo } from '../../demo/demo.ts'
import { openTestShop } from '../../import/test-shop.ts'
import { openPlatform } from '../../platform.ts'
import { appRouter } from '../../router.ts'
import { createCallerFactory } from '../../trpc.ts'
import { evaluateSegment } from '../evaluation.ts'
import { declaredStarters } from './declared.ts'
import { fewest, findThresholds, type Thresholds } from './thresholds.ts'

const folder = mkdtempSync(join(tmpdir(), 'reveille-starters-'))
const platform = await openPlatform(folder, { now: () => new Date('2026-07-01T02:00:00Z') }, { threads: 1 })
await createDemo(platform, { members: 600, end: '2026-06-30' })
const demo = (await platform.workspaces.byName('demo'))!
const hand = (await platform.workspaces.create({
  name: 'hand',
  currency: 'CNY',
  timeZone: 'Asia/Shanghai',
}))!
await hand.engine.transaction((session) => loadHandWorkedShop(session))
afterAll(async () => {
  await platform.close()
  rmSync(folder, { recursive: true })
})
const callerIn = (language: 'en' | 'zh-CN', of: Pick<typeof shopOf, 'platform' | 'workspace'> = shopOf) =>
  createCallerFactory(appRouter)({ ...of, actor: { kind: 'local' }, role: 'owner', language })
const shopOf = { platform, workspace: demo }

/** All that a starter may need is there, with names that have to be quoted. */
const everything: Thresholds = {
  orders: { buyers: 500, high: 7, low: 1 },
  toReturn: { returned: 200, days: 21 },
  average: { buyers: 500, minor: 30_001 },
  discount: { known: 500, discounted: 90 },
  net: { buyers: 500, minor: 123_456 },
  gap: { members: 200, days: 75 },
  points: { members: 100, points: 2000 },
  repeat: { category: '奶"粉', members: 80, days: 24 },
  store: { store: 'East "1"', buyers: 300, stores: 2 },
}

test('twenty starters, each a rule that compiles in every shop', async () => {
  const declared = declaredStarters(everything, 'CNY', 'en')
  expect(new Set(declared.map(({ id }) => id)).size).toBe(20)
  for (const { rule, asks = 'everyone' } of declared)
    for (const text of [rule!, asks]) {
      const parsed = parse(text, { currencyDecimals: 2 })
      expect({ text, kind: parsed.kind }).toEqual({ text, kind: 'parsed' })
      for (const workspace of [demo, hand])
        expect(await evaluateSegment(platform.store, workspace, { expression: text })).toMatchObject({
          kind: 'evaluated',
        })
    }
  // yen have no decimals
  for (const { rule } of declaredStarters(everything, 'JPY', 'en'))
    expect(parse(rule!, { currencyDecimals: 0 }).kind).toBe('parsed')
})

test('what is offered is canonical, counted by its own rule, and said in both languages', async () => {
  const { starters, asOf: day } = await callerIn('en').segments.starters()
  expect(day).toBe('2026-06-30')
  const chinese = (await callerIn('zh-CN').segments.starters()).starters
  expect(starters).toHaveLength(20)
  expect(chinese.map(({ id, expression, members: n }) => [id, expression, n])).toEqual(
    starters.map(({ id, expression, members: n }) => [id, expression, n]),
  )
  for (const [i, { title, use, expression, why, members: n }] of starters.entries()) {
    for (const words of [title, use, why]) expect(words).toMatch(/^[^{}]+$/)
    for (const words of [chinese[i]!.title, chinese[i]!.use, chinese[i]!.why]) {
      expect(words).toMatch(/\p{Script=Han}/u)
      expect(words).toMatch(/^[^{}]+$/)
    }
    for (const words of [use, why]) expect(words).toMatch(/[.]$/)
    const known = expression !== null
    expect(why).toMatch(
      known ? /^(From this shop’s data|A fixed threshold)/ : /^(The data is not there|Not enough data): /,
    )
    expect(chinese[i]!.why).toMatch(known ? /^(取自本店数据|固定阈值)/ : /^(缺少数据|数据不足)：/)
    expect(n).toBe(known ? (await callerIn('en').segments.count({ expression })).members : 0)
    const parsed = parse(expression ?? 'everyone', { currencyDecimals: 2 })
    expect(parsed.kind === 'parsed' && print(parsed.expression)).toBe(expression ?? 'everyone')
  }
})

// The hand-worked shop by plain counting. An order counts when it is paid and not refunded in full.
const counted = orders
  .filter(
    ([id, member, , , , state, , net]) =>
      member !== null &&
      state === 'paid' &&
      !refunds.some(([, order, , , , amount]) => order === id && amount === net),
  )
  .map(([, member, time, store, , , category, net, discount]) => ({
    member: member!,
    day: time.slice(0, 10),
    store,
    category,
    net,
    discount,
  }))
const daysOf = (of: typeof counted) => [...new Set(of.map(({ day }) => day))].toSorted()
const gapsOf = (of: typeof counted) =>
  daysOf(of).flatMap((day, i, all) => (i === 0 ? [] : [daysBetween(all[i - 1]!, day)]))
const byMember = members
  .map(([id]) => ({ id, own: counted.filter(({ member }) => member === id) }))
  .filter(({ own }) => own.length > 0)
/** The smallest of the values that at least this share of them does not exceed. */
const quantile = (values: readonly number[], share: number) => {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted.find((value) => sorted.filter((one) => one <= value).length >= share * sorted.length)!
}

test('thresholds equal a plain computation on the hand-worked shop', async () => {
  const at = await tablesAt(platform.store, hand, undefined)
  expect(at.asOf).toBe(asOf)
  const found = await findThresholds((query) => hand.engine.rows(query), at)
  const yearly = byMember.map(({ own }) => own.length) // all of it is within a year
  expect(found.orders).toEqual({
    buyers: yearly.length,
    high: quantile(yearly, 0.8) + 1,
    low: quantile(yearly, 0.2),
  })
  // net after every refund, and all of it is within a year of the last order
  const nets = byMember.map(({ id }) => {
    const paid = orders.filter(([, member, , , , state]) => member === id && state === 'paid')
    const back = refunds.filter(([refund, , member]) => member === id && refund !== 'R6')
    return (
      paid.reduce((sum, [, , , , , , , net]) => sum + net, 0) -
      back.reduce((sum, [, , , , , amount]) => sum + amount, 0)
    )
  })
  expect(found.average).toEqual({
    buyers: nets.length,
    minor:
      quantile(
        byMember.map(({ own }, i) => Math.floor((nets[i]! * 100) / own.length)),
        0.9,
      ) + 1,
  })
  expect(found.net).toEqual({ buyers: nets.length, minor: quantile(nets, 0.8) * 100 })
  const gaps = byMember.flatMap(({ own }) => gapsOf(own))
  expect(found.gap).toEqual({
    members: byMember.filter(({ own }) => daysOf(own).length > 1).length,
    days: quantile(gaps, 0.9),
  })
  // who was first seen says nothing of the way to a second order
  const steps = byMember
    .filter(({ id, own }) => {
      const joined = members.find(([member]) => member === id)![2]
      const early = daysBetween('2025-12-31', daysOf(own)[0]!) <= 90 && !(joined && joined >= '2025-12-31')
      return !early && daysOf(own).length > 1
    })
    .map(({ own }) => gapsOf(own)[0]!)
  expect(found.toReturn).toEqual({
    returned: steps.length,
    days: Math.min(90, Math.max(14, quantile(steps, 0.5))),
  })
  expect(found.discount).toEqual({
    known: byMember.length,
    discounted: byMember.filter(({ own }) => own.some(({ discount }) => discount > 0)).length,
  })
  const repeats = [...new Set(counted.map(({ category }) => category))].map((category) => {
    const each = byMember.map(({ own }) => gapsOf(own.filter((one) => one.category === category)))
    return {
      category,
      members: each.filter((one) => one.length > 0).length,
      days: quantile(each.flat(), 0.5),
    }
  })
  expect(found.repeat).toEqual(repeats.toSorted((a, b) => b.members - a.members)[0])
  const stores = [...new Set(counted.map(({ store }) => store))].map((store) => ({
    store,
    buyers: byMember.filter(({ own }) => own.some((one) => one.store === store)).length,
  }))
  expect(found.store).toEqual({ ...stores.toSorted((a, b) => b.buyers - a.buyers)[0]!, stores: 2 })
  expect(found.points.members).toBe(0)
})

test('a threshold that the rule has is the one that was found', async () => {
  const at = await tablesAt(platform.store, demo, undefined)
  const { net, gap, repeat } = await findThresholds((query) => demo.engine.rows(query), at)
  const { starters } = await callerIn('en').segments.starters()
  const of = (id: string) => starters.find((one) => one.id === id)!
  expect(of('high-value-quiet').expression).toContain(`value_at_risk >= ${net.minor / 100} `)
  expect(of('long-gone').expression).toBe(`days_since_order > ${gap.days}`)
  expect(repeat!.members).toBeGreaterThanOrEqual(fewest)
  expect(of('cycle-due').title).toBe(`Due again: ${repeat!.category}`)
  expect(of('cycle-due').expression).toContain(`between ${repeat!.days} and ${repeat!.days * 2}`)
})

test('a shop without the data is told what is missing, and offered no empty segment', async () => {
  await using shop = await openTestShop('CNY', 'Asia/Shanghai')
  await shop.import(shop.file('o.csv', 'order_id,member_id,date,amount\nA,M1,2026-01-05,3\n'))
  const { starters } = await callerIn('en', shop).segments.starters()
  expect(starters.filter(({ expression }) => expression !== null)).toEqual([])
  const why = (id: string) => starters.find((one) => one.id === id)!.why
  expect(why('cycle-due')).toContain('Import order lines with categories')
  expect(why('stored-value-quiet')).toContain('Import a file of members with stored value')
  expect(why('points-expiring')).toContain('Import a points ledger with expiry')
  expect(why('frequent')).toContain('fewer than 20 members')
})

test('one is saved under its name in the reader’s language', async () => {
  const caller = callerIn('zh-CN')
  const { title, expression } = (await caller.segments.starters()).starters.find(
    ({ id }) => id === 'frequent',
  )!
  await caller.segments.save({ name: title, expression: expression! })
  expect(await caller.segments.list()).toMatchObject([{ name: '高频会员', expression }])
})
