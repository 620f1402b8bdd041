import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { sql } from '../../analytics/sql/sql.ts'
import { categories, regions, stores, tiers } from '../../fixtures/chain.ts'
import { random, type Random } from '../../fixtures/random.ts'
import { importRuns } from '../import/runs.ts'
import type { Platform } from '../platform.ts'
import { evaluateSegment } from '../segments/evaluation.ts'
import { sampleOf } from '../segments/members.ts'
import { keepMemberships } from '../segments/memberships.ts'
import { startColumns } from '../segments/columns.ts'
import { countParts } from '../segments/part-counts.ts'
import { saveSegment } from '../segments/saved.ts'
import type { Workspace } from '../workspaces/workspaces.ts'
import { keptShop, lastDay } from './measuring.ts'

/** What is promised of segments on a shop of a million members; all times in milliseconds. */
export interface SegmentFigures {
  readonly members: number
  readonly orders: number
  readonly lines: number
  /** Of each rule: its shape and what counting it and reading its first 50 members took. */
  readonly rules: readonly RuleFigures[]
  /** The processor time of a raw scan of the orders. */
  readonly scanCpu: number
  /** Reading the orders into memory, which a server does in the background, once. */
  readonly columns: { readonly wall: number; readonly cpu: number }
  /** Of the process in megabytes: with the columns, before anything was asked of them, and at most. */
  readonly memory: { readonly held: number; readonly most: number }
  /** The counts at every part of a rule of so many conditions over orders. */
  readonly parts: { readonly conditions: number; readonly wall: number; readonly cpu: number }
  /** After an import of 20,000 orders: until the columns are of the new state and have answered a rule. */
  readonly followed: { readonly wall: number; readonly cpu: number }
  /** After that: all saved segments asked anew. */
  readonly refresh: { readonly segments: number; readonly wall: number; readonly cpu: number }
  /** The 99th of a hundred, while rules were asked and while all were refreshed. */
  readonly lag: { readonly asking: number; readonly refreshing: number }
}

export interface RuleFigures {
  readonly shape: string
  readonly expression: string
  readonly members: number
  readonly wall: number
  readonly cpu: number
}

/** Each rule is asked so many times, every time with another number in it, or the kept set would answer. */
const repeated = 3

/** `onRule` is told each rule as it is measured, with the processor time of a raw scan of the orders. */
export async function measureSegments(
  platform: Platform,
  members: number,
  onRule: (rule: RuleFigures, scanCpu: number) => void,
): Promise<SegmentFigures> {
  const workspace = await keptShop(platform, members)
  const dice = random(7)
  const keeper = startColumns(platform)
  const [columns] = await repeat(1, async () => {
    await asked(platform, workspace, shapes[0]!.rule(random(1), 1))
    await keeper.idle()
  })
  const held = process.memoryUsage().rss
  const scanCpu = median(
    await repeat(9, () =>
      workspace.engine.rows(sql`select sum(net_minor) as net, max(ordered_at) as newest from orders`),
    ),
    ({ cpu }) => cpu,
  )
  // the first questions read from the disk
  for (const shape of shapes) await asked(platform, workspace, shape.rule(random(1), 0))
  const rules: RuleFigures[] = []
  const asking = lagOf()
  for (let rule = 0; rule < 10; rule++) {
    const shape = shapes[rule % shapes.length]!
    const seed = dice.below(1 << 20)
    let found = 0
    let text = ''
    let again = 0
    const taken = await repeat(repeated, async () => {
      text = shape.rule(random(seed), again++)
      found = await asked(platform, workspace, text)
    })
    const figures = {
      shape: shape.name,
      expression: text,
      members: found,
      wall: median(taken, ({ wall }) => wall),
      cpu: median(taken, ({ cpu }) => cpu),
    }
    onRule(figures, scanCpu)
    rules.push(figures)
  }
  const conditions = [...new Set(Array.from({ length: 15 }, () => orderClauses(dice)).flat())].slice(0, 59)
  const expression = conditions.join(' or ')
  const [parts] = await repeat(1, () => countParts(platform.store, workspace, { expression }))
  const askingLag = asking()
  const saved = await savedRules(platform, workspace)
  await keepMemberships(platform, workspace)
  await importOrders(platform, workspace, members)
  const refreshing = lagOf()
  const [followed] = await repeat(1, () => asked(platform, workspace, shapes[0]!.rule(random(2), 1)))
  const [refresh] = await repeat(1, () => keepMemberships(platform, workspace))
  const refreshingLag = refreshing()
  await keeper.stop()
  const [size] = await workspace.engine.rows(sql`select (select count(*) from members) as members,
    (select count(*) from orders) as orders, (select count(*) from order_lines) as lines`)
  return {
    members: Number(size!.members),
    orders: Number(size!.orders),
    lines: Number(size!.lines),
    rules,
    scanCpu,
    columns: columns!,
    memory: { held: held / 2 ** 20, most: process.resourceUsage().maxRSS / 2 ** 10 },
    followed: followed!,
    parts: { conditions: conditions.length, ...parts! },
    refresh: { segments: saved, ...refresh! },
    lag: { asking: askingLag, refreshing: refreshingLag },
  }
}

