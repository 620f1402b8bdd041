import { catalogue } from '../../analytics/metrics/catalogue.ts'
import { type Sql, sql } from '../../analytics/sql/sql.ts'
import type { QuestionFilters } from '../analytics/filters.ts'
import { runMetric } from '../analytics/run-metric.ts'
import type { Platform } from '../platform.ts'
import { evaluateSegment } from '../segments/evaluation.ts'
import { keptShop, lastDay, type Line, report, type Taken, taken } from './measuring.ts'

/** Processor time of a room at most, as a multiple of a raw scan of the orders, with nothing filtered. */
const plainTargets: Readonly<Record<string, number>> = {
  overview: 0.2,
  retention: 0.2,
  ltv: 0.2,
  season: 0.2,
  growth: 0.2,
  hours: 1,
  rfm: 4,
}
/** The same of some members. */
const segmentTargets: Readonly<Record<string, number>> = { retention: 2.5, ltv: 2.5, rfm: 4 }
/** Milliseconds by the clock: of members, and of some stores. */
const [memberMs, orderMs] = [200, 1_000]

const segment = 'orders >= 3'
const runs = 5

/**
 * What each room of the catalogue takes: of everybody, of some members, of one store, and of half a year where it has
 * a window. `isLarge`: the shop is the one that the targets are made for.
 */
export async function benchMetrics(platform: Platform, members: number, isLarge: boolean): Promise<void> {
  const workspace = await keptShop(platform, members)
  const { engine } = workspace
  const scanned = () => engine.rows(sql`select sum(net_minor) as net, max(ordered_at) as newest from orders`)
  const scan = await taken(scanned, 15)
  const lineOf = (what: string, { wall, cpu }: Taken, target: { ratio?: number; wall?: number }): Line => {
    const ratio = cpu / scan.cpu
    const said = [
      ...(target.ratio === undefined ? [] : [`<= ${target.ratio}`]),
      ...(target.wall === undefined ? [] : [`<= ${target.wall} ms`]),
    ]
    return {
      what,
      measured: `${cpu.toFixed(0)} ms = ${ratio.toFixed(2)}, ${wall.toFixed(0)} ms`,
      target: isLarge ? said.join(', ') : '',
      met: !isLarge || (ratio <= (target.ratio ?? Infinity) && wall <= (target.wall ?? Infinity)),
    }
  }
  const asked = async (name: string, filters: QuestionFilters) => {
    const metric = catalogue.find((one) => one.name === name)!
    const outcome = await runMetric(platform.store, workspace, metric, { filters })
    if (outcome.kind !== 'answered') throw new Error(`${name}: ${JSON.stringify(outcome)}`)
  }
  const [size] = await engine.rows(sql`select (select count(*) from members) as members,
    (select count(*) from orders) as orders, (select count(*) from order_lines) as lines`)
  console.log(`${size!.members} members, ${size!.orders} orders, ${size!.lines} lines\n`)
  const facts = sql`select count(*) as n, avg(net_minor) as net from member_facts where orders > 0`
  report(lineOf('facts', await taken(() => engine.rows(facts), runs), { ratio: 0.75 }))
  const stores = await biggestStore(engine.rows.bind(engine))
  for (const { name, settings } of catalogue) {
    const measure = (filters: QuestionFilters) => taken(() => asked(name, filters), runs)
    const ratio = plainTargets[name]
    report(
      lineOf(name, await measure({}), ratio === undefined ? { wall: memberMs } : { ratio }),
      lineOf(`${name} of ${segment}`, await measure({ segment }), {
        ...(segmentTargets[name] === undefined ? {} : { ratio: segmentTargets[name] }),
        wall: memberMs,
      }),
      lineOf(`${name} in one store`, await measure({ stores }), { wall: orderMs }),
    )
    if ('from' in settings.shape)
      report(
        lineOf(`${name} in half a year`, await measure({ from: '2026-01-01', to: lastDay }), {
          wall: memberMs,
        }),
      )
  }
  let least = 3
  const evaluated = await taken(async () => {
    // another number each time, or the kept set would answer
    const outcome = await evaluateSegment(platform.store, workspace, { expression: `orders >= ${least++}` })
    if (outcome.kind !== 'evaluated') throw new Error(JSON.stringify(outcome))
  }, runs)
  const after = await taken(scanned, 15)
  report(lineOf('evaluating a segment', evaluated, {}), {
    what: 'the unit: a raw scan of the orders',
    measured: `${scan.cpu.toFixed(1)} ms, later ${after.cpu.toFixed(1)}`,
    target: '',
    met: true,
  })
}

async function biggestStore(rows: (query: Sql) => Promise<{ store?: unknown }[]>): Promise<string[]> {
  const [first] = await rows(sql`select store from order_cube where store is not null
    group by store order by sum(orders) desc, store limit 1`)
  return [String(first!.store)]
}
