import { sql } from '../../analytics/sql/sql.ts'
import { gathered } from '../../analytics/models/histories.ts'
import { candidates } from '../../analytics/models/selection.ts'
import { historiesOfMembers, type MemberHistories } from '../../analytics/scores/histories-of-members.ts'
import { amountsOf, scoresOf } from '../../analytics/scores/scores.ts'
import { makeScores } from '../../analytics/scores/scoring.ts'
import { derivedTables } from '../../analytics/schema/derived.ts'
import type { Workspace } from '../workspaces/workspaces.ts'

interface Taken {
  readonly wall: number
  readonly cpu: number
}

/** What fitting the models to all members takes; milliseconds, megabytes. */
export interface ModelFigures {
  readonly buyers: number
  readonly histories: number
  readonly read: Taken
  /** Each model and that of amounts fitted anew to everybody by whole weeks, from a fit that is near, and all members scored. */
  readonly refits: readonly (Taken & { readonly model: string })[]
  /** All that a rule or a page waits for: read, fitted, tried, foretold, written. */
  readonly whole: Taken
  /** What the models are told of the members. */
  readonly told: MemberHistories
}

const patienceMs = 60 * 60_000
const sampledOf = 20

async function taken(work: () => Promise<unknown>): Promise<Taken> {
  const [began, before] = [performance.now(), process.cpuUsage()]
  await work()
  const { user, system } = process.cpuUsage(before)
  return { wall: performance.now() - began, cpu: (user + system) / 1000 }
}

export async function measureModels({ engine }: Workspace): Promise<ModelFigures> {
  const [state] = await engine.rows(sql`select as_of from workspace_state`)
  const asOf = String(state!.asOf)
  const tables = derivedTables()
  await engine.rows(sql`select sum(net_minor) as net from ${tables.memberDay}`, { timeoutMs: patienceMs })
  const whole = await taken(() =>
    engine.scratch((session) => makeScores(session, tables, asOf), { timeoutMs: patienceMs }),
  )
  let histories: MemberHistories | undefined
  const read = await taken(() =>
    engine.scratch(
      async (session) => {
        histories = await historiesOfMembers(session, tables, asOf)
      },
      { timeoutMs: patienceMs },
    ),
  )
  const { frequency, recencyDays, ageDays } = histories!
  const weeks = (days: Int32Array) => Float64Array.from(days, (day) => Math.round(day / 7))
  const some = <Column extends Int32Array>(column: Column) => column.filter((_, at) => at % sampledOf === 0)
  const sample = gathered(some(frequency), weeks(some(recencyDays)), weeks(some(ageDays)))
  const refits = []
  let groups = 0
  for (const model of candidates) {
    const before = model.fit(sample, 0)
    refits.push({
      model: model.name,
      ...(await taken(async () => {
        const everybody = gathered(frequency, weeks(recencyDays), weeks(ageDays))
        groups = everybody.members.length
        const fit = model.fit(everybody, 0, before)
        const { spend } = amountsOf(histories!)
        scoresOf(histories!, { model, fit }, spend?.parameters ?? null, 0)
      })),
    })
  }
  return {
    buyers: frequency.length,
    histories: groups,
    read,
    refits,
    whole,
    told: histories!,
  }
}