/** What a page asks of a rule: how many, and the first 50. */
async function asked(platform: Platform, workspace: Workspace, expression: string): Promise<number> {
  const outcome = await evaluateSegment(platform.store, workspace, { expression })
  if (outcome.kind === 'refused') throw new Error(`${expression}: ${JSON.stringify(outcome.errors)}`)
  await sampleOf(platform.store, workspace, outcome.evaluation, 50)
  return outcome.evaluation.members
}

async function repeat(times: number, work: () => Promise<unknown>): Promise<{ wall: number; cpu: number }[]> {
  const taken = []
  for (let time = 0; time < times; time++) {
    const processor = process.cpuUsage()
    const began = performance.now()
    await work()
    const { user, system } = process.cpuUsage(processor)
    taken.push({ wall: performance.now() - began, cpu: (user + system) / 1000 })
  }
  return taken
}

const median = <T>(taken: readonly T[], of: (one: T) => number): number =>
  taken.map(of).toSorted((a, b) => a - b)[taken.length >> 1]!

/** Measures from now on; called, it ends and answers the 99th of a hundred. */
function lagOf(): () => number {
  const lag = monitorEventLoopDelay({ resolution: 1 })
  lag.enable()
  return () => {
    lag.disable()
    return lag.percentile(99) / 1e6
  }
}

const quoted = (text: string) => `"${text}"`
const someOf = <T>(dice: Random, all: readonly T[], count: number): T[] => {
  const from = dice.below(all.length)
  return Array.from({ length: count }, (_, i) => all[(from + i) % all.length]!)
}

/** Five conditions on the facts of a member; the first has a number that is another one every time. */
function factClauses(dice: Random, again: number): string[] {
  const names = (all: readonly { readonly name: string }[], count: number) =>
    someOf(dice, all, count)
      .map(({ name }) => quoted(name))
      .join(', ')
  const clauses = [
    `region in (${names(regions, 5)})`,
    `days_since_order <= ${60 + dice.below(200)}`,
    `consent != "denied"`,
    `tier in (${someOf(dice, tiers, 3).map(quoted).join(', ')})`,
    `points >= ${20 + dice.below(100)}`,
    `gender = "female"`,
    `not (tag = "企业团购")`,
    `purchase_days between 2 and ${80 + dice.below(200)}`,
    `joined < 2026-0${1 + dice.below(6)}-15`,
  ]
  return [`net > ${100 + dice.below(400)}.${again}`, ...someOf(dice, clauses, 4)]
}

/** Five conditions over orders, of ten: of categories, stores, windows, amounts and shares. */
function orderClauses(dice: Random): string[] {
  const category = () => quoted(categories[dice.below(categories.length)]!)
  const store = () => quoted(stores[dice.below(8)]!.name)
  const days = () => [30, 60, 90, 120, 180, 365][dice.below(6)]!
  const clauses = [
    `orders(category = ${category()}, within ${days()} days) >= ${1 + dice.below(2)}`,
    `spend(store in (${store()}, ${store()}), within ${days()} days) > ${20 + dice.below(100)}`,
    `days_since_order(category = ${category()}) > ${10 + dice.below(30)}`,
    `orders(between 2025-0${1 + dice.below(6)}-01 and 2025-12-31) >= ${1 + dice.below(3)}`,
    `average_order(within ${days()} days) > ${20 + dice.below(20)}`,
    `orders(channel = "小程序", within ${days()} days) = 0`,
    `spend(category in (${category()}, ${category()}), within ${days()} days) > ${30 + dice.below(50)}`,
    `order_share(weekday in ("saturday", "sunday")) >= ${10 + dice.below(30)}%`,
    `orders(net >= ${30 + dice.below(30)}, within ${days()} days) >= 1`,
    `first_order(store = ${store()}) >= 2024-0${5 + dice.below(4)}-01`,
  ]
  return someOf(dice, clauses, 5)
}

/** Rules of ten conditions, five of them over orders. */
const shapes: readonly { readonly name: string; readonly rule: (dice: Random, again: number) => string }[] = [
  {
    name: 'all of them',
    rule: (dice, again) => [...factClauses(dice, again), ...orderClauses(dice)].join(' and '),
  },
  {
    name: 'in groups',
    rule: (dice, again) => {
      const [a, b, c, d, e] = factClauses(dice, again)
      const [v, w, x, y, z] = orderClauses(dice)
      return `${a} and (${b} or ${v}) and (${c} or ${w}) and (${d} and ${x} or ${y}) and not (${e} and ${z})`
    },
  },
  {
    name: 'facts, and one of the orders',
    rule: (dice, again) =>
      `${factClauses(dice, again).join(' and ')} and (${orderClauses(dice).join(' or ')})`,
  },
  {
    name: 'one of the facts, and all of the orders',
    rule: (dice, again) =>
      `(${factClauses(dice, again).join(' or ')}) and ${orderClauses(dice).join(' and ')}`,
  },
  {
    name: 'any of them',
    rule: (dice, again) =>
      [
        ...factClauses(dice, again)
          .slice(0, 5)
          .map((one) => `(${one} and points > 900)`),
        ...orderClauses(dice),
      ].join(' or '),
  },
]

const savedCount = 100

/** A hundred saved segments as shops have them: most short, made of some twenty conditions, some of other segments. */
async function savedRules(platform: Platform, workspace: Workspace): Promise<number> {
  const dice = random(11)
  const ofOrders = [...orderClauses(dice), ...orderClauses(dice)]
  const ofFacts = [...factClauses(dice, 0), ...factClauses(dice, 1)]
  const pick = (all: readonly string[]) => all[dice.below(all.length)]!
  for (let i = 0; i < savedCount; i++) {
    const clauses = [
      pick(ofFacts),
      pick(ofOrders),
      ...(dice.chance(500) ? [pick(ofOrders), pick(ofFacts)] : []),
    ]
    if (i > 10 && dice.chance(300)) clauses.push(`segment ${quoted(`Saved ${dice.below(10)}`)}`)
    const expression = clauses.join(dice.chance(700) ? ' and ' : ' or ')
    const saved = { by: 'bench', at: platform.clock.now() }
    const outcome = await saveSegment(platform.store, workspace, { name: `Saved ${i}`, expression }, saved)
    if (outcome.kind === 'refused') throw new Error(`${expression}: ${JSON.stringify(outcome.errors)}`)
  }
  return savedCount
}

/** 20,000 orders of as many members, on the newest day. */
async function importOrders(platform: Platform, workspace: Workspace, members: number): Promise<void> {
  const dice = random(13)
  const stamp = platform.clock.now().getTime()
  const rows = Array.from({ length: 20_000 }, (_, i) => {
    const member = `M${String(1 + dice.below(members)).padStart(7, '0')}`
    return `N${stamp}-${i},${member},${lastDay} 12:00:00,${stores[dice.below(8)]!.name},${categories[dice.below(categories.length)]},1,${10 + dice.below(90)}.00`
  })
  const path = join(platform.dataFolder, `orders-${stamp}.csv`)
  writeFileSync(path, ['orderId,memberId,orderedAt,store,category,quantity,amount', ...rows].join('\n'))
  const runs = importRuns(platform)
  const order = { path, fileName: 'orders.csv', map: {}, dryRun: false, replace: false }
  const started = await runs.start(workspace, { ...order, language: 'en', actor: 'bench' })
  if (started.kind === 'refused') throw new Error(JSON.stringify(started))
  for await (const state of runs.follow(workspace.id, started.runId, new AbortController().signal))
    if (state.receipt) return
  throw new Error('The import did not end well.')
}
